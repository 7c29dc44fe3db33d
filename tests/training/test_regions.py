from __future__ import annotations

import pytest
import torch

from wildpose.models.dense_head import GRID, MARGIN
from wildpose.training.assignment import PointTargets
from wildpose.training.regions import POINTS, UNKNOWN, truth_regions


def generator() -> torch.Generator:
    return torch.Generator().manual_seed(3)


def points(row: list[int], xy: list[list[float]], chart: int = 5) -> PointTargets:
    charts = torch.zeros(len(row), 25, dtype=torch.bool)
    charts[:, chart] = True
    return PointTargets(torch.tensor(row), torch.tensor(xy), charts,
                        torch.full((len(row), 2), 0.25))


def test_a_region_lies_round_a_shaken_box(make_targets):
    ((region,), _) = truth_regions([make_targets([[20, 10, 60, 40]], mask_row=[0])], generator())
    side = region[0, 2:] - region[0, :2]
    assert side.tolist() == pytest.approx([40 * MARGIN, 30 * MARGIN], rel=0.4)
    assert ((region[0, :2] + region[0, 2:]) / 2).tolist() == pytest.approx([40, 25], abs=8)


def test_the_mask_is_seen_in_the_region_and_unknown_without_one(make_targets):
    target = make_targets([[20, 10, 60, 40], [70, 10, 90, 30]], mask_row=[0])
    target = target._replace(points=points([1], [[80.0, 20.0]]))
    _, truth = truth_regions([target], generator())
    shares = sorted(float((m == 1).float().mean()) for m in truth.mask)
    assert shares[1] == pytest.approx(1 / MARGIN**2, abs=0.15)
    assert sorted(int((m == UNKNOWN).all()) for m in truth.mask) == [0, 1]


def test_points_keep_their_place_in_the_picture(make_targets):
    target = make_targets([[20, 10, 60, 40]])._replace(points=points([0, 0], [[30, 20], [50, 30]]))
    (region,), truth = truth_regions([target], generator())
    there = truth.charts[0].any(-1)
    assert int(there.sum()) == 2
    low, high = region[0, :2], region[0, 2:]
    back = (truth.xy[0, there] + 1) / 2 * (high - low) + low
    assert sorted(back.round().tolist()) == [[30, 20], [50, 30]]
    assert truth.charts[0, there][:, 5].all()
    assert (truth.uv[0, there] == 0.25).all()
    assert torch.isnan(truth.uv[0, ~there]).all()


def test_points_outside_the_region_are_dropped_and_too_many_are_drawn_from(make_targets):
    many = [[20 + 40 * (i % 20) / 20 + 1, 10 + 29 * (i // 20) / 20] for i in range(400)]
    target = make_targets([[20, 10, 60, 40]])._replace(
        points=points([0] * 401, [*many, [95.0, 63.0]]))
    _, truth = truth_regions([target], generator())
    assert int(truth.charts[0].any(-1).sum()) == POINTS
    assert (truth.xy[0].abs() <= 1).all()


def test_nothing_known_is_no_region_unless_any_box_will_do(make_targets):
    target = make_targets([[20, 10, 60, 40]])
    (region,), truth = truth_regions([target], generator())
    assert len(region) == len(truth.mask) == 0
    assert truth.charts.shape == (0, POINTS, 25)
    (region,), truth = truth_regions([target], generator(), any_box=True)
    assert truth.mask.shape == (1, GRID, GRID)
    assert (truth.mask == UNKNOWN).all()


def test_pictures_keep_their_own_regions(make_targets):
    with_animal = make_targets([[20, 10, 60, 40]], mask_row=[0])
    regions, truth = truth_regions([with_animal, make_targets([]), with_animal], generator())
    assert [len(r) for r in regions] == [1, 0, 1]
    assert len(truth.mask) == 2
