"""The one building block: a convolution that carries its normalisation and its activation."""

from __future__ import annotations

from typing import Any, NamedTuple

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
LEAST_PRODUCTS = 1_000_000_000
"""Of channels before and after and cells: with fewer, NNPACK's transforms cost what they save."""


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
        self.quick = False

    def forward(self, x: Tensor) -> Tensor:
        """Map [B, before, H, W] to [B, after, H / stride, W / stride]."""
        cells = len(x) * x.shape[2] * x.shape[3]
        if self.quick and self.in_channels * self.out_channels * cells >= LEAST_PRODUCTS:
            x = quick_convolution(x, self.weight, self.bias)
        else:
            x = super().forward(x)
        if self.norm is not None:
            x = self.norm(x)
        return functional.relu_(x) if self.relu else x

    def fold(self) -> None:
        """Multiply a frozen normalisation into the weights: same outputs, less work."""
        if isinstance(self.norm, FrozenBatchNorm2d):
            scale_and_shift = folded(self, self.norm)
            self.weight, self.bias, self.norm = scale_and_shift.weight, scale_and_shift.bias, None

    def quicken(self) -> None:
        """Leave large maps to NNPACK from now on, if this is a usual 3x3 convolution."""
        self.quick = (self.kernel_size, self.stride, self.dilation) == ((3, 3), (1, 1), (1, 1))


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


def quicken_all(network: nn.Module) -> None:
    """Make a folded network faster on processors: the same outputs but for roundings.

    NNPACK, which torch brings along, computes 3x3 convolutions by Winograd's minimal filtering
    (Lavin and Gray 2016): less than half of the multiplications. Where torch was built without it
    that stays as it was. All others are quicker with channels last in memory, 1x1 ones most of
    all. Gradients can't flow through layers that NNPACK computes.
    """
    network.to(memory_format=torch.channels_last)
    nnpack: Any = torch.backends.nnpack
    if nnpack.is_available():  # asking is what makes it ready
        for layer in network.modules():
            if isinstance(layer, Convolution):
                layer.quicken()


def quick_convolution(x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
    """3x3 convolution of [B, before, H, W] by NNPACK, with a margin of zeros.

    It is quick with one large picture only, so several are laid in a row, a column of zeros after
    each.
    """
    count, _, height, width = x.shape
    if count == 1:
        return torch._nnpack_spatial_convolution(x, weight, bias, 1, 1)
    row = functional.pad(x, (0, 1)).permute(1, 2, 0, 3).reshape(1, -1, height, count * (width + 1))
    said = torch._nnpack_spatial_convolution(row, weight, bias, 1, 1)
    apart = said.reshape(-1, height, count, width + 1)[..., :width].permute(2, 0, 1, 3)
    return apart.contiguous(memory_format=torch.channels_last)


def doubled(x: Tensor) -> Tensor:
    """Twice as many rows and columns, bilinear between cell centres."""
    return functional.interpolate(x, scale_factor=2.0, mode="bilinear", align_corners=False)
