"""Light trunks: a picture in, feature maps at strides 4, 8, 16 and 32 out.

Both candidates of the comparison in ``docs/backbones.md`` stand here. Their normalisation layers
are kept frozen in training: the batches are too small to estimate statistics from.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from itertools import pairwise
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torchvision.models import shufflenet_v2_x1_5
from torchvision.ops.misc import FrozenBatchNorm2d

IMAGE_MEAN = (0.485, 0.456, 0.406)
IMAGE_STD = (0.229, 0.224, 0.225)


class TrunkMaps(NamedTuple):
    """Feature maps of one batch, finest first; strides 4, 8, 16, 32."""

    c2: Tensor
    c3: Tensor
    c4: Tensor
    c5: Tensor


class Trunk(nn.Module):
    """A network that turns normalised pictures [B, 3, H, W] into :class:`TrunkMaps`.

    Attributes
    ----------
    channels : tuple of int
        Channels of c2, c3, c4 and c5.
    """

    channels: tuple[int, int, int, int]

    def forward(self, pictures: Tensor) -> TrunkMaps:
        """See the class."""
        raise NotImplementedError


class ShuffleNetTrunk(Trunk):
    """ShuffleNetV2 1.5x (Ma et al. 2018) with leaky activations, as NanoDet-Plus trains it."""

    channels = (24, 176, 352, 704)

    def __init__(self) -> None:
        super().__init__()
        net = shufflenet_v2_x1_5()
        self.conv1, self.maxpool = net.conv1, net.maxpool
        self.stage2, self.stage3, self.stage4 = net.stage2, net.stage3, net.stage4
        _replace(self, nn.ReLU, lambda _: nn.LeakyReLU(0.1, inplace=True))

    def forward(self, pictures: Tensor) -> TrunkMaps:
        """See the class."""
        c2 = self.maxpool(self.conv1(pictures))
        c3 = self.stage2(c2)
        c4 = self.stage3(c3)
        return TrunkMaps(c2, c3, c4, self.stage4(c4))


class InvertedResidual(nn.Module):
    """Mobile inverted bottleneck without squeeze-and-excitation (EfficientNet-Lite)."""

    def __init__(self, inner: tuple[int, int, int], kernel: int, stride: int) -> None:
        super().__init__()
        before, wide, after = inner
        self.expand = nn.Sequential() if wide == before else _conv_norm(before, wide, 1, 1, 1)
        self.depthwise = _conv_norm(wide, wide, kernel, stride, wide)
        self.project = _conv_norm(wide, after, 1, 1, 1)[:2]
        self.keeps_shape = stride == 1 and before == after

    def forward(self, x: Tensor) -> Tensor:
        """Map [B, before, H, W] to [B, after, H / stride, W / stride]."""
        out: Tensor = self.project(self.depthwise(self.expand(x)))
        return out + x if self.keeps_shape else out


class EfficientNetLiteTrunk(Trunk):
    """EfficientNet-Lite0 (Tan and Le 2019, the "lite" variant): ReLU6, no squeeze-excitation."""

    channels = (24, 40, 112, 320)
    stages = ((1, 16, 3, 1, 1), (6, 24, 3, 2, 2), (6, 40, 5, 2, 2), (6, 80, 3, 2, 3),
              (6, 112, 5, 1, 3), (6, 192, 5, 2, 4), (6, 320, 3, 1, 1))
    """Per stage: expansion, channels, kernel, stride, number of blocks."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = _conv_norm(3, 32, 3, 2, 1)
        blocks: list[nn.Sequential] = []
        before = 32
        for expansion, after, kernel, stride, count in self.stages:
            stage = []
            for i in range(count):
                inner = (before, before * expansion, after)
                stage.append(InvertedResidual(inner, kernel, stride if i == 0 else 1))
                before = after
            blocks.append(nn.Sequential(*stage))
        self.blocks = nn.ModuleList(blocks)

    def forward(self, pictures: Tensor) -> TrunkMaps:
        """See the class."""
        x, maps = self.stem(pictures), []
        for stage in self.blocks:
            x = stage(x)
            maps.append(x)
        return TrunkMaps(maps[1], maps[2], maps[4], maps[6])


def _conv_norm(before: int, after: int, kernel: int, stride: int, groups: int) -> nn.Sequential:
    convolution = nn.Conv2d(
        before, after, kernel, stride, kernel // 2, groups=groups, bias=False
    )
    return nn.Sequential(convolution, nn.BatchNorm2d(after, eps=1e-3), nn.ReLU6(inplace=True))


def _replace(
    parent: nn.Module, kind: type[nn.Module], make: Callable[[nn.Module], nn.Module]
) -> None:
    for name, child in list(parent.named_children()):
        if isinstance(child, kind):
            setattr(parent, name, make(child))
        else:
            _replace(child, kind, make)


def freeze_normalisation(module: nn.Module) -> None:
    """Turn every batch norm into a fixed affine map with the statistics that it holds."""

    def frozen(norm: nn.Module) -> nn.Module:
        if not isinstance(norm, nn.BatchNorm2d):
            raise TypeError(f"not a batch norm: {type(norm).__name__}")
        fixed: nn.Module = FrozenBatchNorm2d(norm.num_features, eps=norm.eps)
        fixed.load_state_dict(
            {k: v for k, v in norm.state_dict().items() if k != "num_batches_tracked"}
        )
        return fixed

    _replace(module, nn.BatchNorm2d, frozen)


def fold_normalisation(module: nn.Module) -> None:
    """Multiply frozen normalisation into the convolution before it: same outputs, less work."""
    for child in module.modules():
        if not isinstance(child, nn.Sequential):
            continue
        names = list(child._modules)
        for before, after in pairwise(names):
            convolution, norm = child._modules[before], child._modules[after]
            if isinstance(convolution, nn.Conv2d) and isinstance(norm, FrozenBatchNorm2d):
                child._modules[before] = folded(convolution, norm)
                child._modules[after] = nn.Identity()


def folded(convolution: nn.Conv2d, norm: FrozenBatchNorm2d) -> nn.Conv2d:
    """A convolution that does what this one and the normalisation after it do."""
    scale = norm.weight * (norm.running_var + norm.eps).rsqrt()
    joined = copy.deepcopy(convolution)
    joined.weight = nn.Parameter(convolution.weight * scale[:, None, None, None])
    offset = norm.bias - norm.running_mean * scale
    if convolution.bias is not None:
        offset = offset + convolution.bias * scale
    joined.bias = nn.Parameter(offset)
    return joined


TRUNKS: dict[str, Callable[[], Trunk]] = {
    "shufflenet_v2_x1_5": ShuffleNetTrunk,
    "efficientnet_lite0": EfficientNetLiteTrunk,
}


def build_trunk(name: str) -> Trunk:
    """A trunk with fresh weights and frozen normalisation, by its name in :data:`TRUNKS`."""
    trunk = TRUNKS[name]()
    freeze_normalisation(trunk)
    return trunk


def normalise(pictures: Tensor) -> Tensor:
    """Pictures uint8 or float 0..255 [B, 3, H, W] to the trunk's input (ImageNet mean, std)."""
    mean = torch.tensor(IMAGE_MEAN, device=pictures.device).view(1, 3, 1, 1) * 255
    std = torch.tensor(IMAGE_STD, device=pictures.device).view(1, 3, 1, 1) * 255
    return (pictures.float() - mean) / std
