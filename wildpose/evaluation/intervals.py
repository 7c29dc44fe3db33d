"""How far a figure would move with other clips or places: intervals by drawing whole groups.

Frames of a clip and clips of a place are alike, so what is drawn is the clip or the place with all
its pictures (the cluster bootstrap).

References
----------
Efron and Tibshirani, An Introduction to the Bootstrap, 1993, chapter 13 (percentile interval);
Davison and Hinkley, Bootstrap Methods and their Application, 1997, 3.8 (drawing groups).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from wildpose.evaluation.bootstrap import LEVEL, Interval
from wildpose.evaluation.dataset import EvaluationSet
from wildpose.evaluation.part_points import PointScore, asked_points
from wildpose.evaluation.truth import Image, is_left_out
from wildpose.types import Array

REPEATS = 1000
_GROUP_KEYS = ("clip", "location", "site", "sequence", "seq_id")

Figure = Callable[[Array], float | None]
"""A figure for the number of times that each picture counts."""


def group_of(image: Image) -> tuple[str, Any]:
    """The clip, place or sequence that a picture belongs to; itself where none is known.

    Examples
    --------
    >>> group_of({"id": 3, "site": "GIG-03-01", "sequence": None})
    ('site', 'GIG-03-01')
    """
    for key in _GROUP_KEYS:
        if image.get(key) is not None:
            return key, image[key]
    return "id", image["id"]


def draw_groups(
    images: Sequence[Image], chosen: Array, *, repeats: int = REPEATS, seed: int = 0
) -> Array:
    """How often each picture counts in each draw.

    Parameters
    ----------
    images : sequence of Image
    chosen : bool [images]
        Pictures of the subset; the others count 0 times.
    repeats, seed : int

    Returns
    -------
    int64 [repeats, images]
    """
    rng = np.random.default_rng(seed)
    where = np.flatnonzero(chosen)
    weight = np.zeros((repeats, len(images)), np.int64)
    numbers: dict[tuple[str, Any], int] = {}
    group = [numbers.setdefault(group_of(images[i]), len(numbers)) for i in where.tolist()]
    if group:
        even = np.full(len(numbers), 1 / len(numbers))
        weight[:, where] = rng.multinomial(len(numbers), even, size=repeats)[:, group]
    return weight


def interval(figure: Figure, chosen: Array, draws: Array) -> Interval | None:
    """Percentile interval of a figure.

    Parameters
    ----------
    figure : Figure
    chosen : bool [images]
    draws : int [repeats, images]
        From :func:`draw_groups`.

    Returns
    -------
    Interval or None
        None where the figure can't be had; draws without it are left out.
    """
    estimate = figure(np.asarray(chosen, np.int64))
    values = [v for v in map(figure, draws) if v is not None]
    if estimate is None or not values:
        return None
    tail = (1 - LEVEL) / 2
    lower, upper = np.quantile(values, [tail, 1 - tail])
    return Interval(estimate, float(lower), float(upper))


def share(right: Array, asked: Array) -> Figure:
    """The figure "right of asked" from the numbers of each picture, float or int [images]."""

    def figure(weight: Array) -> float | None:
        total = float(weight @ asked)
        return float(weight @ right) / total if total else None

    return figure


def body_figures(data: EvaluationSet) -> dict[str, Figure]:
    """The figures of part points and direction on the true boxes, to be drawn again and again.

    Parameters
    ----------
    data : EvaluationSet

    Returns
    -------
    dict
        ``part``, ``coarse``, ``side``, ``facing``, those that the predictions answer.
    """
    position = {image["id"]: i for i, image in enumerate(data.images)}
    animals = [a for a in data.annotations if not is_left_out(a)]
    figures: dict[str, Figure] = {}
    if data.points is not None:
        answers = {row["annotation_id"]: row for row in data.points}
        rows = [(position[a["image_id"]], s) for a in animals if a.get("part_points")
                for s in asked_points(a, answers.get(a["id"]), "given_box")]
        for name, of in _JUDGED.items():
            figures[name] = _share_of([(i, of(s)) for i, s in rows], len(data.images))
    if data.facing is not None:
        said = {row["annotation_id"]: row["given_box"] for row in data.facing}
        figures["facing"] = _share_of(
            [(position[a["image_id"]], said.get(a["id"]) == a["facing"])
             for a in animals if a.get("facing")], len(data.images))
    return figures


_JUDGED: Mapping[str, Callable[[PointScore], bool | None]] = {
    "part": lambda s: s.part, "coarse": lambda s: s.group, "side": lambda s: s.side}


def _share_of(rows: Sequence[tuple[int, bool | None]], images: int) -> Figure:
    """Share of True among the rows (position of the picture, judgement) that are not None."""
    kept = [(i, judged) for i, judged in rows if judged is not None]
    where = np.array([i for i, _ in kept], np.int64)
    right = np.array([judged for _, judged in kept], np.float64)
    return share(np.bincount(where, right, images), np.bincount(where, minlength=images))
