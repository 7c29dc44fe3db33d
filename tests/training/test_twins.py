from __future__ import annotations

import numpy as np
import pytest
import torch

from wildpose.data.augment import Example
from wildpose.models.dense_head import GRID, DenseAnswer, PooledRegions
from wildpose.surface.charts import MIRROR_CHART
from wildpose.training.regions import POINTS, RegionTruth
from wildpose.training.twins import (
    mirrored_regions,
    mirrored_truth,
    side_by_side,
    twin_loss,
    twin_pictures,
)


def answer(logits: torch.Tensor) -> DenseAnswer:
    one = torch.ones(len(logits), GRID, GRID)
    return DenseAnswer(one, one, logits, one, torch.zeros(len(logits), 2, 24, GRID, GRID),
                       torch.ones(len(logits), 2, GRID, GRID))


def twin_of(logits: torch.Tensor) -> torch.Tensor:
    """The logits that a perfectly equivariant head gives for the mirror image."""
    swapped = torch.empty_like(logits)
    for chart in range(25):
        swapped[:, MIRROR_CHART[chart]] = logits[:, chart]
    return swapped.flip(-1)


def test_a_head_that_answers_alike_pays_nothing():
    logits = torch.randn(1, 25, GRID, GRID)
    assert float(twin_loss(answer(torch.cat([logits, twin_of(logits)])),
                           torch.tensor([0]))) == pytest.approx(0, abs=1e-5)


def test_a_head_that_mixes_up_left_and_right_pays():
    logits = torch.zeros(1, 25, GRID, GRID)
    logits[:, 3] = 8.0
    assert float(twin_loss(answer(torch.cat([logits, logits.flip(-1)])), torch.tensor([0]))) > 1


def test_both_are_drawn_to_their_mean():
    logits = torch.randn(2, 25, GRID, GRID, requires_grad=True)
    twin_loss(answer(logits), torch.tensor([0])).backward()
    assert logits.grad[0].any()
    assert logits.grad[1].any()


def test_no_twins_cost_nothing():
    assert float(twin_loss(answer(torch.randn(2, 25, GRID, GRID)),
                           torch.zeros(0, dtype=torch.long))) == 0


def test_truth_mirrored_twice_is_the_truth():
    charts = torch.zeros(1, POINTS, 25, dtype=torch.bool)
    charts[:, 0, [12, 14]] = True
    truth = RegionTruth(torch.arange(GRID * GRID).reshape(1, GRID, GRID).to(torch.uint8),
                        torch.rand(1, POINTS, 2), charts, torch.rand(1, POINTS, 2))
    once = mirrored_truth(truth)
    assert once.charts[0, 0].nonzero()[:, 0].tolist() == [11, 13]
    assert torch.allclose(once.xy[..., 0], -truth.xy[..., 0])
    for one, other in zip(mirrored_truth(once), truth, strict=True):
        assert torch.allclose(one.float(), other.float(), atol=1e-6)


def test_regions_are_mirrored_in_their_picture():
    (turned,) = mirrored_regions([torch.tensor([[10.0, 5.0, 30.0, 25.0]])], 96)
    assert turned.tolist() == [[66.0, 5.0, 86.0, 25.0]]


def test_twins_lie_side_by_side():
    def rows(first: int) -> tuple[PooledRegions, RegionTruth]:
        x = torch.tensor([first, first + 10])
        return PooledRegions(x, x, x, x), RegionTruth(x, x, x, x)

    pooled, truth = side_by_side(rows(1), rows(2))
    assert pooled.near.tolist() == truth.mask.tolist() == [1, 2, 11, 12]


def test_twin_pictures_are_mirror_images_in_another_light():
    image = np.zeros((16, 24, 3), np.uint8)
    image[:, :4] = 250
    example = Example(image, np.zeros((0, 4), np.float32), np.zeros(0, np.int16),
                      np.zeros(0, bool), (), frozenset(), (0, 0, 24, 16))
    twins = twin_pictures([example] * 8, np.random.default_rng(1))
    bright = [t.image[:, -4:].mean() - t.image[:, :4].mean() for t in twins]
    assert min(bright) > 20
    assert any(not np.array_equal(t.image, image[:, ::-1]) for t in twins)
