"""A run as formats get it: every clip once, boxes in the picture, folders of pictures by name."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from blob_predictor import BlobFactory
from PIL import Image
from run_writer import INFO, Box, write_run

from wildpose.analysis import AnalyzeSettings, analyze
from wildpose.errors import UsageError
from wildpose.export import export_run
from wildpose.export.run_clips import ExportedRun
from wildpose.formats.megadetector import read_batch_file
from wildpose.types import ClassId


def test_clips_come_with_their_own_boxes_and_empty_ones_come_too(run):
    clips = {clip.key: clip for clip in ExportedRun(run).clips}
    assert {key: len(clip.detections) for key, clip in clips.items()} == {
        "dep 1/fox.MP4": 5, "dep2/cut.avi": 0, "dep2/nothing.avi": 0, "dep_1/fox.mp4": 3}
    assert clips["dep_1/fox.mp4"].class_id.tolist() == [ClassId.PERSON, ClassId.ANIMAL,
                                                         ClassId.PERSON]
    assert clips["dep 1/fox.MP4"].box_xyxy[2].tolist() == [100, 30, 160, 90]
    assert clips["dep2/cut.avi"].reason == "the file is cut short"
    assert clips["dep2/nothing.avi"].reason is None


def test_failed_partial_and_skipped_are_told_apart(run):
    read = ExportedRun(run)
    assert read.failed == {"dep2/broken.mp4": 'no "video", nothing'}
    assert list(read.partial) == ["dep2/cut.avi"]
    assert list(read.skipped) == ["dep2/twice.avi"]
    assert read.about()["failed"] == read.failed


def test_dense_pose_comes_with_the_position_of_its_box(run):
    clips = {clip.key: clip for clip in ExportedRun(run).clips}
    assert [at for at, _ in clips["dep 1/fox.MP4"].dense_poses()] == [0, 4]
    assert list(clips["dep2/nothing.avi"].dense_poses()) == []


def test_what_is_no_run_is_refused(tmp_path):
    with pytest.raises(UsageError, match="not a run folder"):
        ExportedRun(tmp_path)


def test_nullable_numbers_are_none_and_not_nan(tmp_path):
    write_run(tmp_path / "run", {"a.mp4": []}, facts={"frame_rate": None, "every_s": None})
    (clip,) = ExportedRun(tmp_path / "run").clips
    assert clip.row["frame_rate"] is None
    assert clip.row["best_frame_index"] is None
    assert len(clip.looked_at.frame_index) == 75


@pytest.fixture(scope="module")
def stills(tmp_path_factory) -> Path:
    """A run with `--stills`: a folder of two sizes, the top folder, a picture that is damaged."""
    root = tmp_path_factory.mktemp("stills")
    dark = np.zeros((40, 60, 3), np.uint8)
    bright = dark.copy()
    bright[10:20, 10:30] = 255
    noise = np.random.default_rng(0).integers(0, 90, (30, 60, 3)).astype(np.uint8)
    pictures = {"cam/1.png": bright, "cam/2.png": dark, "cam/3.jpg": noise, "cam/4.jpg": noise,
                "0.png": dark, "dir @1x1/5.png": bright}
    for name, picture in pictures.items():
        (root / "photos" / name).parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(picture).save(root / "photos" / name)
    damaged = root / "photos" / "cam" / "4.jpg"
    damaged.write_bytes(damaged.read_bytes()[:-300])
    analyze(AnalyzeSettings(root / "photos", root / "run", workers=1, stills=True),
            predictor=BlobFactory())
    return root


def test_pictures_are_named_with_and_without_boxes_and_damaged_ones_apart(stills):
    clips = {clip.key: clip for clip in ExportedRun(stills / "run").clips}
    assert all(clip.is_stills for clip in clips.values())
    assert {key: [clip.picture_path(i) for i in clip.looked_at.frame_index.tolist()]
            for key, clip in clips.items()} == {
        ".": ["0.png"], "cam@60x40": ["cam/1.png", "cam/2.png"], "cam@60x30": ["cam/3.jpg"],
        "dir @1x1": ["dir @1x1/5.png"]}
    assert [len(clip.detections) for clip in clips.values()].count(1) == 2
    assert list(clips["cam@60x30"].unreadable_pictures()) == ["cam/4.jpg"]


def test_pictures_that_are_gone_are_asked_for(stills, tmp_path):
    shutil.copytree(stills / "run", tmp_path / "run")
    (clip, *_) = ExportedRun(tmp_path / "run").clips
    away = replace(clip, row={**clip.row, "path": str(tmp_path / "away")})
    with pytest.raises(UsageError, match="are not there"):
        _ = away.looked_at


def test_a_video_of_a_run_with_stills_is_a_video(tmp_path):
    info = {**INFO, "settings": {**INFO["settings"], "stills": True}}
    write_run(tmp_path / "run", {"a.mp4": [Box(3, 1, (0, 0, 9, 9))], "b.mp4": []}, info=info)
    assert [clip.is_stills for clip in ExportedRun(tmp_path / "run").clips] == [False, False]


def test_pictures_are_entries_of_their_own_in_a_megadetector_file(stills, tmp_path):
    export_run(stills / "run", "megadetector", tmp_path / "md.json")
    files = read_batch_file(tmp_path / "md.json").files
    assert sorted(files) == ["0.png", "cam/1.png", "cam/2.png", "cam/3.jpg", "cam/4.jpg",
                             "dir @1x1/5.png"]
    assert not any(found.is_video for found in files.values())
    assert {name for name, found in files.items() if len(found.score)} == {"cam/1.png",
                                                                           "dir @1x1/5.png"}
    assert [name for name, found in files.items() if found.failure] == ["cam/4.jpg"]
    (box,) = files["cam/1.png"].by_frame(60, 40)[0].box_xyxy
    assert box.tolist() == pytest.approx([10, 10, 30, 20], abs=1e-3)


def test_pictures_keep_their_names_in_coco(stills, tmp_path):
    export_run(stills / "run", "coco", tmp_path / "coco.json")
    images = json.loads((tmp_path / "coco.json").read_text())["images"]
    assert {image["file_name"]: image["time_s"] for image in images[1:3]} == {
        "cam/3.jpg": None, "cam/1.png": 0}  # of a picture without a box no time is kept
    assert sorted(image["file_name"] for image in images) == [
        "0.png", "cam/1.png", "cam/2.png", "cam/3.jpg", "dir @1x1/5.png"]
