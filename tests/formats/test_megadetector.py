"""MegaDetector batch files: written and read back, and other programs' files read."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wildpose.errors import DataError
from wildpose.formats.megadetector import CATEGORIES, FileBoxes, file_entry, read_batch_file
from wildpose.types import ClassId

PUBLISHED = {
    "info": {"format_version": "1.6", "detector": "md_v1000.0.0-redwood"},
    "detection_categories": {"1": "animal", "2": "person", "3": "vehicle"},
    "classification_categories": {"0": "chimpanzee"},
    "images": [
        {"file": "dep1\\IMG_0001.MP4", "frame_rate": 30.0, "frames_processed": [0, 30, 60],
         "detections": [
             {"category": "1", "conf": 0.91, "bbox": [0.1, 0.2, 0.3, 0.4], "frame_number": 60,
              "classifications": [["0", 0.88]]},
             {"category": "3", "conf": 0.5, "bbox": [0, 0, 1.0, 1.0], "frame_number": 30}]},
        {"file": "dep1/IMG_0002.MP4", "frame_rate": 30.0, "frames_processed": [0, 30],
         "detections": []},
        {"file": "dep1/IMG_0003.MP4", "frame_rate": 0, "frames_processed": [],
         "failure": "Failure video open", "detections": None},
        {"file": "dep1/IMG_0004.JPG", "detections": [
            {"category": "2", "conf": 1.0, "bbox": [0.9, 0.9, 0.1001, 0.1]}]},
    ],
}
"""The example of the format's page, with a vehicle and a picture, and a path as Windows writes."""


def saved(tmp_path: Path, content: object) -> Path:
    path = tmp_path / "md.json"
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


def changed(number: int = 0, **values) -> dict:
    """The published example with other values in an entry."""
    images = [dict(entry) for entry in PUBLISHED["images"]]
    images[number] |= values
    return {**PUBLISHED, "images": images}


def box(**values) -> list[dict]:
    return [{"category": "1", "conf": 0.9, "bbox": [0.1, 0.2, 0.3, 0.4], "frame_number": 0}
            | values]


@pytest.fixture
def batch(tmp_path):
    return read_batch_file(saved(tmp_path, PUBLISHED))


def test_boxes_come_by_file_and_frame_in_pixels(batch):
    frames = batch.files["dep1/IMG_0001.MP4"].by_frame(1000, 500)
    assert {frame: len(found) for frame, found in frames.items()} == {0: 0, 30: 0, 60: 1}
    assert frames[60].box_xyxy[0].tolist() == pytest.approx([100, 100, 400, 300])
    assert frames[60].score[0] == pytest.approx(0.91)
    assert batch.files["dep1/IMG_0001.MP4"].frame_rate == 30


def test_vehicles_are_left_out_and_counted(batch):
    assert batch.left_out == {"vehicle": 1}


def test_an_empty_file_is_not_a_failed_one(batch):
    empty, failed = (batch.files[f"dep1/IMG_000{n}.MP4"] for n in (2, 3))
    assert empty.failure is None
    assert list(empty.by_frame(10, 10)) == [0, 30]
    assert failed.failure == "Failure video open"
    assert failed.by_frame(10, 10) == {}


def test_a_picture_is_its_own_only_frame_and_its_box_ends_at_its_edge(batch):
    picture = batch.files["dep1/IMG_0004.JPG"]
    assert not picture.is_video
    (found,) = picture.by_frame(100, 100).values()
    assert found.class_id.tolist() == [ClassId.PERSON]
    assert found.box_xyxy[0].tolist() == pytest.approx([90, 90, 100, 100])


def test_names_say_what_a_category_is_and_not_its_number(tmp_path):
    other = {**PUBLISHED, "detection_categories": {"3": "Animal", "1": "human", "2": "empty"}}
    batch = read_batch_file(saved(tmp_path, other))
    assert batch.files["dep1/IMG_0001.MP4"].class_id.tolist() == [ClassId.PERSON, ClassId.ANIMAL]
    assert batch.left_out == {"empty": 1}


def test_tracks_of_other_programs_are_no_tracks_of_ours(tmp_path):
    path = saved(tmp_path, changed(detections=box(track_id="a-7")))
    assert read_batch_file(path).files["dep1/IMG_0001.MP4"].track_id.tolist() == [0]


def test_a_file_with_a_byte_order_mark_is_read(tmp_path):
    path = tmp_path / "md.json"
    path.write_text(json.dumps(PUBLISHED), encoding="utf-8-sig")
    assert len(read_batch_file(path).files) == 4


@pytest.mark.parametrize(("content", "said"), [
    (changed(detections=box(bbox=[10, 20, 30, 40])), "shares of the picture"),
    (changed(detections=box(bbox=[0.1, 0.2, 0.3])), "four numbers"),
    (changed(detections=box(bbox=[0.5, 0.2, -0.3, 0.4])), "shares of the picture"),
    (changed(detections=box(bbox=[0.5, 0.2, float("nan"), 0.4])), "shares of the picture"),
    (changed(detections=box(conf=1.5)), "conf must be 0 to 1"),
    (changed(detections=box(category="7")), "category 7 is not explained"),
    (changed(detections=box(frame_number=60.5)), "60.5 is no number of a frame"),
    (changed(detections=box(frame_number=float("inf"))), "inf is no number of a frame"),
    (changed(detections=box(frame_number="60")), "'60' is no number of a frame"),
    (changed(detections=box(conf=None)), "conf must be 0 to 1"),
    (changed(detections=["box"]), "IMG_0001"),
    (changed(detections=box(frame_number=-1)), "-1 is no number of a frame"),
    (changed(detections=[{k: v for k, v in box()[0].items() if k != "frame_number"}]),
     "frame_number of a box is missing"),
    (changed(frames_processed=3), "frames_processed is no list"),
    (changed(detections=None), "neither detections nor a failure"),
    (changed(1, file="dep1/IMG_0001.MP4"), "stands there twice"),
    ({**PUBLISHED, "info": {"format_version": "2.0"}}, "has format 2.0"),
    ({**PUBLISHED, "info": {}}, "no batch file of MegaDetector"),
    ({"images": []}, "no batch file of MegaDetector"),
    ([1], "no batch file of MegaDetector"),
])
def test_what_can_not_be_is_named_with_its_file(tmp_path, content, said):
    with pytest.raises(DataError, match=said) as caught:
        read_batch_file(saved(tmp_path, content))
    assert str(tmp_path / "md.json") in str(caught.value)


def test_what_is_no_json_is_named(tmp_path):
    (tmp_path / "md.json").write_text("{")
    for name in ("md.json", "missing.json"):
        with pytest.raises(DataError, match=f"{name}: can't be read"):
            read_batch_file(tmp_path / name)


share = st.floats(0, 1)
boxes = st.lists(st.tuples(st.integers(0, 50), share, share, share, share, share,
                           st.sampled_from(list(ClassId)), st.integers(0, 3)), max_size=5)


@settings(max_examples=40)
@given(rows=boxes, is_video=st.booleans())
def test_what_was_written_is_read(tmp_path_factory, rows, is_video):
    table = np.array(rows, np.float64).reshape(-1, 8)
    corners = np.concatenate([np.minimum(table[:, 1:3], table[:, 3:5]),
                              np.maximum(table[:, 1:3], table[:, 3:5])], axis=1)
    frames = table[:, 0].astype(np.int64) * is_video
    given_ = FileBoxes("a/b.mp4" if is_video else "a/b.jpg", frames, corners, table[:, 5],
                       table[:, 6].astype(np.int16), table[:, 7].astype(np.int32), is_video,
                       25.0 if is_video else None, tuple(range(51)) if is_video else (0,))
    content = {"info": {"format_version": "1.6"}, "detection_categories": CATEGORIES,
               "images": [file_entry(given_)]}
    (back,) = read_batch_file(saved(tmp_path_factory.mktemp("md"), content)).files.values()
    assert back.frame_index.tolist() == given_.frame_index.tolist()
    assert np.allclose(back.box_shares, given_.box_shares, atol=2e-6)
    assert np.allclose(back.score, given_.score, atol=1e-6)
    assert back.class_id.tolist() == given_.class_id.tolist()
    assert back.track_id.tolist() == given_.track_id.tolist()
    assert (back.is_video, back.frame_rate, back.frames_looked_at) == (
        is_video, given_.frame_rate, given_.frames_looked_at)
