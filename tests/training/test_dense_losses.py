from __future__ import annotations

import math

import pytest
import torch

from wildpose.models.dense_head import GRID, DenseAnswer
from wildpose.training.dense_losses import UV_WEIGHT, dense_losses
from wildpose.training.regions import POINTS, UNKNOWN, RegionTruth


def answer(count: int = 1) -> DenseAnswer:
    torch.manual_seed(0)
    fields = (torch.zeros(count, GRID, GRID), torch.ones(count, GRID, GRID),
              torch.zeros(count, 25, GRID, GRID), torch.ones(count, GRID, GRID),
              torch.full((count, 2, 24, GRID, GRID), 0.5), torch.full((count, 2, GRID, GRID), 0.1))
    return DenseAnswer(*(f.requires_grad_() for f in fields))


def truth(
    known: list[tuple[tuple[float, float], list[int], tuple[float, float] | None]],
    mask: int = UNKNOWN,
) -> RegionTruth:
    """One region with points (place, charts it may be, uv) and a mask of one value."""
    xy, uv = torch.zeros(1, POINTS, 2), torch.full((1, POINTS, 2), float("nan"))
    charts = torch.zeros(1, POINTS, 25, dtype=torch.bool)
    for i, (place, allowed, where) in enumerate(known):
        xy[0, i] = torch.tensor(place)
        charts[0, i, allowed] = True
        if where is not None:
            uv[0, i] = torch.tensor(where)
    return RegionTruth(torch.full((1, GRID, GRID), mask, dtype=torch.uint8), xy, charts, uv)


def generator() -> torch.Generator:
    return torch.Generator().manual_seed(0)


def test_nothing_known_costs_nothing_and_teaches_nothing():
    said = answer()
    losses = dense_losses(said, truth([]), generator())
    assert [float(v.detach()) for v in losses] == [0, 0, 0]
    losses.total().backward()
    assert all(f.grad is None or not f.grad.any() for f in said)


def test_a_known_chart_is_a_cross_entropy():
    losses = dense_losses(answer(), truth([((0.0, 0.0), [7], None)]), generator())
    assert float(losses.chart.detach()) == pytest.approx(math.log(25))


def test_a_part_point_sums_the_probability_of_its_charts():
    losses = dense_losses(answer(), truth([((0.3, 0.2), [7, 8, 9, 10], None)]), generator())
    assert float(losses.chart.detach()) == pytest.approx(-math.log(4 / 25))


def test_a_part_point_does_not_push_between_its_charts():
    said = answer()
    dense_losses(said, truth([((0.0, 0.0), [12, 14], None)]), generator()).chart.backward()
    push = said.chart_logits.grad.sum((0, 2, 3))
    assert push[12] == pytest.approx(float(push[14]))
    assert push[12] < 0 < push[11]


def test_regions_count_alike_however_many_points_they_have():
    one, many = truth([((0.0, 0.0), [7], None)]), truth([((0.0, 0.0), [1, 2], None)] * 50)
    both = RegionTruth(*(torch.cat([a, b]) for a, b in zip(one, many, strict=True)))
    chart = float(dense_losses(answer(2), both, generator()).chart.detach())
    assert chart == pytest.approx((math.log(25) + math.log(12.5)) / 2)


def test_only_the_annotated_chart_learns_its_coordinates():
    said = answer()
    losses = dense_losses(said, truth([((0.0, 0.0), [7], (0.8, 0.5))]), generator())
    wanted = 2 * (math.log(0.1) + 0.5 * math.log(2 * math.pi)) + 0.5 * (0.3 / 0.1) ** 2
    assert float(losses.uv.detach()) == pytest.approx(UV_WEIGHT * wanted, rel=1e-4)
    losses.uv.backward()
    taught = said.uv.grad.abs().sum((0, 3, 4))
    assert taught[0].nonzero()[:, 0].tolist() == [6]
    assert not taught[1].any()
    assert said.uv_sigma.grad[0, 0].sum() < 0 < said.uv_sigma.grad[0, 1].sum()


def test_a_mask_teaches_foreground_and_the_charts_background():
    losses = dense_losses(answer(), truth([], mask=0), generator())
    assert float(losses.dense_mask.detach()) == pytest.approx(math.log(2))
    assert float(losses.chart.detach()) == pytest.approx(0.5 * math.log(25))
    body = dense_losses(answer(), truth([], mask=1), generator())
    assert float(body.chart.detach()) == 0


def test_a_point_reads_the_cell_it_lies_in():
    said = answer()
    with torch.no_grad():
        said.chart_logits[0, 3, 10, 40] = 50.0
    place = ((40 + 0.5) / GRID * 2 - 1, (10 + 0.5) / GRID * 2 - 1)
    losses = dense_losses(said, truth([(place, [3], None)]), generator())
    assert float(losses.chart.detach()) == pytest.approx(0, abs=1e-4)
