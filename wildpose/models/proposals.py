"""First stage: a dense head that scores every grid point and draws a box round it.

It is the head of an anchor-free one-stage detector (NanoDet-Plus; generalised focal loss, Li et
al. 2020), with the COCO classes that are animals fused into one: an animal's logit is the largest
of its ten rows, so that the head starts as the published detector and can be trained on.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torchvision.ops import batched_nms, clip_boxes_to_image

from wildpose.models.pyramid import PYRAMID_CHANNELS, STRIDES, Separable

ANIMAL_ROWS = 10
"""COCO bird, cat, dog, horse, sheep, cow, elephant, bear, zebra and giraffe."""
DISTANCE_BINS = 8
CLASSES = 2
"""Column 0 is ``ClassId.ANIMAL``, column 1 ``ClassId.PERSON``."""


class DensePrediction(NamedTuple):
    """What the first stage says of all P grid points of B pictures.

    Attributes
    ----------
    logits : float [B, P, 2]
        Animal, person (independent sigmoids).
    distance_logits : float [B, P, 4, 8]
        Distribution of the distances left, top, right, bottom over 0..7 strides.
    points : float [P, 3]
        x, y in pixels of the input picture, and the stride.
    """

    logits: Tensor
    distance_logits: Tensor
    points: Tensor

    def boxes(self) -> Tensor:
        """Boxes xyxy in pixels of the input picture, [B, P, 4]."""
        bins = torch.arange(DISTANCE_BINS, device=self.points.device, dtype=torch.float32)
        distance = self.distance_logits.softmax(-1) @ bins * self.points[:, 2, None]
        centre = self.points[:, :2]
        return torch.cat([centre - distance[..., :2], centre + distance[..., 2:]], -1)


class LevelHead(nn.Module):
    """The head of one pyramid level; levels share no weights."""

    def __init__(self) -> None:
        super().__init__()
        self.conv0 = Separable(PYRAMID_CHANNELS, PYRAMID_CHANNELS)
        self.conv1 = Separable(PYRAMID_CHANNELS, PYRAMID_CHANNELS)
        self.out = nn.Conv2d(PYRAMID_CHANNELS, ANIMAL_ROWS + 1 + 4 * DISTANCE_BINS, 1)

    def forward(self, x: Tensor) -> Tensor:
        """Map [B, 128, H, W] to [B, 43, H, W]: ten animal rows, person, distances."""
        out: Tensor = self.out(self.conv1(self.conv0(x)))
        return out


class FirstStage(nn.Module):
    """The heads of all levels."""

    def __init__(self) -> None:
        super().__init__()
        self.levels = nn.ModuleList(LevelHead() for _ in STRIDES)

    def forward(self, pyramid: list[Tensor]) -> DensePrediction:
        """Dense prediction of the maps p3 .. p6."""
        outs, points = [], []
        for head, x, stride in zip(self.levels, pyramid, STRIDES, strict=True):
            outs.append(head(x).flatten(2).transpose(1, 2))
            points.append(grid_points(x.shape[-2], x.shape[-1], stride, x.device))
        out = torch.cat(outs, 1)
        animal = out[..., :ANIMAL_ROWS].amax(-1, keepdim=True)
        person = out[..., ANIMAL_ROWS : ANIMAL_ROWS + 1]
        distance = out[..., ANIMAL_ROWS + 1 :].reshape(*out.shape[:2], 4, DISTANCE_BINS)
        return DensePrediction(torch.cat([animal, person], -1), distance, torch.cat(points))


def grid_points(height: int, width: int, stride: int, device: torch.device) -> Tensor:
    """Points [height * width, 3] of one level: x, y in pixels (``column * stride``), stride."""
    y, x = torch.meshgrid(
        torch.arange(height, device=device), torch.arange(width, device=device), indexing="ij"
    )
    full = torch.full_like(x, 1)
    return torch.stack([x, y, full], -1).reshape(-1, 3).float() * stride


class Proposals(NamedTuple):
    """Boxes of one picture that the second stage looks at, best first.

    Attributes
    ----------
    box_xyxy : float [R, 4]
    score : float [R]
        First-stage probability of the class.
    column : int64 [R]
        0 animal, 1 person.
    """

    box_xyxy: Tensor
    score: Tensor
    column: Tensor


class ProposalLimits(NamedTuple):
    """How many boxes pass from the first stage to the second.

    By default as many as average precision counts in a picture, so that herds stay whole.
    """

    minimum_score: float = 0.02
    before_nms: int = 1000
    nms_iou: float = 0.6
    after_nms: int = 100


@torch.no_grad()
def propose(
    dense: DensePrediction, size: tuple[int, int], limits: ProposalLimits
) -> list[Proposals]:
    """Choose proposals per picture, class by class.

    Parameters
    ----------
    dense : DensePrediction
    size : (int, int)
        Height and width of the input pictures; boxes are cut to it.
    limits : ProposalLimits

    Returns
    -------
    list of Proposals, one per picture
    """
    found = []
    for scores, boxes in zip(dense.logits.sigmoid(), dense.boxes(), strict=True):
        flat = scores.flatten()
        count = min(limits.before_nms, flat.numel())
        value, index = flat.topk(count)
        index = index[value > limits.minimum_score]
        point, column = index // CLASSES, index % CLASSES
        box = clip_boxes_to_image(boxes[point], size)
        score = flat[index]
        keep = batched_nms(box, score, column, limits.nms_iou)[: limits.after_nms]
        found.append(Proposals(box[keep], score[keep], column[keep]))
    return found
