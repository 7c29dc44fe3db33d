"""Our sum over pictures is that of pycocotools, for subsets and for repeated pictures."""

from __future__ import annotations

import contextlib
import io

import numpy as np
import pytest
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from wildpose.evaluation.average_precision import (
    average_precision,
    match_category,
    precision_at_recall,
)

IMAGES = [{"id": i} for i in range(1, 31)]


def random_set(seed: int) -> tuple[list[dict], list[dict]]:
    rng = np.random.default_rng(seed)
    truth, detections = [], []
    for image in IMAGES:
        for _ in range(rng.integers(0, 4)):
            box = [*rng.uniform(0, 100, 2), *rng.uniform(10, 60, 2)]
            truth.append({"id": len(truth) + 1, "image_id": image["id"], "category_id": 1,
                          "bbox": box, "area": box[2] * box[3],
                          "iscrowd": int(rng.random() < 0.15)})
            if rng.random() < 0.85:
                near = (np.array(box) + rng.normal(0, 4, 4)).tolist()
                detections.append({"image_id": image["id"], "category_id": 1, "bbox": near,
                                   "score": rng.random()})
        for _ in range(rng.integers(0, 3)):
            box = [*rng.uniform(0, 100, 2), *rng.uniform(10, 60, 2)]
            detections.append({"image_id": image["id"], "category_id": 1, "bbox": box,
                               "score": rng.random() * 0.7})
    return truth, detections


def by_pycocotools(copies: list[int], truth: list[dict], detections: list[dict]) -> np.ndarray:
    """Precision of pycocotools on a set in which every picture really is there that often."""
    images, rows, found = [], [], []
    for original, times in zip(IMAGES, copies, strict=True):
        for _ in range(times):
            number = len(images) + 1
            images.append({"id": number})
            rows += [{**t, "image_id": number, "id": len(rows) + 1 + k} for k, t in enumerate(
                t for t in truth if t["image_id"] == original["id"])]
            found += [{**d, "image_id": number} for d in detections
                      if d["image_id"] == original["id"]]
    with contextlib.redirect_stdout(io.StringIO()):
        coco = COCO()
        coco.dataset = {"images": images, "annotations": rows, "categories": [{"id": 1}]}
        coco.createIndex()
        evaluator = COCOeval(coco, coco.loadRes(found), "bbox")
        evaluator.evaluate()
        evaluator.accumulate()
    return evaluator.eval["precision"][:, :, 0, 0, 2]


@pytest.mark.parametrize("seed", range(4))
def test_subset_equals_pycocotools_on_the_subset(seed):
    truth, detections = random_set(seed)
    chosen = np.random.default_rng(seed).integers(0, 2, len(IMAGES))
    matches = match_category(IMAGES, truth, detections, "bbox")
    ours = precision_at_recall(matches, chosen)
    np.testing.assert_allclose(ours, by_pycocotools(chosen, truth, detections), atol=1e-12)


@pytest.mark.parametrize("seed", range(4))
def test_a_picture_drawn_twice_counts_twice(seed):
    """Weights give what pycocotools gives where the picture is copied."""
    truth, detections = random_set(seed)
    times = np.random.default_rng(seed).integers(0, 4, len(IMAGES))
    matches = match_category(IMAGES, truth, detections, "bbox")
    ours = precision_at_recall(matches, times)
    np.testing.assert_allclose(ours, by_pycocotools(times, truth, detections), atol=1e-12)


def test_only_the_hundred_best_detections_of_a_picture_are_looked_at():
    truth = [{"id": 1, "image_id": 1, "category_id": 1, "bbox": [0, 0, 10, 10], "area": 100,
              "iscrowd": 0}]
    false = [{"image_id": 1, "category_id": 1, "bbox": [50, 50, 5, 5], "score": 0.9}] * 100
    right = {"image_id": 1, "category_id": 1, "bbox": [0, 0, 10, 10], "score": 0.1}
    matches = match_category(IMAGES, truth, [*false, right], "bbox")
    assert average_precision(matches, np.ones(len(IMAGES)))["ap"] == 0


def test_nothing_to_find_gives_none_and_nothing_found_gives_zero():
    truth, detections = random_set(0)
    everywhere = np.ones(len(IMAGES))
    nothing_there = match_category(IMAGES, [], detections, "bbox")
    nothing_found = match_category(IMAGES, truth, [], "bbox")
    assert average_precision(nothing_there, everywhere) is None
    assert average_precision(nothing_found, everywhere)["ap50"] == 0
    assert average_precision(match_category(IMAGES, [], [], "bbox"), everywhere) is None
