"""People are made unrecognisable: where, when, and how much is left of them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from wildpose.drawing.blur import FIELDS, GROWTH_PER_S, HOLD_S, MARGIN, PeopleBoxes, blurred

NOISE = np.random.default_rng(3).integers(0, 256, (90, 160, 3), np.uint8)
SIZE = (1000, 500)
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


def boxes(*rows, hold_s=HOLD_S) -> PeopleBoxes:
    """Rows are time, track and box."""
    table = np.array(rows, np.float64).reshape(-1, 6)
    return PeopleBoxes(table[:, 0], table[:, 2:], table[:, 1], SIZE, hold_s)


def region(people: PeopleBoxes, time_s: float) -> np.ndarray:
    """What all regions at a time cover, in pixels."""
    found = people.at(time_s) * [*SIZE, *SIZE]
    assert len(found)
    return np.array([*found[:, :2].min(0), *found[:, 2:].max(0)])


def test_where_a_person_was_found_the_box_grows_by_the_margin_and_a_mask_never_makes_it_smaller():
    by = 200 * MARGIN
    assert region(boxes((1.0, 1, 100, 50, 200, 250)), 1.0) == pytest.approx(
        [100 - by, 50 - by, 200 + by, 250 + by])


def test_between_two_boxes_of_a_track_all_that_lies_between_them_is_hidden():
    people = boxes((1.0, 1, 100, 50, 150, 150), (2.9, 1, 700, 60, 750, 200))
    x1, y1, x2, y2 = region(people, 2.0)
    assert x1 < 100
    assert x2 > 750
    assert (y1, y2) == (pytest.approx(50 - 650 * MARGIN), pytest.approx(200 + 650 * MARGIN))


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(*[st.integers(0, 400)] * 2), min_size=2, max_size=4), st.floats(0, 1))
def test_what_goes_evenly_from_box_to_box_is_always_hidden(corners, at):
    rows = [(i * 0.2, 7, x, y, x + 60, y + 90) for i, (x, y) in enumerate(corners)]
    time_s = at * (len(rows) - 1) * 0.2
    place = [np.interp(time_s, [r[0] for r in rows], [r[c] for r in rows]) for c in range(2, 6)]
    x1, y1, x2, y2 = region(boxes(*rows), time_s)
    assert x1 < place[0] + 1e-6
    assert y1 < place[1] + 1e-6
    assert x2 > place[2] - 1e-6
    assert y2 > place[3] - 1e-6


@pytest.mark.parametrize("track", [0, 3])
def test_a_person_seen_once_is_hidden_for_a_while_in_a_box_that_grows(track):
    people = boxes((2.0, track, 100, 50, 200, 250))
    for time_s in (1.6, 2.4):
        by = 200 * (MARGIN + GROWTH_PER_S * 0.399)
        assert region(people, time_s)[0] == pytest.approx(100 - by)
    assert len(people.at(2.0 + HOLD_S + 0.01)) == 0
    assert len(people.at(2.0 - HOLD_S - 0.01)) == 0


def test_boxes_reach_to_the_next_frame_that_was_analysed():
    people = boxes((2.0, 0, 100, 50, 200, 250))
    assert len(people.at(3.9)) == 0
    assert len(people.held(2.0).at(3.9)) == 1
    assert people.held(None).hold_s == people.held(0.2).hold_s == HOLD_S


def test_the_digest_tells_other_people_apart():
    row = (2.0, 1, 100, 50, 200, 250)
    same, moved, longer = boxes(row), boxes((2.0, 1, 101, 50, 200, 250)), boxes(row, hold_s=3.0)
    assert boxes(row).digest == same.digest
    assert len({same.digest, moved.digest, longer.digest}) == 3


def test_a_clip_without_people_stays_as_it_is():
    nobody = boxes()
    assert nobody.at(0.0).shape == (0, 4)
    assert (blurred(NOISE, nobody.at(0.0)) == NOISE).all()
