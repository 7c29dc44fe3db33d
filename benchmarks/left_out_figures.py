"""Figures of a teacher and of students on the same pictures, with intervals of the difference.

Whole places, clips or sequences are drawn (:func:`wildpose.evaluation.intervals.draw_groups`), the
same for all models; with several students the mean of their figures is what is compared.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from wildpose.adaptation.comparison import LEAST_GROUPS
from wildpose.evaluation.average_precision import CategoryMatches, average_precision
from wildpose.evaluation.bootstrap import LEVEL, Interval
from wildpose.evaluation.intervals import body_figures, draw_groups, group_of
from wildpose.evaluation.presence import PresenceScores
from wildpose.evaluation.scores import Comparison
from wildpose.types import Array, ClassId

LIGHTS = ("all", "day", "night")
FIGURES = ("box AP", "box AP50", "mask AP", "part points", "presence AUC")
Weighed = Callable[[Array], dict[str, float | None]]
"""All figures of one model for the number of times that each picture counts."""


@dataclass(frozen=True)
class PairedRow:
    """One figure for one light.

    Attributes
    ----------
    light, figure : str
    pictures, groups : int
        Pictures, and of how many groups with an animal the interval was drawn.
    teacher : float
    students : tuple of float
    gain : Interval or None
        Mean of the students minus the teacher; None with too few groups.
    control : float or None
    over_control : Interval or None
        Mean of the students minus the control.
    """

    light: str
    figure: str
    pictures: int
    groups: int
    teacher: float
    students: tuple[float, ...]
    gain: Interval | None
    control: float | None = None
    over_control: Interval | None = None

    @property
    def mean(self) -> float:
        """Of the students."""
        return sum(self.students) / len(self.students)

    def as_json(self) -> dict[str, Any]:
        """All of it, and the mean, as an object of JSON."""
        return asdict(self) | {"mean": self.mean}


def paired_rows(
    teacher: Comparison, students: Sequence[Comparison], control: Comparison | None
) -> list[PairedRow]:
    """The rows of the table for one labelled folder.

    Parameters
    ----------
    teacher : Comparison
    students : sequence of Comparison
        At least one.
    control : Comparison or None

    Returns
    -------
    list of PairedRow
        Without figures that can't be had.
    """
    models = [teacher, *students, *([control] if control else [])]
    figures = [weighed(m) for m in models]
    data = teacher.data
    rows = []
    for light in LIGHTS:
        chosen = data.members(light, "animal")
        with_animals = chosen & (teacher.boxes[ClassId.ANIMAL, False].positives > 0)
        groups = len({group_of(data.images[i]) for i in np.flatnonzero(with_animals)})
        draws = draw_groups(data.images, chosen)
        values = [drawn(f, np.vstack([chosen.astype(np.int64), draws])) for f in figures]
        rows += [_row(light, name, (int(chosen.sum()), groups), [v[name] for v in values],
                      control is not None) for name in FIGURES]
    return [row for row in rows if row is not None]


def _row(
    light: str, name: str, counts: tuple[int, int], values: Sequence[Array], controlled: bool
) -> PairedRow | None:
    """``values`` of teacher, students and control: float [1 + draws], the first as it is."""
    if any(np.isnan(v[0]) for v in values):
        return None
    students = values[1:-1] if controlled else values[1:]
    mean = np.mean(students, axis=0)
    enough = counts[1] >= LEAST_GROUPS
    return PairedRow(
        light, name, *counts, float(values[0][0]), tuple(float(v[0]) for v in students),
        _interval(mean - values[0]) if enough else None,
        float(values[-1][0]) if controlled else None,
        _interval(mean - values[-1]) if enough and controlled else None)


def _interval(difference: Array) -> Interval:
    """Percentile interval; draws in which the figure can't be had are left out."""
    known = difference[1:][~np.isnan(difference[1:])]
    tail = (1 - LEVEL) / 2
    lower, upper = np.quantile(known, [tail, 1 - tail]) if len(known) else (np.nan, np.nan)
    return Interval(float(difference[0]), float(lower), float(upper))


def drawn(figures: Weighed, weights: Array) -> Mapping[str, Array]:
    """Each figure for each row of weights, float [rows]; NaN where it can't be had."""
    rows = [figures(weight) for weight in weights]
    return {name: np.array([np.nan if row[name] is None else row[name] for row in rows], float)
            for name in FIGURES}


def weighed(compared: Comparison) -> Weighed:
    """The figures of one model, to be had again and again.

    Parameters
    ----------
    compared : Comparison

    Returns
    -------
    Weighed
    """
    boxes = without_tail(compared.boxes[ClassId.ANIMAL, False])
    masks = without_tail(compared.masks["mask"])
    part = body_figures(compared.data).get("part")
    presence = presence_figure(compared.presence)

    def figures(weight: Array) -> dict[str, float | None]:
        box = average_precision(boxes, weight) or {}
        mask = average_precision(masks, weight * (masks.positives > 0)) or {}
        return {"box AP": box.get("ap"), "box AP50": box.get("ap50"), "mask AP": mask.get("ap"),
                "part points": None if part is None else part(weight),
                "presence AUC": presence(weight)}

    return figures


def without_tail(matches: CategoryMatches) -> CategoryMatches:
    """Without what comes after the last hit: no recall is won there, and precision only falls."""
    hits = np.flatnonzero(matches.hit.any(axis=0))
    kept = slice(0, int(hits[-1]) + 1 if len(hits) else 0)
    return CategoryMatches(matches.image_index[kept], matches.score[kept], matches.hit[:, kept],
                           matches.false[:, kept], matches.positives)


def presence_figure(scores: PresenceScores) -> Callable[[Array], float | None]:
    """Area under the ROC curve for weights: pairs (animal, empty) in order, ties one half."""
    there = np.flatnonzero(scores.asked & scores.there)
    empty = np.flatnonzero(scores.asked & ~scores.there)
    above = np.sign(scores.score[there][:, None] - scores.score[empty][None]) / 2 + 0.5

    def figure(weight: Array) -> float | None:
        pairs = float(weight[there].sum()) * float(weight[empty].sum())
        return float(weight[there] @ above @ weight[empty]) / pairs if pairs else None

    return figure


def as_markdown(tables: Mapping[str, Sequence[PairedRow]], seeds: Sequence[str]) -> str:
    """One table of all folders.

    Parameters
    ----------
    tables : mapping
        Rows under the name of their folder.
    seeds : sequence of str
        Names of the students.
    """
    controlled = any(row.control is not None for rows in tables.values() for row in rows)
    more = ["mean"] if len(seeds) > 1 else []
    head = ["pictures", "light", "figure", "teacher", *seeds, *more, "gain (95 %)"]
    head += ["source alone", "over it (95 %)"] if controlled else []
    lines = [f"| {' | '.join(head)} |", "|---" * len(head) + "|"]
    for name, rows in tables.items():
        for row in rows:
            cells = [f"{name} ({row.pictures})", row.light, row.figure, f"{row.teacher:.3f}",
                     *(f"{v:.3f}" for v in row.students), *([f"{row.mean:.3f}"] if more else []),
                     _said(row.gain, row.mean - row.teacher)]
            if row.control is not None:
                cells += [f"{row.control:.3f}", _said(row.over_control, row.mean - row.control)]
            lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def _said(interval: Interval | None, estimate: float) -> str:
    if interval is None:
        return f"{estimate:+.3f} (too few groups)"
    return f"{estimate:+.3f} ({interval.lower:+.3f} to {interval.upper:+.3f})"
