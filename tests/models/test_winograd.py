"""3x3 convolutions with fewer multiplications give what direct ones give."""

from __future__ import annotations

import pytest
import torch
from torch.nn import functional

from wildpose.models.chart_rcnn.layers import Convolution, Shape, fold_all, quicken_all
from wildpose.models.chart_rcnn.winograd import convolved, transformed_kernel


@pytest.mark.parametrize("size", [(1, 1), (1, 6), (5, 1), (7, 9), (28, 28), (40, 66)])
@pytest.mark.parametrize("relu", [False, True])
def test_any_size_any_number_of_pictures(size, relu):
    draw = torch.Generator().manual_seed(1)
    x = torch.randn(2, 128, *size, generator=draw)
    weight = torch.randn(160, 128, 3, 3, generator=draw) * (2 / (9 * 128)) ** 0.5
    bias = torch.randn(160, generator=draw)
    exact = functional.conv2d(x.double(), weight.double(), bias.double(), padding=1)
    said = convolved(x, transformed_kernel(weight), bias, relu=relu)
    direct = functional.conv2d(x, weight, bias, padding=1)
    own, usual = ((a - exact).abs().max() for a in (
        convolved(x, transformed_kernel(weight), bias, relu=False), direct))
    assert said.shape == exact.shape
    assert own <= max(1e-5, 2 * float(usual))
    assert (said - (exact.relu() if relu else exact)).abs().max() <= 1e-5


def test_a_picture_larger_than_one_strip_has_no_seams():
    draw = torch.Generator().manual_seed(2)
    x, weight = (torch.randn(*shape, generator=draw) for shape in ((1, 16, 80, 90),
                                                                   (16, 16, 3, 3)))
    said = convolved(x, transformed_kernel(weight), None, relu=False)
    assert (said - functional.conv2d(x, weight, padding=1)).abs().max() <= 1e-4


def test_only_usual_layers_change_and_say_the_same():
    torch.manual_seed(3)
    layers = torch.nn.Sequential(
        Convolution(128, 128, relu=True), Convolution(128, 128, norm=torch.nn.GroupNorm(32, 128),
                                                      bias=False, relu=True),
        Convolution(128, 128, Shape(3, 2)), Convolution(128, 128, Shape(3, 1, 6)),
        Convolution(128, 8, relu=True)).eval()
    x = torch.randn(2, 128, 20, 23)
    with torch.inference_mode():
        before = layers(x)
        fold_all(layers)
        quicken_all(layers)
        assert [layer.transformed is not None for layer in layers] == [True, True] + [False] * 3
        assert (layers(x) - before).abs().max() <= 1e-5
