"""Building the data set of a run, and building it again over people's work."""

import dataclasses
import time
from pathlib import Path

import pytest

from wildpose.errors import UsageError
from wildpose.review import ReviewError, build_dataset
from wildpose.review.environment import use_home
from wildpose.review.layout import ACCEPTED, ADAPT, REJECTED


def load(summary):
    import fiftyone as fo

    dataset = fo.load_dataset(summary.dataset)
    dataset.reload()
    return dataset


def boxes_of(dataset, clip, field="detections"):
    """Frame number to list of (label document) of one clip."""
    sample = dataset.one({"clip_key": clip})
    sample.reload()
    return {number: frame[field].detections for number, frame in sample.frames.items()
            if frame[field] is not None}


def moved(box, by=1.0):
    return dataclasses.replace(box, xyxy=tuple(v + by for v in box.xyxy))


def test_boxes_stand_on_every_frame_of_a_track(writer, home):
    dataset = load(build_dataset(writer.write(), home=home))
    found = boxes_of(dataset, "wald/a.mp4")
    assert sorted(found) == list(range(4, 14))  # frames 3 to 12, counted from 1
    for number, (label,) in found.items():
        frame = number - 1
        left = 4 + (frame - 3) * 2 if frame <= 6 else 10 + (frame - 6) * 5
        assert label.bounding_box[0] == pytest.approx(left / 64, abs=1e-9)
        assert label.bounding_box[2] == pytest.approx(10 / 64, abs=1e-9)
        assert label.interpolated is (frame not in (3, 6, 12))
        assert label.keyframe is True
        assert (label.label, label.index, label.mask) == ("animal", 1, None)
    assert len({label.instance.id for (label,) in found.values()}) == 1


def test_masks_do_not_blink_and_untracked_boxes_apart(writer, home):
    dataset = load(build_dataset(writer.write(), home=home))
    masks = boxes_of(dataset, "wald/a.mp4", "masks")
    assert sorted(masks) == [4, 5, 6, 7, 8, 9]  # carried along half the way to the box without one
    assert [number for number, (mask,) in masks.items() if not mask.interpolated] == [4, 7]
    (mask,) = masks[7]
    assert mask.bounding_box == pytest.approx([10 / 64, 4 / 48, 10 / 64, 20 / 48])
    assert mask.mask.shape == (20, 10)
    assert mask.mask.all()
    assert mask.instance.id == boxes_of(dataset, "wald/a.mp4")[7][0].instance.id
    untracked = boxes_of(dataset, "wald/a.mp4", "untracked")
    assert [(number, label.index, label.confidence) for number, (label,) in untracked.items()] == [
        (7, None, pytest.approx(0.2))]


def test_a_clip_carries_what_the_tables_say(writer, home):
    writer.partial["wald/a.mp4"] = "18 of 20 frames"
    dataset = load(build_dataset(writer.write(), home=home))
    sample = dataset.first()
    assert sample.status == "partial"
    assert sample.reason == "18 of 20 frames"
    assert (sample.deployment, sample.animal_tracks, sample.max_animals) == ("wald", 1, 2)
    assert sample.capture_time.isoformat() == "2026-05-04T06:07:08"
    assert sample.source_path == str(writer.source("wald/a.mp4"))
    assert sample.model == "animal-small"
    assert (sample.metadata.frame_width, sample.metadata.total_frame_count) == (64, 20)
    assert sample.metadata.frame_rate == pytest.approx(10)
    assert dataset.persistent


def test_building_twice_changes_nothing(writer, home):
    run = writer.write()
    first = build_dataset(run, home=home)
    before = boxes_of(load(first), "wald/a.mp4")
    second = build_dataset(run, home=home)
    assert (first.added, second.added, second.unchanged, second.updated) == (1, 0, 1, 0)
    after = boxes_of(load(second), "wald/a.mp4")
    assert len(load(second)) == 1
    assert {n: [label.id for label in labels] for n, labels in before.items()} == {
        n: [label.id for label in labels] for n, labels in after.items()}
    assert second.notes == []
    assert second.edited == []


def test_new_rows_replace_old_boxes_and_spare_a_reviewers_words(writer, home):
    sample = load(build_dataset(writer.write(), home=home)).first()
    sample.tags.append("fox")
    sample["review_state"] = "done"
    sample.save()
    writer.boxes["wald/a.mp4"] = [moved(box) for box in writer.boxes["wald/a.mp4"][:2]]
    summary = build_dataset(writer.write(), home=home)
    assert (summary.updated, summary.notes) == (1, [])
    sample = load(summary).first()
    assert sample.tags == ["fox"]
    assert sample.review_state == "done"
    found = boxes_of(load(summary), "wald/a.mp4")
    assert sorted(found) == [4, 5, 6, 7]
    assert found[4][0].bounding_box[0] == pytest.approx(5 / 64)


def test_an_edited_clip_is_kept_and_named_and_others_move_on(writer, home):
    writer.boxes["wald/b.mp4"] = list(writer.boxes["wald/a.mp4"])
    dataset = load(build_dataset(writer.write(), home=home))
    time.sleep(0.01)
    sample = dataset.one({"clip_key": "wald/a.mp4"})
    sample.frames[7].detections.detections[0].bounding_box = [0.5, 0.5, 0.25, 0.25]
    sample.save()
    same = build_dataset(writer.run, home=home)
    assert (same.edited, same.notes) == (["wald/a.mp4"], [])
    writer.boxes = {clip: [moved(box) for box in boxes] for clip, boxes in writer.boxes.items()}
    summary = build_dataset(writer.write(), home=home)
    assert (summary.updated, summary.unchanged) == (1, 1)
    assert len(summary.notes) == 1
    assert summary.notes[0].startswith("wald/a.mp4: boxes were edited in the App, kept")
    kept = boxes_of(load(summary), "wald/a.mp4")
    assert kept[7][0].bounding_box == [0.5, 0.5, 0.25, 0.25]
    assert kept[4][0].bounding_box[0] == pytest.approx(4 / 64)
    assert boxes_of(load(summary), "wald/b.mp4")[4][0].bounding_box[0] == pytest.approx(5 / 64)


def test_a_tag_on_one_box_counts_as_an_edit(writer, home):
    dataset = load(build_dataset(writer.write(), home=home))
    time.sleep(0.01)
    dataset.limit(1).tag_labels("accepted", label_fields="frames.detections")
    writer.boxes["wald/a.mp4"].pop()
    summary = build_dataset(writer.write(), home=home)
    assert summary.updated == 0
    assert load(summary).count_label_tags("frames.detections") == {"accepted": 10}


def test_a_build_that_was_killed_half_way_is_not_taken_for_an_edit(writer, home):
    dataset = load(build_dataset(writer.write(), home=home))
    sample = dataset.first()
    sample["machine_digest"] = None
    sample.save()
    dataset._frame_collection.delete_many({"frame_number": {"$gt": 6}})
    summary = build_dataset(writer.run, home=home)
    assert summary.updated == 1
    assert len(boxes_of(load(summary), "wald/a.mp4")) == 10


def test_a_clip_that_left_the_run_goes_unless_somebody_worked_on_it(writer, home):
    for name in ("b", "c"):
        writer.boxes[f"wald/{name}.mp4"] = list(writer.boxes["wald/a.mp4"])
    dataset = load(build_dataset(writer.write(), home=home))
    sample = dataset.one({"clip_key": "wald/b.mp4"})
    sample.tags.append("keep")
    sample.save()
    del writer.boxes["wald/b.mp4"], writer.boxes["wald/c.mp4"]
    summary = build_dataset(writer.write(), home=home)
    assert summary.removed == 1
    assert load(summary).values("clip_key") == ["wald/a.mp4", "wald/b.mp4"]
    assert summary.notes == ["wald/b.mp4: no longer in the run, kept because somebody worked on it"]


def test_names_that_need_care(writer, home):
    names = ["ö ä #1/Fuchs 🦊 & Co?.mp4", "100%/it's \"x\".mp4", ".hidden.mp4"]
    writer.boxes = {name: [] for name in names}
    summary = build_dataset(writer.write(), home=home)
    dataset = load(summary)
    assert sorted(dataset.values("clip_key")) == sorted(names)
    assert all(Path(path).is_file() for path in dataset.values("filepath"))


def views_of(dataset):
    """Names of the clips in each saved view, in its order where it has one."""
    ordered = ("most uncertain first", "pseudo-label candidates")
    found = {name: [Path(key).stem for key in dataset.load_saved_view(name).values("clip_key")]
             for name in dataset.list_saved_views()}
    return {name: keys if name in ordered else sorted(keys) for name, keys in found.items()}


def test_views_follow_what_the_reviewer_does(writer, home):
    writer.boxes["wald/b.mp4"] = list(writer.boxes["wald/a.mp4"])
    dataset = load(build_dataset(writer.write(), home=home))
    one = dataset.match({"clip_key": "wald/a.mp4"})
    one.tag_labels(ACCEPTED, label_fields="frames.detections")
    other = dataset.match({"clip_key": "wald/b.mp4"})
    other.limit(1).tag_labels(REJECTED, label_fields="frames.detections")
    other.tag_samples(ADAPT)
    other.set_values("review_state", ["done"])
    views = views_of(dataset)
    assert (views["accepted"], views["rejected"]) == (["a"], ["b"])
    assert (views["sent to adapt"], views["still to review"]) == (["b"], ["a"])


def test_the_surest_and_the_least_sure_come_first(writer, home):
    first = writer.boxes["wald/a.mp4"][0]

    def track(score, frames):
        return [dataclasses.replace(first, frame=frame, score=score) for frame in frames]

    writer.boxes = {"sure.mp4": track(0.99, range(10)), "surer.mp4": track(0.99, range(15)),
                    "doubtful.mp4": track(0.5, range(10)), "short.mp4": track(0.9, [4])}
    dataset = load(build_dataset(writer.write(), home=home))
    views = views_of(dataset)
    assert views["pseudo-label candidates"] == ["surer", "sure"]
    assert views["most uncertain first"][:2] == ["doubtful", "short"]
    sample = dataset.one({"clip_key": "short.mp4"})
    assert (sample.grade, sample.grade_reason) == (0.45, "short: mean score 0.90 on 1 frame")
    assert (sample.hour, sample.light, sample.light_by) == (6, "night", "colour of the picture")
    (span,) = dataset.one({"clip_key": "sure.mp4"}).tracks.detections
    assert (span.label, span.track_id, span.support) == ("animal", 1, [1, 10])
    assert span.confidence == pytest.approx(0.99)
    assert (span.grade, span.grade_reason) == (0.9, "sure: mean score 0.99 on 10 frames")


def test_views_tell_animals_people_nothing_and_failures_apart(writer, home):
    person = dataclasses.replace(writer.boxes["wald/a.mp4"][0], name="person")
    writer.boxes |= {"wald/p.mp4": [person], "wald/empty.mp4": [], "wald/cut.mp4": []}
    writer.partial["wald/cut.mp4"] = "3 of 9 frames"
    writer.failed["wald/broken.mp4"] = "no video in it"
    dataset = load(build_dataset(writer.write(), home=home))
    assert views_of(dataset) == {
        "animals": ["a"], "several animals": ["a"], "people": ["p"],
        "nothing found": ["cut", "empty"], "night": ["a", "cut", "empty", "p"],
        "read in part or failed": ["broken", "cut"], "most uncertain first": ["a", "p"],
        "pseudo-label candidates": [], "still to review": ["a", "broken", "cut", "empty", "p"],
        "accepted": [], "rejected": [], "sent to adapt": []}
    assert dataset.list_workspaces() == ["review"]


def test_a_run_without_any_detection(writer, home):
    writer.boxes = {"a.mp4": []}
    dataset = load(build_dataset(writer.write(), home=home))
    assert len(dataset) == 1
    assert dataset.count("frames.detections.detections") == 0
    assert dataset.first().deployment == "."
    assert dataset.first().best_score is None


def test_a_run_of_failures_only(writer, home):
    writer.boxes = {}
    writer.failed = {"x/broken.avi": "no video in it"}
    summary = build_dataset(writer.write(), home=home)
    sample = load(summary).first()
    assert (sample.clip_key, sample.status, sample.reason) == (
        "x/broken.avi", "failed", "no video in it")
    assert sample.filepath.endswith(".card.mp4")
    assert sample.animal_detections is None


def test_boxes_can_be_edited_and_masks_can_not(writer, home):
    dataset = load(build_dataset(writer.write(), home=home))
    assert dataset.active_label_schemas == [
        "frames.detections", "frames.untracked", "review_state", "species"]
    schema = dataset.label_schemas["frames.detections"]
    assert schema["classes"] == ["animal", "person"]
    assert [a["name"] for a in schema["attributes"] if not a["read_only"]] == ["species"]
    assert dataset.app_config.color_scheme.color_by == "instance"


def test_runs_that_share_a_database_have_names_of_their_own(writer, home):
    summary = build_dataset(writer.write(), home=home)
    assert summary.dataset.startswith("wildpose-run-")
    assert not (writer.run / "review" / "db").exists()


def test_the_summary_is_plain_json(writer, home, json_round_trip):
    assert json_round_trip(build_dataset(writer.write(), home=home).as_json())


def test_progress_names_each_clip(writer, home):
    seen = []
    build_dataset(writer.write(), home=home, report=lambda *step: seen.append(step))
    assert seen == [(0, 1, "wald/a.mp4"), (1, 1, "")]


def test_no_run_and_a_second_folder_in_one_process_are_clear_errors(writer, home, tmp_path):
    build_dataset(writer.write(), home=home)
    with pytest.raises(UsageError, match="no such folder"):
        build_dataset(tmp_path / "nowhere", home=home)
    with pytest.raises(ReviewError, match="already uses FiftyOne"):
        use_home(tmp_path / "other")


def test_nothing_lands_in_the_users_home_folder(writer, home):
    build_dataset(writer.write(), home=home)
    assert list((home.parent / "user").rglob("*fiftyone*")) == []
