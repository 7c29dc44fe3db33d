from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wildpose.models.calibration import EDGE, Calibration, fit, log_odds

curves = st.builds(Calibration, st.floats(0.3, 2.5), st.floats(-2, 2))


@settings(max_examples=50, deadline=None)
@given(curve=curves)
def test_a_higher_score_is_a_higher_probability(curve):
    probability = curve.probability(np.linspace(EDGE, 1 - EDGE, 200))
    assert (np.diff(probability) > 0).all()
    assert probability[0] > 0
    assert probability[-1] < 1


@settings(max_examples=50, deadline=None)
@given(curve=curves, probability=st.floats(0.001, 0.999))
def test_score_is_the_inverse_of_probability(curve, probability):
    score = curve.score(probability)
    if EDGE < score < 1 - EDGE:
        assert curve.probability(np.array(score)) == pytest.approx(probability, abs=1e-6)


@settings(max_examples=50, deadline=None)
@given(curve=curves, exponent=st.floats(4, 9))
def test_no_probability_is_too_small_to_ask_for(curve, exponent):
    """Average precision asks for what is hardly probable: none above the limit may be lost."""
    score = curve.score(10**-exponent)
    odds = curve.slope * np.log(score / (1 - score)) + curve.offset
    assert odds == pytest.approx(np.log(10) * -exponent, rel=1e-4)
    assert (curve.score(0.0), curve.score(1.0)) == (0.0, 1.0)


def test_the_ends_of_the_scale_stay_finite():
    assert np.isfinite(log_odds(np.array([0.0, 1.0]))).all()


def test_fit_finds_the_curve_that_the_data_came_from():
    rng = np.random.default_rng(0)
    true = Calibration(1.7, -0.6)
    score = rng.uniform(0.02, 0.98, 40_000)
    correct = rng.random(len(score)) < true.probability(score)
    found = fit(score, correct)
    assert found.slope == pytest.approx(true.slope, abs=0.06)
    assert found.offset == pytest.approx(true.offset, abs=0.06)


@pytest.mark.parametrize("correct", [[True, True], [False, False], []])
def test_nothing_to_fit_is_said(correct):
    with pytest.raises(ValueError, match="right and wrong"):
        fit(np.linspace(0.2, 0.8, len(correct)), np.array(correct, bool))


def test_scores_that_fall_with_being_right_are_refused():
    with pytest.raises(ValueError, match="do not rise"):
        fit(np.array([0.1, 0.2, 0.8, 0.9]), np.array([True, True, False, False]))
