"""Convolutions say the same, folded and quickened or not."""

from __future__ import annotations

import pytest
import torch

from wildpose.models.chart_rcnn.layers import (
    Convolution,
    Shape,
    fold_all,
    frozen_convolution,
    quicken_all,
)

needs_nnpack = pytest.mark.skipif(not torch.backends.nnpack.is_available(),
                                  reason="this torch was built without NNPACK")


@needs_nnpack
def test_only_usual_layers_are_quickened():
    layers = torch.nn.Sequential(
        Convolution(256, 256, relu=True), frozen_convolution(256, 300, relu=True),
        Convolution(256, 256, Shape(3, 2)), Convolution(256, 256, Shape(3, 1, 6)),
        Convolution(256, 256, Shape(1)), Convolution(256, 8))
    quicken_all(layers)
    assert [layer.quick for layer in layers] == [True, True, False, False, False, False]


@pytest.mark.parametrize("size", [(91, 91), (64, 128), (1, 8192), (5, 6)])
@pytest.mark.parametrize("pictures", [1, 2])
def test_a_folded_and_quickened_layer_says_the_same_on_any_size(size, pictures):
    torch.manual_seed(sum(size))
    layers = torch.nn.Sequential(
        Convolution(256, 256, relu=True), frozen_convolution(256, 288, relu=True),
        Convolution(288, 256, norm=torch.nn.GroupNorm(32, 256), bias=False, relu=True)).eval()
    layers[1].norm.running_var.uniform_(0.5, 2)
    layers[1].norm.running_mean.normal_()
    x = torch.randn(pictures, 256, *size)
    with torch.inference_mode():
        before = layers(x)
        exact = layers.double()(x.double())
        layers.float()
        fold_all(layers)
        quicken_all(layers)
        after = layers(x)
    assert (before - exact).abs().max() <= 1e-4
    assert (after - exact).abs().max() <= 1e-4
