"""From the network's scores to probabilities.

One monotone curve per class, a logistic of the score's log-odds (Platt 1999), fitted on pictures
that were kept out of training; it is a part of the model folder. A smooth curve keeps the order of
detections, which an isotonic step function would not.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from wildpose.types import Array

EDGE = 1e-4


@dataclass(frozen=True)
class Calibration:
    """``probability = sigmoid(slope * log_odds(score) + offset)``, slope above 0."""

    slope: float = 1.0
    offset: float = 0.0

    def probability(self, score: Array) -> Array:
        """Calibrated probabilities, same shape.

        Examples
        --------
        >>> Calibration(1.0, 0.0).probability(np.array([0.25])).round(3)
        array([0.25])
        """
        calibrated: Array = 1 / (1 + np.exp(-(self.slope * log_odds(score) + self.offset)))
        return calibrated

    def score(self, probability: float) -> float:
        """The score whose probability this is (the inverse of :meth:`probability`)."""
        if not 0 < probability < 1:
            return float(np.clip(probability, 0, 1))
        odds = (math.log(probability) - math.log1p(-probability) - self.offset) / self.slope
        return float(1 / (1 + math.exp(-odds)))

    def as_json(self) -> dict[str, Any]:
        """As written in ``model.json``."""
        return {"kind": "logistic", "slope": self.slope, "offset": self.offset}


def log_odds(score: Array) -> Array:
    """log(s / (1 - s)), with s kept away from 0 and 1."""
    s = np.clip(score, EDGE, 1 - EDGE)
    odds: Array = np.log(s / (1 - s))
    return odds


def fit(score: Array, correct: Array) -> Calibration:
    """Fit the curve to detections whose truth is known.

    Parameters
    ----------
    score : float [N]
        The network's scores.
    correct : bool [N]
        Whether each detection was right.

    Raises
    ------
    ValueError
        All detections are right or all are wrong: there is nothing to fit.
    """
    from sklearn.linear_model import LogisticRegression

    if len(np.unique(correct)) < 2:
        raise ValueError("calibration needs right and wrong detections")
    model = LogisticRegression(C=1e4).fit(log_odds(score)[:, None], correct)
    slope = float(model.coef_[0, 0])
    if slope <= 0:
        raise ValueError("the scores do not rise with being right")
    return Calibration(slope, float(model.intercept_[0]))
