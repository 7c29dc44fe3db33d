"""Cut-outs brought to size, placed to a part of a pixel, set walking."""

import numpy as np
import pytest

from wildpose.synth import Cutout
from wildpose.synth.sprites import placed, sized, walking


@pytest.fixture
def cutout():
    rgba = np.zeros((40, 60, 4), np.uint8)
    rgba[5:35, 5:55] = (200, 100, 50, 255)
    rgba[5:35, 5:15] = (0, 0, 255, 255)
    return Cutout(rgba)


def centre_x(alpha):
    return float((alpha.sum(axis=0) * np.arange(alpha.shape[1])).sum() / alpha.sum())


def test_size_keeps_the_shape_and_colours_are_times_alpha(cutout):
    sprite = sized(cutout, 30)
    assert sprite.shape == (20, 30, 4)
    assert sprite[..., 3].max() == pytest.approx(1.0)
    assert (sprite[..., :3] <= 256 * sprite[..., 3:] + 1e-3).all()


def test_flip_mirrors(cutout):
    assert np.allclose(sized(cutout, 60, flip=True), sized(cutout, 60)[:, ::-1])


def test_a_part_of_a_pixel_moves_the_centre_by_that_part(cutout):
    sprite = sized(cutout, 60)
    at = [centre_x(placed(sprite, 20 + part, 30, (200, 120))[..., 3]) for part in (0, 0.25, 0.5)]
    assert np.diff(at) == pytest.approx([0.25, 0.25], abs=1e-3)


@pytest.mark.parametrize("corner", [(-500, 0), (0, -500), (500, 0), (0, 500)])
def test_outside_the_frame_nothing_is_seen(cutout, corner):
    canvas = placed(sized(cutout, 60), *corner, (200, 120))
    assert canvas.shape == (120, 200, 4)
    assert not canvas.any()


def test_a_sprite_across_the_border_is_cut_there(cutout):
    alpha = placed(sized(cutout, 60), -30, 10, (200, 120))[..., 3]
    assert alpha[:, 0].any()
    assert alpha.sum() == pytest.approx(30 * 25, rel=0.05)


def test_walking_moves_the_feet_and_not_the_back(cutout):
    sprite = sized(cutout, 60)
    stepped = walking(sprite, 0.1, np.pi / 2)
    margin = (stepped.shape[1] - sprite.shape[1]) // 2
    assert np.allclose(stepped[:20, margin:-margin], sprite[:20], atol=1e-4)
    fore, hind = stepped[33, :, 3] > 0.5, sprite[33, :, 3] > 0.5
    assert np.flatnonzero(fore)[-1] - margin > np.flatnonzero(hind)[-1] + 2
    assert np.flatnonzero(fore)[0] - margin < np.flatnonzero(hind)[0] - 2


def test_standing_still_changes_nothing(cutout):
    sprite = sized(cutout, 60)
    assert walking(sprite, 0.0, 1.0) is sprite
