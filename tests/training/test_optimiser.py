"""Rates over the steps, and gradients that are clipped."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from wildpose.training.optimiser import clip, cosine, rate_factor
from wildpose.training.recipe import SchedulePart

PUBLISHED = SchedulePart(steps=270_000, warm_up=1000, warm_up_from=0.025, drops=[210_000, 250_000])


@pytest.mark.parametrize(("step", "factor"), [
    (0, 0.025), (500, 0.5125), (1000, 1), (209_999, 1), (210_000, 0.1), (249_999, 0.1),
    (250_000, 0.01), (269_999, 0.01),
])
def test_the_rate_of_the_reference_rises_from_a_share_and_drops_by_tenths(step, factor):
    assert rate_factor(step, PUBLISHED) == pytest.approx(factor)


def test_without_them_it_is_the_cosine_to_the_last_bit():
    schedule = SchedulePart(steps=100, warm_up=10)
    assert [rate_factor(s, schedule) for s in range(101)] == [cosine(s, 10, 100)
                                                              for s in range(101)]


def test_each_number_is_clipped_and_the_norm_is_that_from_before():
    weight = nn.Parameter(torch.zeros(3))
    weight.grad = torch.tensor([3.0, -4.0, 0.5])
    norm = clip([weight], SchedulePart(steps=1, clip_value=1.0))
    assert float(norm) == pytest.approx(25.25**0.5)
    assert weight.grad.tolist() == [1.0, -1.0, 0.5]


def test_all_together_are_clipped_by_their_norm():
    weight = nn.Parameter(torch.zeros(2))
    weight.grad = torch.tensor([3.0, -4.0])
    assert float(clip([weight], SchedulePart(steps=1, clip_gradient=1.0))) == pytest.approx(5)
    assert weight.grad.tolist() == pytest.approx([0.6, -0.8])


def test_a_gradient_that_is_no_number_is_seen_though_it_is_clipped():
    weight = nn.Parameter(torch.zeros(2))
    weight.grad = torch.tensor([float("inf"), 1.0])
    assert not torch.isfinite(clip([weight], SchedulePart(steps=1, clip_value=1.0)))
