"""One map for the dense head, summed from all levels of the pyramid (Kirillov et al. 2019)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from torch import Tensor, nn

from wildpose.models.chart_rcnn.layers import Convolution, Shape, doubled
from wildpose.models.chart_rcnn.pyramid import STRIDES, WIDTH

REACH = 3
"""Cells of p5 from which a cell of the decoder's map hears, each way: 2.6, and one to sample."""


class Doubled(nn.Module):
    """:func:`wildpose.models.chart_rcnn.layers.doubled` as a layer."""

    def forward(self, x: Tensor) -> Tensor:
        """Map [B, C, H, W] to [B, C, 2 H, 2 W]."""
        return doubled(x)


class Decoder(nn.Module):
    """Convolve and enlarge each level to stride 4, sum them, convolve once more."""

    def __init__(self) -> None:
        super().__init__()
        self.p2 = nn.Sequential(Convolution(WIDTH, WIDTH, relu=True))
        self.p3, self.p4, self.p5 = (
            nn.Sequential(*(layer for _ in range(steps)
                            for layer in (Convolution(WIDTH, WIDTH, relu=True), Doubled())))
            for steps in (1, 2, 3)
        )
        self.predictor = Convolution(WIDTH, WIDTH, Shape(1))

    def forward(self, levels: Sequence[Tensor]) -> Tensor:
        """Map p2 to p5 [1, 256, H / s, W / s] to [1, 256, H / 4, W / 4]."""
        # The coarser branches end with the same doubling, which is needed but once.
        third, fourth, fifth = (
            branch[:-1](x)
            for branch, x in zip((self.p3, self.p4, self.p5), levels[1:4], strict=True))
        total = self.p2(levels[0]) + doubled(third + fourth + fifth)
        out: Tensor = self.predictor(total)
        return out


class Window(NamedTuple):
    """A part of a picture, in cells of p5; ``bottom`` and ``right`` are not in it."""

    top: int
    left: int
    bottom: int
    right: int

    @classmethod
    def around(cls, boxes: Tensor, grid: Sequence[int]) -> Window:
        """All that the decoder has to see for boxes [R, 4], R > 0, on a grid of p5 (rows, columns).

        Within the boxes its map is the same as if it had seen the whole picture.
        """
        stride = STRIDES[3]
        left, top = (math.floor(float(v) / stride) - REACH for v in boxes[:, :2].amin(0))
        right, bottom = (math.ceil(float(v) / stride) + REACH for v in boxes[:, 2:].amax(0))
        return cls(max(top, 0), max(left, 0), min(bottom, grid[0]), min(right, grid[1]))

    def cut(self, levels: Sequence[Tensor]) -> list[Tensor]:
        """p2 to p5 of no more than this part."""
        steps = [STRIDES[3] // stride for stride in STRIDES[:4]]
        return [level[..., self.top * n : self.bottom * n, self.left * n : self.right * n]
                for n, level in zip(steps, levels, strict=False)]

    def moved(self, boxes: Tensor) -> Tensor:
        """Boxes xyxy [R, 4] of the picture in pixels of this part."""
        return boxes - boxes.new_tensor([self.left, self.top] * 2) * STRIDES[3]
