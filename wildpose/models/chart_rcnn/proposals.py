"""First stage: a small network slides over the pyramid and proposes boxes (Ren et al. 2015)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torchvision.ops import clip_boxes_to_image, nms

from wildpose.models.chart_rcnn.config import Config
from wildpose.models.chart_rcnn.layers import Convolution, Shape
from wildpose.models.chart_rcnn.pyramid import STRIDES, WIDTH
from wildpose.models.heads import BoxMoves, apply_deltas

SIDES = (32.0, 64.0, 128.0, 256.0, 512.0)
"""Of a square anchor, per level."""
RATIOS = (0.5, 1.0, 2.0)
"""Height over width of the anchors of a cell."""
LARGEST_GROWTH = math.log(1000.0 / 16)
MOVES = BoxMoves((1.0, 1.0, 1.0, 1.0), (-math.inf, LARGEST_GROWTH), least_side=0.0)


class RawProposals(NamedTuple):
    """What the first stage says of one level.

    Attributes
    ----------
    logits : float [B, 3, H, W]
        Per anchor of each cell, higher where it holds something.
    deltas : float [B, 12, H, W]
        Four per anchor (see :func:`wildpose.models.heads.apply_deltas`).
    """

    logits: Tensor
    deltas: Tensor

    def per_anchor(self) -> tuple[Tensor, Tensor]:
        """Logits [B, P] and deltas [B, P, 4] in the order of :func:`anchors_of`."""
        logits, deltas = (field.permute(0, 2, 3, 1) for field in self)
        return logits.flatten(1), deltas.reshape(len(deltas), -1, 4)


class Proposals(NamedTuple):
    """Boxes of one picture, best first.

    Attributes
    ----------
    box_xyxy : float [R, 4]
        In pixels of the network's input.
    logit : float [R]
    """

    box_xyxy: Tensor
    logit: Tensor


class ProposalHead(nn.Module):
    """The sliding network; all levels share it."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = Convolution(WIDTH, WIDTH, relu=True)
        self.objectness_logits = Convolution(WIDTH, len(RATIOS), Shape(1))
        self.anchor_deltas = Convolution(WIDTH, 4 * len(RATIOS), Shape(1))

    def forward(self, levels: Sequence[Tensor]) -> list[RawProposals]:
        """Answer for the maps p2 to p6, each [B, 256, H, W]."""
        hidden = [self.conv(level) for level in levels]
        return [RawProposals(self.objectness_logits(x), self.anchor_deltas(x)) for x in hidden]


class ProposalGenerator(nn.Module):
    """First stage of the network."""

    def __init__(self) -> None:
        super().__init__()
        self.rpn_head = ProposalHead()

    def forward(
        self, levels: Sequence[Tensor], size: tuple[int, int], config: Config
    ) -> Proposals:
        """Propose boxes for one picture.

        Parameters
        ----------
        levels : sequence of float [1, 256, H, W]
            p2 to p6.
        size : (int, int)
            Height and width of the picture, without the padding; boxes are cut to it.
        config : Config
        """
        return choose(self.rpn_head(levels), size, config)


def choose(raw: Sequence[RawProposals], size: tuple[int, int], config: Config) -> Proposals:
    """The best boxes of all levels of one picture; doubles are removed within a level only."""
    kept = [_of_level(level, index, size, config) for index, level in enumerate(raw)]
    boxes = torch.cat([level.box_xyxy for level in kept])
    logits, order = torch.cat([level.logit for level in kept]).sort(descending=True, stable=True)
    order = order[: config.proposals]
    return Proposals(boxes[order], logits[: config.proposals])


def _of_level(
    raw: RawProposals, index: int, size: tuple[int, int], config: Config
) -> Proposals:
    logits, deltas = (field[0] for field in raw.per_anchor())
    logits, best = logits.topk(min(config.proposals_per_level, len(logits)))
    anchors = anchors_of(index, raw.logits.shape[-2:], raw.logits.device)
    boxes = apply_deltas(anchors[best], deltas[best], MOVES)
    sound = torch.isfinite(boxes).all(1) & torch.isfinite(logits)
    boxes = clip_boxes_to_image(boxes, size)
    keep = torch.nonzero(sound & has_area(boxes))[:, 0]
    keep = keep[nms(boxes[keep], logits[keep], config.proposal_iou)]
    return Proposals(boxes[keep], logits[keep])


def anchors_of(index: int, grid: Sequence[int], device: torch.device) -> Tensor:
    """Anchors xyxy [H * W * 3, 4] of a level (0 is p2): rows, columns, then ratios.

    The anchors of a cell are centred at its column and row times the stride.
    """
    area = SIDES[index] ** 2
    widths = [math.sqrt(area / ratio) for ratio in RATIOS]
    half = torch.tensor([[w / 2, w * r / 2] for w, r in zip(widths, RATIOS, strict=True)],
                        device=device)
    y, x = torch.meshgrid(*(torch.arange(n, device=device) * float(STRIDES[index]) for n in grid),
                          indexing="ij")
    centre = torch.stack([x, y], -1).reshape(-1, 1, 2)
    return torch.cat([centre - half, centre + half], -1).reshape(-1, 4)


def has_area(boxes: Tensor) -> Tensor:
    """Whether boxes [N, 4] are wider and higher than 0."""
    return (boxes[:, 2] > boxes[:, 0]) & (boxes[:, 3] > boxes[:, 1])
