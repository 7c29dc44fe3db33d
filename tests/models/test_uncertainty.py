from __future__ import annotations

import math

import pytest
import torch
from torch import nn

from wildpose.models.uncertainty import (
    ALPHA_MAX,
    SIGMA_MIN,
    alpha_of,
    gaussian_nll,
    scaled_log_softmax,
    sigma_of,
    start_at_one,
)


def test_the_scaled_softmax_is_equation_2():
    logits, alpha = torch.tensor([[1.0, -0.5, 2.0]]), torch.tensor([0.7])
    each = [math.exp(0.7 * z) for z in (1.0, -0.5, 2.0)]
    wanted = [e / sum(each) for e in each]
    assert scaled_log_softmax(logits, alpha).exp()[0].tolist() == pytest.approx(wanted)


def test_a_large_alpha_is_the_confident_one_and_zero_knows_nothing():
    logits = torch.tensor([[1.0, 0.0, 0.0]]).expand(3, 3)
    best = scaled_log_softmax(logits, torch.tensor([0.0, 1.0, 9.0])).exp()[:, 0]
    assert best[0] == pytest.approx(1 / 3)
    assert best[0] < best[1] < best[2]


def test_each_sample_has_its_own_alpha_whatever_the_axes():
    logits, alpha = torch.randn(2, 25, 4, 3), torch.rand(2, 4, 3)
    whole = scaled_log_softmax(logits, alpha)
    one = scaled_log_softmax(logits[1:, :, 2, 1], alpha[1:, 2, 1])
    assert torch.allclose(whole[1, :, 2, 1], one[0])


def test_the_gaussian_is_that_of_torch():
    said, true, sigma = torch.randn(5, 2), torch.randn(5, 2), torch.rand(5, 2) + 0.1
    theirs = nn.GaussianNLLLoss(full=True, reduction="none")(said, true, sigma**2)
    assert torch.allclose(gaussian_nll(said, sigma, true), theirs.sum(1), atol=1e-5)


def test_the_best_sigma_is_the_size_of_the_error():
    said, true = torch.zeros(1), torch.full((1,), 0.2)
    loss = {s: float(gaussian_nll(said, torch.full((1,), s), true)) for s in (0.1, 0.2, 0.4)}
    assert min(loss, key=lambda s: loss[s]) == 0.2


@pytest.mark.parametrize("raw", [-1e4, -50.0, 0.0, 50.0, 1e4])
def test_bounds_hold_and_gradients_are_finite_at_the_edges(raw):
    x = torch.tensor([raw, raw], requires_grad=True)
    alpha, sigma = alpha_of(x[:1]), sigma_of(x[1:])
    assert 0 <= alpha.item() <= ALPHA_MAX
    assert sigma.item() >= SIGMA_MIN * (1 - 1e-6)
    logits = torch.tensor([[3.0, -3.0]])
    loss = -scaled_log_softmax(logits, alpha)[0, 1] + gaussian_nll(
        torch.zeros(1), sigma, torch.ones(1))
    loss.backward()
    assert torch.isfinite(loss)
    assert torch.isfinite(x.grad).all()


def test_a_sigma_near_its_bound_grows_again_when_the_regression_is_wrong():
    raw = torch.tensor([-4.0], requires_grad=True)
    gaussian_nll(torch.zeros(1), sigma_of(raw), torch.ones(1)).backward()
    assert raw.grad[0] < 0


def test_a_fresh_layer_leaves_probabilities_as_they_are():
    layer = nn.Linear(3, 2)
    start_at_one(layer)
    assert torch.allclose(alpha_of(layer(torch.randn(4, 3))), torch.ones(4, 2))
