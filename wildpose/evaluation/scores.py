"""All figures of one set of predictions, by subset: what ``wildpose evaluate`` prints."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from wildpose.evaluation.average_precision import (
    CategoryMatches,
    average_precision,
    match_category,
)
from wildpose.evaluation.calibration import (
    MINIMUM_SCORE,
    animal_scores,
    expected_calibration_error,
    reliability_bins,
)
from wildpose.evaluation.dataset import EvaluationSet
from wildpose.evaluation.dense_scores import DenseFigures, dense_figures
from wildpose.evaluation.facing import facing_report
from wildpose.evaluation.matching import ImageMatch, match_animals
from wildpose.evaluation.part_points import part_point_report
from wildpose.evaluation.precision_recall import precision_and_recall
from wildpose.evaluation.presence import PresenceScores, presence, presence_scores
from wildpose.evaluation.subsets import SUBSETS
from wildpose.evaluation.surface_distance import ChartDistance
from wildpose.evaluation.truth import box_truth, is_left_out, is_small, mask_truth
from wildpose.types import Array, ClassId

MASK_SOURCES = {"mask": None, "mask_human": "human", "mask_drawn": "drawn"}


def score_predictions(
    coco: Mapping[str, Any], predictions: Mapping[str, Any], threshold: float | None = None,
    *, distance: ChartDistance | None = None,
) -> dict[str, dict[str, Any]]:
    """Score predictions on a labelled set of pictures.

    Parameters
    ----------
    coco : mapping
        A COCO object with the keys of our data sets (``night``, ``set``, ``labelled``,
        ``mask_source``, ``part_points`` ...).
    predictions : mapping
        ``detections`` (COCO results, category 1 animal, 2 person) and, where the model has them,
        ``threshold``, ``points``, ``facing``, ``dense_points`` and ``dense_pose`` of detections.
    threshold : float, optional
        Score from which on a detection counts, in place of the predictions' own.
    distance : ChartDistance, optional
        Along the surface that dense pose points at; by default the built-in reference body.

    Returns
    -------
    dict
        Figures by name for each of :data:`~wildpose.evaluation.subsets.SUBSETS`. A figure that
        can't be had is None, never 0 or -1.

    Raises
    ------
    DataError
        Where one of the two does not follow its format.
    """
    return Comparison(EvaluationSet.of(coco, predictions, threshold), distance).figures()


def box_matches(data: EvaluationSet, category: int, *, small: bool = False) -> CategoryMatches:
    """Compare the boxes of one category in every picture.

    Parameters
    ----------
    data : EvaluationSet
    category : int
        A value of :class:`~wildpose.types.ClassId`.
    small : bool
        Leave out all but small boxes.

    Returns
    -------
    CategoryMatches
        In the order of ``data.images``.
    """
    image = {i["id"]: i for i in data.images}
    truth = [
        box_truth(a, left_out=is_left_out(a) or (small and not is_small(a, image[a["image_id"]])))
        for a in data.annotations
        if a["category_id"] == category
    ]
    found = [{k: d[k] for k in ("image_id", "category_id", "bbox", "score")}
             for d in data.detections if d["category_id"] == category]
    return match_category(data.images, truth, found, "bbox")


def mask_matches(data: EvaluationSet, source: str | None) -> CategoryMatches:
    """Compare the masks of animals in every picture.

    Parameters
    ----------
    data : EvaluationSet
    source : {"human", "drawn"} or None
        Take only true masks of this source; None for both.

    Returns
    -------
    CategoryMatches
        In the order of ``data.images``.
    """
    image = {i["id"]: i for i in data.images}
    truth = [mask_truth(a, image[a["image_id"]], source)
             for a in data.annotations if a["category_id"] == ClassId.ANIMAL]
    found = [d for d in data.detections
             if d["category_id"] == ClassId.ANIMAL and "segmentation" in d]
    return match_category(data.images, truth, found, "segm")


@dataclass(frozen=True)
class Comparison:
    """Everything that is found out once for all subsets, when it is asked for.

    Attributes
    ----------
    data : EvaluationSet
    distance : ChartDistance or None
        As in :func:`score_predictions`.
    """

    data: EvaluationSet
    distance: ChartDistance | None = None

    def figures(self) -> dict[str, dict[str, Any]]:
        """What :func:`score_predictions` returns."""
        return {name: _subset(self, name) for name in SUBSETS}

    @cached_property
    def boxes(self) -> dict[tuple[int, bool], CategoryMatches]:
        """Boxes of each category, of all sizes and small ones."""
        pairs = [(category, small) for category in ClassId for small in (False, True)]
        return {(c, small): box_matches(self.data, c, small=small) for c, small in pairs}

    @cached_property
    def masks(self) -> dict[str, CategoryMatches]:
        """Masks of animals, by whose they are."""
        return {key: mask_matches(self.data, source) for key, source in MASK_SOURCES.items()}

    @cached_property
    def matches(self) -> tuple[ImageMatch, ...]:
        """Animals that are found at the threshold."""
        return match_animals(self.data, self.data.threshold)

    @cached_property
    def all_matches(self) -> tuple[ImageMatch, ...]:
        """The same for every detection that a score is asked of."""
        return match_animals(self.data, MINIMUM_SCORE)

    @cached_property
    def presence(self) -> PresenceScores:
        """What is in each picture, and how sure the model is."""
        return presence_scores(self.data)

    @cached_property
    def dense(self) -> DenseFigures | None:
        """Dense pose against (I, u, v) points; None without either."""
        return dense_figures(self.data, self.distance)


def _subset(compared: Comparison, name: str) -> dict[str, Any]:
    data, small = compared.data, name == "small"
    animal, person = data.members(name, "animal"), data.members(name, "person")
    report: dict[str, Any] = {
        "images": int(animal.sum()),
        "box": average_precision(compared.boxes[ClassId.ANIMAL, small], animal),
        "person_box": average_precision(compared.boxes[ClassId.PERSON, small], person),
    }
    if small:
        return report
    chosen = np.flatnonzero(animal)
    matches = [compared.matches[i] for i in chosen]
    score, hit = animal_scores([compared.all_matches[i] for i in chosen])
    report |= precision_and_recall(matches)
    report["ece"] = expected_calibration_error(reliability_bins(score, hit))
    report["threshold"] = data.threshold
    report["presence"] = presence(compared.presence, animal, data.threshold)
    report |= {key: _mask_figures(m, animal) for key, m in compared.masks.items()}
    dense = compared.dense and compared.dense.report(animal)
    return report | _body_figures(data, animal, matches) | {"dense_pose": dense}


def _mask_figures(matches: CategoryMatches, chosen: Array) -> dict[str, float] | None:
    """AP of masks over the pictures that have a mask to be found."""
    pictures = chosen & (matches.positives > 0)
    figures = average_precision(matches, pictures)
    return figures and {**figures, "instances": int(matches.positives[pictures].sum())}


def _body_figures(
    data: EvaluationSet, chosen: Array, matches: list[ImageMatch]
) -> dict[str, Any]:
    ids = {data.images[i]["id"] for i in np.flatnonzero(chosen)}
    asked = [a for a in data.annotations if a["image_id"] in ids and not is_left_out(a)]
    hit_ids = {i for m in matches for i in m.annotation_ids if i is not None}
    points, facing = data.points, data.facing
    return {
        "part_points": None if points is None else part_point_report(asked, points, hit_ids),
        "facing": None if facing is None else facing_report(asked, facing),
    }
