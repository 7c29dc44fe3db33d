"""Is one model better than another, or were the pictures lucky? Intervals of paired differences.

Pictures are drawn with replacement; both models are scored on the same draw, and a picture that
was drawn twice counts twice. Detections are compared with truth once; each draw only sums again.

References
----------
Efron and Tibshirani, An Introduction to the Bootstrap, 1993, chapter 13 (percentile interval).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from wildpose.errors import UsageError
from wildpose.evaluation.average_precision import average_precision
from wildpose.evaluation.dataset import EvaluationSet
from wildpose.evaluation.presence import presence_scores
from wildpose.evaluation.scores import box_matches
from wildpose.types import Array, ClassId

LEVEL = 0.95
REPEATS = 1000

Figures = Callable[[Array], dict[str, float]]
"""Figures of one model for the number of times that each picture counts."""


@dataclass(frozen=True)
class Interval:
    """A figure with the range that other pictures of the same kind would have given.

    Attributes
    ----------
    estimate : float
        On the pictures as they are.
    lower, upper : float
        Ends of the 95 % percentile interval.
    """

    estimate: float
    lower: float
    upper: float


@dataclass(frozen=True)
class PairedDifference:
    """First model minus second; each None where the figure can't be had on the subset.

    Attributes
    ----------
    ap, ap50 : Interval or None
        Of animal boxes.
    presence_auc : Interval or None
    """

    ap: Interval | None
    ap50: Interval | None
    presence_auc: Interval | None


def paired_bootstrap(
    coco: Mapping[str, Any],
    predictions_a: Mapping[str, Any],
    predictions_b: Mapping[str, Any],
    subset: str,
    *,
    repeats: int = REPEATS,
    seed: int = 0,
) -> PairedDifference:
    """Intervals of the difference of two models on the same pictures.

    Parameters
    ----------
    coco, predictions_a, predictions_b : mapping
        As in :func:`~wildpose.evaluation.score_predictions`.
    subset : str
        A value of :data:`~wildpose.evaluation.subsets.SUBSETS`.
    repeats : int
        Number of draws.
    seed : int

    Returns
    -------
    PairedDifference
        A minus B: A is ahead where ``lower`` is above 0.

    Raises
    ------
    DataError
        Where an input does not follow its format, or there is no such subset.
    UsageError
        Where ``repeats`` is below 1.
    """
    if repeats < 1:
        raise UsageError(f"{repeats} repeats give no interval.", "Ask for at least 1, better 1000.")
    sets = [EvaluationSet.of(coco, p) for p in (predictions_a, predictions_b)]
    chosen = sets[0].members(subset, "animal")
    first, second = (_figures(data, small=subset == "small") for data in sets)

    def difference(weight: Array) -> dict[str, float]:
        a, b = first(weight), second(weight)
        return {key: a[key] - b[key] for key in a.keys() & b.keys()}

    estimate = difference(chosen.astype(np.int64))
    draws = [difference(weight) for weight in _draw(chosen, repeats, seed)]
    return PairedDifference(*(_interval(key, estimate, draws)
                              for key in ("ap", "ap50", "presence_auc")))


def _figures(data: EvaluationSet, *, small: bool) -> Figures:
    matches = box_matches(data, ClassId.ANIMAL, small=small)
    presence = presence_scores(data)
    # above[i, j]: how far picture i is put above picture j (1, one half for a tie, 0)
    above = np.sign(presence.score[:, None] - presence.score[None, :]) / 2 + 0.5

    def figures(weight: Array) -> dict[str, float]:
        boxes = average_precision(matches, weight) or {}
        there = weight * (presence.asked & presence.there)
        empty = weight * (presence.asked & ~presence.there)
        pairs = float(there.sum()) * float(empty.sum())
        found: dict[str, float] = {key: boxes[key] for key in boxes if key != "ap75"}
        if pairs and not small:
            found["presence_auc"] = float(there @ above @ empty) / pairs
        return found

    return figures


def _draw(chosen: Array, repeats: int, seed: int) -> Array:
    """How often each picture counts in each draw, int64 [repeats, images]."""
    rng = np.random.default_rng(seed)
    where = np.flatnonzero(chosen)
    weight = np.zeros((repeats, len(chosen)), np.int64)
    if len(where):
        even = np.full(len(where), 1 / len(where))
        weight[:, where] = rng.multinomial(len(where), even, size=repeats)
    return weight


def _interval(
    key: str, estimate: dict[str, float], draws: list[dict[str, float]]
) -> Interval | None:
    """Percentile interval; draws in which the figure can't be had are left out."""
    values = [d[key] for d in draws if key in d]
    if key not in estimate or not values:
        return None
    tail = (1 - LEVEL) / 2
    lower, upper = np.quantile(values, [tail, 1 - tail])
    return Interval(estimate[key], float(lower), float(upper))
