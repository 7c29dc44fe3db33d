"""Consistency and failure sheets of dense pose, on a model that is told what to say."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from benchmarks.dense_consistency import agreement, flip_scores, summary, track_scores
from benchmarks.dense_failures import RIGHT, WRONG, WRONG_SIDE, judged, sheet, worst_of
from benchmarks.dense_subjects import chosen
from wildpose.evaluation.part_points import LEFT_CHARTS
from wildpose.surface.reference import mirrored_uv
from wildpose.types import Array, DensePose

BOX = (10.0, 20.0, 60.0, 40.0)
"""x, y, width, height."""
POINTS = [[15.0, 30.0, "head", "L"], [40.0, 25.0, "torso_back", "-"], [65.0, 55.0, "foot", "R"],
          [68.0, 30.0, "tail", "-"]]


def pose_of(box: Array, chart: Array, uv: Array) -> DensePose:
    ones = np.ones(chart.shape, np.float16)
    return DensePose(np.asarray(box, np.float32), chart, uv.astype(np.float16), ones, ones,
                     "dense_head")


class Teller:
    """Head left, trunk in the middle, the left foot right; mirrored with the picture or not."""

    def __init__(self, mirrors: bool) -> None:
        self.mirrors = mirrors

    def dense_pose(self, image: Array, box_xyxy: Array) -> list[DensePose]:
        chart = np.repeat(np.array([[24] * 2 + [1] * 4 + [5] * 2], np.uint8), 8, axis=0)
        uv = np.full((8, 8, 2), 0.25)
        if self.mirrors and image[0, 0, 0] == 0:  # the bright corner is elsewhere: mirrored
            chart, uv = mirrored_uv(chart[:, ::-1], uv[:, ::-1])
        return [pose_of(box, chart, uv.transpose(2, 0, 1)) for box in box_xyxy]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two pictures: a good one with part points, one whose points are all elsewhere."""
    (tmp_path / "images").mkdir()
    image = np.zeros((80, 100, 3), np.uint8)
    image[0, 0] = 255
    away = [[x, y, "wing", "-"] for x, y, *_ in POINTS]
    images, annotations = [], []
    for n, points in enumerate([POINTS, away], start=1):
        Image.fromarray(image).save(tmp_path / "images" / f"{n}.png")
        images.append({"id": n, "file_name": f"{n}.png", "width": 100, "height": 80,
                       "species": "fox", "night": n == 2, "source": "made", "site": str(n)})
        annotations.append({"id": n, "image_id": n, "category_id": 1, "bbox": list(BOX),
                            "iscrowd": 0, "area": 2400.0, "part_points": points,
                            "facing": "left"})
    whole = {"images": images, "annotations": annotations,
             "categories": [{"id": 1, "name": "animal"}, {"id": 2, "name": "person"}]}
    (tmp_path / "annotations.json").write_text(json.dumps(whole), encoding="utf-8")
    return tmp_path


def options(folder: Path, most: int | None = None) -> argparse.Namespace:
    return argparse.Namespace(folder=folder, held_out=None, held_out_species=[], most=most)


def test_a_model_that_mirrors_with_the_picture_agrees_in_everything(folder):
    rows = [scores for _, scores in flip_scores(Teller(mirrors=True), chosen(options(folder)))]
    assert len(rows) == 2
    for scores in rows:
        assert scores["same_chart"] == scores["chart_iou"] == scores["body_iou"] == 1
        assert scores["distance_m"] < 2e-3  # float16


def test_a_model_that_ignores_the_mirror_agrees_on_the_trunk_only(folder):
    [_, scores] = [s for _, s in flip_scores(Teller(mirrors=False), chosen(options(folder)))]
    assert scores["same_chart"] == scores["same_but_side"] == 0.5
    assert scores["body_iou"] == 1
    assert scores["chart_iou"] == pytest.approx(1 / 5)  # trunk of: trunk, two heads, two feet


def test_swapped_sides_are_told_from_wrong_parts():
    chart = np.array([[7, 8, 0]], np.uint8)
    uv = np.full((2, 1, 3), 0.5)
    scores = agreement((chart, uv), (np.array([[8, 8, 1]], np.uint8), uv))
    assert scores["same_but_side"] == pytest.approx(2 / 3)
    assert scores["same_chart"] == scores["same_part"] == pytest.approx(1 / 3)
    assert scores["body_iou"] == pytest.approx(2 / 3)
    assert agreement((chart * 0, uv), (chart * 0, uv)) is None


def test_a_slow_change_along_a_track_shows_between_far_frames_more_than_between_near_ones():
    poses = []
    for n in range(8):
        chart = np.full((8, 8), 1, np.uint8)
        chart[:n] = 23
        poses.append(pose_of(np.array([0, 0, 8, 8]), chart, np.full((2, 8, 8), 0.5)))
    near, far = track_scores(poses)
    assert len(near) == 7
    assert len(far) == 4
    assert summary(near)["same_part"] == pytest.approx(1 - 1 / 8)
    assert summary(far)["same_part"] == pytest.approx(1 - 4 / 8)


def test_points_are_judged_and_the_worst_comes_first(folder):
    answers = list(judged(Teller(mirrors=False), chosen(options(folder), ("part_points",))))
    good, bad = answers
    assert 5 in LEFT_CHARTS
    assert good.colours == [RIGHT, RIGHT, WRONG_SIDE]  # the tail is not asked
    assert good.score == 1
    assert bad.score == 0
    assert set(bad.colours) == {WRONG}
    assert "wing: head" in bad.said
    assert [a is bad for a in worst_of(answers, 1)] == [True]
    assert good.caption()[0].startswith("fox · part 1.00 · facing left, true left")
    assert ", night" in bad.caption()[0]


def test_the_sheet_shows_charts_and_marks(folder):
    answers = list(judged(Teller(mirrors=False), chosen(options(folder), ("part_points",))))
    page = np.asarray(sheet(answers))
    first = page[: page.shape[0], : page.shape[1] // 2]
    assert (first == RIGHT).all(axis=-1).sum() > 20
    assert (page == WRONG).all(axis=-1).sum() > 20
    # the animal's own pixels are black; the painted part has colours
    assert np.ptp(first[150, 400].astype(int)) > 20


def test_fewer_animals_are_drawn_the_same_way_each_time(folder):
    one = chosen(options(folder, most=1))
    assert len(one) == 1
    assert one[0].picture.path == chosen(options(folder, most=1))[0].picture.path
