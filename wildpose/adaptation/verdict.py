"""Is the student better than its teacher? What follows from both on the same labelled pictures.

On labelled pictures of the target the interval of the paired difference decides, so that a lucky
handful of pictures publishes no model. Without them nobody knows whether the student gained; it is
then only asked whether it forgot.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from wildpose.adaptation.comparison import LEAST_GROUPS, Compared
from wildpose.errors import DataError, UsageError
from wildpose.evaluation.bootstrap import Interval

MARGIN = 0.02
_ROUNDING = 1e-9


@dataclass(frozen=True)
class Verdict:
    """Whether the student takes its teacher's place, and why.

    Attributes
    ----------
    accepted : bool
    reason : str
        One sentence with the numbers that decided.
    source, target : Compared or None
        On pictures kept out of the source, and on labelled pictures of the target.
    """

    accepted: bool
    reason: str
    source: Compared | None
    target: Compared | None

    def as_json(self) -> dict[str, Any]:
        """All of it as an object of JSON."""
        return asdict(self)

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> Verdict:
        """Read what :meth:`as_json` made.

        Raises
        ------
        DataError
            It is no verdict.
        """
        try:
            sides = {k: content[k] and Compared.from_json(content[k]) for k in ("source", "target")}
            return cls(bool(content["accepted"]), str(content["reason"]), **sides)
        except (KeyError, TypeError) as error:
            raise DataError(f"This is no verdict on a student ({error}).",
                            "Delete the file and run the same command again.") from error


def decide(
    source: Compared | None, target: Compared | None, *, margin: float = MARGIN
) -> Verdict:
    """Accept the student or refuse it.

    Labelled pictures of the target decide where they hold an animal: the student is accepted if
    the whole 95 % interval of the difference of box AP lies above 0. Otherwise neither its box AP
    nor its presence AUC may fall on the source by more than ``margin``: a student that calls empty
    pictures animals costs its user more time than it saves.

    Parameters
    ----------
    source, target : Compared or None
    margin : float
        Of box AP and presence AUC, in [0, 1].

    Returns
    -------
    Verdict

    Raises
    ------
    UsageError
        The margin is not in [0, 1].
    """
    if not 0 <= margin <= 1:
        raise UsageError(f"A margin of {margin} is none.", "Give a share of box AP such as 0.02.")
    if target is not None and target.change is not None:
        accepted, reason = _by_target(target)
        reason += _fall(source, margin)
    elif source is not None and source.change is not None:
        accepted, reason = _by_source(source, margin)
        reason += (", and none of the labelled pictures of the target holds an animal" if target
                   else "; without labelled pictures of the target nobody knows how much it gained")
    else:
        accepted, reason = False, ("there is nothing to judge the student by: neither the source "
                                   "nor the target has labelled pictures with animals")
    return Verdict(accepted, f"{'Accepted' if accepted else 'Refused'}: {reason}.", source, target)


def _numbers(compared: Compared) -> str:
    before, after = compared.teacher.box_ap, compared.student.box_ap
    return f"box AP {before:.3f} -> {after:.3f}"


def _by_target(target: Compared) -> tuple[bool, str]:
    where = f"on {target.student.images} labelled pictures of the target ({_numbers(target)}"
    drawn, over = target.difference, f"{target.groups} {target.drawn_over}"
    if drawn is None:
        return False, (f"{where}) nothing can be said for sure, since only {over} with animals are "
                       f"there and at least {LEAST_GROUPS} are needed")
    where += (f", difference {drawn.estimate:+.3f}, 95 % interval {drawn.lower:+.3f} to "
              f"{drawn.upper:+.3f} over {over})")
    if drawn.lower > 0:
        return True, f"{where} the student is better than its teacher"
    if drawn.upper < 0:
        return False, f"{where} the student is worse than its teacher"
    return False, (f"{where} there is no evidence that the student is better than its teacher: "
                   f"{_more_pictures(target, drawn)}")


def _more_pictures(target: Compared, drawn: Interval) -> str:
    """The interval narrows with the square root of the number of pictures."""
    if drawn.estimate <= _ROUNDING:
        return "it is not ahead, so more pictures alone will hardly show a gain"
    needed = target.student.images * ((drawn.estimate - drawn.lower) / drawn.estimate) ** 2
    digit = 10 ** max(math.floor(math.log10(needed)) - 1, 0)
    wanted = max(math.ceil(needed / digit) * digit, target.student.images + 1)
    more = "" if target.drawn_over == "pictures" else f" of as many more {target.drawn_over}"
    return f"about {wanted:,} pictures{more} would show whether a gain of this size is real"


def _by_source(source: Compared, margin: float) -> tuple[bool, str]:
    where = f"on {source.student.images} pictures kept out of the source ({_numbers(source)})"
    fallen = _fallen(source, margin)
    if fallen:
        return False, f"{where} the student's {fallen} by more than the margin of {margin:.3f}"
    return True, f"{where} the student does not fall by more than the margin of {margin:.3f}"


def _fall(source: Compared | None, margin: float) -> str:
    fallen = "" if source is None else _fallen(source, margin)
    return f"; on the source its {fallen} by more than the margin of {margin:.3f}" if fallen else ""


def _fallen(source: Compared, margin: float) -> str:
    """Which figures fall too far, with their numbers; nothing where none does."""
    pairs = (("box AP", source.teacher.box_ap, source.student.box_ap),
             ("presence AUC", source.teacher.presence_auc, source.student.presence_auc))
    fallen = [f"{name} falls ({before:.3f} -> {after:.3f})" for name, before, after in pairs
              if before is not None and after is not None and after < before - margin - _ROUNDING]
    return " and its ".join(fallen)
