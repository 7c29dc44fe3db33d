"""A teacher fills in dense pose on bodies cut out of their background."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import yaml
from PIL import Image

from wildpose import masks
from wildpose.cli import main
from wildpose.data.body_points import points_of_annotation
from wildpose.errors import UsageError
from wildpose.formats.densepose import read_points
from wildpose.training.inpainting import inpaint, painted
from wildpose.training.recipe import read_recipe
from wildpose.training.sources import gather
from wildpose.types import DensePose
from wildpose.video import open_clip


@pytest.fixture(scope="module")
def recipe(sample_clips, tmp_path_factory) -> Path:
    """The deer of a sample clip with its true mask, under a category of DensePose-COCO's file."""
    folder = tmp_path_factory.mktemp("inpainting")
    truth = json.loads((sample_clips.parent / "truth.json").read_text("utf-8"))
    clip = "ridge_trail/05180016.MP4"
    wanted = next(i for i in truth["images"] if i["clip"] == clip and i["frame_index"] == 45)
    with open_clip(sample_clips / clip, None) as frames:
        pixels = next(f for f in frames if f.frame_index == 45).image
    (folder / "pictures").mkdir()
    Image.fromarray(pixels).save(folder / "pictures" / "deer.png")
    body = next(a for a in truth["annotations"] if a["image_id"] == wanted["id"])
    body |= {"image_id": 7, "category_id": 17, "iscrowd": 0}
    for key in ("mask_source", "dp_x", "dp_y", "dp_I", "dp_U", "dp_V", "dp_masks"):
        body.pop(key, None)
    hidden = {**body, "id": 99, "iscrowd": 1}
    content = {"images": [{"id": 7, "file_name": "deer.png", "width": pixels.shape[1],
                           "height": pixels.shape[0]}],
               "annotations": [body, hidden], "categories": [{"id": 17, "name": "deer"}]}
    (folder / "published.json").write_text(json.dumps(content), "utf-8")
    source = {"name": "wild deer", "folder": "./published.json", "pictures": "./pictures",
              "bodies_alone": True, "regions": 2, "dense_share": 1.0,
              "labels": {"animal": ["deer"], "masks": "annotated"}}
    plain = {**source, "name": "as it is", "bodies_alone": False}
    path = folder / "recipe.yaml"
    path.write_text(yaml.safe_dump({
        "name": "teacher", "model": {"start_from": "animal-small", "auto_calibration": True,
                                     "dense_pose": True},
        "sources": [source, plain], "hold_out": {"share": 0.0},
        "schedule": {"steps": 0}, "dense_schedule": {"steps": 1},
    }), "utf-8")
    return path


def test_points_are_filled_in_where_there_is_a_mask(recipe, tmp_path, capfd):
    assert main(["inpaint", "animal-small", str(recipe), "--out", str(tmp_path), "--json"]) == 0
    said = json.loads(capfd.readouterr().out)
    assert said["sources"] == {"wild deer": {"pictures": 1, "bodies": 1, "filled": 1}}
    assert [p.name for p in tmp_path.iterdir()] == ["wild-deer.json"]
    body, hidden = json.loads((tmp_path / "wild-deer.json").read_text("utf-8"))["annotations"]
    assert body["dp_source"] == "inpainted"
    assert "dp_x" not in hidden
    points = read_points(body)
    inside = masks.decode(body["segmentation"])[tuple(points.xy[:, ::-1].astype(int).T)]
    assert len(points.chart) > 30
    assert inside.all()
    before = json.loads((recipe.parent / "published.json").read_text("utf-8"))["annotations"][0]
    assert {k: v for k, v in body.items() if not k.startswith("dp_")} == before
    assert len(points_of_annotation(body)) == len(points.chart)


def test_a_file_that_is_there_is_kept(recipe, tmp_path):
    (tmp_path / "wild-deer.json").write_text("mine", "utf-8")
    with pytest.raises(UsageError, match=r"wild-deer\.json is there already"):
        inpaint("animal-small", recipe, tmp_path)
    assert (tmp_path / "wild-deer.json").read_text("utf-8") == "mine"


def test_a_recipe_without_bodies_alone_is_refused(recipe, tmp_path):
    content = yaml.safe_load(recipe.read_text("utf-8"))
    content["sources"] = content["sources"][1:]
    other = tmp_path / "other.yaml"
    other.write_text(yaml.safe_dump(content), "utf-8")
    with pytest.raises(UsageError, match="no source has `bodies_alone: true`"):
        inpaint("animal-small", other, tmp_path / "out")


def test_only_such_a_source_shows_bodies_alone(recipe):
    sources = gather(read_recipe(recipe), recipe.parent).sources
    assert [s.bodies_alone for s in sources] == [True, False]


def test_painting_keeps_to_the_body_and_the_region():
    chart = np.array([[1, 2], [0, 4]], np.uint8)
    uv = np.full((2, 2, 2), 0.25, np.float16)
    even = np.ones((2, 2), np.float16)
    pose = DensePose(np.array([2, 0, 6, 4], np.float32), chart, uv, even, even, "dense_head")
    body = np.ones((4, 8), bool)
    body[0] = False
    found, places = painted(pose, body)
    assert found.tolist() == [[0] * 8, [0, 0, 1, 1, 2, 2, 0, 0], [0, 0, 0, 0, 4, 4, 0, 0],
                              [0, 0, 0, 0, 4, 4, 0, 0]]
    assert (places[1, 2:6] == 0.25).all()
