"""Labels drawn by eye move towards what the detector sees, and only where both mean one animal."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from wildpose.data.annotations import read_labelled
from wildpose.models.detector import Architecture, Detector
from wildpose.models.pretrained import load_first_stage, load_trunk
from wildpose.models.proposals import Proposals
from wildpose.training.refine import moved_boxes, refine_boxes

LABEL = np.array([[10, 10, 50, 50]], np.float32)
ANIMAL = np.array([1], np.int16)


def found(*boxes, column=0) -> Proposals:
    count = len(boxes)
    return Proposals(torch.tensor(boxes).float().reshape(count, 4), torch.ones(count),
                     torch.full((count,), column))


def test_a_label_moves_its_share_of_the_way():
    moved = moved_boxes(LABEL, ANIMAL, found([14, 10, 50, 54]), 0.25)
    assert moved.tolist() == [[11, 10, 50, 51]]
    assert moved.dtype == np.float32


@pytest.mark.parametrize("finds", [
    found(),
    found([10, 10, 30, 50]),
    found([12, 10, 50, 50], column=1),
], ids=["nothing found", "half of it found", "a person found there"])
def test_a_label_without_a_counterpart_stays(finds):
    assert moved_boxes(LABEL, ANIMAL, finds, 0.5).tolist() == LABEL.tolist()


def test_two_labels_that_share_a_find_stay_both():
    pair = np.array([[0, 0, 40, 40], [8, 0, 48, 40]], np.float32)
    both = np.array([1, 1], np.int16)
    assert moved_boxes(pair, both, found([4, 0, 44, 40]), 0.5).tolist() == pair.tolist()
    apart = moved_boxes(pair, both, found([2, 0, 42, 40], [8, 2, 48, 42]), 0.5)
    assert apart.tolist() == [[1, 0, 41, 40], [8, 1, 48, 41]]


@pytest.fixture(scope="module")
def starting(shared_data) -> Detector:
    weights = shared_data.parent / "weights"
    detector = Detector(Architecture())
    load_trunk(detector, weights / "shufflenet_v2_x1_5_coco.safetensors")
    load_first_stage(detector, weights / "nanodet_plus_neck_head_coco.safetensors")
    return detector


def test_on_real_pictures_a_spoilt_label_comes_nearer_and_a_masked_one_stays(
    shared_data, starting
):
    images = read_labelled(shared_data / "real" / "train")
    deer = next(i for i in images if i.facts["source"] == "cxldeer" and len(i.box_xyxy) == 1)
    width = deer.box_xyxy[0, 2] - deer.box_xyxy[0, 0]
    spoilt = replace(deer, box_xyxy=deer.box_xyxy + np.float32([0, 0, 0.15 * width, 0]))
    (mended,) = refine_boxes(starting, [spoilt], 0.5)
    error = abs(mended.box_xyxy - deer.box_xyxy).max()
    assert 0 < error < 0.7 * 0.15 * width
    assert mended.path == deer.path
    masked = next(i for i in images if i.facts["source"] == "pets")
    (kept,) = refine_boxes(starting, [masked], 0.5)
    assert kept.box_xyxy.tolist() == masked.box_xyxy.tolist()
    assert refine_boxes(starting, [spoilt], 0)[0] is spoilt
    assert starting.training
