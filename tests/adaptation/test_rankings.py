"""The k best points of a dense pose, by one of the teacher's own confidences."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wildpose.adaptation.rankings import RANKINGS, choose_points
from wildpose.types import DensePose

RNG = np.random.default_rng


def pose(seed: int = 0, *, foreground: bool = True) -> DensePose:
    """A body of 4 x 6 cells over a box of 60 x 40 pixels, confidences at random."""
    rng = RNG(seed)
    chart = rng.integers(0, 25, (4, 6)).astype(np.uint8)
    one = [rng.random((4, 6)).astype(np.float16) for _ in range(3)]
    uv = rng.random((2, 4, 6)).astype(np.float16)
    box = np.array([10, 20, 70, 60], np.float32)
    return DensePose(box, chart, uv, one[0], one[1], "dense_head", one[2] if foreground else None)


@given(st.integers(0, 50), st.sampled_from(RANKINGS), st.integers(0, 40))
def test_points_are_cells_of_the_body_and_never_twice(seed, ranking, most):
    body = pose(seed)
    found = choose_points(body, ranking, most, RNG(seed))
    assert len(found.chart) == min(most, np.count_nonzero(body.chart))
    row, column, inside = body.cells_at(found.xy)
    assert inside.all()
    assert len({*zip(row.tolist(), column.tolist(), strict=True)}) == len(row)
    assert (body.chart[row, column] == found.chart).all()
    assert (found.chart > 0).all()
    assert found.uv == pytest.approx(body.uv[:, row, column].T.astype(float))
    assert found.grade == pytest.approx(body.chart_confidence[row, column].astype(float))


@pytest.mark.parametrize(("ranking", "confidence"), [
    ("chart", lambda p: p.chart_confidence), ("uv", lambda p: -p.uv_sigma),
    ("mask", lambda p: p.foreground),
])
def test_no_cell_that_is_left_ranks_above_one_that_is_taken(ranking, confidence):
    body = pose(1)
    found = choose_points(body, ranking, 5, RNG(0))
    row, column, _ = body.cells_at(found.xy)
    taken = np.zeros(body.chart.shape, bool)
    taken[row, column] = True
    left = (body.chart > 0) & ~taken
    assert confidence(body)[taken].min() >= confidence(body)[left].max()


def test_uniform_draws_others_with_another_seed():
    body = pose(2)
    draws = {tuple(choose_points(body, "uniform", 3, RNG(s)).xy.ravel()) for s in range(8)}
    assert len(draws) > 4
    again = [choose_points(body, "uniform", 3, RNG(5)).xy for _ in range(2)]
    assert (again[0] == again[1]).all()


def test_a_dense_pose_without_foreground_can_not_be_ranked_by_it():
    with pytest.raises(ValueError, match="how sure its foreground is"):
        choose_points(pose(3, foreground=False), "mask", 2, RNG(0))


@given(st.integers(0, 50), st.sampled_from(RANKINGS), st.integers(1, 4))
def test_points_keep_their_distance_and_the_best_one_is_always_there(seed, ranking, apart):
    body = pose(seed)
    found = choose_points(body, ranking, 24, RNG(seed), apart)
    row, column, _ = body.cells_at(found.xy)
    gaps = np.maximum(np.abs(row[:, None] - row), np.abs(column[:, None] - column))
    assert (gaps + 99 * np.eye(len(row)) >= apart).all()
    best = choose_points(body, ranking, 1, RNG(seed))
    assert (found.xy[0] == best.xy[0]).all()
    # nothing that would fit is left out
    able = np.argwhere(body.chart > 0)
    place = np.stack([row, column], 1)
    assert (np.abs(able[:, None] - place).max(-1).min(1) < apart).all()
