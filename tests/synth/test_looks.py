"""What a camera trap does to a picture."""

import numpy as np

from wildpose.synth import Look
from wildpose.synth.looks import apply_look, bar_height, swayed

CLEAN = Look(noise=0, vignette=0, drift=0)
FLAT = np.full((90, 160, 3), (100, 150, 50), np.float32)


def test_a_clean_look_leaves_the_picture_as_it_is():
    assert (apply_look(FLAT, CLEAN, 1.0, (0, 0)) == FLAT).all()


def test_infrared_is_grey():
    image = apply_look(FLAT, Look(infrared=True), 0.0, (0, 0))
    assert (image[..., 0] == image[..., 1]).all()
    assert (image[..., 1] == image[..., 2]).all()


def test_noise_follows_the_seed_and_differs_between_frames():
    look = Look(noise=5, vignette=0, drift=0)
    first = apply_look(FLAT, look, 0.0, (1, 0))
    assert (first == apply_look(FLAT, look, 0.0, (1, 0))).all()
    assert (first != apply_look(FLAT, look, 0.0, (1, 1))).any()
    assert 3 < (first - FLAT).std() < 7


def test_corners_are_darker_than_the_middle():
    image = apply_look(FLAT, Look(noise=0, vignette=0.4, drift=0), 0.0, (0, 0))
    assert image[0, 0, 1] < 0.65 * image[45, 80, 1]


def test_exposure_drifts_slowly():
    look = Look(noise=0, vignette=0, drift=0.1)
    means = [apply_look(FLAT, look, t, (0, 0)).mean() for t in np.arange(0, 9, 0.5)]
    assert max(means) / min(means) > 1.15
    assert np.abs(np.diff(means)).max() < 5


def test_wind_moves_plants_in_the_lower_half_only():
    rng = np.random.default_rng(0)
    background = rng.uniform(0, 255, (90, 160, 3)).astype(np.float32)
    moved = swayed(background, Look(sway_px=3), 0.4)
    assert np.allclose(moved[:20], background[:20], atol=1e-3)
    assert np.abs(moved[60:] - background[60:]).mean() > 10
    assert swayed(background, CLEAN, 0.4) is background


def test_the_bar_covers_the_foot_and_its_clock_runs():
    look = Look(noise=0, vignette=0, drift=0, bar="07:03:{clock} RT01")
    rows = bar_height(look, 90)
    early, late = (apply_look(FLAT, look, t, (0, 0)) for t in (0.0, 3.2))
    assert rows > 0
    assert (early[90 - rows, 0] == 0).all()
    assert (early[90 - rows :] != late[90 - rows :]).any()
    assert (early[: 90 - rows] == late[: 90 - rows]).all()
    assert bar_height(CLEAN, 90) == 0
