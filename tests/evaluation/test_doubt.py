"""Sparsification, likelihoods and intervals: what a model's doubt and a figure's are worth."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wildpose.evaluation.correct_points import area_under_rcp, ratio_of_correct_points
from wildpose.evaluation.intervals import draw_groups, interval, share
from wildpose.evaluation.likelihood import binary_nll, gaussian_nll
from wildpose.evaluation.sparsification import sparsification

errors = st.lists(st.floats(0, 10), min_size=2, max_size=40).filter(lambda e: sum(e) > 0.01)


@given(errors)
def test_the_oracle_can_not_be_beaten_and_reversal_is_worst(error):
    rng = np.random.default_rng(len(error))
    best, any_order, worst = (sparsification(error, u).ause for u in (
        error, rng.random(len(error)), -np.array(error)))
    assert best == pytest.approx(0, abs=1e-9)
    assert -1e-9 <= any_order <= worst + 1e-9


def test_random_uncertainty_comes_out_as_random():
    rng = np.random.default_rng(0)
    found = sparsification(rng.exponential(size=20_000), rng.random(20_000))
    assert found.relative == pytest.approx(1, abs=0.05)
    assert sparsification([], []) is None
    assert sparsification([0.0, 0.0], [1, 2]) is None


def test_ties_do_not_depend_on_the_order():
    one = sparsification([0.0, 4.0, 2.0], [1, 1, 0])
    other = sparsification([4.0, 0.0, 2.0], [1, 1, 0])
    assert one.ause == other.ause
    assert one.by_uncertainty.tolist() == [1, 1, 1]


@given(st.lists(st.floats(0, 1), min_size=1, max_size=30))
def test_the_area_is_the_integral_of_the_curve(distance):
    steps = (np.arange(4000) + 0.5) / 4000 * 0.3
    by_steps = ratio_of_correct_points(distance, steps).mean()
    assert area_under_rcp(distance, 0.3) == pytest.approx(by_steps, abs=1e-3)


def test_likelihood_is_best_for_honest_doubt():
    rng = np.random.default_rng(1)
    step = rng.normal(0, 0.1, (5000, 2))
    honest, bold, shy = (gaussian_nll(step, np.full(5000, s)) for s in (0.1, 0.03, 0.3))
    assert honest < bold
    assert honest < shy
    right = rng.random(5000) < 0.7
    assert binary_nll(np.full(5000, 0.7), right) < binary_nll(np.full(5000, 0.95), right)
    assert np.isfinite(binary_nll([1.0], [False]))
    assert gaussian_nll(np.zeros((0, 2)), []) is None


class TestIntervals:
    images = tuple({"id": i, "clip": f"clip {i // 10}"} for i in range(100))

    def test_whole_clips_are_drawn(self):
        chosen = np.arange(100) < 50
        draws = draw_groups(self.images, chosen, repeats=20)
        assert (draws[:, 50:] == 0).all()
        of_clip = draws.reshape(20, 10, 10)
        assert (of_clip == of_clip[:, :, :1]).all()
        assert (of_clip[:, :, 0].sum(1) == 5).all()

    def test_an_interval_of_clips_is_wider_than_one_of_pictures(self):
        right = np.repeat([1, 0, 1, 1, 0, 1, 0, 1, 1, 0], 10)  # frames of a clip are alike
        figure, chosen = share(right, np.ones(100)), np.ones(100, bool)
        widths = []
        for images in (self.images, tuple({"id": i} for i in range(100))):
            found = interval(figure, chosen, draw_groups(images, chosen, repeats=400))
            assert found.estimate == pytest.approx(0.6)
            assert found.lower < 0.6 < found.upper
            widths.append(found.upper - found.lower)
        assert widths[0] > 2 * widths[1]

    def test_none_where_the_figure_can_not_be_had(self):
        figure = share(np.zeros(100), np.zeros(100))
        draws = draw_groups(self.images, np.zeros(100, bool), repeats=3)
        assert interval(figure, np.zeros(100, bool), draws) is None
