"""Which detection is which animal, and what does not count."""

from __future__ import annotations

import numpy as np
import pytest

from wildpose.evaluation.matching import match_image, overlap
from wildpose.evaluation.precision_recall import precision_and_recall

BOX = [10.0, 10.0, 40.0, 20.0]


def animal(number: int, box: list[float], **keys) -> dict:
    return {"id": number, "bbox": box, **keys}


def found(box: list[float], score: float) -> dict:
    return {"bbox": box, "score": score}


def test_the_better_score_takes_the_animal_and_the_second_is_false():
    match = match_image([animal(5, BOX)], [found(BOX, 0.4), found(BOX, 0.9)])
    assert [d["score"] for d in match.detections] == [0.9, 0.4]
    assert match.annotation_ids == (5, None)
    assert [d["score"] for d in match.false_alarms] == [0.4]
    assert match.missed_ids == ()


def test_a_detection_takes_the_animal_that_it_overlaps_best():
    near = [12.0, 10.0, 40.0, 20.0]
    match = match_image([animal(1, near), animal(2, BOX)], [found(BOX, 0.9)])
    assert match.annotation_ids == (2,)
    assert match.missed_ids == (1,)


@pytest.mark.parametrize("key", ["iscrowd", "uncertain", "hardly_visible"])
def test_what_is_left_out_is_neither_hit_nor_miss(key):
    match = match_image([animal(1, BOX, **{key: 1})], [found(BOX, 0.9), found(BOX, 0.8)])
    assert match.hits == 0
    assert match.false_alarms == ()
    assert match.missed_ids == ()
    assert precision_and_recall([match]) == {"precision": None, "recall": None}


def test_a_small_box_inside_a_crowd_is_not_false():
    match = match_image([animal(1, [0, 0, 200, 200], iscrowd=1)], [found(BOX, 0.9)])
    assert match.counted == (False,)


def test_an_iou_of_exactly_one_half_is_no_match():
    """The contract divides by a hair more than the union."""
    half = [10.0, 10.0, 40.0, 10.0]
    assert match_image([animal(1, BOX)], [found(half, 0.9)]).hits == 0


def test_boxes_without_area_overlap_nothing():
    shares = overlap([5, 5, 0, 0], [BOX, [5, 5, 0, 0]], np.array([True, False]))
    np.testing.assert_array_equal(shares, 0)


def test_precision_and_recall_of_two_pictures():
    hit = match_image([animal(1, BOX)], [found(BOX, 0.9)])
    miss = match_image([animal(2, BOX)], [found([200, 200, 10, 10], 0.9)])
    empty = match_image([], [])
    assert precision_and_recall([hit, miss, empty]) == {"precision": 0.5, "recall": 0.5}
