"""Where people are taken to be: around their boxes in time, and in boxes of animals."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wildpose.drawing.people import GROWTH_PER_S, HOLD_S, MARGIN, ClipBoxes, PeopleBoxes

SIZE = (1000, 500)


def clip_of(*rows) -> ClipBoxes:
    """Rows are time, track, whether it is a person, and box."""
    table = np.array(rows, np.float64).reshape(-1, 7)
    return ClipBoxes(table[:, 0], table[:, 3:], table[:, 1], table[:, 2] > 0, SIZE)


def tracks_hidden(*rows, every_s=0.2) -> set[int]:
    return {int(track) for track in PeopleBoxes.among(clip_of(*rows), every_s).track_id}


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
        by = 200 * (MARGIN + GROWTH_PER_S * 0.4)
        assert region(people, time_s)[0] == pytest.approx(100 - by)
    assert len(people.at(2.0 + HOLD_S + 0.01)) == 0
    assert len(people.at(2.0 - HOLD_S - 0.01)) == 0


def test_a_track_that_goes_on_needs_no_guess():
    people = boxes(*[(t, 4, 100, 50, 200, 250) for t in (0.0, 0.2, 0.4)])
    assert len(people.at(0.2)) == 1
    assert region(people, 0.2)[0] == pytest.approx(100 - 200 * MARGIN)


def test_boxes_reach_to_the_next_frame_that_was_analysed():
    people = boxes((2.0, 0, 100, 50, 200, 250))
    assert len(people.at(3.9)) == 0
    assert len(boxes((2.0, 0, 100, 50, 200, 250), hold_s=2.0).at(3.9)) == 1
    assert len(boxes((2.0, 0, 100, 50, 200, 250), hold_s=2.0).at(4.0)) == 1
    assert len(boxes((2.0, 0, 100, 50, 200, 250), hold_s=2.0).at(4.1)) == 0
    for every_s, hold_s in ((None, HOLD_S), (0.2, HOLD_S), (2.0, 2.0)):
        assert PeopleBoxes.among(clip_of(), every_s).hold_s == hold_s


def test_the_digest_tells_other_people_apart():
    row = (2.0, 1, 100, 50, 200, 250)
    same, moved, longer = boxes(row), boxes((2.0, 1, 101, 50, 200, 250)), boxes(row, hold_s=3.0)
    assert boxes(row).digest == same.digest
    assert len({same.digest, moved.digest, longer.digest}) == 3


PERSON = [(t, 1, True, 100 + 50 * t, 100, 160 + 50 * t, 250) for t in (0.0, 0.2, 0.4)]


@pytest.mark.parametrize(("rows", "hidden", "what"), [
    ([(0.6, 2, False, 130, 100, 190, 250), (0.8, 2, False, 140, 100, 200, 250)], {1, 2},
     "goes on where the person's track ended"),
    ([(0.6, 2, False, 130, 100, 190, 250), (0.8, 3, False, 140, 100, 200, 250),
      (1.0, 3, False, 150, 100, 210, 250)], {1, 2, 3}, "and another one after that"),
    ([(0.2, 2, False, 112, 105, 172, 252), (9.0, 2, False, 500, 100, 560, 250)], {1, 2},
     "lay over the person once"),
    ([(0.0, 2, False, 170, 180, 300, 250), (0.2, 2, False, 180, 180, 310, 250)], {1},
     "a dog beside its owner"),
    ([(0.6, 2, False, 700, 100, 760, 250)], {1}, "an animal far away"),
    ([(0.6, 2, False, 130, 220, 170, 250)], {1}, "a small animal at the same place"),
    ([(9.0, 2, False, 130, 100, 190, 250)], {1}, "an animal that comes later"),
])
def test_a_person_taken_for_an_animal_is_a_person(rows, hidden, what):
    assert tracks_hidden(*PERSON, *rows) == hidden, what
    back = [(1 - t, *rest) for t, *rest in [*PERSON, *rows]]
    assert tracks_hidden(*back) == hidden, f"{what}, the other way round"


def test_frames_that_lie_far_apart_are_linked_too():
    animal = (5.4, 2, False, 130, 100, 190, 250)
    assert tracks_hidden(*PERSON, animal, every_s=0.2) == {1}
    assert tracks_hidden(*PERSON, animal, every_s=5.0) == {1, 2}


def test_where_nobody_is_found_no_animal_is_hidden():
    people = PeopleBoxes.among(clip_of((0.0, 1, False, 100, 100, 200, 200)), 0.2)
    assert people.at(0.0).shape == (0, 4)
