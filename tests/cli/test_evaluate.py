"""`wildpose evaluate` on a folder of two pictures, made here from a sample clip."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PIL import Image

from wildpose.cli import main
from wildpose.video import open_clip


@pytest.fixture(scope="module")
def labelled(sample_clips, tmp_path_factory) -> Path:
    """One frame with the deer of the sample clip in its true box, one of the empty place."""
    folder = tmp_path_factory.mktemp("labelled")
    (folder / "images").mkdir()
    truth = json.loads((sample_clips.parent / "truth.json").read_text(encoding="utf-8"))
    clip, empty = "ridge_trail/05180016.MP4", "ridge_trail/05180017.MP4"
    wanted = next(i for i in truth["images"] if i["clip"] == clip and i["frame_index"] == 45)
    images, annotations = [], []
    for number, name in enumerate((clip, empty), 1):
        with open_clip(sample_clips / name, None) as frames:
            frame = next(f for f in frames if f.frame_index == 45)
        Image.fromarray(frame.image).save(folder / "images" / f"{number}.png")
        height, width = frame.image.shape[:2]
        images.append({"id": number, "file_name": f"{number}.png", "height": height,
                       "width": width, "camera_trap": True, "night": False})
    for a in truth["annotations"]:
        if a["image_id"] == wanted["id"]:
            kept = {k: a[k] for k in ("id", "category_id", "bbox", "area", "segmentation")}
            annotations.append({**kept, "image_id": 1, "iscrowd": 0, "mask_source": "drawn"})
    content = {"images": images, "annotations": annotations,
               "categories": [{"id": 1, "name": "animal"}, {"id": 2, "name": "person"}]}
    (folder / "annotations.json").write_text(json.dumps(content), encoding="utf-8")
    return folder


def test_json_and_files(labelled, tmp_path, capfd):
    saved, report = tmp_path / "said.json", tmp_path / "report"
    words = ["evaluate", "animal-small", str(labelled), "--save-predictions", str(saved),
             "--report", str(report), "--json"]
    assert main(words) == 0
    found = json.loads(capfd.readouterr().out)
    assert set(found) == {"model", "data", "subsets"}
    assert found["subsets"]["all"]["images"] == 2
    assert found["subsets"]["night"]["box"] is None
    assert {"threshold", "detections"} <= json.loads(saved.read_text(encoding="utf-8")).keys()
    assert (report / "index.html").is_file()


def test_fast_looks_once_and_finds_the_deer_all_the_same(labelled, tmp_path, capfd):
    surest = {}
    for words in ([], ["--fast"]):
        saved = tmp_path / "said.json"
        assert main(["evaluate", "animal-small", str(labelled), "--save-predictions", str(saved),
                     "--quiet", *words]) == 0
        rows = json.loads(saved.read_text(encoding="utf-8"))["detections"]
        surest[" ".join(words)] = max(r["score"] for r in rows if r["image_id"] == 1)
    assert surest["--fast"] > 0.5
    assert surest[""] != surest["--fast"]


def test_text_for_people(labelled, capfd):
    assert main(["evaluate", "animal-small", str(labelled)]) == 0
    shown = capfd.readouterr()
    assert shown.out.startswith("animal-small on ")
    assert "presence" in shown.out
    assert "2/2 pictures" in shown.err


def test_no_such_folder_is_one_clear_line(capfd):
    assert main(["evaluate", "animal-small", "no/such/folder"]) == 2
    assert capfd.readouterr().err.startswith("error: no/such/folder: there is no such folder.")


def test_no_such_model_is_one_clear_line(labelled, capfd):
    assert main(["evaluate", "no-such-model", str(labelled)]) == 2
    assert "no-such-model" in capfd.readouterr().err
