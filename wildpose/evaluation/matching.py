"""Which detection is which animal: one rule for precision, recall, calibration and points.

By falling score each detection takes the free animal that it overlaps best, at an IoU of at
least one half. One that overlaps only an animal that is left out is not counted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from wildpose.evaluation.dataset import Detection, EvaluationSet
from wildpose.evaluation.truth import Annotation, is_left_out
from wildpose.types import Array, ClassId

MATCH_IOU = 0.5


@dataclass(frozen=True)
class ImageMatch:
    """The animal detections of one picture, by falling score, held against its animals.

    Attributes
    ----------
    detections : tuple of Detection
    annotation_ids : tuple
        For each detection the id of the animal that it hit, or None.
    counted : tuple of bool
        False for a detection on an animal that is left out: neither hit nor false.
    missed_ids : tuple
        Ids of the animals that no detection hit.
    """

    detections: tuple[Detection, ...]
    annotation_ids: tuple[Any, ...]
    counted: tuple[bool, ...]
    missed_ids: tuple[Any, ...]

    @property
    def hits(self) -> int:
        """Number of hits."""
        return sum(i is not None for i in self.annotation_ids)

    @property
    def false_alarms(self) -> tuple[Detection, ...]:
        """Detections that count and hit nothing."""
        rows = zip(self.detections, self.annotation_ids, self.counted, strict=True)
        return tuple(d for d, i, counted in rows if counted and i is None)


def overlap(box_xywh: Sequence[float], truth_xywh: npt.ArrayLike, left_out: Array) -> Array:
    """IoU of one box with many; with boxes left out, the covered share of the one box.

    Parameters
    ----------
    box_xywh : sequence of 4 floats, pixels
    truth_xywh : float [N, 4], pixels
    left_out : bool [N]

    Returns
    -------
    float64 [N]
    """
    one = np.asarray(box_xywh, np.float64)
    many = np.asarray(truth_xywh, np.float64).reshape(-1, 4)
    low = np.maximum(one[:2], many[:, :2])
    high = np.minimum(one[:2] + one[2:], many[:, :2] + many[:, 2:])
    shared = np.prod(np.clip(high - low, 0, None), axis=1)
    own = one[2] * one[3]
    # the small term keeps boxes without area from 0 / 0; it is part of the definition, since it
    # decides about an IoU of exactly one half
    whole = np.where(left_out, own, own + many[:, 2] * many[:, 3] - shared + 1e-9)
    shares: Array = np.divide(shared, whole, out=np.zeros_like(shared), where=whole > 0)
    return shares


def match_image(truth: Sequence[Annotation], detections: Sequence[Detection]) -> ImageMatch:
    """Pair the animal detections of one picture with its animals.

    Parameters
    ----------
    truth : sequence of Annotation
        The animals of the picture.
    detections : sequence of Detection
        Animal detections, in any order.

    Returns
    -------
    ImageMatch
    """
    left_out = np.array([is_left_out(a) for a in truth], bool)
    boxes = np.array([a["bbox"] for a in truth], np.float64).reshape(-1, 4)
    free = ~left_out
    ordered = sorted(detections, key=lambda d: -d["score"])
    ids: list[Any] = []
    counted: list[bool] = []
    for detection in ordered:
        shares = overlap(detection["bbox"], boxes, left_out)
        possible = np.where(free, shares, 0.0)
        hit = possible.max(initial=0.0) >= MATCH_IOU
        if hit:
            free[possible.argmax()] = False
        ids.append(truth[int(possible.argmax())]["id"] if hit else None)
        counted.append(bool(hit or np.where(left_out, shares, 0.0).max(initial=0.0) < MATCH_IOU))
    missed = tuple(a["id"] for a, is_free in zip(truth, free, strict=True) if is_free)
    return ImageMatch(tuple(ordered), tuple(ids), tuple(counted), missed)


def match_animals(data: EvaluationSet, minimum_score: float) -> tuple[ImageMatch, ...]:
    """Pair the animal detections of every picture with its animals.

    Parameters
    ----------
    data : EvaluationSet
    minimum_score : float
        Detections below it are not looked at.

    Returns
    -------
    tuple of ImageMatch
        In the order of ``data.images``.
    """
    truth = data.truth_by_image(ClassId.ANIMAL)
    found = data.detections_by_image(ClassId.ANIMAL)
    return tuple(
        match_image(
            truth.get(image["id"], []),
            [d for d in found.get(image["id"], []) if d["score"] >= minimum_score],
        )
        for image in data.images
    )
