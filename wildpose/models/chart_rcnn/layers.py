"""The one building block: a convolution that carries its normalisation and its activation."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional
from torchvision.ops.misc import FrozenBatchNorm2d

from wildpose.models.backbones import folded

GROUPS = 32
"""Groups of every group norm."""


class Shape(NamedTuple):
    """Kernel of a convolution; its padding keeps the size at stride 1."""

    kernel: int = 3
    stride: int = 1
    dilation: int = 1

    @property
    def padding(self) -> int:
        """Zeros on each side."""
        return self.dilation * (self.kernel // 2)


THREE = Shape()
"""The usual kernel, 3 x 3."""


class Convolution(nn.Conv2d):
    """Convolution, then its ``norm`` if it has one, then ReLU if asked for.

    Checkpoints name the parameters of the normalisation ``<convolution>.norm.*``.
    """

    def __init__(
        self, before: int, after: int, shape: Shape = THREE, *,
        norm: nn.Module | None = None, bias: bool = True, relu: bool = False,
    ) -> None:
        super().__init__(before, after, shape.kernel, shape.stride, shape.padding,
                         shape.dilation, bias=bias)
        self.norm = norm
        self.relu = relu

    def forward(self, x: Tensor) -> Tensor:
        """Map [B, before, H, W] to [B, after, H / stride, W / stride]."""
        x = super().forward(x)
        if self.norm is not None:
            x = self.norm(x)
        return functional.relu_(x) if self.relu else x

    def fold(self) -> None:
        """Multiply a frozen normalisation into the weights: same outputs, less work."""
        if isinstance(self.norm, FrozenBatchNorm2d):
            scale_and_shift = folded(self, self.norm)
            self.weight, self.bias, self.norm = scale_and_shift.weight, scale_and_shift.bias, None


def frozen_convolution(
    before: int, after: int, shape: Shape = THREE, *, relu: bool
) -> Convolution:
    """A convolution of the trunk: no bias, frozen batch norm."""
    return Convolution(before, after, shape, norm=FrozenBatchNorm2d(after), bias=False, relu=relu)


def fold_all(network: nn.Module) -> None:
    """Fold every frozen normalisation of a network; its weights can't be saved or trained then."""
    with torch.no_grad():
        for layer in network.modules():
            if isinstance(layer, Convolution):
                layer.fold()


def doubled(x: Tensor) -> Tensor:
    """Twice as many rows and columns, bilinear between cell centres."""
    return functional.interpolate(x, scale_factor=2.0, mode="bilinear", align_corners=False)
