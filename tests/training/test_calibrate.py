from __future__ import annotations

import numpy as np
import pytest

from wildpose.evaluation.matching import ImageMatch
from wildpose.models.calibration import Calibration
from wildpose.models.folder import ModelDescription
from wildpose.training.calibrate import best_threshold, calibrated

PLAIN = ModelDescription("m", "", "", {}, threshold=0.5)
TRUE = Calibration(2.0, -1.0)


def dataset(category: int = 1, pictures: int = 600) -> tuple[dict, dict]:
    """One animal a picture; a detection of score s lies on it as often as the true curve says."""
    rng = np.random.default_rng(0)
    images, annotations, detections = [], [], []
    for k in range(1, pictures + 1):
        images.append({"id": k, "width": 100, "height": 100, "labelled": ["animal", "person"]})
        annotations.append({"id": k, "image_id": k, "category_id": category,
                            "bbox": [10, 10, 30, 30], "area": 900, "iscrowd": 0})
        score = float(rng.uniform(0.06, 0.98))
        right = rng.random() < TRUE.probability(np.array(score))
        detections.append({"image_id": k, "category_id": category, "score": score,
                           "bbox": [10, 10, 30, 30] if right else [60, 60, 20, 20]})
    return {"images": images, "annotations": annotations}, {"detections": detections}


def test_the_curve_of_the_kept_out_pictures_is_found():
    found = calibrated(PLAIN, *dataset(pictures=2000))
    animal = found.calibration["animal"]
    assert animal.slope == pytest.approx(TRUE.slope, abs=0.4)
    assert animal.offset == pytest.approx(TRUE.offset, abs=0.4)
    assert 0.1 <= found.threshold <= 0.9
    assert found.name == "m"


def test_people_take_the_curve_of_animals_where_there_are_too_few():
    found = calibrated(PLAIN, *dataset())
    assert found.calibration["person"] == found.calibration["animal"]


def test_people_get_their_own_curve_where_there_are_enough():
    (coco, said), (people, of_people) = dataset(), dataset(2)
    for row in people["annotations"]:
        row["id"] += 10_000
        row["bbox"] = [10, 60, 20, 30]
    for row in of_people["detections"]:
        row["bbox"] = [10, 60, 20, 30] if row["score"] > 0.4 else [60, 10, 20, 20]
    coco["annotations"] += people["annotations"]
    said["detections"] += of_people["detections"]
    found = calibrated(PLAIN, coco, said)
    assert found.calibration["person"].slope > 2 * found.calibration["animal"].slope


@pytest.mark.parametrize("chosen", ["none", "right", "wrong"])
def test_detections_that_tell_nothing_leave_the_description_as_it_is(chosen):
    coco, said = dataset(pictures=40)
    hit = [d["bbox"][0] == 10 for d in said["detections"]]
    keep = {"none": [False] * 40, "right": hit, "wrong": [not h for h in hit]}[chosen]
    said["detections"] = [d for d, k in zip(said["detections"], keep, strict=True) if k]
    assert calibrated(PLAIN, coco, said) == PLAIN


def matches(rows: list[tuple[float, bool]], missed: int = 0) -> list[ImageMatch]:
    return [
        ImageMatch(({"score": score},), (1 if hit else None,), (True,), ()) for score, hit in rows
    ] + [ImageMatch((), (), (), (7,))] * missed


def test_the_threshold_parts_right_from_wrong():
    rows = [(0.2, False), (0.3, False), (0.4, False), (0.6, True), (0.7, True), (0.8, True)]
    threshold = best_threshold(matches(rows, missed=1), Calibration())
    assert 0.4 < threshold <= 0.6


def test_the_threshold_is_a_probability_and_not_a_score():
    rows = [(0.2, False), (0.3, False), (0.6, True), (0.7, True)]
    curve = Calibration(1.0, 2.0)
    low, high = curve.probability(np.array([0.3, 0.6]))
    assert low < best_threshold(matches(rows), curve) <= high + 0.01
