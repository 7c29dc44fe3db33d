"""How much is left of a region that is blurred, and that nothing else changes."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from wildpose.drawing.blur import FIELDS, blurred

NOISE = np.random.default_rng(3).integers(0, 256, (90, 160, 3), np.uint8)
share = st.floats(-0.5, 1.5, width=32)


def inside(shape, regions) -> np.ndarray:
    """Pixels that lie in a region or less than one pixel beside it."""
    y, x = np.mgrid[: shape[0], : shape[1]] + 0.5
    touched = np.zeros(shape[:2], bool)
    for x1, y1, x2, y2 in np.asarray(regions) * [shape[1], shape[0], shape[1], shape[0]]:
        touched |= (x > x1 - 1) & (x < x2 + 1) & (y > y1 - 1) & (y < y2 + 1)
    return touched


@settings(max_examples=30, deadline=None)
@given(hnp.arrays(np.float64, st.tuples(st.integers(0, 4), st.just(4)), elements=share))
def test_pixels_outside_of_all_regions_stay_and_the_picture_given_too(regions):
    before = NOISE.copy()
    hidden = blurred(NOISE, regions)
    outside = ~inside(NOISE.shape, regions)
    assert (hidden[outside] == NOISE[outside]).all()
    assert np.array_equal(NOISE, before)


@settings(max_examples=30, deadline=None)
@given(x=st.integers(0, 100), y=st.integers(0, 40), w=st.integers(30, 60), h=st.integers(30, 50))
def test_no_more_is_left_of_a_region_than_its_few_fields(x, y, w, h):
    part = blurred(NOISE, [[x / 160, y / 90, (x + w) / 160, (y + h) / 90]])[y : y + h, x : x + w]
    steps = np.abs(np.diff(part.astype(int), axis=0)), np.abs(np.diff(part.astype(int), axis=1))
    assert part.std() < NOISE.std() / 3
    side = max(w, h) / FIELDS  # from field to field the colour goes over evenly
    assert max(step.max() for step in steps) <= 255 / side + 1


def test_two_faces_of_the_same_colours_look_alike():
    rng = np.random.default_rng(5)
    fields = rng.integers(60, 200, (FIELDS, FIELDS, 3)).repeat(20, 0).repeat(20, 1)
    details = [rng.choice([-50, 50], (60, 60, 1)).repeat(2, 0).repeat(2, 1) for _ in range(2)]
    for detail in details:  # of each field, the mean stays
        blocks = detail.reshape(FIELDS, 20, FIELDS, 20, 1)
        blocks -= blocks.mean((1, 3), keepdims=True).astype(int)
    first, second = ((fields + detail).astype(np.uint8) for detail in details)
    everything = [[0, 0, 1, 1]]
    apart = np.abs(first.astype(int) - second).mean()
    left = np.abs(blurred(first, everything).astype(int) - blurred(second, everything)).mean()
    assert apart > 40
    assert left < 1


def test_no_region_changes_nothing():
    assert np.array_equal(blurred(NOISE, np.zeros((0, 4))), NOISE)
