from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from wildpose import masks
from wildpose.data.augment import Example, Placement, place
from wildpose.data.paste import CutOut, cut_outs, paste
from wildpose.types import ClassId

CANVAS = (128, 192)


@pytest.fixture
def ground() -> Example:
    """An empty frame on the canvas, with padding to the right and below."""
    image = np.full((*CANVAS, 3), 114, np.uint8)
    image[:110, :160] = (50, 70, 40)
    return Example(image, np.zeros((0, 4), np.float32), np.zeros(0, np.int16), np.zeros(0, bool),
                   (), frozenset(ClassId), (0, 0, 160, 110))


@pytest.fixture
def animal(labelled_square) -> CutOut:
    return CutOut(labelled_square(), 0)


def test_a_cut_out_is_the_animal_on_a_transparent_ground(animal):
    sprite = animal.read()
    assert sprite.shape == (40, 40, 4)
    assert (sprite == [240, 240, 240, 255]).all()


def test_the_box_is_where_the_pixels_changed(ground, animal):
    for seed in range(30):
        pasted = paste(ground, animal, np.random.default_rng(seed))
        changed = masks.encode((pasted.image != ground.image).any(-1))
        box = pasted.box_xyxy[-1]
        assert len(pasted.box_xyxy) == 1
        assert box == pytest.approx(masks.box_of_mask(changed), abs=1.1)
        assert box == pytest.approx(masks.box_of_mask(masks.encode(pasted.masks[-1])), abs=1.1)
        assert (pasted.class_id[-1], pasted.ignore[-1]) == (ClassId.ANIMAL, False)


def test_an_animal_lands_within_the_picture_and_not_in_the_padding(ground, animal):
    for seed in range(30):
        x1, y1, x2, y2 = paste(ground, animal, np.random.default_rng(seed)).box_xyxy[-1]
        assert 0 <= x1 < x2 <= 160
        assert 0 <= y1 < y2 <= 110
        assert 4 <= x2 - x1 <= 0.36 * 160


def test_what_it_covers_is_taken_from_the_masks_below(labelled_square, animal):
    below = place(labelled_square((110, 160), (2, 2, 158, 108), "large"),
                  Placement((110, 160), (0, 0), False), CANVAS)
    pasted = paste(below, animal, np.random.default_rng(0))
    old, new = pasted.masks
    assert not (old & new).any()
    assert np.array_equal(old | new, below.masks[0])
    assert np.array_equal(pasted.box_xyxy[0], below.box_xyxy[0])


def test_nothing_is_pasted_where_the_picture_is_too_small(ground, animal):
    tiny = replace(ground, picture_xyxy=(0, 0, 3, 3))
    assert paste(tiny, animal, np.random.default_rng(0)) is tiny


def test_a_coloured_animal_on_an_infra_red_frame_is_grey(ground, labelled_square, tmp_path):
    from PIL import Image

    red = labelled_square(name="red")
    Image.new("RGB", (160, 120), (200, 30, 30)).save(red.path)
    night = replace(ground, image=np.full_like(ground.image, 90))
    pasted = paste(night, CutOut(red, 0), np.random.default_rng(0))
    inside = pasted.image[pasted.masks[-1]]
    assert np.ptp(inside.astype(int), axis=1).max() <= 1
    by_day = paste(ground, CutOut(red, 0), np.random.default_rng(0))
    assert np.ptp(by_day.image[by_day.masks[-1]].astype(int), axis=1).max() > 30


def test_the_example_that_it_starts_from_stays_as_it_was(ground, animal):
    before = ground.image.copy()
    paste(ground, animal, np.random.default_rng(0))
    assert np.array_equal(ground.image, before)


def test_only_whole_animals_with_a_mask_and_some_pixels_are_cut_out(labelled_square):
    good = labelled_square()
    at_border = labelled_square(box=(0, 30, 60, 70), name="border")
    small = labelled_square(box=(40, 30, 60, 50), name="small")
    no_mask = replace(good, masks=(None,))
    ignored = replace(good, ignore=np.array([True]))
    person = replace(good, class_id=np.array([2], np.int16))
    found = cut_outs([at_border, small, no_mask, good, ignored, person])
    assert found == [CutOut(good, 0)]


def test_a_cut_out_without_a_mask_is_a_mistake(labelled_square):
    with pytest.raises(ValueError, match="needs a mask"):
        CutOut(replace(labelled_square(), masks=(None,)), 0).read()
