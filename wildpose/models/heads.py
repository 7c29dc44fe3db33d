"""Second stage: heads that look at one region of the picture at a time.

Each head answers with one object, so that a later head (dense pose) or another form of an answer
(scaled by its own uncertainty) replaces or joins it without touching the others.
"""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional
from torchvision.ops import MultiScaleRoIAlign

from wildpose.models.pyramid import PYRAMID_CHANNELS, Separable, act
from wildpose.models.uncertainty import alpha_of, scaled_log_softmax, sigma_of, start_at_one

ROI_LEVELS = ("p3", "p4", "p5")
BOX_ROI = 7
MASK_ROI = 14
MASK_SIZE = 28
DELTA_SCALE = (10.0, 10.0, 5.0, 5.0)
"""Deltas are predicted larger than they are (Girshick 2015), to even out the losses."""


class BoxMoves(NamedTuple):
    """How deltas move a box.

    Attributes
    ----------
    scale : tuple of float
        Deltas are predicted so many times as large as they are.
    growth : (float, float)
        Least and largest logarithm of a side's growth.
    least_side : float
        Boxes count as no smaller than this, in pixels.
    """

    scale: tuple[float, float, float, float] = DELTA_SCALE
    growth: tuple[float, float] = (-1.4, 1.4)
    least_side: float = 1.0


OWN_MOVES = BoxMoves()
"""Those of the box head here: sides change by a factor of 4 at most."""


class BoxAnswer(NamedTuple):
    """What the box head says of R regions.

    Attributes
    ----------
    class_logits : float [R, 3]
        Softmax over background, animal, person.
    deltas : float [R, 4]
        Shift and log-scale of the region (see :func:`apply_deltas`), class-agnostic.
    class_alpha : float [R]
        Inverse temperature of the class; 1 without auto-calibration.
    delta_sigma : float [R, 4] or None
        Standard deviation of each delta; None without auto-calibration.
    """

    class_logits: Tensor
    deltas: Tensor
    class_alpha: Tensor
    delta_sigma: Tensor | None

    def class_probability(self) -> Tensor:
        """Scaled softmax over background, animal, person, [R, 3]."""
        return scaled_log_softmax(self.class_logits, self.class_alpha).exp()

    def split(self, counts: list[int]) -> list[BoxAnswer]:
        """The answers of several pictures, each with so many regions."""
        ends = np.cumsum([0, *counts])
        rows = [slice(a, b) for a, b in pairwise(ends)]
        return [
            BoxAnswer(self.class_logits[r], self.deltas[r], self.class_alpha[r],
                      None if self.delta_sigma is None else self.delta_sigma[r])
            for r in rows
        ]


class MaskAnswer(NamedTuple):
    """What the mask head says of R regions.

    Attributes
    ----------
    logits : float [R, 28, 28]
    alpha : float [R, 28, 28]
        Inverse temperature of every pixel; 1 without auto-calibration.
    """

    logits: Tensor
    alpha: Tensor

    def probability(self) -> Tensor:
        """Foreground probability, [R, 28, 28]: eq. 2 with two hypotheses, one of score 0."""
        return (self.logits * self.alpha).sigmoid()


class RegionMaps(NamedTuple):
    """What heads cut their regions from: scaled pyramid maps and the trunk's finest map."""

    pyramid: dict[str, Tensor]
    fine: Tensor
    size: tuple[int, int]


class BoxHead(nn.Module):
    """Classify a region and move its box; sees the region and its surroundings.

    The last layers start at zero deltas: a fresh regression would make good boxes worse.
    """

    def __init__(self, width: int = 256, *, calibrated: bool = False) -> None:
        super().__init__()
        c = PYRAMID_CHANNELS
        self.pool = MultiScaleRoIAlign(list(ROI_LEVELS), BOX_ROI, 2)
        self.inside = Separable(c, c, 2)
        self.around = Separable(c, c, 2)
        self.joined = nn.Linear(2 * c * 16, width)
        self.hidden = nn.Linear(width, width)
        self.classes = nn.Linear(width, 3)
        self.moves = nn.Linear(width, 4)
        self.uncertainty = nn.Linear(width, 5) if calibrated else None
        keep_scale(self)
        nn.init.zeros_(self.moves.weight)
        nn.init.zeros_(self.classes.weight)
        if self.uncertainty is not None:
            start_at_one(self.uncertainty)

    def forward(self, maps: RegionMaps, boxes: list[Tensor]) -> BoxAnswer:
        """Answer for the boxes xyxy of every picture, in one run of R rows."""
        inside = self.pool(maps.pyramid, boxes, [maps.size] * len(boxes))
        wide = [enlarged(b, 2.0) for b in boxes]
        around = self.pool(maps.pyramid, wide, [maps.size] * len(boxes))
        x = torch.cat([self.inside(inside).flatten(1), self.around(around).flatten(1)], 1)
        x = act(self.hidden(act(self.joined(x))))
        if self.uncertainty is None:
            return BoxAnswer(self.classes(x), self.moves(x), torch.ones_like(x[:, 0]), None)
        raw = self.uncertainty(x)
        return BoxAnswer(self.classes(x), self.moves(x), alpha_of(raw[:, 0]), sigma_of(raw[:, 1:]))


class MaskHead(nn.Module):
    """Foreground logits [R, 28, 28] of regions, from the pyramid and the trunk's finest map."""

    def __init__(self, fine_channels: int, *, calibrated: bool = False) -> None:
        super().__init__()
        c = PYRAMID_CHANNELS
        self.pool = MultiScaleRoIAlign(list(ROI_LEVELS), MASK_ROI, 2)
        self.pool_fine = MultiScaleRoIAlign(["fine"], MASK_SIZE, 1)
        self.coarse = nn.Sequential(Separable(c, c), Separable(c, c), Separable(c, c))
        self.narrow = nn.Conv2d(c, 64, 1)
        self.fine = nn.Conv2d(fine_channels, 32, 1)
        self.mix = nn.Sequential(Separable(96, 64), Separable(64, 64))
        self.out = nn.Conv2d(64, 1, 1)
        self.uncertainty = nn.Conv2d(64, 1, 1) if calibrated else None
        keep_scale(self)
        nn.init.normal_(self.out.weight, std=0.05)
        if self.uncertainty is not None:
            start_at_one(self.uncertainty)

    def forward(self, maps: RegionMaps, boxes: list[Tensor]) -> MaskAnswer:
        """Answer for the boxes xyxy of every picture, in one run of R rows."""
        sizes = [maps.size] * len(boxes)
        x = act(self.narrow(self.coarse(self.pool(maps.pyramid, boxes, sizes))))
        x = functional.interpolate(x, size=MASK_SIZE, mode="bilinear", align_corners=False)
        fine = act(self.fine(self.pool_fine({"fine": maps.fine}, boxes, sizes)))
        x = self.mix(torch.cat([x, fine], 1))
        logits = self.out(x)[:, 0]
        if self.uncertainty is None:
            return MaskAnswer(logits, torch.ones_like(logits))
        return MaskAnswer(logits, alpha_of(self.uncertainty(x)[:, 0]))


def keep_scale(head: nn.Module) -> None:
    """Fresh weights that hand on the scale of their input (He et al. 2015).

    There is no normalisation in the heads; with torch's default the signal dies in eight layers.
    """
    for layer in head.modules():
        if isinstance(layer, nn.Conv2d | nn.Linear):
            nn.init.kaiming_normal_(layer.weight, a=0.1, nonlinearity="leaky_relu")
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)


def enlarged(box_xyxy: Tensor, factor: float) -> Tensor:
    """Boxes [N, 4] with the same centre and sides ``factor`` times as long."""
    centre = (box_xyxy[:, :2] + box_xyxy[:, 2:]) / 2
    half = (box_xyxy[:, 2:] - box_xyxy[:, :2]) * (factor / 2)
    return torch.cat([centre - half, centre + half], 1)


def deltas_between(box_xyxy: Tensor, target_xyxy: Tensor) -> Tensor:
    """Scaled deltas [N, 4] that :func:`apply_deltas` turns ``box_xyxy`` into the target with."""
    side = (box_xyxy[:, 2:] - box_xyxy[:, :2]).clamp(min=1)
    target_side = (target_xyxy[:, 2:] - target_xyxy[:, :2]).clamp(min=1)
    shift = (target_xyxy[:, :2] + target_xyxy[:, 2:] - box_xyxy[:, :2] - box_xyxy[:, 2:]) / 2
    delta = torch.cat([shift / side, (target_side / side).log()], 1)
    return delta * delta.new_tensor(DELTA_SCALE)


def apply_deltas(box_xyxy: Tensor, deltas: Tensor, moves: BoxMoves = OWN_MOVES) -> Tensor:
    """Move boxes [N, 4] by scaled deltas [N, 4]."""
    delta = deltas / deltas.new_tensor(moves.scale)
    side = (box_xyxy[:, 2:] - box_xyxy[:, :2]).clamp(min=moves.least_side)
    centre = (box_xyxy[:, :2] + box_xyxy[:, 2:]) / 2 + delta[:, :2] * side
    half = side * delta[:, 2:].clamp(*moves.growth).exp() / 2
    return torch.cat([centre - half, centre + half], 1)
