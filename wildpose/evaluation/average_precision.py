"""Average precision as COCO defines it, split so that any choice of pictures is one sum.

pycocotools compares detections with truth, picture by picture; that part is slow and does not
depend on which pictures are chosen. Sorting by score and integrating is done here, with a weight
for each picture: 0 or 1 for a subset, how often it was drawn for a bootstrap.

References
----------
Lin et al., Microsoft COCO: Common Objects in Context, ECCV 2014; the evaluation page of
cocodataset.org (10 thresholds of IoU from .50 to .95, 101 points of recall, 100 detections).
"""

from __future__ import annotations

import contextlib
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from wildpose.evaluation.truth import Image
from wildpose.types import Array

IOU_THRESHOLDS = np.linspace(0.5, 0.95, 10)
RECALL_POINTS = np.linspace(0.0, 1.0, 101)
DETECTIONS_PER_IMAGE = 100
ANY_AREA_PX = (0.0, 1e10)


@dataclass(frozen=True)
class CategoryMatches:
    """All detections of one category, by falling score, compared with the truth.

    Attributes
    ----------
    image_index : int64 [D]
        Position of the detection's picture.
    score : float64 [D]
    hit : bool [10, D]
        Whether it is a hit at each of :data:`IOU_THRESHOLDS`.
    false : bool [10, D]
        Whether it is false there. Neither for detections on truth that is left out.
    positives : int64 [images]
        Objects to be found in each picture.
    """

    image_index: Array
    score: Array
    hit: Array
    false: Array
    positives: Array


def match_category(
    images: Sequence[Image],
    truth: Iterable[Mapping[str, Any]],
    detections: Iterable[Mapping[str, Any]],
    kind: Literal["bbox", "segm"],
) -> CategoryMatches:
    """Compare detections with truth in every picture.

    Parameters
    ----------
    images : sequence of Image
    truth : iterable of mapping
        COCO annotations of one category, ``iscrowd`` 1 where left out.
    detections : iterable of mapping
        Of the same category.
    kind : {"bbox", "segm"}
        Overlap of boxes or of masks.

    Returns
    -------
    CategoryMatches
        Its pictures are in the order of ``images``.
    """
    index = {image["id"]: position for position, image in enumerate(images)}
    rows = _compare(images, [dict(t) for t in truth], [dict(d) for d in detections], kind)
    found = [row for row in rows if row is not None]
    positives = np.zeros(len(images), np.int64)
    for row in found:
        positives[index[row["image_id"]]] = np.count_nonzero(row["gtIgnore"] == 0)
    score = np.concatenate([row["dtScores"] for row in found] or [np.zeros(0)])
    where = [np.full(len(row["dtScores"]), index[row["image_id"]]) for row in found]
    none = np.zeros((len(IOU_THRESHOLDS), 0), bool)
    matched = np.concatenate([none, *(row["dtMatches"] != 0 for row in found)], axis=1)
    left_out = np.concatenate([none, *(row["dtIgnore"] for row in found)], axis=1)
    order = np.argsort(-score, kind="stable")
    return CategoryMatches(
        image_index=np.concatenate([np.zeros(0, np.int64), *where])[order],
        score=score[order],
        hit=(matched & ~left_out)[:, order],
        false=(~matched & ~left_out)[:, order],
        positives=positives,
    )


def _compare(
    images: Sequence[Image],
    truth: list[dict[str, Any]],
    detections: list[dict[str, Any]],
    kind: str,
) -> list[dict[str, Any] | None]:
    """COCOeval's comparison of each picture, or None where it holds neither."""
    if not truth and not detections:
        return []
    with contextlib.redirect_stdout(io.StringIO()):  # pycocotools prints its progress
        category = (truth or detections)[0]["category_id"]
        coco = COCO()
        coco.dataset = {"images": list(images), "annotations": truth,
                        "categories": [{"id": category}]}
        coco.createIndex()
        evaluator = COCOeval(coco, coco.loadRes(detections) if detections else _nothing(coco), kind)
        evaluator.params.areaRng = [list(ANY_AREA_PX)]
        evaluator.params.maxDets = [DETECTIONS_PER_IMAGE]
        evaluator.evaluate()
    rows: list[dict[str, Any] | None] = evaluator.evalImgs
    return rows


def _nothing(coco: COCO) -> COCO:
    """Give a result without detections; ``loadRes`` can't read an empty list."""
    empty = COCO()
    empty.dataset = {**coco.dataset, "annotations": []}
    empty.createIndex()
    return empty


def precision_at_recall(matches: CategoryMatches, weight: Array) -> Array | None:
    """Interpolated precision at 101 points of recall, for each threshold of IoU.

    Parameters
    ----------
    matches : CategoryMatches
    weight : [images]
        How often each picture counts: 0 or 1 for a subset, more for one drawn repeatedly.

    Returns
    -------
    float64 [10, 101] or None
        None where nothing is to be found in the chosen pictures.
    """
    positives = float(matches.positives @ weight)
    if positives == 0:
        return None
    each = np.asarray(weight, np.float64)[matches.image_index]
    hits = np.cumsum(matches.hit * each, axis=1)
    wrong = np.cumsum(matches.false * each, axis=1)
    recall = hits / positives
    precision = hits / (hits + wrong + np.spacing(1))
    best_from_here = np.maximum.accumulate(precision[:, ::-1], axis=1)[:, ::-1]
    # beyond the largest recall the precision is 0
    padded = np.concatenate([best_from_here, np.zeros((len(recall), 1))], axis=1)
    first = [np.searchsorted(row, RECALL_POINTS, side="left") for row in recall]
    return np.take_along_axis(padded, np.stack(first), axis=1)


def average_precision(matches: CategoryMatches, weight: Array) -> dict[str, float] | None:
    """COCO AP (mean over IoU .50 to .95), AP50 and AP75.

    Parameters
    ----------
    matches : CategoryMatches
    weight : [images]
        As in :func:`precision_at_recall`.

    Returns
    -------
    dict or None
        ``ap``, ``ap50``, ``ap75`` in [0, 1]; None where nothing is to be found.
    """
    precision = precision_at_recall(matches, weight)
    if precision is None:
        return None
    return {
        "ap": float(precision.mean()),
        "ap50": float(precision[0].mean()),
        "ap75": float(precision[5].mean()),
    }


def average_recall(matches: CategoryMatches, weight: Array) -> dict[str, float] | None:
    """Mean of the highest recall over the thresholds, and the recall at .50 and .75.

    Parameters
    ----------
    matches : CategoryMatches
    weight : [images]
        As in :func:`precision_at_recall`.

    Returns
    -------
    dict or None
        ``ar``, ``ar50``, ``ar75`` in [0, 1]; None where nothing is to be found.
    """
    positives = float(matches.positives @ weight)
    if positives == 0:
        return None
    each = np.asarray(weight, np.float64)[matches.image_index]
    recall = (matches.hit * each).sum(axis=1) / positives
    return {"ar": float(recall.mean()), "ar50": float(recall[0]), "ar75": float(recall[5])}
