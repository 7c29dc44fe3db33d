"""Dense poses of a predictions file held against the (I, u, v) points of its pictures."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from wildpose.evaluation.dataset import Detection, EvaluationSet
from wildpose.evaluation.dense_masks import said_body, true_body
from wildpose.evaluation.dense_matching import DETECTIONS_PER_IMAGE, DenseImage
from wildpose.evaluation.geodesic_similarity import geodesic_point_similarity
from wildpose.evaluation.matching import overlap
from wildpose.evaluation.point_answers import PointAnswers, evaluator_answers
from wildpose.evaluation.surface_distance import ChartDistance
from wildpose.evaluation.truth import Annotation, Image, is_left_out
from wildpose.formats.dense_rows import dense_of
from wildpose.formats.densepose import DensePoints, read_points
from wildpose.masks import mask_iou
from wildpose.types import Array, ClassId, DensePose

Lookup = Callable[[DensePose, Annotation], PointAnswers]
"""Reads a dense pose at the points of an annotation."""

LOWEST_SIMILARITY = 0.5
"""Of the thresholds: what can't reach it is not worked out and counts as 0."""


def has_dense_points(annotation: Annotation) -> bool:
    """Whether the annotation has (I, u, v) points that count."""
    return bool(annotation.get("dp_x")) and not is_left_out(annotation)


@dataclass(frozen=True)
class _Pair:
    """A detection's answers at the points of one body; ``image`` is a position."""

    image: int
    detection: int
    body: int
    truth: DensePoints
    said: PointAnswers


def dense_images(
    data: EvaluationSet, distance: ChartDistance, lookup: Lookup = evaluator_answers
) -> tuple[DenseImage | None, ...]:
    """Similarities of every picture of animals.

    Parameters
    ----------
    data : EvaluationSet
        Its detections hold ``dense_pose`` rows (:func:`wildpose.formats.dense_rows.dense_row`);
        one without is background everywhere.
    distance : ChartDistance
    lookup : Lookup
        By default as published figures have it; see :mod:`wildpose.evaluation.point_answers`.

    Returns
    -------
    tuple of DenseImage or None
        In the order of ``data.images``; None where no animal has points.
    """
    truth = data.truth_by_image(ClassId.ANIMAL)
    found = data.detections_by_image(ClassId.ANIMAL)
    images: list[DenseImage | None] = []
    pairs: list[_Pair] = []
    for position, image in enumerate(data.images):
        animals = truth.get(image["id"], [])
        if not any(has_dense_points(a) for a in animals):
            images.append(None)
            continue
        ordered = sorted(found.get(image["id"], []), key=lambda d: -d["score"])
        one, dense = _compare(image, animals, ordered[:DETECTIONS_PER_IMAGE])
        images.append(one)
        pairs += _worth_asking(position, one, (animals, dense), lookup)
    _fill(images, pairs, distance)
    return tuple(images)


def _compare(
    image: Image, animals: Sequence[Annotation], detections: Sequence[Detection]
) -> tuple[DenseImage, list[DensePose | None]]:
    """All but the similarities, and the dense pose of each detection."""
    left_out = np.array([is_left_out(a) for a in animals])
    boxes = np.array([a["bbox"] for a in animals], np.float64)
    dense = [dense_of(d["dense_pose"]) if "dense_pose" in d else None for d in detections]
    masks = np.zeros((len(detections), len(animals)))
    there = [i for i, one in enumerate(dense) if one is not None]
    bodies = [true_body(a, image) for a in animals]
    masks[there] = mask_iou([said_body(one, image) for one in dense if one is not None], bodies)
    area = [d["bbox"][2] * d["bbox"][3] for d in detections]
    return DenseImage(
        score=np.array([d["score"] for d in detections], np.float64),
        box_area=np.array(area, np.float64),
        gps=np.zeros(masks.shape),
        mask_iou=masks,
        box_iou=np.array([overlap(d["bbox"], boxes, left_out) for d in detections],
                         np.float64).reshape(masks.shape),
        has_points=np.array([has_dense_points(a) for a in animals]),
        crowd=left_out,
        area=np.array([a["area"] for a in animals], np.float64),
    ), dense


def _worth_asking(
    position: int,
    one: DenseImage,
    held: tuple[Sequence[Annotation], Sequence[DensePose | None]],
    lookup: Lookup,
) -> list[_Pair]:
    """The pairs whose similarity could reach a threshold, by what is not background."""
    animals, dense = held
    pairs = []
    for body in np.flatnonzero(one.has_points).tolist():
        points = read_points(dict(animals[body]))
        for detection, pose in enumerate(dense):
            if pose is None:
                continue
            said = lookup(pose, animals[body])
            share = float((said.chart > 0).mean())
            if max(share, np.sqrt(share * one.mask_iou[detection, body])) >= LOWEST_SIMILARITY:
                pairs.append(_Pair(position, detection, body, points, said))
    return pairs


def _fill(
    images: Sequence[DenseImage | None], pairs: Sequence[_Pair], distance: ChartDistance
) -> None:
    """Work out the similarities of all pairs at once."""
    if not pairs:
        return
    metres = distance(*(np.concatenate(column) for column in (
        [p.truth.chart for p in pairs], [p.truth.uv for p in pairs],
        [p.said.chart for p in pairs], [p.said.uv for p in pairs])))
    ends = np.cumsum([len(p.said) for p in pairs])
    parts: list[Array] = np.split(metres, ends[:-1])
    for pair, own in zip(pairs, parts, strict=True):
        one = images[pair.image]
        if one is not None:
            one.gps[pair.detection, pair.body] = geodesic_point_similarity(own, pair.truth.chart)
