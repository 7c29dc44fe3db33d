"""Short descriptions of looks, and the coarse comparison of scenes."""

from __future__ import annotations

import numpy as np
import pytest
from scenes import BACKGROUND, BROWN, DARK, PALE

from wildpose.masks import encode
from wildpose.tracking.appearance import appearance, blend, likeness
from wildpose.tracking.scene import is_cut, thumbnail
from wildpose.tracking.track import moved_mask_iou

BOX = np.array([100.0, 100.0, 160.0, 140.0])


def picture(colour: tuple[int, int, int], box: np.ndarray = BOX) -> np.ndarray:
    image = BACKGROUND.copy()
    x1, y1, x2, y2 = box.astype(int)
    image[y1:y2, x1:x2] = colour
    return image


def test_the_same_animal_looks_like_itself_elsewhere_and_another_does_not():
    moved = BOX + 70
    brown = appearance(picture(BROWN), BOX, None)
    again = appearance(picture(BROWN, moved), moved, None)
    dark = appearance(picture(DARK), BOX, None)
    assert likeness(brown, brown) == pytest.approx(1)
    assert likeness(brown, again) > 0.95
    assert likeness(brown, dark) < 0.7


def test_grey_night_pictures_still_tell_dark_from_pale():
    dark, pale = ((v, v, v) for v in (60, 170))
    looks = [appearance(picture(c), BOX, None) for c in (dark, pale)]
    assert likeness(*looks) < 0.75


def test_only_pixels_of_the_mask_are_described():
    image = picture(PALE)
    image[100:140, 130:160] = DARK  # another animal in the right half of the box
    left = np.zeros(image.shape[:2], bool)
    left[100:140, 100:130] = True
    masked = appearance(image, BOX, encode(left))
    assert likeness(masked, appearance(picture(PALE), BOX, None)) > 0.99


@pytest.mark.parametrize("box", [[-50, -50, -10, -10], [900, 10, 950, 40], [20, 20, 20, 20]])
def test_a_box_without_a_pixel_has_no_look(box):
    assert appearance(BACKGROUND, np.array(box, float), None) is None
    assert likeness(None, appearance(picture(PALE), BOX, None)) is None


def test_a_blend_lies_between_and_a_missing_look_counts_nothing():
    first, second = appearance(picture(PALE), BOX, None), appearance(picture(DARK), BOX, None)
    mixed = blend(first, second, 0.25)
    assert np.linalg.norm(mixed) == pytest.approx(1)
    assert likeness(mixed, first) > likeness(mixed, second)
    assert blend(first, None, 0.5) is first
    assert blend(None, second, 0.5) is second


def test_an_animal_that_comes_close_or_a_flash_is_no_cut():
    before = thumbnail(BACKGROUND)
    close = picture(DARK, np.array([0.0, 60.0, 300.0, 270.0]))
    flash = np.clip(BACKGROUND.astype(int) * 2, 0, 255).astype(np.uint8)
    assert not is_cut(before, thumbnail(close))
    assert not is_cut(before, thumbnail(flash))
    assert not is_cut(before, thumbnail(np.zeros_like(BACKGROUND)))


def test_another_scene_is_a_cut():
    assert is_cut(thumbnail(BACKGROUND), thumbnail(BACKGROUND[::-1]))


@pytest.mark.parametrize("shape", [(1, 1, 3), (7, 900, 3), (1080, 1920, 3)])
def test_pictures_of_any_size_have_a_thumbnail(shape):
    image = np.random.default_rng(0).integers(0, 256, shape).astype(np.uint8)
    assert thumbnail(image).shape == (576,)


@pytest.mark.parametrize(("dx", "dy"), [(12, -7), (-30, 20), (0, 0)])
def test_a_moved_mask_falls_onto_its_later_self(dx, dy):
    mask = np.zeros((120, 160), bool)
    mask[40:70, 50:100] = True
    later = np.roll(mask, (dy, dx), (0, 1))
    assert moved_mask_iou(encode(mask), np.array([dx, dy]), encode(later)) == 1
    half_off = moved_mask_iou(encode(mask), np.array([dx + 25, dy]), encode(later))
    assert half_off == pytest.approx(1 / 3)


def test_masks_moved_out_of_the_picture_or_of_other_size_do_not_overlap():
    mask = np.ones((20, 30), bool)
    assert moved_mask_iou(encode(mask), np.array([500.0, 0.0]), encode(mask)) == 0
    assert moved_mask_iou(encode(mask), np.zeros(2), encode(np.ones((20, 31), bool))) == 0
