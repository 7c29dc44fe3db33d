"""What a teacher says of frames becomes a labelled folder of drafts."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from wildpose import masks
from wildpose.adaptation.frames import DrawnFrame
from wildpose.adaptation.labels import DOUBTFUL, Labelled, LabelSettings, keep_from, label_frames
from wildpose.data.annotations import read_labelled
from wildpose.models.predictor import Predictor, load_predictor
from wildpose.video import open_clip

CLIPS = ("ridge_trail/05180016.MP4", "ridge_trail/05180017.MP4")  # a deer; the empty place


@pytest.fixture(scope="module")
def teacher() -> Predictor:
    return load_predictor("animal-small", minimum_score=0.05)


@pytest.fixture(scope="module")
def frames(sample_clips, tmp_path_factory) -> tuple[Path, list[DrawnFrame]]:
    """A frame with a deer and an empty one."""
    folder = tmp_path_factory.mktemp("frames")
    (folder / "images").mkdir()
    drawn = []
    for name in CLIPS:
        with open_clip(sample_clips / name, None) as clip:
            frame = next(f for f in clip if f.frame_index == 45)
        file_name = name.replace("/", "_") + ".png"
        Image.fromarray(frame.image).save(folder / "images" / file_name)
        drawn.append(DrawnFrame(file_name, name, "ridge_trail", 45, frame.time_s, False, 0.1,
                                frame.image.shape[:2], moving=()))
    return folder, drawn


@pytest.fixture(scope="module")
def labelled(teacher, frames) -> Labelled:
    settings = LabelSettings(keep_from=0.5, points=5, apart=0)
    return label_frames(teacher, frames[1], frames[0], settings)


def test_the_deer_is_a_label_and_the_empty_place_an_empty_frame(labelled, frames):
    deer, empty = read_labelled(frames[0])
    assert deer.draft
    assert deer.masks[0] is not None
    assert len(deer.body_points(0)) == 5
    assert len(empty.box_xyxy) == 0
    assert (labelled.kept, labelled.kept_day, labelled.kept_night) == (1, 1, 0)
    assert labelled.empty_frames == 1
    assert sum(labelled.points_per_chart) == 5
    assert labelled.points_per_chart[0] == 0


def test_every_label_says_that_it_is_a_prediction_and_how_sure(labelled, frames):
    content = json.loads((frames[0] / "annotations.json").read_text("utf-8"))
    label = next(a for a in content["annotations"] if "dp_x" in a)
    assert label["label_source"] == label["mask_source"] == label["dp_source"] == "predicted"
    assert label["grade"] == pytest.approx(max(labelled.scores), abs=1e-3)
    assert len(label["dp_grade"]) == 5
    assert all(i["draft"] for i in content["images"])
    assert content["images"][0]["clip"] == CLIPS[0]


def test_points_lie_where_the_teacher_put_them(labelled, frames, teacher):
    deer = read_labelled(frames[0])[0]
    points = deer.body_points(0)
    pose = teacher.predict([deer.read()])[0].dense_pose[0]
    row, column, inside = pose.cells_at(points.xy)
    assert inside.all()
    assert (pose.chart[row, column] == points.charts.argmax(1)).all()
    best = np.sort(pose.chart_confidence[pose.chart > 0])[-5:]
    assert np.sort(pose.chart_confidence[row, column]) == pytest.approx(best)


def test_what_is_doubtful_is_neither_learnt_nor_punished(teacher, frames, tmp_path):
    (tmp_path / "images").symlink_to(frames[0] / "images")
    said = label_frames(teacher, frames[1], tmp_path, LabelSettings(keep_from=1.0))
    deer = read_labelled(tmp_path)[0]
    assert said.kept == 0
    assert said.doubtful >= 1
    assert deer.ignore.all()
    assert deer.body_points(0) is None
    assert masks.box_area(deer.box_xyxy).min() > 0


def test_a_frame_without_a_find_is_empty_only_where_it_is_known_that_nothing_moves(
    teacher, frames, tmp_path
):
    """A teacher that misses an animal would otherwise teach that it is none."""
    (tmp_path / "images").symlink_to(frames[0] / "images")
    empty = frames[1][1]
    for moving in (None, ((10.0, 20.0, 60.0, 80.0),)):
        said = label_frames(teacher, [replace(empty, moving=moving)], tmp_path, LabelSettings())
        assert (said.empty_frames, said.unused_frames) == (0, 1)
        assert read_labelled(tmp_path) == []


def test_what_moves_is_neither_learnt_nor_punished(teacher, frames, tmp_path):
    (tmp_path / "images").symlink_to(frames[0] / "images")
    deer = replace(frames[1][0], moving=((10.0, 20.0, 60.0, 80.0),))
    said = label_frames(teacher, [deer], tmp_path, LabelSettings(keep_from=0.5))
    (image,) = read_labelled(tmp_path)
    assert said.kept == 1
    assert image.box_xyxy[image.ignore][-1] == pytest.approx([10, 20, 60, 80])
    assert said.doubtful == image.ignore.sum() - 1


@given(st.lists(st.floats(0, 1), max_size=40), st.floats(0.5, 0.99))
def test_kept_scores_are_right_often_enough_and_no_more_could_be_kept(scores, precision):
    threshold = keep_from(scores, precision)
    kept = [s for s in scores if s >= threshold]
    if kept:
        assert np.mean(kept) >= precision - 1e-9
        assert min(kept) >= 0.5
    lower = sorted({s for s in scores if 0.5 <= s < threshold}, reverse=True)
    for next_lower in lower[:1]:
        assert np.mean([s for s in scores if s >= next_lower]) < precision + 1e-9


def test_nothing_sure_keeps_nothing():
    assert keep_from([]) == 1.0
    assert keep_from([0.6, 0.55]) == 1.0


def test_equal_scores_are_kept_together_or_not_at_all():
    assert keep_from([1.0, 1.0, 0.5, 0.5], 0.8125) == 1.0
    assert keep_from([1.0, 1.0, 0.5, 0.5], 0.75) == 0.5


def test_doubt_begins_below_what_can_be_a_label():
    assert 0 < DOUBTFUL < 0.5
