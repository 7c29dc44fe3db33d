"""Which body part a pixel belongs to: charts said at points that people marked on real animals.

The charts are those of DensePose (Güler et al., DensePose: Dense Human Pose Estimation In The
Wild, CVPR 2018): 24 charts, of which two share a part and most have a side.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Any, Literal

from wildpose.errors import DataError
from wildpose.evaluation.truth import Annotation

BACKGROUND = 0
_CHARTS_OF_PART = {
    "torso_back": (1,),
    "torso_front": (2,),
    "hand": (3, 4),
    "foot": (5, 6),
    "upper_leg": (7, 8, 9, 10),
    "lower_leg": (11, 12, 13, 14),
    "upper_arm": (15, 16, 17, 18),
    "lower_arm": (19, 20, 21, 22),
    "head": (23, 24),
}
PART_OF_CHART = {chart: part for part, charts in _CHARTS_OF_PART.items() for chart in charts}
"""Body part of each chart 1..24."""

RIGHT_CHARTS = frozenset({3, 6, 7, 9, 11, 13, 16, 18, 20, 22, 23})
LEFT_CHARTS = frozenset({4, 5, 8, 10, 12, 14, 15, 17, 19, 21, 24})

_GROUPS = {
    "head": ("head",),
    "trunk": ("torso_back", "torso_front"),
    "foreleg": ("upper_arm", "lower_arm", "hand"),
    "hind leg": ("upper_leg", "lower_leg", "foot"),
}
GROUP_OF_PART = {part: group for group, parts in _GROUPS.items() for part in parts}
"""Head, trunk, foreleg or hind leg of each part."""

# words of the markers that the reference body has no chart of: what is accepted for them
_ACCEPTED_PARTS = {"neck": ("head", *_GROUPS["trunk"]), "wing": _GROUPS["foreleg"]}
_ACCEPTED_GROUPS = {"neck": ("head", "trunk"), "wing": ("foreleg",)}
NOT_ASKED = "tail"
NO_SIDE = "-"

Answers = Mapping[str, Any]
"""``annotation_id`` and, under ``given_box`` and ``detected``, a chart for every part point."""


@dataclass(frozen=True)
class PointScore:
    """Judgement of one point."""

    part: bool
    group: bool
    side: bool | None  # None where no side is asked


def score_point(true_part: str, true_side: str, chart: int) -> PointScore:
    """Judge the chart said at one point.

    Parameters
    ----------
    true_part : str
        As marked; not "tail", which the reference body has no chart of.
    true_side : {"L", "R", "-"}
        The animal's own side.
    chart : int
        0 for background.

    Returns
    -------
    PointScore
        The side is asked only where the part is right.

    Examples
    --------
    >>> score_point("hand", "L", 3)
    PointScore(part=True, group=True, side=False)
    """
    said = PART_OF_CHART.get(chart, "background")
    part = said in _ACCEPTED_PARTS.get(true_part, (true_part,))
    groups = _ACCEPTED_GROUPS.get(true_part, (GROUP_OF_PART.get(true_part),))
    group = GROUP_OF_PART.get(said, "background") in groups
    has_side = part and true_side != NO_SIDE and true_part not in _ACCEPTED_PARTS
    charts = {"R": RIGHT_CHARTS, "L": LEFT_CHARTS}.get(true_side, frozenset())
    return PointScore(part, group, chart in charts if has_side else None)


def point_scores(
    animals: Iterable[Annotation],
    answers: Mapping[Any, Answers],
    kind: Literal["given_box", "detected"],
) -> tuple[dict[str, float | None], int]:
    """Shares of the points of some animals whose part, group and side are right.

    Parameters
    ----------
    animals : iterable of Annotation
        With ``part_points``.
    answers : mapping
        Answers under the id of the annotation; an animal without one is background.
    kind : {"given_box", "detected"}
        Charts said on the true box, or on the detection that matches.

    Returns
    -------
    shares : dict
        ``part``, ``coarse`` and ``side``; None where no point is asked.
    n : int
        Number of points asked.

    Raises
    ------
    DataError
        Where there is not one chart for every point.
    """
    rows = [score for a in animals for score in asked_points(a, answers.get(a["id"]), kind)]
    sides = [r.side for r in rows if r.side is not None]
    shares = {
        "part": _share([r.part for r in rows]),
        "coarse": _share([r.group for r in rows]),
        "side": _share(sides),
    }
    return shares, len(rows)


def part_point_report(
    asked: Sequence[Annotation], points: Iterable[Answers], hit_ids: Set[Any]
) -> dict[str, Any] | None:
    """Give the ``part_points`` figures of one subset.

    Parameters
    ----------
    asked : sequence of Annotation
        Objects of the subset that are not left out.
    points : iterable of Answers
    hit_ids : set
        Ids of the animals that a detection matches at the threshold.

    Returns
    -------
    dict or None
        None where no animal has points.
    """
    animals = [a for a in asked if a.get("part_points")]
    if not animals:
        return None
    answers = {row["annotation_id"]: row for row in points}
    matched = [a for a in animals if a["id"] in hit_ids]
    given, n = point_scores(animals, answers, "given_box")
    return {
        "n": n,
        "given_box": given,
        "detected": point_scores(animals, answers, "detected")[0],
        "matched": len(matched) / len(animals),
        "detected_where_matched": point_scores(matched, answers, "detected")[0],
    }


def asked_points(animal: Annotation, answer: Answers | None, kind: str) -> list[PointScore]:
    """Judge the points of one animal that are asked (all but tails); no answer is background.

    Parameters
    ----------
    animal : Annotation
        With ``part_points``.
    answer : Answers or None
    kind : {"given_box", "detected"}

    Returns
    -------
    list of PointScore

    Raises
    ------
    DataError
        Where there is not one chart for every point.
    """
    marked = animal["part_points"]
    charts = answer[kind] if answer else [BACKGROUND] * len(marked)
    if len(charts) != len(marked):
        raise DataError(
            f"Annotation {animal['id']} has {len(marked)} part points, the predictions give"
            f" {len(charts)} charts.", "Write the predictions again on these annotations.")
    pairs = zip(marked, charts, strict=True)
    return [score_point(p[2], p[3], chart) for p, chart in pairs if p[2] != NOT_ASKED]


def _share(right: Sequence[bool]) -> float | None:
    return sum(right) / len(right) if right else None
