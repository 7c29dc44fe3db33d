"""The figures of `wildpose evaluate` are those of the contract, to 1e-6 on every key."""

from __future__ import annotations

import copy
import importlib.util
import json
import math
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from wildpose.errors import DataError
from wildpose.evaluation import score_predictions
from wildpose.evaluation.subsets import SUBSETS
from wildpose.masks import from_polygons

TOLERANCE = 1e-6


def differences(ours, theirs, where: str = "") -> list[str]:
    """Every key at which two nested reports differ."""
    if isinstance(theirs, dict):
        if not isinstance(ours, dict) or ours.keys() != theirs.keys():
            return [f"{where}: {ours} instead of {theirs}"]
        return [d for k in theirs for d in differences(ours[k], theirs[k], f"{where}/{k}")]
    if ours is None or theirs is None:
        return [] if ours is theirs else [f"{where}: {ours} instead of {theirs}"]
    near = math.isclose(ours, theirs, abs_tol=TOLERANCE, rel_tol=0)
    return [] if near else [f"{where}: {ours} instead of {theirs}"]


def test_equals_what_the_contract_printed(coco, predictions, expected):
    ours = json.loads(json.dumps(score_predictions(coco, predictions)))
    assert list(ours) == list(SUBSETS)
    assert differences(ours, expected) == []


def test_the_synthetic_set_holds_every_rule(coco, predictions, expected):
    """Or the test above would not notice a rule that is missing."""
    rows, images = coco["annotations"], coco["images"]
    for key in ("iscrowd", "uncertain", "hardly_visible", "part_points", "facing"):
        assert any(a.get(key) for a in rows), key
    assert {a.get("mask_quality") for a in rows} >= {"good", "fair", "poor"}
    assert {type(a.get("segmentation")) for a in rows} == {list, dict, type(None)}
    assert {p[2] for a in rows for p in a.get("part_points", ())} >= {"tail", "wing", "neck"}
    for key in ("ignore", "low_resolution", "camera_trap"):
        assert any(i.get(key) for i in images), key
    assert any("night" not in i for i in images)
    assert any(i.get("night", 0) is None for i in images)
    assert ["person"] in [i.get("labelled") for i in images]
    assert {i["id"] for i in images} - {a["image_id"] for a in rows}
    assert any("segmentation" not in d for d in predictions["detections"])
    sides = [expected[s]["part_points"]["given_box"]["side"] for s in SUBSETS[:-1]]
    assert any(0 < s < 1 for s in sides if s is not None)


def test_threshold_of_the_caller_goes_before_that_of_the_file(coco, predictions):
    strict = score_predictions(coco, predictions, threshold=0.8)["all"]
    usual = score_predictions(coco, predictions)["all"]
    assert (strict["threshold"], usual["threshold"]) == (0.8, 0.45)
    assert strict["recall"] < usual["recall"]
    assert strict["box"] == usual["box"]  # AP knows no threshold


def test_inputs_are_left_as_they_are(coco, predictions):
    before = copy.deepcopy((coco, predictions))
    score_predictions(coco, predictions)
    assert (coco, predictions) == before


def test_a_figure_that_cannot_be_had_is_none(coco):
    images = [{**i, "night": True} for i in coco["images"]]
    nothing = {"detections": []}
    report = score_predictions({**coco, "images": images}, nothing)
    day = report["day"]
    assert day["images"] == 0
    for key in ("box", "person_box", "mask", "precision", "recall", "ece"):
        assert day[key] is None, key
    assert day["presence"] == {"with": 0, "without": 0, "auc": None, "f1": None}
    everything = report["all"]
    assert everything["box"] == {"ap": 0.0, "ap50": 0.0, "ap75": 0.0}  # asked, and none found
    assert everything["recall"] == 0
    assert everything["precision"] is None
    assert everything["part_points"] is None
    assert everything["facing"] is None


def test_perfect_predictions_are_perfect(coco):
    by_id = {i["id"]: i for i in coco["images"]}
    detections = []
    for a in coco["annotations"]:
        x, y, w, h = a["bbox"]
        i = by_id[a["image_id"]]
        polygon = [x, y + h / 2, x + w / 2, y, x + w, y + h / 2, x + w / 2, y + h]
        rle = from_polygons([[round(v, 1) for v in polygon]], i["height"], i["width"])
        detections.append({"image_id": i["id"], "category_id": a["category_id"],
                           "bbox": a["bbox"], "score": 0.99, "segmentation": rle})
    report = score_predictions(coco, {"detections": detections})["all"]
    assert report["box"]["ap"] == pytest.approx(1)
    assert report["mask"]["ap"] == pytest.approx(1)
    assert report["precision"] == report["recall"] == 1
    assert report["presence"]["auc"] == report["presence"]["f1"] == 1


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda c, p: p.pop("detections"), "predictions have no list 'detections'"),
        (lambda c, p: c.pop("images"), "annotations have no list 'images'"),
        (lambda c, p: p["detections"][3].pop("score"), "Detection 3 of the predictions has no"),
        (lambda c, p: p["detections"][0].update(score=math.nan), "not finite"),
        (lambda c, p: c["images"].append(c["images"][0]), "more than once"),
        (lambda c, p: p["points"][0]["given_box"].append(1), "part points, the predictions give"),
    ],
)
def test_a_broken_file_is_named(coco, predictions, change, message):
    change(coco, predictions)
    with pytest.raises(DataError, match=message):
        score_predictions(coco, predictions)


# ---- against the contract itself, on the real annotations ----


@pytest.fixture(scope="module")
def contract(shared_data: Path) -> ModuleType:
    """tools/score.py beside the data folder."""
    path = shared_data.parent / "tools" / "score.py"
    if not path.is_file():
        pytest.skip("needs the evaluation contract: tools/score.py beside the data folder")
    spec = importlib.util.spec_from_file_location("contract", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def random_predictions(coco: dict, seed: int) -> dict:
    """Something near each object, something false in each picture, answers by chance."""
    rng = np.random.default_rng(seed)
    by_id = {i["id"]: i for i in coco["images"]}
    detections = []
    for a in coco["annotations"]:
        x, y, w, h = np.array(a["bbox"]) + rng.normal(0, 0.08, 4) * np.tile(a["bbox"][2:], 2)
        w, h, image = max(w, 2), max(h, 2), by_id[a["image_id"]]
        polygon = [x, y, x + w, y, x + w, y + h, x, y + h]
        rle = from_polygons([polygon], image["height"], image["width"])
        detections.append({"image_id": a["image_id"], "category_id": a["category_id"],
                           "bbox": [x, y, w, h], "score": float(rng.beta(5, 2)),
                           "segmentation": rle})
    for image in coco["images"]:
        box = rng.uniform(0.1, 0.5, 4) * np.tile([image["width"], image["height"]], 2)
        detections.append({"image_id": image["id"], "category_id": int(rng.integers(1, 3)),
                           "bbox": box.tolist(), "score": round(float(rng.beta(2, 3)), 2)})
    marked = [a for a in coco["annotations"] if a.get("part_points")]
    points = [{"annotation_id": a["id"],
               **{k: rng.integers(0, 25, len(a["part_points"])).tolist()
                  for k in ("given_box", "detected")}} for a in marked[::2]]
    facing = [{"annotation_id": a["id"], "given_box": "left"} for a in marked]
    return {"threshold": 0.4, "detections": detections, "points": points, "facing": facing}


def test_equals_the_contract_on_the_real_validation_set(shared_data, contract):
    folder = shared_data / "real" / "val"
    coco = json.loads((folder / "annotations.json").read_text())
    predictions = random_predictions(coco, seed=3)
    assert differences(score_predictions(coco, predictions),
                       contract.score(str(folder), predictions)) == []


def test_equals_the_contract_on_the_synthetic_set_at_another_threshold(
    coco, predictions, contract, tmp_path
):
    (tmp_path / "annotations.json").write_text(json.dumps(coco))
    assert differences(score_predictions(coco, predictions, 0.62),
                       contract.score(str(tmp_path), predictions, 0.62)) == []
