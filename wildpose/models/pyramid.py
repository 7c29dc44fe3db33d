"""The feature pyramid between trunk and heads: a ghost path aggregation network.

Top-down and bottom-up paths (Liu et al. 2018, PANet) whose blocks are ghost bottlenecks (Han et
al. 2020, GhostNet), in the shape that NanoDet-Plus (RangiLyu, Apache-2.0) was trained in, so that
its COCO weights can be loaded. Batch norm is folded into the convolutions.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from wildpose.models.backbones import TrunkMaps

PYRAMID_CHANNELS = 128
STRIDES = (8, 16, 32, 64)
LEVEL_GAIN = (6.0, 6.0, 7.0, 20.0)
"""The published maps have a standard deviation of 0.05 to 0.17; this brings them near 1."""


def act(x: Tensor) -> Tensor:
    """The activation of pyramid and first stage."""
    return functional.leaky_relu(x, 0.1)


class Separable(nn.Module):
    """Depthwise 5x5 and pointwise convolution, each with bias; activations optional."""

    def __init__(self, before: int, after: int, stride: int = 1, *, active: bool = True) -> None:
        super().__init__()
        self.dw = nn.Conv2d(before, before, 5, stride, 2, groups=before)
        self.pw = nn.Conv2d(before, after, 1)
        self.active = active

    def forward(self, x: Tensor) -> Tensor:
        """Map [B, before, H, W] to [B, after, H / stride, W / stride]."""
        if not self.active:
            out: Tensor = self.pw(self.dw(x))
            return out
        return act(self.pw(act(self.dw(x))))


class Ghost(nn.Module):
    """Half of the channels from a 1x1 convolution, the other half cheaply from the first."""

    def __init__(self, before: int, after: int, *, active: bool) -> None:
        super().__init__()
        self.primary = nn.Conv2d(before, after // 2, 1)
        self.cheap = nn.Conv2d(after // 2, after // 2, 3, padding=1, groups=after // 2)
        self.active = active

    def forward(self, x: Tensor) -> Tensor:
        """Map [B, before, H, W] to [B, after, H, W]."""
        first = self.primary(x)
        first = act(first) if self.active else first
        second = self.cheap(first)
        return torch.cat([first, act(second) if self.active else second], 1)


class GhostBlock(nn.Module):
    """Two ghost modules beside a separable shortcut; joins two maps into one."""

    def __init__(self) -> None:
        super().__init__()
        self.ghost1 = Ghost(2 * PYRAMID_CHANNELS, PYRAMID_CHANNELS, active=True)
        self.ghost2 = Ghost(PYRAMID_CHANNELS, PYRAMID_CHANNELS, active=False)
        self.shortcut = Separable(2 * PYRAMID_CHANNELS, PYRAMID_CHANNELS, active=False)

    def forward(self, one: Tensor, other: Tensor) -> Tensor:
        """Two maps [B, 128, H, W] to one of the same shape."""
        x = torch.cat([one, other], 1)
        joined: Tensor = self.ghost2(self.ghost1(x)) + self.shortcut(x)
        return joined


class GhostPyramid(nn.Module):
    """c3, c4, c5 of a trunk to p3 .. p6 with 128 channels, strides 8, 16, 32, 64."""

    def __init__(self, trunk_channels: tuple[int, int, int, int]) -> None:
        super().__init__()
        c = PYRAMID_CHANNELS
        self.reduce = nn.ModuleList(nn.Conv2d(n, c, 1) for n in trunk_channels[1:])
        self.top_down = nn.ModuleList(GhostBlock() for _ in range(2))
        self.down = nn.ModuleList(Separable(c, c, 2) for _ in range(2))
        self.bottom_up = nn.ModuleList(GhostBlock() for _ in range(2))
        self.extra_in = Separable(c, c, 2)
        self.extra_out = Separable(c, c, 2)

    def forward(self, maps: TrunkMaps) -> list[Tensor]:
        """Pyramid maps, finest first."""
        r3, r4, r5 = (
            act(f(m)) for f, m in zip(self.reduce, (maps.c3, maps.c4, maps.c5), strict=True)
        )
        t4 = self.top_down[0](_double(r5, r4), r4)
        p3 = self.top_down[1](_double(t4, r3), r3)
        p4 = self.bottom_up[0](self.down[0](p3), t4)
        p5 = self.bottom_up[1](self.down[1](p4), r5)
        return [p3, p4, p5, self.extra_in(r5) + self.extra_out(p5)]


def _double(coarse: Tensor, fine: Tensor) -> Tensor:
    size = fine.shape[-2:]
    return functional.interpolate(coarse, size=size, mode="bilinear", align_corners=False)


def with_gain(pyramid: list[Tensor]) -> list[Tensor]:
    """The maps at a scale near 1, as the second-stage heads want them."""
    return [level * gain for level, gain in zip(pyramid, LEVEL_GAIN, strict=True)]
