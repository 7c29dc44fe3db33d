"""Fit the calibration and the threshold of trained weights on pictures kept out of training."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from wildpose.evaluation.calibration import animal_scores
from wildpose.evaluation.dataset import EvaluationSet
from wildpose.evaluation.matching import ImageMatch, match_image
from wildpose.models.calibration import Calibration, fit
from wildpose.models.folder import ModelDescription
from wildpose.types import ClassId

FITTED_FROM = 0.2
"""Network scores below do not bend the curve: they are many, and a logistic can't fit both ends.
Of .02, .05, .1 and .2 the smallest calibration error in five-fold cross-validation on the kept-out
pictures of ``animal-small``: .045, .044, .034 and .024."""


def calibrated(
    description: ModelDescription, coco: Mapping[str, Any], predictions: Mapping[str, Any]
) -> ModelDescription:
    """The description with curves and threshold fitted to uncalibrated predictions.

    Parameters
    ----------
    description : ModelDescription
    coco : mapping
        The kept-out pictures and their labels.
    predictions : mapping
        Of the model with the identity as its calibration.

    Returns
    -------
    ModelDescription
        People take the animals' curve where the pictures hold too few of them; without right and
        wrong detections of animals it stays as it was.
    """
    data = EvaluationSet.of(coco, predictions)
    animals = _matches(data, ClassId.ANIMAL)
    try:
        animal_curve = _curve(animals)
    except ValueError:
        return description
    try:
        person_curve = _curve(_matches(data, ClassId.PERSON))
    except ValueError:
        person_curve = animal_curve
    return replace(
        description,
        calibration={"animal": animal_curve, "person": person_curve},
        threshold=best_threshold(animals, animal_curve),
    )


def _curve(matches: list[ImageMatch]) -> Calibration:
    score, hit = animal_scores(matches)
    asked = score >= FITTED_FROM
    return fit(score[asked], hit[asked])


def _matches(data: EvaluationSet, class_id: ClassId) -> list[ImageMatch]:
    truth, found = data.truth_by_image(class_id), data.detections_by_image(class_id)
    asked = data.members("all", class_id.name.lower())
    return [
        match_image(truth.get(image["id"], []), found.get(image["id"], []))
        for image, is_asked in zip(data.images, asked, strict=True) if is_asked
    ]


def best_threshold(matches: list[ImageMatch], curve: Calibration) -> float:
    """The probability, in steps of 0.01, at which F1 over the matched animals is largest."""
    score, hit = animal_scores(matches)
    probability = curve.probability(score)
    animals = int(hit.sum()) + sum(len(m.missed_ids) for m in matches)
    steps = np.arange(0.1, 0.9, 0.01)
    f1 = [2 * (hit & (probability >= t)).sum() / max(1, (probability >= t).sum() + animals)
          for t in steps]
    return round(float(steps[int(np.argmax(f1))]), 2)
