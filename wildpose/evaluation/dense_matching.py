"""Which detection fits which body by its dense pose, as the published evaluator decides it.

Follows ``densepose_coco_evaluation`` of detectron2's projects/DensePose, its oddities included, so
that figures can be held against published ones: at most 20 detections of a picture; truth without
points is left out, and so is a detection that lies on it by 80 % of the box (judged at the last
threshold, .95, for all thresholds); nothing is false in a picture without points. Regions to be
ignored (``ignore_regions_x`` of PoseTrack) are not known here. Boxes that our data leave out
(crowds, uncertain, hardly visible) count as truth without points.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from wildpose.evaluation.average_precision import IOU_THRESHOLDS, CategoryMatches
from wildpose.evaluation.geodesic_similarity import masked_similarity
from wildpose.types import Array

DETECTIONS_PER_IMAGE = 20
AREAS_PX = {"all": (0.0, 1e10), "medium": (32.0**2, 96.0**2), "large": (96.0**2, 1e10)}
"""Ranges of COCO; small bodies are not asked, they carry too few points."""
SAME_BOX_IOU = 0.8


@dataclass(frozen=True)
class DenseImage:
    """D detections of one picture, by falling score, held against its G bodies.

    Attributes
    ----------
    score : float64 [D]
    box_area : float64 [D]
        Pixels.
    gps, mask_iou, box_iou : float64 [D, G]
        Geodesic point similarity, overlap of foregrounds, overlap of boxes.
    has_points : bool [G]
        False for truth that is left out.
    crowd : bool [G]
        May be overlapped by several detections.
    area : float64 [G]
        ``area`` of the annotation, pixels.
    """

    score: Array
    box_area: Array
    gps: Array
    mask_iou: Array
    box_iou: Array
    has_points: Array
    crowd: Array
    area: Array


def match_dense(
    images: Sequence[DenseImage | None], kind: Literal["gps", "gpsm"], area: str = "all"
) -> CategoryMatches:
    """Compare detections with bodies in every picture.

    Parameters
    ----------
    images : sequence of DenseImage or None
        None for a picture without points.
    kind : {"gps", "gpsm"}
        Similarity of points alone, or with the overlap of masks.
    area : str
        A key of :data:`AREAS_PX`.

    Returns
    -------
    CategoryMatches
        In the order of ``images``; its thresholds are of similarity.
    """
    score, where, hits, false = [np.zeros(0)], [np.zeros(0, np.int64)], [], []
    positives = np.zeros(len(images), np.int64)
    for position, one in enumerate(images):
        if one is None:
            continue
        low, high = AREAS_PX[area]
        ignored = ~one.has_points | (one.area < low) | (one.area > high)
        positives[position] = np.count_nonzero(~ignored)
        matched, left_out = _match(one, kind, ignored)
        outside = (one.box_area < low) | (one.box_area > high)
        left_out |= ~matched & outside
        score.append(one.score)
        where.append(np.full(len(one.score), position))
        hits.append(matched & ~left_out)
        false.append(~matched & ~left_out)
    none = np.zeros((len(IOU_THRESHOLDS), 0), bool)
    scores = np.concatenate(score)
    order = np.argsort(-scores, kind="stable")
    return CategoryMatches(
        image_index=np.concatenate(where)[order],
        score=scores[order],
        hit=np.concatenate([none, *hits], axis=1)[:, order],
        false=np.concatenate([none, *false], axis=1)[:, order],
        positives=positives,
    )


def _match(one: DenseImage, kind: str, ignored: Array) -> tuple[Array, Array]:
    """For each threshold and detection: matched, left out; bool [10, D] each."""
    shape = (len(IOU_THRESHOLDS), len(one.score))
    if ignored.all() or shape[1] == 0:
        return np.zeros(shape, bool), np.ones(shape, bool)
    order = np.argsort(ignored, kind="stable")  # what is left out comes last
    gps, crowd, ignored = one.gps[:, order], one.crowd[order], ignored[order]
    similarity = gps if kind == "gps" else masked_similarity(gps, one.mask_iou[:, order])
    taken = np.full((len(IOU_THRESHOLDS), len(order)), False)
    found = np.stack([_by_similarity(similarity, t, ignored, crowd, taken[row])
                      for row, t in enumerate(IOU_THRESHOLDS)])
    matched = found >= 0
    left_out = matched & ignored[found]
    _by_box(one.box_iou[:, order], (ignored, crowd, taken[-1]), matched, left_out)
    return matched, left_out


def _by_similarity(
    similarity: Array, threshold: float, ignored: Array, crowd: Array, taken: Array
) -> Array:
    """Body that each detection takes, -1 for none, int64 [D]; marks bodies as ``taken``."""
    found = np.full(len(similarity), -1)
    for detection, row in enumerate(similarity):
        best, match = max(min(threshold, 1 - 1e-10), np.nextafter(0, 1)), -1
        for body, value in enumerate(row):
            if taken[body] and not crowd[body]:
                continue
            if match >= 0 and not ignored[match] and ignored[body]:
                break
            if value >= best:
                best, match = value, body
        if match >= 0:
            found[detection] = match
            taken[match] = True
    return found


def _by_box(
    box_iou: Array, bodies: tuple[Array, Array, Array], matched: Array, left_out: Array
) -> None:
    """Leave detections out that have no body yet and lie on one that is left out."""
    ignored, crowd, taken = bodies
    for detection in np.flatnonzero(~matched[-1]):
        free = ~taken | crowd
        overlap = np.where(free, box_iou[detection], 0.0)
        # of equal overlaps the last one counts
        body = len(overlap) - 1 - int(np.argmax(overlap[::-1]))
        if overlap[body] < SAME_BOX_IOU:
            continue
        left_out[:, detection] = ignored[body]
        if ignored[body]:
            matched[-1, detection] = taken[body] = True
