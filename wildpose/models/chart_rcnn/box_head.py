"""Second stage: what is in a proposal, and where exactly."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional
from torchvision.ops import clip_boxes_to_image, nms

from wildpose.models.chart_rcnn.config import Config
from wildpose.models.chart_rcnn.proposals import LARGEST_GROWTH, Proposals
from wildpose.models.chart_rcnn.pyramid import WIDTH, Cutter
from wildpose.models.heads import BOX_ROI, DELTA_SCALE, BoxMoves, apply_deltas

HIDDEN = 1024
MOVES = BoxMoves(DELTA_SCALE, (-math.inf, LARGEST_GROWTH), least_side=0.0)


class BoxAnswer(NamedTuple):
    """What the second stage says of R proposals.

    Attributes
    ----------
    logits : float [R, 2]
        Object, background.
    deltas : float [R, 4]
    """

    logits: Tensor
    deltas: Tensor


class FoundBoxes(NamedTuple):
    """Final boxes of one picture, best first.

    Attributes
    ----------
    box_xyxy : float [N, 4]
    score : float [N]
    """

    box_xyxy: Tensor
    score: Tensor


class BoxHead(nn.Module):
    """Two layers on a flattened region."""

    def __init__(self) -> None:
        super().__init__()
        self.fc1 = nn.Linear(WIDTH * BOX_ROI * BOX_ROI, HIDDEN)
        self.fc2 = nn.Linear(HIDDEN, HIDDEN)

    def forward(self, regions: Tensor) -> Tensor:
        """Map regions [R, 256, 7, 7] to [R, 1024]."""
        return functional.relu(self.fc2(functional.relu(self.fc1(regions.flatten(1)))))


class BoxPredictor(nn.Module):
    """The last layers of the second stage."""

    def __init__(self) -> None:
        super().__init__()
        self.cls_score = nn.Linear(HIDDEN, 2)
        self.bbox_pred = nn.Linear(HIDDEN, 4)

    def forward(self, hidden: Tensor) -> BoxAnswer:
        """Answer for [R, 1024]."""
        return BoxAnswer(self.cls_score(hidden), self.bbox_pred(hidden))


def cut_for_boxes(levels: Sequence[Tensor], boxes: Tensor, config: Config) -> Tensor:
    """Regions [R, 256, 7, 7] of proposals [R, 4] from p2 to p5."""
    cutter = Cutter(BOX_ROI, config.box_sampling, config.box_aligned)
    return cutter.from_fitting(levels[:4], boxes)


def final_boxes(
    proposals: Proposals, answer: BoxAnswer, size: tuple[int, int], config: Config,
    minimum_score: float,
) -> FoundBoxes:
    """Moved boxes with a score above the minimum, without doubles, at most ``detections``.

    Parameters
    ----------
    proposals : Proposals
    answer : BoxAnswer
    size : (int, int)
        Height and width of the picture, without the padding; boxes are cut to it.
    config : Config
    minimum_score : float
        In place of the configuration's own.
    """
    score = answer.logits.softmax(-1)[:, 0]
    boxes = apply_deltas(proposals.box_xyxy, answer.deltas, MOVES)
    sound = torch.isfinite(boxes).all(1) & torch.isfinite(score)
    boxes = clip_boxes_to_image(boxes, size)
    keep = torch.nonzero(sound & (score > minimum_score))[:, 0]
    keep = keep[nms(boxes[keep], score[keep], config.box_iou)][: config.detections]
    return FoundBoxes(boxes[keep], score[keep])
