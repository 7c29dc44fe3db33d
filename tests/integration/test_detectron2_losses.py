"""detectron2 itself and the network here learn the same: losses and gradients of a whole batch.

Runs where detectron2 and its DensePose project are installed (docs/detectron2.md, "detectron2
itself"). All anchors and regions are taken, so that neither draws by chance; weights by formula.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from importlib import import_module
from typing import Any

import numpy as np
import pytest
import torch
from side_by_side import PARITY_CASES, picture, weights
from torch import Tensor, nn
from torch.nn.functional import one_hot

from wildpose.models import detectron2
from wildpose.models.chart_rcnn import Config, expected_keys, load
from wildpose.training.assignment import PointTargets, Targets
from wildpose.training.chart_batch import ChartRcnnLosses, chart_rcnn_losses
from wildpose.training.chart_matching import Limits

ABSENT = detectron2.reason_absent()
pytestmark = pytest.mark.skipif(
    bool(ABSENT), reason=f"needs detectron2 and its DensePose project: {ABSENT}")
FLIPPED = 5e-3
"""Gradients differ by more than the losses: rounding turns a few ReLUs the other way."""
SIZE, ALL, POINTS = (192, 256), 1_000_000, 30
LIMITS = Limits(anchors=ALL, regions=ALL, chart_regions=ALL, mask_regions=ALL)
CONFIG = replace(PARITY_CASES["case_A_evolution_teacher"][0], coarse_from_masks=True,
                 point_weight=0.0005)
BOXES = ([[20.0, 30, 110, 150], [120, 60, 250, 180]], [[60.0, 20, 200, 170]])
NAMES = {"objectness": "rpn_cls", "proposal_move": "rpn_loc", "box_class": "cls",
         "box_move": "box_reg", "mask": "mask", "chart": "densepose_I", "coarse": "densepose_S",
         "uv": "densepose_UV"}


@dataclass(frozen=True)
class Labelled:
    """A picture with ellipses as bodies, and points on the first of them."""

    image: np.ndarray
    box_xyxy: Tensor
    masks: Tensor
    point_xy: Tensor
    chart: Tensor
    uv: Tensor


def labelled(index: int) -> Labelled:
    random = np.random.RandomState(index)
    boxes = torch.tensor(BOXES[index])
    y, x = (torch.from_numpy(grid) + 0.5 for grid in np.mgrid[: SIZE[0], : SIZE[1]])
    x1, y1, x2, y2 = (edge[:, None, None] for edge in boxes.unbind(1))
    across, down = (2 * x - x1 - x2) / (x2 - x1), (2 * y - y1 - y2) / (y2 - y1)
    return Labelled(
        picture(*SIZE, index)[:, :, ::-1], boxes, across**2 + down**2 <= 1,
        torch.from_numpy(random.uniform(40, 216, (POINTS, 2)).astype(np.float32)),
        torch.from_numpy(random.randint(1, 25, POINTS)),
        torch.from_numpy(random.uniform(0, 1, (POINTS, 2)).astype(np.float32)))


def for_theirs(given: Labelled) -> dict[str, Any]:
    structures, densepose = (import_module(name) for name in
                             ("detectron2.structures", "densepose.structures"))
    instances = structures.Instances(SIZE)
    instances.gt_boxes = structures.Boxes(given.box_xyxy)
    instances.gt_classes = torch.zeros(len(given.box_xyxy), dtype=torch.long)
    instances.gt_masks = structures.BitMasks(given.masks)
    points = densepose.DensePoseDataRelative({
        "dp_x": given.point_xy[:, 0], "dp_y": given.point_xy[:, 1], "dp_I": given.chart,
        "dp_U": given.uv[:, 0], "dp_V": given.uv[:, 1], "dp_masks": torch.zeros(256, 256)})
    rest = [None] * (len(given.box_xyxy) - 1)
    instances.gt_densepose = densepose.DensePoseList([points, *rest], given.box_xyxy, SIZE)
    blue_first = torch.from_numpy(given.image[:, :, ::-1].copy()).permute(2, 0, 1)
    return {"image": blue_first, "instances": instances}


def for_ours(given: Labelled) -> Targets:
    boxes = given.box_xyxy
    at = boxes[0, :2] + given.point_xy / 256 * (boxes[0, 2:] - boxes[0, :2])
    rows = torch.zeros(len(boxes), dtype=torch.long)
    return Targets(
        box_xyxy=boxes, column=rows, ignore_xyxy=torch.zeros(0, 4), masks=given.masks.float(),
        mask_row=torch.arange(len(boxes)),
        points=PointTargets(torch.zeros(POINTS).long(), at, one_hot(given.chart, 25).bool(),
                            given.uv),
        labelled=torch.ones(2).bool(), weight=1.0)


def built(config: Config, tensors: dict[str, Tensor]) -> nn.Module:
    settings = detectron2.settings_of(config)
    settings.MODEL.RPN.PRE_NMS_TOPK_TRAIN = LIMITS.proposals_per_level
    settings.MODEL.RPN.POST_NMS_TOPK_TRAIN = LIMITS.proposals
    settings.MODEL.RPN.BATCH_SIZE_PER_IMAGE = settings.MODEL.ROI_HEADS.BATCH_SIZE_PER_IMAGE = ALL
    theirs = import_module("detectron2.modeling").build_model(settings)
    theirs.load_state_dict(tensors)
    return theirs.train()


def test_losses_and_gradients_of_a_batch_are_those_of_detectron2():
    torch.set_num_threads(1)
    tensors = weights(expected_keys(CONFIG), {})
    given = [labelled(index) for index in range(len(BOXES))]

    theirs = built(CONFIG, {name: tensor.clone() for name, tensor in tensors.items()})
    with import_module("detectron2.utils.events").EventStorage(0):
        said = theirs([for_theirs(one) for one in given])
    sum(said.values()).backward()

    ours = load(CONFIG, tensors).requires_grad_(True)
    pictures = torch.from_numpy(np.stack([one.image for one in given])).permute(0, 3, 1, 2)
    own = chart_rcnn_losses(ours, pictures, [for_ours(one) for one in given],
                            torch.Generator().manual_seed(0), LIMITS)
    own.total().backward()

    assert NAMES.keys() == set(ChartRcnnLosses._fields)
    for name, loss in own._asdict().items():
        truth = said[f"loss_{NAMES[name]}"].item()
        assert truth > 0
        assert loss.item() == pytest.approx(truth, rel=1e-4), name
    learnt = {n: p.grad for n, p in theirs.named_parameters() if p.requires_grad}
    assert len(learnt) > 100
    for name, parameter in ours.named_parameters():
        if name in learnt:
            apart = (parameter.grad - learnt[name]).norm() / learnt[name].norm()
            assert apart < FLIPPED, name
