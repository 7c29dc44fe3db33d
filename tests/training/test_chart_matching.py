"""Which boxes hold an object, which hold nothing, and which are left out."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from wildpose.models.chart_rcnn.proposals import anchors_of
from wildpose.training.chart_matching import (
    PUBLISHED,
    Limits,
    Objects,
    match_anchors,
    objects_of,
    sample_regions,
)

SIZE = (64, 96)
LEFT, RIGHT = [8.0, 8.0, 40.0, 48.0], [56.0, 16.0, 88.0, 56.0]
ALL = Limits(anchors=10**6, regions=10**6)


def objects(boxes: list[list[float]], unclear: list[list[float]] | None = None) -> Objects:
    """Their rows are 10, 11, ..., so that they are not mistaken for places in the list."""
    return Objects(torch.tensor(boxes).reshape(-1, 4), torch.arange(len(boxes)) + 10,
                   torch.tensor(unclear or []).reshape(-1, 4), searched=True)


def shares(of: list[float], overlaps: list[float]) -> torch.Tensor:
    """Parts of a box, cut at the right, whose IoU with it are ``overlaps``."""
    x1, y1, x2, y2 = of
    return torch.tensor([[x1, y1, x1 + iou * (x2 - x1), y2] for iou in overlaps])


def anchor_rows(boxes: torch.Tensor, given: Objects, limits: Limits = ALL) -> dict[int, int]:
    chosen, row = match_anchors(boxes, SIZE, given, limits, torch.Generator())
    return dict(zip(chosen.tolist(), row.tolist(), strict=True))


def test_anchors_hold_the_object_from_seven_tenths_on_and_nothing_below_three():
    boxes = shares(LEFT, [0.9, 0.71, 0.69, 0.31, 0.29, 0.1])
    assert anchor_rows(boxes, objects([LEFT])) == {0: 10, 1: 10, 4: -1, 5: -1}


def test_the_best_anchors_of_an_object_hold_it_however_badly_they_fit():
    boxes = torch.cat([shares(LEFT, [0.2, 0.2, 0.1]), shares(RIGHT, [0.8])])
    assert anchor_rows(boxes, objects([LEFT, RIGHT])) == {0: 10, 1: 10, 2: -1, 3: 11}


def test_an_object_outside_of_all_anchors_makes_none_of_them_its_own():
    assert anchor_rows(shares(RIGHT, [1.0, 0.5]), objects([LEFT])) == {0: -1, 1: -1}


def test_half_of_the_anchors_hold_objects_at_most_and_background_fills_up():
    anchors = anchors_of(0, (16, 24), torch.device("cpu"))
    rows = list(anchor_rows(anchors, objects([LEFT, RIGHT]), PUBLISHED).values())
    assert len(rows) == 256
    assert 1 <= sum(row >= 0 for row in rows) < 128
    few = replace(PUBLISHED, anchors=4)
    rows = list(anchor_rows(anchors, objects([LEFT, RIGHT]), few).values())
    assert sum(row >= 0 for row in rows) == sum(row < 0 for row in rows) == 2


def test_true_boxes_are_regions_and_one_half_decides():
    proposals = shares(LEFT, [0.51, 0.49, 0.1])
    found = sample_regions(proposals, SIZE, objects([LEFT]), ALL, torch.Generator())
    assert found.row.tolist() == [10, 10, -1, -1]
    assert found.iou.tolist() == pytest.approx([0.51, 1.0, 0.49, 0.1])
    assert found.box_xyxy[1].tolist() == LEFT


def test_a_quarter_of_the_regions_hold_objects_at_most():
    proposals = torch.cat([shares(LEFT, [0.9] * 40), shares(RIGHT, [1.0] * 40)])
    limits = replace(PUBLISHED, regions=32)
    found = sample_regions(proposals, SIZE, objects([LEFT]), limits, torch.Generator())
    assert (found.row == 10).sum() == 8
    assert (found.row == -1).sum() == 24


@pytest.mark.parametrize("match", [match_anchors, sample_regions])
def test_boxes_mostly_covered_by_an_unclear_one_are_not_background(match):
    covered, half_out = [56.0, 16.0, 80.0, 56.0], [80.0, 16.0, 140.0, 56.0]
    boxes = torch.tensor([covered, half_out, RIGHT, [0.0, 0.0, 96.0, 64.0]])
    sample = match(boxes, SIZE, objects([], [[50.0, 10.0, 96.0, 60.0]]), ALL, torch.Generator())
    assert sample.row.tolist() == [-1]  # the whole picture; what lies outside of it doesn't count


@pytest.mark.parametrize("match", [match_anchors, sample_regions])
def test_where_the_objects_were_not_looked_for_nothing_is_background(match):
    given = objects([LEFT])._replace(searched=False)
    boxes = shares(LEFT, [0.9, 0.1])
    assert set(match(boxes, SIZE, given, ALL, torch.Generator()).row.tolist()) == {10}


def test_animals_are_background_for_a_network_that_finds_people(make_targets):
    target = make_targets([LEFT, RIGHT], [0, 1], ignore=[[0.0, 0.0, 4.0, 4.0]])
    own = objects_of(target, "person")
    assert own.box_xyxy.tolist() == [RIGHT]
    assert own.row.tolist() == [1]
    assert own.unclear_xyxy.tolist() == [[0, 0, 4, 4]]


def test_people_are_neither_learnt_nor_background_for_a_network_that_finds_animals(make_targets):
    target = make_targets([LEFT, RIGHT], [0, 1], ignore=[[0.0, 0.0, 4.0, 4.0]])
    own = objects_of(target, "animal")
    assert own.box_xyxy.tolist() == [LEFT]
    assert own.row.tolist() == [0]
    assert own.unclear_xyxy.tolist() == [[0, 0, 4, 4], RIGHT]


@pytest.mark.parametrize(("subject", "searched"), [("animal", True), ("person", False)])
def test_only_whether_the_own_class_was_looked_for_counts(make_targets, subject, searched):
    assert objects_of(make_targets([], labelled=(True, False)), subject).searched is searched


def test_boxes_without_an_area_are_no_objects(make_targets):
    assert not len(objects_of(make_targets([[8.0, 8.0, 8.0, 20.0]]), "animal").row)
