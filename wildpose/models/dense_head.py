"""Dense pose head: foreground, chart and chart coordinates of every cell of a region.

After Sanakoyeu et al. 2020 (3.2, appendix A): its own foreground mask, 24 charts and background,
(u, v) per chart, each with the network's own uncertainty. The region is cut from all levels of the
pyramid, fused; context comes from dilated convolutions (ASPP, Chen et al. 2017) and one non-local
layer (Wang et al. 2018), both in a light form.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional
from torchvision.ops import roi_align

from wildpose.models.heads import RegionMaps, enlarged, keep_scale
from wildpose.models.pyramid import PYRAMID_CHANNELS, Separable, act
from wildpose.models.uncertainty import alpha_of, sigma_of, start_at_one

CHARTS = 24
ROI = 28
GRID = 56
"""Cells of the answer along each side of a region."""
MARGIN = 1.2
"""A region is so many times as wide and high as the box: boxes cut off feet and tails."""


class PooledRegions(NamedTuple):
    """What R regions look like to the head; all it needs, so that it can be kept and reused.

    Attributes
    ----------
    near : float [R, 128, 28, 28]
        From the finest pyramid level.
    middle : float [R, 128, 14, 14]
    far : float [R, 128, 7, 7]
    fine : float [R, C, 56, 56]
        From the trunk's finest map.
    """

    near: Tensor
    middle: Tensor
    far: Tensor
    fine: Tensor

    def channels_last(self) -> PooledRegions:
        """The same, laid out as convolutions on a CPU are fastest with."""
        return PooledRegions(*(f.contiguous(memory_format=torch.channels_last) for f in self))


class DenseAnswer(NamedTuple):
    """What the head says of R regions on a grid of 56 x 56 cells.

    Attributes
    ----------
    mask_logit : float [R, 56, 56]
    mask_alpha : float [R, 56, 56]
    chart_logits : float [R, 25, 56, 56]
        Background, then charts 1 to 24.
    chart_alpha : float [R, 56, 56]
    uv : float [R, 2, 24, 56, 56]
        In [0, 1] where the head is right; not clamped.
    uv_sigma : float [R, 2, 56, 56]
        Of u and of v, whatever the chart.
    """

    mask_logit: Tensor
    mask_alpha: Tensor
    chart_logits: Tensor
    chart_alpha: Tensor
    uv: Tensor
    uv_sigma: Tensor


def region_of(box_xyxy: Tensor) -> Tensor:
    """The regions [N, 4] that the head looks at for boxes [N, 4]."""
    return enlarged(box_xyxy, MARGIN)


def pool_regions(maps: RegionMaps, regions: list[Tensor]) -> PooledRegions:
    """Cut regions xyxy (one [N, 4] per picture, pixels of the network's input) from all maps."""
    height = maps.size[0]

    def cut(level: Tensor, cells: int) -> Tensor:
        scale = level.shape[-2] / height
        pooled: Tensor = roi_align(level, regions, cells, scale, 2, aligned=True)
        return pooled

    pyramid = maps.pyramid
    return PooledRegions(cut(pyramid["p3"], ROI), cut(pyramid["p4"], ROI // 2),
                         cut(pyramid["p5"], ROI // 4), cut(maps.fine, GRID))


class LightContext(nn.Module):
    """Dilated depthwise branches, the region's mean, and one non-local layer; adds to its input."""

    def __init__(self, width: int, rates: tuple[int, ...] = (2, 5, 9)) -> None:
        super().__init__()
        narrow = width // 2
        self.enter = nn.Conv2d(width, narrow, 1)
        self.branches = nn.ModuleList(
            nn.Conv2d(narrow, narrow, 3, padding=r, dilation=r, groups=narrow) for r in rates
        )
        self.mean = nn.Conv2d(width, narrow, 1)
        self.join = nn.Conv2d(narrow * (len(rates) + 2), width, 1)
        self.ask = nn.Conv2d(width, narrow, 1)
        self.offer = nn.Conv2d(width, narrow, 1)
        self.give = nn.Conv2d(width, narrow, 1)
        self.back = nn.Conv2d(narrow, width, 1)

    def forward(self, x: Tensor) -> Tensor:
        """Map [R, width, H, W] to the same shape."""
        low = act(self.enter(x))
        mean = act(self.mean(x.mean((2, 3), keepdim=True))).expand_as(low)
        branches = [low, mean, *(act(b(low)) for b in self.branches)]
        x = x + act(self.join(torch.cat(branches, 1)))
        heard: Tensor = self.back(self._from_everywhere(x))
        return x + heard

    def _from_everywhere(self, x: Tensor) -> Tensor:
        """Each cell asks; the cells of a grid half as fine answer (embedded Gaussian)."""
        count, _, height, width = x.shape
        half = functional.avg_pool2d(x, 2)
        ask = self.ask(x).flatten(2).transpose(1, 2)
        offer = self.offer(half).flatten(2).transpose(1, 2)
        give = self.give(half).flatten(2).transpose(1, 2)
        said = functional.scaled_dot_product_attention(ask, offer, give)
        return said.transpose(1, 2).reshape(count, ask.shape[-1], height, width)


class DenseHead(nn.Module):
    """Answer for pooled regions."""

    def __init__(
        self, fine_channels: int, width: int = 128, *, calibrated: bool = True,
        context: bool = True,
    ) -> None:
        super().__init__()
        c, fine_width = PYRAMID_CHANNELS, 64
        self.near = nn.Conv2d(c, width, 1)
        self.middle = nn.Conv2d(c, width, 1)
        self.far = nn.Conv2d(c, width, 1)
        self.blocks = nn.ModuleList(Separable(width, width) for _ in range(4))
        self.context = LightContext(width) if context else None
        self.narrow = nn.Conv2d(width, fine_width, 1)
        self.fine = nn.Conv2d(fine_channels, 32, 1)
        self.mix = nn.ModuleList([Separable(fine_width + 32, fine_width),
                                  Separable(fine_width, fine_width)])
        self.mask = nn.Conv2d(fine_width, 1, 1)
        self.charts = nn.Conv2d(fine_width, CHARTS + 1, 1)
        self.uv = nn.Conv2d(fine_width, 2 * CHARTS, 1)
        self.uncertainty = nn.Conv2d(fine_width, 4, 1) if calibrated else None
        self._start()

    def _start(self) -> None:
        """No normalisation in here: every residual branch starts small, every output at rest."""
        keep_scale(self)
        residual = [b.pw for b in self.blocks if isinstance(b, Separable)]
        if self.context is not None:
            residual += [self.context.join, self.context.back]
        for layer in residual:
            nn.init.normal_(layer.weight, std=0.01)
        for layer in (self.mask, self.charts, self.uv):
            nn.init.normal_(layer.weight, std=0.01)
        nn.init.constant_(self.uv.bias, 0.5)  # type: ignore[arg-type]  # this layer has a bias
        if self.uncertainty is not None:
            start_at_one(self.uncertainty)

    def forward(self, pooled: PooledRegions) -> DenseAnswer:
        """Answer for R regions; R may be 0."""
        x = act(self.near(pooled.near)
                + _enlarged_map(self.middle(pooled.middle), ROI)
                + _enlarged_map(self.far(pooled.far), ROI))
        x = x + self.blocks[0](x)
        if self.context is not None:
            x = self.context(x)
        for block in self.blocks[1:]:
            x = x + block(x)
        x = torch.cat([_enlarged_map(act(self.narrow(x)), GRID), act(self.fine(pooled.fine))], 1)
        for block in self.mix:
            x = block(x)
        mask_alpha, chart_alpha, uv_sigma = self._uncertainties(x)
        return DenseAnswer(self.mask(x)[:, 0], mask_alpha, self.charts(x), chart_alpha,
                           self.uv(x).unflatten(1, (2, CHARTS)), uv_sigma)

    def _uncertainties(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        if self.uncertainty is None:
            one = torch.ones_like(x[:, 0])
            return one, one, torch.full_like(x[:, :2], FIXED_SIGMA)
        raw = self.uncertainty(x)
        return alpha_of(raw[:, 0]), alpha_of(raw[:, 1]), sigma_of(raw[:, 2:] - SIGMA_SHIFT)


FIXED_SIGMA = 0.1
"""Without auto-calibration the regression is a least-squares fit with this standard deviation."""

SIGMA_SHIFT = 2.5
"""A fresh head's sigma is then about a tenth of a chart, near what it learns to."""


def _enlarged_map(x: Tensor, cells: int) -> Tensor:
    return functional.interpolate(x, size=(cells, cells), mode="bilinear", align_corners=False)
