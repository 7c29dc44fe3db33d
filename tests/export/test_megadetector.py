"""The MegaDetector batch file of a run: by the rules of the format, and read back as it was."""

from __future__ import annotations

import copy
import json
from pathlib import Path

import pytest
from run_writer import HEIGHT, INFO, LOOKED_AT, RATE, WIDTH, Box, write_run

from wildpose.export import export_run
from wildpose.formats.megadetector import VIDEO_SUFFIXES, read_batch_file
from wildpose.types import ClassId


def faults(batch: dict) -> list[str]:
    """What is wrong with a batch file: the rules of format 1.6, and what its validator lets by."""
    found = []
    if not isinstance(batch["info"].get("format_version"), str):
        found.append("format_version is no string")
    categories = batch["detection_categories"]
    if any(not key.isdigit() or not name.strip() for key, name in categories.items()):
        found.append("category without number or name")
    files = [entry["file"] for entry in batch["images"]]
    if len(set(files)) < len(files) or any("\\" in file or file[0] == "/" for file in files):
        found.append("file twice, or no relative path with /")
    for entry in batch["images"]:
        found += [f"{entry['file']}: {fault}" for fault in file_faults(entry, categories)]
    return found


def file_faults(entry: dict, categories: dict) -> list[str]:
    failed, boxes = entry.get("failure") is not None, entry["detections"]
    is_video = entry["file"].lower().endswith(VIDEO_SUFFIXES)
    if failed != (boxes is None):
        return ["failure and detections disagree"]
    if is_video and not {"frame_rate", "frames_processed"} <= entry.keys():
        return ["a video without frame_rate or frames_processed"]
    seen = entry.get("frames_processed")
    if is_video and (seen != sorted(set(seen)) or any(type(f) is not int for f in seen)):
        return ["frames_processed is no sorted list of ints"]
    if is_video and not failed and not entry["frame_rate"] > 0:
        return ["a rate of 0, with which Timelapse shows nothing"]
    return [fault for box in boxes or () for fault in box_faults(box, categories, seen)]


def box_faults(box: dict, categories: dict, seen: list[int] | None) -> list[str]:
    found = []
    if box["category"] not in categories:
        found.append("category that is not explained")
    if type(box["conf"]) is not float or not 0 <= box["conf"] <= 1:
        found.append("conf is no float of 0 to 1")
    x, y, w, h = box["bbox"]
    if min(x, y, w, h) < 0 or x + w > 1 + 2e-6 or y + h > 1 + 2e-6:
        found.append("box outside of the picture")
    if seen is not None and box.get("frame_number") not in seen:
        found.append("frame_number that was not processed")
    return found


@pytest.fixture(scope="module")
def path(run, tmp_path_factory) -> Path:
    return export_run(run, "megadetector", tmp_path_factory.mktemp("md")).out


@pytest.fixture
def batch(path) -> dict:
    return json.loads(path.read_text())


@pytest.fixture
def entries(batch) -> dict:
    return {entry["file"]: entry for entry in batch["images"]}


def test_it_follows_the_rules_of_the_format(batch):
    assert faults(batch) == []
    assert batch["info"]["format_version"] == "1.6"
    assert batch["detection_categories"]["1"] == "animal"


def broken(change):
    return pytest.param(change, id=change.__name__)


def float_version(batch):
    batch["info"]["format_version"] = 1.6


def integer_score(batch):
    batch["images"][0]["detections"][0]["conf"] = 1


def no_frame(batch):
    del batch["images"][0]["detections"][0]["frame_number"]


def no_rate(batch):
    del batch["images"][0]["frame_rate"]


def pixels(batch):
    batch["images"][0]["detections"][0]["bbox"] = [10, 20, 48, 36]


def failed_but_empty(batch):
    batch["images"][-1]["detections"] = []


def strange_category(batch):
    batch["images"][0]["detections"][0]["category"] = "7"


@pytest.mark.parametrize("change", [
    broken(c) for c in (float_version, integer_score, no_frame, no_rate, pixels, failed_but_empty,
                        strange_category)])
def test_the_rules_name_what_is_broken(batch, change):
    wrong = copy.deepcopy(batch)
    change(wrong)
    assert len(faults(wrong)) == 1


def test_a_clip_that_failed_is_no_empty_one(entries):
    assert entries["dep2/nothing.avi"]["detections"] == []
    assert "failure" not in entries["dep2/nothing.avi"]
    assert entries["dep2/broken.mp4"]["detections"] is None
    assert entries["dep2/broken.mp4"]["failure"] == 'no "video", nothing'
    assert "dep2/twice.avi" not in entries


def test_a_clip_read_in_part_is_named(batch):
    assert batch["info"]["wildpose"]["read_in_part"] == {"dep2/cut.avi": "the file is cut short"}


def test_frames_count_from_0_and_those_without_a_box_are_there(entries):
    fox = entries["dep 1/fox.MP4"]
    assert fox["frames_processed"] == LOOKED_AT
    assert [box["frame_number"] for box in fox["detections"]] == [3, 6, 6, 9, 30]
    assert fox["frame_rate"] == RATE


def test_boxes_are_shares_with_the_corner_and_the_size(entries):
    box = entries["dep 1/fox.MP4"]["detections"][0]
    assert box["bbox"] == pytest.approx([10 / WIDTH, 20 / HEIGHT, 48 / WIDTH, 36 / HEIGHT],
                                        abs=1e-6)
    assert box["track_id"] == 1
    assert "track_id" not in entries["dep 1/fox.MP4"]["detections"][3]


def test_a_score_of_1_is_a_float(path):
    assert '"conf":1.0,' in path.read_text()


def test_people_are_a_category_of_their_own(entries):
    kinds = [box["category"] for box in entries["dep_1/fox.mp4"]["detections"]]
    assert kinds == ["2", "1", "2"]


def test_programs_that_hide_below_a_threshold_hide_nothing(batch):
    said = batch["info"]["detector_metadata"]
    assert said == {"typical_detection_threshold": 0.4, "conservative_detection_threshold": 0.25}
    assert batch["info"]["detector"] == "wildpose-0.1.0-animal-small"
    assert batch["info"]["detection_completion_time"] == "2026-05-04 06:30:00"


def test_it_is_read_back_as_it_was(path, run):
    batch = read_batch_file(path)
    assert batch.left_out == {}
    frames = batch.files["dep 1/fox.MP4"].by_frame(WIDTH, HEIGHT)
    assert list(frames) == LOOKED_AT
    assert frames[6].box_xyxy.tolist() == [pytest.approx(box, abs=1e-3) for box in
                                           ((12, 20, 60, 56), (100, 30, 160, 90))]
    assert frames[6].track_id.tolist() == [1, 2]
    assert batch.files["dep_1/fox.mp4"].by_frame(WIDTH, HEIGHT)[0].class_id.tolist() == [
        ClassId.PERSON, ClassId.ANIMAL]
    assert batch.files["dep2/broken.mp4"].failure
    assert batch.files["dep2/broken.mp4"].by_frame(WIDTH, HEIGHT) == {}


def test_a_clip_without_a_rate_shows_boxes_all_the_same(tmp_path):
    write_run(tmp_path / "run", {"a.webm": [Box(3, 1, (0, 0, 9, 9))]}, facts={"frame_rate": None})
    export_run(tmp_path / "run", "megadetector", tmp_path / "a.json")
    (entry,) = json.loads((tmp_path / "a.json").read_text())["images"]
    assert entry["frame_rate"] == 15.0
    assert entry["frames_processed"] == LOOKED_AT


def test_frames_that_had_to_be_guessed_are_owned_up_to(tmp_path):
    write_run(tmp_path / "run", {"a.mp4": [Box(4, 1, (0, 0, 9, 9))], "b.mp4": []})
    summary = export_run(tmp_path / "run", "megadetector", tmp_path / "a.json")
    batch = json.loads((tmp_path / "a.json").read_text())
    assert batch["info"]["wildpose"]["frames_estimated"] == ["a.mp4"]
    assert "estimate for 1 of the clips" in summary.notes[0]
    assert 4 in batch["images"][0]["frames_processed"]


def test_a_run_without_any_box_has_thresholds_too(tmp_path):
    write_run(tmp_path / "run", {"a.mp4": []}, info={**INFO, "finished": None})
    export_run(tmp_path / "run", "megadetector", tmp_path / "a.json")
    info = json.loads((tmp_path / "a.json").read_text())["info"]
    assert info["detector_metadata"]["conservative_detection_threshold"] == 0.4
