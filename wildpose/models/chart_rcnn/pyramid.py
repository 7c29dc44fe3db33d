"""The feature pyramid over the residual trunk (Lin et al. 2017), and regions cut from it."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional
from torchvision.ops import roi_align

from wildpose.models.chart_rcnn.layers import Convolution, Shape
from wildpose.models.chart_rcnn.trunk import CHANNELS, ResidualTrunk

WIDTH = 256
STRIDES = (4, 8, 16, 32, 64)
"""Of p2 to p6."""
_USUAL_SIDE, _USUAL_LEVEL = 224, 4
"""A box of this side belongs to this level (Lin et al. 2017, eq. 1)."""


class Pyramid(nn.Module):
    """Trunk and pyramid; a batch of pictures in, p2 to p6 out."""

    def __init__(self, depth: int) -> None:
        super().__init__()
        self.bottom_up = ResidualTrunk(depth)
        for level, channels in enumerate(CHANNELS, start=2):
            self.add_module(f"fpn_lateral{level}", Convolution(channels, WIDTH, Shape(1)))
            self.add_module(f"fpn_output{level}", Convolution(WIDTH, WIDTH))

    def forward(self, pictures: Tensor) -> list[Tensor]:
        """Maps [B, 256, H / s, W / s] of strides s = 4 to 64, finest first.

        Parameters
        ----------
        pictures : float [B, 3, H, W]
            Normalised BGR; H and W are multiples of 32.
        """
        maps = self.bottom_up(pictures)
        above: Tensor | None = None
        levels: list[Tensor] = []
        for level in (5, 4, 3, 2):
            x = self.get_submodule(f"fpn_lateral{level}")(maps[level - 2])
            if above is not None:
                x = x + functional.interpolate(above, scale_factor=2.0, mode="nearest")
            above = x
            levels.insert(0, self.get_submodule(f"fpn_output{level}")(x))
        return [*levels, levels[-1][:, :, ::2, ::2]]


@dataclass(frozen=True)
class Cutter:
    """How regions are cut out of maps (RoIAlign, He et al. 2017).

    Attributes
    ----------
    cells : int
        Each way.
    samples : int
        Per cell, each way; 0 adapts to the region's size.
    aligned : bool
        With the half-pixel shift that the first version lacked.
    """

    cells: int
    samples: int
    aligned: bool

    def from_one(self, level: Tensor, boxes: Tensor, stride: int) -> Tensor:
        """Regions [R, C, cells, cells] of boxes [R, 4] from one map [1, C, H, W]."""

        def cut(some: Tensor) -> Tensor:
            regions: Tensor = roi_align(level, [some], self.cells, 1.0 / stride, self.samples,
                                        self.aligned)
            return regions

        threads = torch.get_num_threads()
        if level.device.type != "cpu" or level.requires_grad or len(boxes) < 16 * threads:
            return cut(boxes)
        # roi_align itself uses one processor.
        with ThreadPoolExecutor(threads) as pool:
            return torch.cat(list(pool.map(cut, boxes.chunk(threads))))

    def from_fitting(self, levels: Sequence[Tensor], boxes: Tensor) -> Tensor:
        """Regions [R, C, cells, cells], each from the map that fits its box.

        Parameters
        ----------
        levels : sequence of float [1, C, H, W]
            p2 and coarser.
        boxes : float [R, 4]
            In pixels of the network's input.
        """
        fitting = level_of(boxes, len(levels))
        out = levels[0].new_empty((len(boxes), levels[0].shape[1], self.cells, self.cells))
        for index, level in enumerate(levels):
            rows = torch.nonzero(fitting == index)[:, 0]
            out[rows] = self.from_one(level, boxes[rows], STRIDES[index])
        return out


def level_of(boxes: Tensor, count: int) -> Tensor:
    """Index of the map (0 is p2) that fits boxes [R, 4], among ``count`` maps; int64 [R].

    Examples
    --------
    >>> level_of(torch.tensor([[0.0, 0, 224, 224], [0, 0, 20, 20]]), 4).tolist()
    [2, 0]
    """
    side = ((boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])).sqrt()
    level = torch.floor(_USUAL_LEVEL + torch.log2(side / _USUAL_SIDE + 1e-8))
    return level.clamp(2, 1 + count).to(torch.int64) - 2
