from __future__ import annotations

import pytest
import torch
from torch import nn
from torchvision.ops.misc import FrozenBatchNorm2d

from wildpose.models.backbones import (
    TRUNKS,
    build_trunk,
    fold_normalisation,
    freeze_normalisation,
    normalise,
)


@pytest.mark.parametrize("name", TRUNKS)
def test_maps_have_the_declared_channels_and_strides(name):
    trunk = build_trunk(name).eval()
    with torch.no_grad():
        maps = trunk(torch.zeros(2, 3, 64, 128))
    assert [tuple(m.shape) for m in maps] == [
        (2, channels, 64 // stride, 128 // stride)
        for channels, stride in zip(trunk.channels, (4, 8, 16, 32), strict=True)
    ]


@pytest.mark.parametrize("name", TRUNKS)
def test_normalisation_is_frozen_everywhere_and_stays_so_in_training(name):
    trunk = build_trunk(name).train()
    assert any(isinstance(m, FrozenBatchNorm2d) for m in trunk.modules())
    assert not any(isinstance(m, nn.BatchNorm2d) for m in trunk.modules())
    before = {k: v.clone() for k, v in trunk.named_buffers()}
    trunk(torch.rand(2, 3, 64, 64))
    assert all(torch.equal(v, before[k]) for k, v in trunk.named_buffers())


def test_a_frozen_norm_answers_as_the_norm_did_at_rest():
    torch.manual_seed(0)
    net = nn.Sequential(nn.Conv2d(3, 4, 1), nn.Sequential(nn.BatchNorm2d(4, eps=1e-3)))
    net(torch.rand(4, 3, 8, 8) * 5)  # in training mode: the norm takes up statistics
    x = torch.rand(2, 3, 8, 8)
    with torch.no_grad():
        wanted = net.eval()(x)
        freeze_normalisation(net)
        assert torch.allclose(net.train()(x), wanted, atol=1e-6)


def test_normalise_takes_bytes_and_centres_them():
    mean_colour = torch.tensor([0.485, 0.456, 0.406]).mul(255).round().to(torch.uint8)
    pictures = mean_colour.view(1, 3, 1, 1).expand(1, 3, 2, 2)
    assert normalise(pictures).abs().max() < 0.01
    white = normalise(torch.full((1, 3, 1, 1), 255, dtype=torch.uint8)).flatten()
    assert white.tolist() == pytest.approx([0.515 / 0.229, 0.544 / 0.224, 0.594 / 0.225], rel=1e-5)


@pytest.mark.parametrize("name", TRUNKS)
def test_folding_the_normalisation_changes_no_answer(name):
    torch.manual_seed(0)
    trunk = build_trunk(name).eval()
    for norm in (m for m in trunk.modules() if isinstance(m, FrozenBatchNorm2d)):
        norm.weight.uniform_(0.5, 1.5)
        norm.bias.normal_()
        norm.running_mean.normal_()
        norm.running_var.uniform_(0.2, 2)
    x = torch.randn(1, 3, 64, 64)
    with torch.no_grad():
        before = trunk(x)
        fold_normalisation(trunk)
        after = trunk(x)
    assert not any(isinstance(m, FrozenBatchNorm2d) for m in trunk.modules())
    for one, other in zip(before, after, strict=True):
        assert torch.allclose(one, other, atol=1e-4 * float(one.abs().max()))
