"""What the data set says beside what the run says, after edits as the App stores them."""

from __future__ import annotations

import dataclasses
import sys
import time
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from reviewer import Reviewer

from wildpose.errors import UsageError
from wildpose.results.run_folder import RunFolder
from wildpose.review import build_dataset
from wildpose.review.edits import load_reviewed, read_edits

CLIP = "wald/a.mp4"


@pytest.fixture
def reviewer(writer, home):
    """A person before the data set of the run (track 1 on frames 3, 6 and 12)."""
    build_dataset(writer.write(), home=home)
    time.sleep(0.01)
    return Reviewer(load_reviewed(writer.run, home))


@pytest.fixture
def read(writer, home):
    """Compare, and give back by clip what was found."""
    return lambda: {edits.clip: edits for edits in read_edits(
        load_reviewed(writer.run, home), RunFolder(writer.run))}


def changed(edits):
    """Frame to what happened there, without the frames on which nothing did."""
    kinds = ("added", "deleted", "moved", "renamed", "retracked")
    found = {frame: [[kind for kind in kinds if getattr(box, kind)] for box in boxes]
             for frame, boxes in edits.boxes.items()}
    return {frame: said for frame, said in found.items() if any(said)}


def test_a_clip_that_nobody_touched_is_not_told_of(reviewer, read):
    assert read() == {}


def test_a_moved_box_stands_beside_what_the_machine_had(reviewer, read):
    reviewer.move(CLIP, 6, (0.5, 0.25, 0.125, 0.5))
    edits = read()[CLIP]
    assert changed(edits) == {6: [["moved"], []]}
    tracked = next(box for box in edits.boxes[6] if box.prediction.track_id)
    assert tracked.label.box_xyxy == (32, 12, 40, 36)
    assert tracked.prediction.box_xyxy == pytest.approx((10, 4, 20, 24))
    assert (tracked.prediction.score, tracked.prediction.name) == (pytest.approx(0.9), "animal")
    assert tracked.prediction.interpolated is False
    assert isinstance(tracked.prediction.mask, str)
    assert edits.boxes[5][0].prediction.interpolated is True


def test_a_deleted_box_has_no_label(reviewer, read):
    reviewer.delete(CLIP, 12)
    assert changed(read()[CLIP]) == {12: [["deleted"]]}


def test_a_drawn_box_has_no_prediction_and_counts_where_it_was_drawn(reviewer, read):
    reviewer.draw(CLIP, 0, (0.1, 0.1, 0.2, 0.2), last=8)
    edits = read()[CLIP]
    assert changed(edits) == {frame: [["added"]] if frame < 3 else edits_beside(edits, frame)
                              for frame in range(9)}
    drawn = [next(b for b in edits.boxes[i] if b.added).label for i in range(9)]
    assert [label.keyframe for label in drawn] == [True] + [False] * 8
    assert drawn[0].track_id == 0


def edits_beside(edits, frame):
    return [["added"] if box.prediction is None else [] for box in edits.boxes[frame]]


def test_a_class_changes_on_every_frame_of_the_track(reviewer, read):
    reviewer.rename(CLIP, range(3, 13), "person")
    edits = read()[CLIP]
    assert sum(box.renamed for boxes in edits.boxes.values() for box in boxes) == 10
    assert not any(box.moved for boxes in edits.boxes.values() for box in boxes)


def test_tags_come_from_boxes_and_from_the_masks_of_the_same_animal(reviewer, read):
    reviewer.tag(CLIP, "accepted", [3])
    reviewer.tag(CLIP, "rejected", [6], "masks")
    reviewer.tag(CLIP, "rejected", [6], "untracked")
    edits = read()[CLIP]
    tags = {(frame, box.prediction.track_id): box.label.tags
            for frame, boxes in edits.boxes.items() for box in boxes if box.label.tags}
    assert tags == {(3, 1): {"accepted"}, (6, 1): {"rejected"}, (6, 0): {"rejected"}}
    assert changed(edits) == {}


def test_words_about_the_whole_clip(reviewer, read):
    sample = reviewer.sample(CLIP)
    sample.tags.append("adapt")
    sample["species"] = " Vulpes vulpes "
    sample.save()
    reviewer.set_state(CLIP, "done")
    edits = read()[CLIP]
    assert (edits.done, edits.adapt, edits.species) == (True, True, "Vulpes vulpes")
    assert changed(edits) == {}
    assert (edits.deployment, edits.width, edits.height) == ("wald", 64, 48)


def test_a_clip_in_work_without_any_edit_is_not_told_of(reviewer, read):
    reviewer.set_state(CLIP, "in work")
    assert read() == {}


def test_an_edit_outlives_a_second_review_and_is_found_again(reviewer, read, writer, home):
    reviewer.move(CLIP, 6, (0.5, 0.25, 0.125, 0.5))
    before = read()
    build_dataset(writer.run, home=home)
    assert read() == before


def test_a_clip_analyzed_anew_after_it_was_corrected_is_named_not_guessed(
    reviewer, read, writer, home
):
    reviewer.move(CLIP, 6, (0.5, 0.25, 0.125, 0.5))
    writer.boxes[CLIP] = [dataclasses.replace(box, xyxy=tuple(v + 1 for v in box.xyxy))
                          for box in writer.boxes[CLIP]]
    build_dataset(writer.write(), home=home)
    edits = read()[CLIP]
    assert edits.note.startswith("it was analyzed again")
    assert edits.boxes == {}


def test_other_words_of_the_run_do_not_make_its_boxes_unknown(reviewer, read, writer, home):
    reviewer.move(CLIP, 6, (0.5, 0.25, 0.125, 0.5))
    writer.capture_time = "2027-01-01T00:00:00"
    build_dataset(writer.write(), home=home)
    edits = read()[CLIP]
    assert edits.note == ""
    assert changed(edits) == {6: [["moved"], []]}


def test_a_clip_that_left_the_run_is_named(reviewer, read, writer, home):
    reviewer.move(CLIP, 6, (0.5, 0.25, 0.125, 0.5))
    writer.boxes = {"wald/other.mp4": []}
    build_dataset(writer.write(), home=home)
    edits = read()[CLIP]
    assert edits.note == "the run does not hold this clip any more"


def test_a_run_that_nobody_reviewed(writer, home):
    writer.write()
    with pytest.raises(UsageError, match="nobody has reviewed it yet"):
        load_reviewed(writer.run, home)
