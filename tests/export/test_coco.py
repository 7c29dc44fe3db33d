"""The COCO file of a run, read and scored by pycocotools."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval
from run_writer import HEIGHT, LOOKED_AT, WIDTH, Box, write_run

from wildpose.export import ExportOptions, export_run
from wildpose.formats.densepose import read_part_map, read_points


@pytest.fixture(scope="module")
def path(run, tmp_path_factory) -> Path:
    return export_run(run, "coco", tmp_path_factory.mktemp("coco") / "out.json").out


@pytest.fixture
def coco(path) -> COCO:
    return COCO(str(path))


@pytest.fixture
def content(path) -> dict:
    return json.loads(path.read_text())


def of_clip(coco: COCO, name: str) -> list[dict]:
    (video,) = (v for v in coco.dataset["videos"] if v["name"] == name)
    return [image for image in coco.dataset["images"] if image["video_id"] == video["id"]]


def scored(coco: COCO, results: list[dict], kind: str) -> float:
    said = COCOeval(coco, coco.loadRes(results), kind)
    said.evaluate()
    said.accumulate()
    said.summarize()
    return said.stats[0]


@pytest.mark.parametrize("kind", ["bbox", "segm"])
def test_pycocotools_scores_it_against_itself_with_1(path, coco, kind):
    keys = {"image_id", "category_id", "bbox", "score", *(["segmentation"] if kind == "segm" else
                                                          [])}
    chosen = [a for a in coco.dataset["annotations"] if keys <= a.keys()]
    truth = COCO()
    truth.dataset = {**coco.dataset, "annotations": chosen}
    truth.createIndex()
    results = [{key: a[key] for key in keys} for a in chosen]
    assert scored(truth, results, kind) == pytest.approx(1)
    shifted = [{**a, "bbox": [a["bbox"][0] + 200, *a["bbox"][1:]]} for a in results]
    if kind == "bbox":
        assert scored(truth, shifted, kind) < 0.1


def test_masks_are_decoded_upright_and_compressed_counts_are_text(coco):
    (first, *_) = coco.dataset["annotations"]
    assert isinstance(first["segmentation"]["counts"], str)
    mask = coco.annToMask(first)
    assert mask.shape == (HEIGHT, WIDTH)
    assert (mask.astype(bool) == Box(3, 1, (10, 20, 58, 56)).outline()).all()
    assert first["area"] == mask.sum() == 48 * 36 - 1


def test_a_box_without_a_mask_gets_none_made_up(coco):
    bare = [a for a in coco.dataset["annotations"] if "segmentation" not in a]
    assert len(bare) == 4
    assert bare[0]["area"] == pytest.approx(bare[0]["bbox"][2] * bare[0]["bbox"][3])


def test_boxes_are_corner_and_size_inside_the_picture(coco):
    boxes = [a["bbox"] for a in coco.loadAnns(coco.getAnnIds())]
    assert boxes[0] == [10, 20, 48, 36]
    assert boxes[2] == [100, 30, 60, 60]
    assert all(x + w <= WIDTH and y + h <= HEIGHT for x, y, w, h in boxes)


def test_ids_are_numbers_from_1_and_each_once(content):
    for part in ("videos", "images", "tracks", "annotations"):
        assert [entry["id"] for entry in content[part]] == list(range(1, len(content[part]) + 1))


def test_every_frame_that_was_looked_at_is_an_image_of_its_video(coco):
    images = of_clip(coco, "dep 1/fox.MP4")
    assert [image["frame_index"] for image in images] == LOOKED_AT
    assert [image["frame_id"] for image in images] == list(range(len(LOOKED_AT)))
    assert images[2]["file_name"] == "dep 1/fox.MP4/frame000006.jpg"
    assert images[2]["time_s"] == pytest.approx(0.4)
    assert len(coco.getAnnIds(imgIds=[images[2]["id"]])) == 2


def test_empty_clips_are_there_and_failed_ones_are_not(coco, content):
    nothing = of_clip(coco, "dep2/nothing.avi")
    assert len(nothing) == len(LOOKED_AT)
    assert coco.getAnnIds(imgIds=[image["id"] for image in nothing]) == []
    assert "dep2/broken.mp4" not in {video["name"] for video in content["videos"]}
    assert content["info"]["wildpose"]["failed"] == {"dep2/broken.mp4": 'no "video", nothing'}


def test_a_clip_read_in_part_says_so(content):
    said = {video["name"]: (video["complete"], video["read_in_part"])
            for video in content["videos"]}
    assert said["dep2/cut.avi"] == (False, "the file is cut short")
    assert said["dep2/nothing.avi"] == (True, None)


def test_people_are_a_category_of_their_own(coco):
    assert [c["name"] for c in coco.loadCats(coco.getCatIds())] == ["animal", "person"]
    assert len(coco.getAnnIds(catIds=[2])) == 2


def test_a_track_is_one_number_in_the_whole_file(content):
    tracks = {track["id"]: track for track in content["tracks"]}
    assert len(tracks) == 4
    for annotation in content["annotations"]:
        if "track_id" in annotation:
            track = tracks[annotation["track_id"]]
            assert track["video_id"] == annotation["video_id"]
            assert track["category_id"] == annotation["category_id"]
            assert track["clip_track_id"] == annotation["clip_track_id"]
    assert sum("track_id" not in a for a in content["annotations"]) == 1


def test_dense_pose_is_written_where_it_is_asked_for(run, content, tmp_path):
    assert not any("dp_x" in a for a in content["annotations"])
    export_run(run, "coco", tmp_path / "dense.json", ExportOptions(dense_pose=True))
    annotations = COCO(str(tmp_path / "dense.json")).dataset["annotations"]
    assert [a["id"] for a in annotations if "dp_x" in a] == [1, 5]
    for a in (annotations[0], annotations[4]):
        points = read_points(a)
        x, y, w, h = a["bbox"]
        away = np.hypot((points.xy[:, 0] - x) / w - 0.5, (points.xy[:, 1] - y) / h - 0.5)
        assert away.max() < 0.41
        assert set(np.unique(points.chart)) == {1, 2, 23, 24}
        assert set(np.unique(read_part_map(a))) == {0, 1, 14}
        assert len(a["dp_masks"]) == 14


def test_a_run_without_dense_pose_says_so(tmp_path):
    write_run(tmp_path / "run", {"a.mp4": []})
    summary = export_run(tmp_path / "run", "coco", tmp_path, ExportOptions(dense_pose=True))
    assert summary.notes == ("This run holds no dense pose.",)
    assert COCO(str(tmp_path / "coco.json")).getAnnIds() == []
