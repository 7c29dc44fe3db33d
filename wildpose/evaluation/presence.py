"""Is there an animal in the picture? What an ecologist who sorts out empty pictures asks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import rankdata

from wildpose.evaluation.dataset import EvaluationSet
from wildpose.evaluation.truth import is_left_out
from wildpose.types import Array, ClassId


@dataclass(frozen=True)
class PresenceScores:
    """One row a picture.

    Attributes
    ----------
    asked : bool [images]
        False where the only animals are left out: nobody knows the answer.
    there : bool [images]
        Whether an animal is in the picture.
    score : float64 [images]
        The highest score of an animal in the picture; 0 without a detection.
    """

    asked: Array
    there: Array
    score: Array


def presence_scores(data: EvaluationSet) -> PresenceScores:
    """Find what is in each picture and how sure the model is of an animal.

    Parameters
    ----------
    data : EvaluationSet

    Returns
    -------
    PresenceScores
    """
    truth = data.truth_by_image(ClassId.ANIMAL)
    found = data.detections_by_image(ClassId.ANIMAL)
    animals = [truth.get(image["id"], []) for image in data.images]
    scores = [max((d["score"] for d in found.get(image["id"], [])), default=0.0)
              for image in data.images]
    return PresenceScores(
        asked=np.array([not a or not all(map(is_left_out, a)) for a in animals], bool),
        there=np.array([bool(a) for a in animals], bool),
        score=np.array(scores, np.float64),
    )


def area_under_roc(score: Array, positive: Array) -> float | None:
    """Share of pairs (positive, negative) that the score puts in order; ties count one half.

    Parameters
    ----------
    score : float [N]
    positive : bool [N]

    Returns
    -------
    float or None
        In [0, 1]; None where there are only positives or only negatives.

    References
    ----------
    Hanley and McNeil, The meaning and use of the area under a ROC curve, Radiology 1982
    (the rank sum form).

    Examples
    --------
    >>> area_under_roc(np.array([0.9, 0.4, 0.4]), np.array([True, True, False]))
    0.75
    """
    n = int(positive.sum())
    m = len(positive) - n
    if n == 0 or m == 0:
        return None
    rank_sum = float(rankdata(score)[positive].sum())
    return (rank_sum - n * (n + 1) / 2) / (n * m)


def presence(scores: PresenceScores, chosen: Array, threshold: float) -> dict[str, float | None]:
    """How well empty pictures and pictures with animals are told apart.

    Parameters
    ----------
    scores : PresenceScores
    chosen : bool [images]
        The pictures of the subset.
    threshold : float
        Score from which on the model says "animal".

    Returns
    -------
    dict
        ``with`` and ``without`` (numbers of pictures asked), ``auc``, ``f1`` (of "animal");
        the two are None where only one kind of picture is there.
    """
    rows = scores.asked & chosen
    there, score = scores.there[rows], scores.score[rows]
    auc = area_under_roc(score, there)
    said = score >= threshold
    f1 = float(2 * (said & there).sum() / max(said.sum() + there.sum(), 1))
    return {
        "with": int(there.sum()),
        "without": int((~there).sum()),
        "auc": auc,
        "f1": None if auc is None else f1,
    }
