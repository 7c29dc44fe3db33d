"""The two bodies of the dense head: eight convolutions, with or without context before them."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from wildpose.models.chart_rcnn.config import Config
from wildpose.models.chart_rcnn.layers import GROUPS, Convolution, Shape
from wildpose.models.chart_rcnn.pyramid import WIDTH

HEAD_WIDTH = 512
DEPTH = 8
RATES = (6, 12, 56)
"""Dilations; the last reaches past a region of 28 cells, so that only its centre sees anything."""


class StackedHead(nn.Module):
    """Eight convolutions; before them, in the DeepLab form, context.

    Parameters
    ----------
    config : Config
        ``head`` "v1convx": convolutions with a bias. "deeplab": ASPP (Chen et al. 2017), a
        non-local layer if asked for (Wang et al. 2018), convolutions with group norm.
    """

    def __init__(self, config: Config) -> None:
        super().__init__()
        normalised = config.head == "deeplab"
        self.ASPP = PyramidPooling() if normalised else None
        self.NLBlock = NonLocal() if normalised and config.non_local else None
        for index in range(1, DEPTH + 1):
            norm = nn.GroupNorm(GROUPS, HEAD_WIDTH) if normalised else None
            before = WIDTH if index == 1 else HEAD_WIDTH
            layer = Convolution(before, HEAD_WIDTH, norm=norm, bias=not normalised, relu=True)
            self.add_module(f"body_conv_fcn{index}", layer)

    def forward(self, regions: Tensor) -> Tensor:
        """Map regions [R, 256, S, S] to [R, 512, S, S]."""
        x = regions
        if self.ASPP is not None:
            x = self.ASPP(x)
        if self.NLBlock is not None:
            x = self.NLBlock(x)
        for index in range(1, DEPTH + 1):
            x = self.get_submodule(f"body_conv_fcn{index}")(x)
        return x


class PyramidPooling(nn.Module):
    """ASPP: a 1x1 convolution, three dilated ones and the region's mean, joined."""

    def __init__(self) -> None:
        super().__init__()
        shapes = (Shape(1), *(Shape(3, 1, rate) for rate in RATES))
        self.convs = nn.ModuleList(
            nn.Sequential(*_normalised(shape)) for shape in shapes
        )
        self.convs.append(nn.Sequential(nn.AdaptiveAvgPool2d(1), *_normalised(Shape(1))))
        joined = WIDTH * len(self.convs)
        self.project = nn.Sequential(Convolution(joined, WIDTH, Shape(1), bias=False, relu=True))

    def forward(self, x: Tensor) -> Tensor:
        """Map [R, 256, S, S] to the same shape."""
        parts = [branch(x) for branch in self.convs]
        parts[-1] = parts[-1].expand_as(x)
        out: Tensor = self.project(torch.cat(parts, 1))
        return out


def _normalised(shape: Shape) -> tuple[nn.Module, ...]:
    return (Convolution(WIDTH, WIDTH, shape, bias=False), nn.GroupNorm(GROUPS, WIDTH),
            nn.ReLU(inplace=True))


class NonLocal(nn.Module):
    """Each cell hears from all others (embedded Gaussian); adds to its input, nothing at first."""

    def __init__(self) -> None:
        super().__init__()
        narrow = WIDTH // 2
        self.theta = Convolution(WIDTH, narrow, Shape(1))
        self.phi = nn.Sequential(Convolution(WIDTH, narrow, Shape(1)), nn.MaxPool2d(2))
        self.g = nn.Sequential(Convolution(WIDTH, narrow, Shape(1)), nn.MaxPool2d(2))
        last = nn.GroupNorm(GROUPS, WIDTH)
        nn.init.zeros_(last.weight)
        nn.init.zeros_(last.bias)
        self.W = nn.Sequential(Convolution(narrow, WIDTH, Shape(1)), last)

    def forward(self, x: Tensor) -> Tensor:
        """Map [R, 256, S, S] to the same shape."""
        ask, offer, give = (part(x).flatten(2).transpose(1, 2)
                            for part in (self.theta, self.phi, self.g))
        heard = functional.scaled_dot_product_attention(ask, offer, give, scale=1.0)
        spread: Tensor = self.W(heard.transpose(1, 2).reshape(len(x), -1, *x.shape[-2:]))
        return x + spread
