"""Animals cut out of pictures, and pictures with an animal covered up."""

import numpy as np
import pytest

from wildpose.synth import cover_with_shifted, cut_out


@pytest.fixture
def red_on_green():
    image = np.zeros((60, 80, 3), np.uint8)
    image[..., 1] = 200
    mask = np.zeros((60, 80), bool)
    mask[20:40, 30:60] = True
    image[mask] = (200, 0, 0)
    return image, mask


def test_a_soft_edge_carries_no_colour_of_the_old_background(red_on_green):
    rgba = cut_out(*red_on_green, feather_px=1.5).rgba
    assert rgba[..., 3].max() > 250
    assert np.count_nonzero((rgba[..., 3] > 20) & (rgba[..., 3] < 230)) > 0
    assert (rgba[..., 1] == 0).all()


def test_without_feather_the_mask_loses_one_pixel_all_round(red_on_green):
    rgba = cut_out(*red_on_green, feather_px=0).rgba
    assert np.count_nonzero(rgba[..., 3]) == 18 * 28


def test_gain_fits_the_light(red_on_green):
    rgba = cut_out(*red_on_green, gain_rgb=(0.5, 1, 1)).rgba
    assert (rgba[..., 0] == 100).all()


def test_an_animal_at_the_border_is_cropped_there(red_on_green):
    image, mask = red_on_green
    mask[:] = False
    mask[0:20, 0:20] = True
    assert cut_out(image, mask).rgba.shape[0] < 26


def test_too_thin_a_mask_is_refused(red_on_green):
    image, mask = red_on_green
    mask[:] = False
    mask[10:12] = True
    with pytest.raises(ValueError, match="thinner"):
        cut_out(image, mask)


def test_covering_takes_the_animal_away_and_leaves_the_rest(red_on_green):
    image, mask = red_on_green
    image[30:] = (0, 200, 0)
    mask[30:] = False
    image[:, :, 2] = np.arange(80)
    covered = cover_with_shifted(image, mask, (0, 14), feather_px=0)
    assert (covered[~mask] == image[~mask])[:18].all()
    assert (covered[20:30, 30:60, 1] == 200).all()
    assert (covered[20:30, 30:60, 2] == np.arange(30, 60)).all()


def test_a_soft_cover_leaves_no_trace_of_the_animal(red_on_green):
    image, mask = red_on_green
    mask = mask & (np.arange(80) < 42)
    image[30:40, 42:60] = (0, 200, 0)
    image[20:30, 42:60] = (0, 200, 0)
    covered = cover_with_shifted(image, mask, (24, 0), feather_px=2)
    assert covered[..., 0].max() < 20


def test_a_replacement_that_overlaps_or_leaves_the_picture_is_refused(red_on_green):
    for shift in ((5, 0), (70, 0), (0, -40)):
        with pytest.raises(ValueError, match="overlaps"):
            cover_with_shifted(*red_on_green, shift)
