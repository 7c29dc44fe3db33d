"""Noise that belongs to a place."""

import numpy as np
import pytest

from wildpose.synth.noise import fractal_noise


def test_the_same_place_gives_the_same_value():
    noise = fractal_noise(np.random.default_rng(0), 1.0)
    x = np.linspace(-50, 50, 200)
    assert (noise.at(x, 2 * x) == noise.at(x[::-1], 2 * x[::-1])[::-1]).all()


def test_it_is_about_zero_with_a_spread_of_one():
    x, y = np.random.default_rng(1).uniform(-60, 60, (2, 20000))
    values = fractal_noise(np.random.default_rng(0), 1.0).at(x, y)
    assert abs(values.mean()) < 0.1
    assert values.std() == pytest.approx(0.75, abs=0.3)


def test_large_footprints_leave_only_the_large_blotches():
    noise = fractal_noise(np.random.default_rng(0), 4.0, 6, 0.8)
    x = np.linspace(0, 10, 2000)
    fine, coarse = (noise.at(x, x * 0, f) for f in (0.0, 1.0))
    assert np.abs(np.diff(coarse)).mean() < 0.3 * np.abs(np.diff(fine)).mean()
    assert (noise.at(x, x, 100.0) == 0).all()


def test_neighbours_have_similar_values():
    noise = fractal_noise(np.random.default_rng(0), 1.0, 3)
    x = np.linspace(0, 5, 5001)
    assert np.abs(np.diff(noise.at(x, x))).max() < 0.05
