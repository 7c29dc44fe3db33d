"""What keeps a student from forgetting: found, or rendered, and partly kept out to judge by."""

from __future__ import annotations

import json

import pytest
from PIL import Image

from wildpose.adaptation import source as source_module
from wildpose.adaptation.source import find_source, render_source
from wildpose.data.annotations import read_labelled
from wildpose.data.split import split_by_place
from wildpose.errors import DataError


def test_a_folder_of_ones_own_keeps_animals_out_however_few_its_places(deer_source, tmp_path):
    found = find_source(deer_source, tmp_path)
    assert found.kind == "folder"
    split = split_by_place(read_labelled(deer_source), found.hold_out["share"])
    assert split.train
    assert any(len(i.box_xyxy) for i in split.held_out)


def test_the_own_folder_teaches_dense_pose_where_it_knows_bodies(deer_source, tmp_path):
    own, rendered = find_source(deer_source, tmp_path).parts
    assert own["dense_share"] > 0
    assert rendered["share"] == 0
    content = json.loads((deer_source / "annotations.json").read_text("utf-8"))
    for label in content["annotations"]:
        del label["segmentation"], label["mask_source"]
    (tmp_path / "images").symlink_to(deer_source / "images")
    (tmp_path / "annotations.json").write_text(json.dumps(content), "utf-8")
    boxes, rendered = find_source(tmp_path, tmp_path).parts
    assert "dense_share" not in boxes
    assert rendered["dense_share"] > 0


def test_one_place_can_not_be_judged_by(tmp_path):
    (tmp_path / "images").mkdir()
    Image.new("RGB", (64, 48)).save(tmp_path / "images" / "a.png")
    image = {"id": 1, "file_name": "a.png", "width": 64, "height": 48, "site": "only"}
    box = {"id": 1, "image_id": 1, "category_id": 1, "bbox": [1, 1, 20, 20]}
    (tmp_path / "annotations.json").write_text(json.dumps({"images": [image],
                                                           "annotations": [box]}), "utf-8")
    with pytest.raises(DataError, match="no part of these 1 pictures can be kept out"):
        find_source(tmp_path, tmp_path)
    assert find_source(tmp_path, tmp_path, judged_elsewhere=True).hold_out == {"share": 0.0}


def test_a_folder_without_annotations_is_named(tmp_path):
    with pytest.raises(DataError, match=r"no annotations\.json"):
        find_source(tmp_path / "none", tmp_path)


def test_without_any_labelled_pictures_animals_are_rendered(tmp_path, monkeypatch):
    monkeypatch.setenv("WILDPOSE_DATA", str(tmp_path / "nothing"))
    monkeypatch.setattr(source_module, "RENDERED_STILLS", 1)
    monkeypatch.setattr(source_module, "RENDERED_HELD_OUT", 1)
    found = find_source(None, tmp_path / "work")
    assert found.kind == "rendered"
    render_source(tmp_path / "work", found.rendered, seed=0)
    assert len(read_labelled(found.validation)) == 1
    learnt = tmp_path / "work" / "source" / "stills"
    assert [p["folder"] for p in found.parts] == [str(learnt)]
    stamp = (learnt / "annotations.json").stat().st_mtime_ns
    assert len(read_labelled(learnt)) == 1
    render_source(tmp_path / "work", found.rendered, seed=0)
    assert (learnt / "annotations.json").stat().st_mtime_ns == stamp
