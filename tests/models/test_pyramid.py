from __future__ import annotations

import pytest
import torch

from wildpose.models.backbones import TrunkMaps
from wildpose.models.pyramid import LEVEL_GAIN, STRIDES, GhostPyramid, with_gain


@pytest.mark.parametrize("size", [(64, 128), (96, 160), (224, 96)])
def test_four_levels_of_128_channels_also_where_a_level_has_an_odd_side(size):
    pyramid = GhostPyramid((8, 16, 24, 32)).eval()
    maps = TrunkMaps(*(
        torch.zeros(1, channels, size[0] // stride, size[1] // stride)
        for channels, stride in ((8, 4), (16, 8), (24, 16), (32, 32))
    ))
    with torch.no_grad():
        levels = pyramid(maps)
    sides = [(-(-size[0] // s), -(-size[1] // s)) for s in STRIDES]
    assert [tuple(level.shape) for level in levels] == [(1, 128, *side) for side in sides]


def test_gain_scales_each_level_by_its_own_factor():
    levels = [torch.ones(1, 1, 2, 2)] * 4
    assert [float(level.mean()) for level in with_gain(levels)] == list(LEVEL_GAIN)
