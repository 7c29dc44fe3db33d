"""The residual trunk: ResNet-50 or -101 (He et al. 2016) in the form of the first Caffe models.

The stride of a stage sits in the first 1x1 convolution of its first block, and batch norm is a
fixed affine map.
"""

from __future__ import annotations

from itertools import pairwise

from torch import Tensor, nn
from torch.nn import functional

from wildpose.models.backbones import TrunkMaps
from wildpose.models.chart_rcnn.layers import Shape, frozen_convolution

BLOCKS = {50: (3, 4, 6, 3), 101: (3, 4, 23, 3)}
CHANNELS = (256, 512, 1024, 2048)
"""Of c2, c3, c4 and c5; a block works inside with a quarter of them."""
STEM = 64


class Stem(nn.Module):
    """From the picture to a quarter of its size."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = frozen_convolution(3, STEM, Shape(7, 2), relu=True)

    def forward(self, pictures: Tensor) -> Tensor:
        """Map [B, 3, H, W] to [B, 64, H / 4, W / 4]."""
        return functional.max_pool2d(self.conv1(pictures), 3, 2, 1)


class Bottleneck(nn.Module):
    """1x1, 3x3, 1x1 convolutions round a shortcut."""

    def __init__(self, before: int, after: int, stride: int) -> None:
        super().__init__()
        inner = after // 4
        self.conv1 = frozen_convolution(before, inner, Shape(1, stride), relu=True)
        self.conv2 = frozen_convolution(inner, inner, relu=True)
        self.conv3 = frozen_convolution(inner, after, Shape(1), relu=False)
        self.shortcut = (frozen_convolution(before, after, Shape(1, stride), relu=False)
                         if before != after else None)

    def forward(self, x: Tensor) -> Tensor:
        """Map [B, before, H, W] to [B, after, H / stride, W / stride]."""
        out: Tensor = self.conv3(self.conv2(self.conv1(x)))
        out += x if self.shortcut is None else self.shortcut(x)
        return functional.relu_(out)


class ResidualTrunk(nn.Module):
    """ResNet of depth 50 or 101; names of its parts are those of checkpoints."""

    def __init__(self, depth: int) -> None:
        super().__init__()
        self.stem = Stem()
        stages = []
        for index, (count, (before, after)) in enumerate(
            zip(BLOCKS[depth], pairwise((STEM, *CHANNELS)), strict=True)
        ):
            first = Bottleneck(before, after, stride=1 if index == 0 else 2)
            others = (Bottleneck(after, after, stride=1) for _ in range(count - 1))
            stages.append(nn.Sequential(first, *others))
        self.res2, self.res3, self.res4, self.res5 = stages

    def forward(self, pictures: Tensor) -> TrunkMaps:
        """Maps of strides 4 to 32 of normalised BGR pictures [B, 3, H, W]."""
        c2 = self.res2(self.stem(pictures))
        c3 = self.res3(c2)
        c4 = self.res4(c3)
        return TrunkMaps(c2, c3, c4, self.res5(c4))
