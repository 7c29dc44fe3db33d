"""Contact sheets: which frames are chosen, and pages for every shape of clip."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wildpose.drawing import MOST_FRAMES, SheetTitle, choose_frames, contact_sheet
from wildpose.types import Detections, Frame, FrameDetections

TITLE = SheetTitle("river/IMG_1.MP4", "river", "2025-04-22 01:28:37", ("1 animal",))


def analysed(*rows, step_s=0.2):
    """Frames from lists of (track_id, class_id, score)."""
    frames = []
    for i, row in enumerate(rows):
        found = Detections.of([[0, 0, 9, 9]] * len(row), [s for _, _, s in row],
                              [k for _, k, _ in row]).with_track_id([t for t, _, _ in row])
        frames.append(FrameDetections(i * 3, i * step_s, found))
    return frames


def pictures(count, height, width):
    image = np.full((height, width, 3), 120, np.uint8)
    found = Detections.of([[1, 1, width / 2, height / 2]], [0.8], [1])
    return [(Frame(image, i, i * 0.2), found) for i in range(count)]


def test_the_best_frame_of_each_track_is_shown():
    rows = [[(1, 1, 0.3)]] * 20
    rows[7] = [(1, 1, 0.9)]
    rows[13] = [(1, 1, 0.4), (2, 1, 0.8)]
    assert {7, 13} <= set(choose_frames(analysed(*rows), most=4))


def test_first_and_last_sight_are_shown():
    rows = [[]] * 5 + [[(1, 1, 0.5)]] * 30 + [[]] * 5
    chosen = choose_frames(analysed(*rows))
    assert chosen[0] == 5
    assert chosen[-1] == 34
    assert len(chosen) == MOST_FRAMES


def test_animals_come_before_people_where_room_is_short():
    rows = [[(1, 2, 0.99)], [(2, 1, 0.4)], [(3, 2, 0.98)]]
    assert choose_frames(analysed(*rows), most=1) == [1]


def test_the_rest_is_spread_over_time():
    chosen = choose_frames(analysed(*[[(1, 1, 0.5)]] * 101), most=5)
    assert chosen == [0, 25, 50, 75, 100]


def test_a_clip_without_detections_is_shown_evenly():
    assert choose_frames(analysed(*[[]] * 11), most=3) == [0, 5, 10]
    assert choose_frames([]) == []


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(st.tuples(st.integers(0, 4), st.sampled_from([1, 2]),
                                   st.floats(0, 1)), max_size=3), max_size=40),
       st.integers(1, 12))
def test_chosen_frames_are_ascending_distinct_and_hold_something(rows, most):
    frames = analysed(*rows)
    chosen = choose_frames(frames, most)
    hits = [i for i, frame in enumerate(frames) if len(frame.detections)]
    assert chosen == sorted(set(chosen))
    assert len(chosen) == min(most, len(hits) or len(frames))
    assert not hits or set(chosen) <= set(hits)


@pytest.mark.parametrize("size", [(360, 640), (640, 360), (20, 26), (8, 400)],
                         ids=["landscape", "portrait", "tiny", "strip"])
@pytest.mark.parametrize("count", [1, 2, 5, 12])
def test_every_shape_of_clip_fits_a_page(size, count):
    sheet = contact_sheet(pictures(count, *size), TITLE)
    assert sheet.width == 1500
    assert 66 < sheet.height <= 1500
    assert sheet.mode == "RGB"


def test_4k_frames_are_scaled_down():
    assert contact_sheet(pictures(2, 2160, 3840), TITLE).width == 1500


def test_twelve_usual_frames_are_each_at_least_450_pixels_wide():
    sheet = np.asarray(contact_sheet(pictures(12, 360, 640), TITLE))
    grey = (sheet[250] == 120).all(axis=1)
    starts = np.flatnonzero(np.diff(grey.astype(int)) == 1)
    assert len(starts) == 3
    assert starts[1] - starts[0] > 450


def test_small_copies_are_drawn_like_their_originals():
    large = contact_sheet(pictures(3, 720, 1280), TITLE)
    found = Detections.of([[1, 1, 640, 360]], [0.8], [1])
    small = [(Frame(np.full((360, 640, 3), 120, np.uint8), i, i * 0.2), found) for i in range(3)]
    again = contact_sheet(small, TITLE, source_size=(1280, 720))
    assert again.size == large.size
    assert np.abs(np.asarray(again).astype(int) - np.asarray(large)).mean() < 0.5


def test_titles_with_any_letters_are_drawn():
    odd = SheetTitle("x/50% #1 \u7ea2\u5916 \U0001f98a.mp4", "x", None,
                     (b"\xff".decode("utf-8", "surrogateescape"),))
    assert contact_sheet(pictures(1, 90, 160), odd).width == 1500


@pytest.mark.parametrize("count", [0, 13])
def test_too_few_or_too_many_frames_are_refused(count):
    with pytest.raises(ValueError, match="1 to 12"):
        contact_sheet(pictures(count, 90, 160), TITLE)
