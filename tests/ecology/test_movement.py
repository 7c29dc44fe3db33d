"""Moving or still, whatever the size of the animal and the trembling of its boxes."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wildpose.ecology import body_lengths_per_s
from wildpose.ecology.movement import MOVING, SHORTEST_S, moving_and_still_s


def boxes(x, width=60.0, height=40.0, y=100.0):
    """Boxes whose left edges are at x."""
    x = np.asarray(x, float)
    return np.stack([x, np.full_like(x, y), x + width, np.full_like(x, y + height)], axis=1)


def test_speed_is_in_body_lengths_per_second():
    time = np.arange(0, 5, 0.2)
    np.testing.assert_allclose(body_lengths_per_s(time, boxes(30 * time)), 0.5)
    tall = boxes(30 * time, width=20, height=60)
    np.testing.assert_allclose(body_lengths_per_s(time, tall), 0.5)


def test_uneven_times_and_missed_frames_do_not_change_the_speed():
    time = np.array([0, 0.2, 0.3, 1.5, 1.6, 4.0])
    np.testing.assert_allclose(body_lengths_per_s(time, boxes(30 * time)), 0.5)


def test_an_animal_that_stops_is_first_moving_then_still():
    time = np.arange(0, 10.01, 0.5)
    moving, still = moving_and_still_s(time, boxes(30 * np.minimum(time, 4)))
    assert moving == pytest.approx(4.0, abs=0.5)
    assert moving + still == pytest.approx(10.0)


def test_an_animal_that_sways_on_the_spot_is_still():
    time = np.arange(0, 10, 0.2)
    sway = 0.03 * 60 * np.sin(9 * time)
    assert moving_and_still_s(time, boxes(100 + sway))[0] == 0


def test_of_a_track_that_is_too_short_nothing_is_told():
    assert moving_and_still_s([1.0], boxes([5])) == (0, 0)
    time = np.array([1.0, 1.0 + SHORTEST_S - 0.05])
    assert moving_and_still_s(time, boxes([0, 300])) == (0, 0)


def test_the_walking_animals_of_the_sample_clips_move(sample_clips):
    truth = json.loads((sample_clips.parent / "truth.json").read_text())
    times = {image["id"]: (image["clip"], image["time_s"]) for image in truth["images"]}
    tracks: dict[tuple, list] = {}
    for a in truth["annotations"]:
        clip, time = times[a["image_id"]]
        x, y, w, h = a["bbox"]
        tracks.setdefault((clip, a["track_id"]), []).append((time, x, y, x + w, y + h))
    assert len(tracks) >= 4
    for rows in map(np.array, tracks.values()):
        moving, still = moving_and_still_s(rows[:, 0], rows[:, 1:])
        assert moving > 0.9 * (moving + still)
        assert (moving, still) != (0, 0)


def test_boxes_that_tremble_by_three_hundredths_of_their_size_are_still():
    time = np.arange(0, 20, 0.2)
    tremble = np.random.default_rng(0).normal(0, 0.03 * 60, (len(time), 4))
    moving, still = moving_and_still_s(time, boxes(np.full(len(time), 50.0)) + tremble)
    assert moving < 0.05 * still


tracks = st.lists(st.tuples(st.floats(0.05, 2), st.floats(-40, 40)), min_size=1, max_size=12)


@settings(max_examples=30)
@given(tracks, st.floats(0.1, 10), st.floats(-500, 500))
def test_near_or_far_left_or_right_an_animal_is_as_quick(steps, scale, shift):
    time = np.cumsum([0, *(step for step, _ in steps)])
    box = boxes(np.cumsum([0, *(way for _, way in steps)]))
    speed = body_lengths_per_s(time, box)
    np.testing.assert_allclose(body_lengths_per_s(time, box * scale + shift), speed, atol=1e-8)
    mirrored = -box[:, [2, 1, 0, 3]] * [1, -1, 1, -1]
    np.testing.assert_allclose(body_lengths_per_s(time, mirrored), speed, atol=1e-8)
    backward = body_lengths_per_s(-time[::-1], box[::-1])[::-1]
    np.testing.assert_allclose(backward, speed, atol=1e-8)


@settings(max_examples=30)
@given(tracks)
def test_moving_and_still_add_up_to_the_time_in_view(steps):
    time = np.cumsum([0, *(step for step, _ in steps)])
    moving, still = moving_and_still_s(time, boxes(np.cumsum([0, *(way for _, way in steps)])))
    long = time[-1] - time[0] >= SHORTEST_S
    assert moving + still == pytest.approx(time[-1] if long else 0)
    assert MOVING > 0
