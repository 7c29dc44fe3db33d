"""Where an animal is expected: functions of seconds, not of frames."""

from __future__ import annotations

import numpy as np
import pytest

from wildpose.tracking.motion import correct, predict, start, surprise
from wildpose.tracking.settings import MotionModel

MODEL = MotionModel()
BOX = np.array([100.0, 100.0, 180.0, 150.0])


def walk(rate: float, seconds: float, velocity: np.ndarray):
    """State after following a box that moves evenly."""
    state = start(BOX, 0.0, MODEL)
    for t in np.arange(1, round(seconds * rate) + 1) / rate:
        state = correct(predict(state, t, MODEL), BOX + np.tile(velocity * t, 2), MODEL)
    return state


@pytest.mark.parametrize("rate", [2, 10, 30])
def test_velocity_is_learnt_in_pixels_per_second_at_any_rate(rate):
    state = walk(rate, 2.0, np.array([60.0, -10.0]))
    np.testing.assert_allclose(state.mean[:2, 1], [60, -10], rtol=0.15)
    np.testing.assert_allclose(state.box_xyxy, BOX + np.tile([120, -20], 2), atol=2)


def test_one_long_step_is_many_short_ones():
    """The prediction is exact in continuous time: how it is cut into steps changes nothing."""
    state = walk(10, 1.0, np.array([80.0, 0.0]))
    once, many = predict(state, 2.5, MODEL), state
    for t in np.linspace(1.0, 2.5, 40):
        many = predict(many, float(t), MODEL)
    np.testing.assert_allclose(many.mean, once.mean, rtol=1e-9)
    np.testing.assert_allclose(many.covariance, once.covariance, rtol=1e-9)


def test_an_unseen_animal_is_expected_to_slow_down_and_doubt_grows():
    state = walk(10, 1.0, np.array([80.0, 0.0]))
    places = [predict(state, t, MODEL) for t in (1.0, 2.0, 3.0, 60.0)]
    moved = [p.mean[0, 0] - state.mean[0, 0] for p in places]
    assert 0 == moved[0] < moved[1] < moved[2] < moved[3] < 85
    assert moved[2] - moved[1] < moved[1]
    doubt = [p.covariance[0, 0, 0] for p in places]
    assert doubt == sorted(doubt)


def test_velocity_doubt_settles_at_the_speed_of_animals():
    later = predict(start(BOX, 0.0, MODEL), 100.0, MODEL)
    length = np.sqrt(80 * 50)
    assert np.sqrt(later.covariance[0, 1, 1]) == pytest.approx(MODEL.speed * length)


def test_surprise_is_small_where_expected_and_large_elsewhere():
    state = walk(10, 1.0, np.array([0.0, 0.0]))
    squared, spread = surprise(state, np.stack([BOX, BOX + 60]), MODEL)
    assert squared[0] < 0.1
    assert squared[1] > 50
    assert 0 < spread[0] < 0.2
    none, _ = surprise(state, np.zeros((0, 4)), MODEL)
    assert none.shape == (0,)


def test_time_never_runs_backwards_and_boxes_never_vanish():
    state = walk(10, 1.0, np.array([0.0, 0.0]))
    assert predict(state, 0.2, MODEL).time_s == state.time_s
    flat = start(np.array([5.0, 5.0, 5.0, 5.0]), 0.0, MODEL)
    assert (flat.box_xyxy[2:] > flat.box_xyxy[:2]).all()
    assert np.isfinite(surprise(flat, BOX[None], MODEL)[0]).all()
