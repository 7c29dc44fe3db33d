"""Whether a score of .7 is right seven times in ten: reliability bins and their mean error.

References
----------
Naeini et al., Obtaining Well Calibrated Probabilities Using Bayesian Binning, AAAI 2015;
Guo et al., On Calibration of Modern Neural Networks, ICML 2017, eq. 5 (ECE, 15 equal bins).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from wildpose.evaluation.matching import ImageMatch
from wildpose.types import Array

BINS = 15
MINIMUM_SCORE = 0.05
"""Detections below it are not asked: a predictor need not give them."""


@dataclass(frozen=True)
class ReliabilityBins:
    """Scores in equal bins over [0, 1]; the diagram is ``hit_rate`` against ``mean_score``.

    Attributes
    ----------
    count : int64 [bins]
    mean_score : float64 [bins]
        NaN where a bin is empty.
    hit_rate : float64 [bins]
        NaN where a bin is empty.
    """

    count: Array
    mean_score: Array
    hit_rate: Array


def reliability_bins(
    score: npt.ArrayLike, hit: npt.ArrayLike, bins: int = BINS
) -> ReliabilityBins:
    """Mean score and share of hits in equal bins.

    Parameters
    ----------
    score : float [N] in [0, 1]
    hit : bool [N]
    bins : int

    Returns
    -------
    ReliabilityBins
    """
    scores = np.asarray(score, np.float64)
    where = np.minimum((scores * bins).astype(np.int64), bins - 1)
    count = np.bincount(where, minlength=bins)
    empty = np.full(bins, np.nan)
    some = count > 0
    sums = [np.bincount(where, np.asarray(v, np.float64), bins) for v in (scores, hit)]
    means = [np.divide(total, count, out=empty.copy(), where=some) for total in sums]
    return ReliabilityBins(count, means[0], means[1])


def expected_calibration_error(bins: ReliabilityBins) -> float | None:
    """Mean distance of score and share of hits, each bin weighted by its count.

    Parameters
    ----------
    bins : ReliabilityBins

    Returns
    -------
    float or None
        In [0, 1]; None where there is no score at all.

    Examples
    --------
    >>> round(expected_calibration_error(reliability_bins([0.9, 0.9], [True, False])), 3)
    0.4
    """
    total = int(bins.count.sum())
    if total == 0:
        return None
    distance = np.abs(bins.mean_score - bins.hit_rate)
    return float(np.nansum(distance * bins.count) / total)


def animal_scores(matches: Sequence[ImageMatch]) -> tuple[Array, Array]:
    """Scores of the detections that count, and whether each hit an animal.

    Parameters
    ----------
    matches : sequence of ImageMatch
        At :data:`MINIMUM_SCORE`.

    Returns
    -------
    score : float64 [N]
    hit : bool [N]
    """
    rows = [
        (detection["score"], found is not None)
        for match in matches
        for detection, found, counted in zip(
            match.detections, match.annotation_ids, match.counted, strict=True
        )
        if counted
    ]
    return np.array([r[0] for r in rows], np.float64), np.array([r[1] for r in rows], bool)
