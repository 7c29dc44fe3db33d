from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wildpose.adaptation.glimpse import (
    NearDuplicates,
    grey,
    motion_in,
    moving_boxes,
    same_view,
    thumbnail,
)
from wildpose.video import open_clip


def meadow(seed: int = 0, size: tuple[int, int] = (360, 640)) -> np.ndarray:
    """A picture of coarse structure and fine noise."""
    rng = np.random.default_rng(seed)
    coarse = np.kron(rng.integers(60, 180, (9, 16, 3)), np.ones((size[0] // 9, size[1] // 16, 1)))
    return np.clip(coarse + rng.normal(0, 6, coarse.shape), 0, 255).astype(np.uint8)


def with_animal(picture: np.ndarray, x: int, y: int, side: int = 40) -> np.ndarray:
    changed = picture.copy()
    changed[y:y + side, x:x + side] = 255 - changed[y:y + side, x:x + side] // 2
    return changed


def seen(*pictures: np.ndarray, place: str = "east") -> list[bool]:
    remembered = NearDuplicates()
    return [remembered.seen_before(place, grey(thumbnail(p))) for p in pictures]


class TestNearDuplicates:
    @settings(max_examples=8, deadline=None)
    @given(seed=st.integers(0, 1000), shift=st.integers(-25, 25))
    def test_noise_and_exposure_make_no_new_picture(self, seed, shift):
        rng = np.random.default_rng(seed)
        one = meadow(seed)
        other = np.clip(one + rng.normal(shift, 8, one.shape), 0, 255).astype(np.uint8)
        assert seen(one, other) == [False, True]

    @settings(max_examples=15, deadline=None)
    @given(x=st.integers(0, 600), y=st.integers(0, 320))
    def test_a_small_animal_anywhere_makes_a_new_picture(self, x, y):
        dark = np.full((360, 640, 3), 60, np.uint8)
        assert seen(dark, with_animal(dark, x, y)) == [False, False]

    def test_what_was_seen_between_others_is_remembered(self):
        assert seen(meadow(1), meadow(2), meadow(1)) == [False, False, True]

    def test_places_do_not_share_their_memory(self):
        remembered, light = NearDuplicates(), grey(thumbnail(meadow()))
        assert [remembered.seen_before(place, light) for place in "abab"] == [
            False, False, True, True]


class TestMotion:
    def test_is_where_the_animal_is_and_not_where_the_light_jumps(self):
        empty = meadow()
        brighter = np.clip(empty.astype(int) + 20, 0, 255).astype(np.uint8)
        clip = [empty, empty, brighter, with_animal(empty, 300, 100, 80), empty]
        motion = motion_in(np.stack([grey(thumbnail(p)) for p in clip]))
        assert motion.argmax() == 3
        assert motion[3] > 10 * np.delete(motion, 3).max()
        assert (motion >= 0).all()
        assert (motion <= 1).all()

    def test_a_lone_picture_has_none(self):
        assert motion_in(grey(thumbnail(meadow()))[None]).tolist() == [0.0]
        assert motion_in(np.zeros((0, 36, 64))).tolist() == []

    def test_grass_in_the_wind_moves_less_than_a_deer(self, sample_clips):
        strongest = []
        for name in ("05180016.MP4", "05180017.MP4"):
            with open_clip(sample_clips / "ridge_trail" / name, 1.0) as clip:
                greys = np.stack([grey(thumbnail(frame.image)) for frame in clip])
            strongest.append(motion_in(greys).max())
        assert strongest[0] > 2 * strongest[1]


def test_views_are_the_same_with_an_animal_and_others_are_not():
    one, other, third = (grey(thumbnail(p)) for p in (
        meadow(1), with_animal(meadow(1), 200, 100, 60), meadow(2)))
    assert same_view(one, other)
    assert not same_view(one, third)
    assert same_view(one * 0, third)


class TestMovingBoxes:
    def test_an_animal_that_walks_is_where_it_is_now(self):
        greys = np.zeros((5, 36, 64))
        for n in range(5):
            greys[n, 10:14, 8 + 10 * n : 14 + 10 * n] = 60
        boxes = moving_boxes(greys, (360, 640))
        for n, found in enumerate(boxes):
            ((x1, y1, x2, y2),) = found
            assert x1 == pytest.approx(10 * (8 + 10 * n - 1))
            assert x2 == pytest.approx(10 * (14 + 10 * n + 1))
            assert (y1, y2) == pytest.approx((90, 150))

    def test_wind_and_noise_do_not_move(self):
        greys = np.random.default_rng(0).normal(0, 1.5, (6, 36, 64))
        assert moving_boxes(greys, (360, 640)) == [()] * 6

    def test_of_two_pictures_nobody_knows_which_one_changed(self):
        assert moving_boxes(np.zeros((2, 36, 64)), (360, 640)) is None
