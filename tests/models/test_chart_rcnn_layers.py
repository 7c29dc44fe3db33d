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
        Convolution(8, 8, relu=True), frozen_convolution(8, 9, relu=True),
        Convolution(8, 8, Shape(3, 2)), Convolution(8, 8, Shape(3, 1, 6)),
        Convolution(8, 8, Shape(1)))
    quicken_all(layers)
    assert [layer.quick for layer in layers] == [True, True, False, False, False]


@pytest.mark.parametrize("size", [(1, 1), (1, 9), (7, 1), (8, 13), (28, 28)])
@pytest.mark.parametrize("pictures", [1, 2, 5])
@pytest.mark.parametrize("least", [0, 10**9], ids=["all by NNPACK", "none by NNPACK"])
def test_a_folded_and_quickened_layer_says_the_same(size, pictures, least, monkeypatch):
    monkeypatch.setattr("wildpose.models.chart_rcnn.layers.LEAST_PRODUCTS", least)
    torch.manual_seed(sum(size))
    layers = torch.nn.Sequential(
        Convolution(64, 64, relu=True), frozen_convolution(64, 96, relu=True),
        Convolution(96, 64, norm=torch.nn.GroupNorm(32, 64), bias=False, relu=True)).eval()
    layers[1].norm.running_var.uniform_(0.5, 2)
    layers[1].norm.running_mean.normal_()
    x = torch.randn(pictures, 64, *size)
    with torch.inference_mode():
        exact = layers.double()(x.double())
        layers.float()
        fold_all(layers)
        quicken_all(layers)
        after = layers(x)
    assert (after - exact).abs().max() <= 1e-4
