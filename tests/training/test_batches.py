from __future__ import annotations

import numpy as np
import torch

from wildpose.data.augment import Example
from wildpose.data.body_points import BodyPoints
from wildpose.training.batches import as_tensors, to_device
from wildpose.types import ClassId


def example(**changes) -> Example:
    mask = np.zeros((64, 96), bool)
    mask[8:20, 8:30] = True
    content = {
        "image": np.arange(64 * 96 * 3, dtype=np.uint32).reshape(64, 96, 3).astype(np.uint8),
        "box_xyxy": np.array([[0, 0, 9, 9], [8, 8, 30, 20], [40, 8, 60, 30]], np.float32),
        "class_id": np.array([1, 1, 2], np.int16),
        "ignore": np.array([True, False, False]),
        "masks": (mask, mask, None),
        "labelled": frozenset({ClassId.ANIMAL}),
        "picture_xyxy": (0, 0, 96, 64),
        "weight": 0.5,
    }
    return Example(**content | changes)


def test_pictures_are_channels_first_bytes():
    one = example()
    pictures, _ = as_tensors([one, one])
    assert pictures.shape == (2, 3, 64, 96)
    assert pictures.dtype == torch.uint8
    assert np.array_equal(pictures[1].permute(1, 2, 0).numpy(), one.image)


def test_ignored_boxes_are_apart_and_masks_point_to_the_rows_that_are_left():
    one = example()
    _, (targets,) = as_tensors([one])
    assert targets.box_xyxy.tolist() == one.box_xyxy[1:].tolist()
    assert targets.ignore_xyxy.tolist() == one.box_xyxy[:1].tolist()
    assert targets.column.tolist() == [0, 1]
    assert targets.mask_row.tolist() == [0]
    assert np.array_equal(targets.masks[0].numpy() > 0.5, one.masks[1])
    assert targets.labelled.tolist() == [True, False]
    assert targets.weight == 0.5


def test_an_empty_frame_has_targets_of_no_rows():
    nothing = example(box_xyxy=np.zeros((0, 4), np.float32), class_id=np.zeros(0, np.int16),
                      ignore=np.zeros(0, bool), masks=())
    _, (targets,) = as_tensors([nothing])
    assert targets.box_xyxy.shape == targets.ignore_xyxy.shape == (0, 4)
    assert targets.masks.shape == (0, 64, 96)
    assert targets.mask_row.dtype == targets.column.dtype == torch.long


def test_another_device_holds_the_same():
    _, (targets,) = as_tensors([example()])
    moved = to_device(targets, torch.device("cpu"))
    for name, one in targets._asdict().items():
        pairs = zip(one, moved.points, strict=True) if name == "points" else [
            (one, getattr(moved, name))]
        assert all(torch.equal(torch.as_tensor(a), torch.as_tensor(b)) for a, b in pairs)


def test_points_know_the_row_of_their_body_after_ignored_ones_are_taken_out():
    charts = np.zeros((2, 25), bool)
    charts[:, 3] = True
    body = BodyPoints(np.array([[30, 20], [31, 21]], np.float32), charts,
                      np.array([[0.5, 0.5], [np.nan, np.nan]], np.float32))
    _, (targets,) = as_tensors([example(body_points=(None, None, body))])
    assert targets.points.row.tolist() == [1, 1]
    assert targets.points.xy.tolist() == body.xy.tolist()
    assert targets.points.charts[:, 3].all()
    assert targets.points.charts.sum() == 2
    assert torch.isfinite(targets.points.uv).all(1).tolist() == [True, False]
