from __future__ import annotations

import numpy as np
import pytest
import torch

from wildpose.models.dense_head import GRID, MARGIN, DenseAnswer
from wildpose.models.dense_pose import dense_poses, over_region


def answer(chart: int = 7, count: int = 1) -> DenseAnswer:
    """The upper half of each region is body of one chart; u grows rightwards, v is 2."""
    mask = torch.full((count, GRID, GRID), -3.0)
    mask[:, : GRID // 2] = 3.0
    logits = torch.zeros(count, 25, GRID, GRID)
    logits[:, chart] = 4.0
    uv = torch.zeros(count, 2, 24, GRID, GRID)
    uv[:, 0, chart - 1] = torch.linspace(0, 1, GRID)
    uv[:, 1, chart - 1] = 2.0
    one = torch.ones(count, GRID, GRID)
    return DenseAnswer(mask, one, logits, one, uv, torch.stack([one * 0.3, one * 0.4], 1))


REGION = np.array([[10.0, 20.0, 66.0, 76.0]])


def test_the_own_mask_cuts_and_the_best_chart_gives_u_and_v():
    (pose,) = dense_poses(answer(), REGION)
    assert pose.cut_by == "dense_head"
    assert (pose.chart[: GRID // 2] == 7).all()
    assert (pose.chart[GRID // 2 :] == 0).all()
    assert (pose.uv[:, GRID // 2 :] == 0).all()
    assert np.allclose(pose.uv[0, 0], np.linspace(0, 1, GRID), atol=1e-3)
    assert (pose.uv[1, 0] == 1).all()


def test_confidence_is_the_scaled_softmax_and_sigma_the_root_mean_square():
    (pose,) = dense_poses(answer(), REGION)
    likely = float(torch.tensor([0.0] * 24 + [4.0]).softmax(0)[-1])
    assert np.allclose(pose.chart_confidence, likely, atol=1e-3)
    assert np.allclose(pose.uv_sigma, np.sqrt((0.09 + 0.16) / 2), atol=1e-3)


def test_a_pixel_finds_its_cell():
    (pose,) = dense_poses(answer(), REGION)
    row, column, inside = pose.cells_at([[10.5, 20.5], [65.9, 75.9], [9.0, 30.0]])
    assert (row[:2].tolist(), column[:2].tolist()) == ([0, GRID - 1], [0, GRID - 1])
    assert inside.tolist() == [True, True, False]


def test_the_mask_head_can_cut_instead_over_the_box_inside_the_region():
    full = torch.ones(1, 28, 28)
    (pose,) = dense_poses(answer(), REGION, full)
    assert pose.cut_by == "mask_head"
    shown = (pose.chart > 0).mean()
    assert shown == pytest.approx(1 / MARGIN**2, abs=0.06)
    assert pose.chart[0, 0] == 0
    assert pose.chart[GRID // 2, GRID // 2] == 7


def test_a_mask_lands_where_its_box_lies_in_the_region():
    mask = torch.zeros(1, 28, 28)
    mask[0, :, :14] = 1
    over = over_region(mask)[0] > 0.5
    columns = over.any(0).nonzero()[:, 0]
    left = round(GRID * (1 - 1 / MARGIN) / 2)
    assert abs(int(columns.min()) - left) <= 1
    assert abs(int(columns.max()) + 1 - GRID // 2) <= 1


def test_no_region_gives_nothing():
    assert dense_poses(answer(count=0), np.zeros((0, 4))) == []
