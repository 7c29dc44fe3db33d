"""Which boxes are decided on, and which frames become pictures; no database is needed for that."""

from __future__ import annotations

import dataclasses

import pytest

from wildpose.review.decided import MOST_CHECKED, MOST_CONFIRMED, Verdict, choose_frames, verdict_on
from wildpose.review.reviewed import ClipEdits, Label, Prediction, ReviewedBox

HERE, THERE = (0.0, 0.0, 10.0, 10.0), (5.0, 5.0, 15.0, 15.0)
FOUND = Prediction(HERE, 0.8, "animal", 1, interpolated=False)
FILLED = dataclasses.replace(FOUND, interpolated=True)
DOUBTFUL = dataclasses.replace(FOUND, track_id=0)


def box(prediction=FOUND, **now):
    label = Label(HERE, "animal", prediction.track_id if prediction else 0)
    return ReviewedBox(prediction, dataclasses.replace(label, **now))


def tags(*words):
    return frozenset(words)


ACCEPTED, REJECTED = tags("accepted"), tags("rejected")


@pytest.mark.parametrize(("reviewed", "verdict"), [
    (box(), Verdict.OPEN),
    (box(tags=tags("nice", "portrait")), Verdict.OPEN),
    (box(tags=ACCEPTED), Verdict.ACCEPTED),
    (box(tags=REJECTED), Verdict.REJECTED),
    (box(tags=ACCEPTED | REJECTED), Verdict.OPEN),
    (box(box_xyxy=THERE), Verdict.EDITED),
    (box(box_xyxy=THERE, tags=REJECTED), Verdict.REJECTED),
    (box(box_xyxy=THERE, keyframe=False), Verdict.OPEN),
    (box(box_xyxy=THERE, keyframe=False, tags=ACCEPTED), Verdict.EDITED),
    (box(name="person"), Verdict.EDITED),
    (box(FILLED, name="person"), Verdict.OPEN),
    (box(FILLED, tags=ACCEPTED), Verdict.ACCEPTED),
    (box(track_id=7), Verdict.OPEN),
    (box(None), Verdict.ADDED),
    (box(None, keyframe=False), Verdict.OPEN),
    (box(None, keyframe=False, tags=ACCEPTED), Verdict.ACCEPTED),
    (box(name="Vulpes"), Verdict.OPEN),
    (box(name="Vulpes", box_xyxy=THERE, tags=ACCEPTED), Verdict.OPEN),
    (ReviewedBox(FOUND, None), Verdict.DELETED),
])
def test_what_a_person_said(reviewed, verdict):
    assert verdict_on(reviewed, done=False) is verdict


@pytest.mark.parametrize(("reviewed", "verdict"), [
    (box(), Verdict.CONFIRMED),
    (box(FILLED), Verdict.OPEN),
    (box(DOUBTFUL), Verdict.OPEN),
    (box(tags=REJECTED), Verdict.REJECTED),
    (box(None, keyframe=False), Verdict.OPEN),
])
def test_what_is_left_in_a_clip_that_is_done(reviewed, verdict):
    assert verdict_on(reviewed, done=True) is verdict


def clip(boxes, **facts):
    return ClipEdits("a.mp4", "wald", None, 64, 48, boxes=boxes, **facts)


def frames_of(edits):
    return [frame.frame_index for frame in choose_frames(edits).chosen]


def test_a_frame_with_an_undecided_box_beside_an_edit_is_left_open_until_the_clip_is_done():
    boxes = {4: (box(box_xyxy=THERE), box()), 8: (box(),)}
    assert frames_of(clip(boxes)) == []
    assert choose_frames(clip(boxes)).left_open == 1
    assert frames_of(clip(boxes, done=True)) == [4, 8]


def test_doubtful_boxes_without_a_track_hold_nothing_up():
    assert frames_of(clip({4: (box(box_xyxy=THERE), box(DOUBTFUL))})) == [4]


def test_a_box_that_the_app_holds_on_later_frames_makes_no_pictures_of_them():
    boxes = {4: (box(None),), 5: (box(None, keyframe=False),), 6: (box(None, keyframe=False),)}
    assert frames_of(clip(boxes)) == [4]
    assert frames_of(clip(boxes, done=True)) == [4]


def test_a_frame_where_a_false_animal_was_taken_away_teaches_that_nothing_is_there():
    assert frames_of(clip({4: (ReviewedBox(FOUND, None),), 5: (ReviewedBox(FILLED, None),)})) == [4]


def test_new_numbers_of_tracks_alone_make_no_picture():
    assert frames_of(clip({4: (box(track_id=2),)})) == []
    assert choose_frames(clip({4: (box(track_id=2),)})).left_open == 0


def test_one_click_on_a_whole_track_gives_few_pictures_but_each_box_by_hand_gives_one():
    checked = {i: (box(tags=ACCEPTED),) for i in range(100)}
    chosen = frames_of(clip(checked))
    assert len(chosen) == MOST_CHECKED
    assert chosen[0] < 10
    assert chosen[-1] >= 90
    assert len(frames_of(clip({i: (box(box_xyxy=THERE),) for i in range(100)}))) == 100
    assert len(frames_of(clip({i: (box(),) for i in range(100)}, done=True))) == MOST_CONFIRMED
