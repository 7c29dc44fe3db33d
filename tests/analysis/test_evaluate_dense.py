"""`wildpose evaluate` with a model that gives dense pose: answers, figures, page."""

from __future__ import annotations

import copy
import json
import sys
from pathlib import Path

import numpy as np
import pytest
from posed_predictor import PosedPredictor

from wildpose.analysis.evaluate import evaluate_model
from wildpose.evaluation import score_predictions
from wildpose.models import predictor as models

sys.path.insert(0, str(Path(__file__).parents[1] / "data"))
sys.path.insert(0, str(Path(__file__).parents[1] / "evaluation"))

from blob_pictures import BlobFolder, write_blobs
from test_scores import contract, differences

__all__ = ["contract"]


def flat(chart_a, uv_a, chart_b, uv_b) -> np.ndarray:
    """A distance that needs no table: 0 on the same chart, 20 cm elsewhere."""
    return np.where(np.asarray(chart_b) == 0, np.inf,
                    np.where(np.asarray(chart_a) == np.asarray(chart_b), 0.0, 0.2))


def mark(coco: dict) -> None:
    """Give the blobs part points, a direction and, every other one, dense points."""
    rng = np.random.default_rng(2)
    for number, a in enumerate(coco["annotations"]):
        x, y, w, h = a["bbox"]
        a["part_points"] = [
            [float(x + w * rng.random()), float(y + h * rng.random()), part, side]
            for part, side in (("head", "L"), ("foot", "R"), ("torso_back", "-"), ("tail", "-"))]
        a["facing"] = ("left", "right", "toward", "away")[number % 4]
        if number % 2 == 0:
            a |= {"dp_x": [30.0, 99.5, 200.0], "dp_y": [50.0, 128.0, 220.0], "dp_I": [1, 9, 23],
                  "dp_U": [0.1, 0.5, 0.9], "dp_V": [0.2, 0.5, 0.8]}


@pytest.fixture
def posed(tmp_path, monkeypatch):
    """The folder, its COCO object; `load_predictor` gives stripes."""
    coco = write_blobs(tmp_path / "garden", BlobFolder(pictures=8))
    mark(coco)
    (tmp_path / "garden" / "annotations.json").write_text(json.dumps(coco))
    monkeypatch.setattr(models, "load_predictor", lambda *a, **k: PosedPredictor(coco))
    monkeypatch.setattr("wildpose.evaluation.dense_scores.reference_distance", lambda: flat)
    monkeypatch.setattr("wildpose.analysis.dense_page.reference_distance", lambda: flat)
    return tmp_path / "garden", coco


def test_saved_answers_give_the_same_figures_here_and_by_the_contract(posed, contract, tmp_path):
    folder, coco = posed
    found = evaluate_model("striped", folder, save_predictions=tmp_path / "said.json")
    said = json.loads((tmp_path / "said.json").read_text())
    assert score_predictions(coco, said) == found["subsets"]
    whole = found["subsets"]["all"]
    assert whole["part_points"]["n"] == 3 * len(coco["annotations"])  # tails are not asked
    assert 0 < whole["part_points"]["given_box"]["coarse"] < 1
    assert whole["facing"]["n"] == len(coco["annotations"])
    assert whole["dense_pose"]["auc_30"] is not None
    ours = copy.deepcopy(found["subsets"])
    for subset in ours.values():
        if "dense_pose" in subset:
            subset["dense_pose"] = None  # the contract has no truth for it
    assert differences(ours, contract.score(str(folder), said)) == []


def test_only_what_is_needed_is_kept(posed, tmp_path):
    folder, coco = posed
    evaluate_model("striped", folder, save_predictions=tmp_path / "said.json")
    said = json.loads((tmp_path / "said.json").read_text())
    dense = {a["image_id"] for a in coco["annotations"] if "dp_x" in a}
    assert {d["image_id"] for d in said["detections"] if "dense_pose" in d} == dense
    assert len(said["dense_points"]) == sum("dp_x" in a for a in coco["annotations"])


def test_detected_is_the_dense_pose_of_the_matched_detection(posed, tmp_path):
    folder, _ = posed
    evaluate_model("striped", folder, save_predictions=tmp_path / "said.json")
    said = json.loads((tmp_path / "said.json").read_text())
    missed = [row for row in said["points"] if not any(row["detected"])]
    found = [row for row in said["points"] if any(row["detected"])]
    assert missed  # below the threshold
    assert found


def test_the_page_shows_tables_curves_and_bodies(posed, tmp_path):
    folder, _ = posed
    evaluate_model("striped", folder, report=tmp_path / "report")
    html = (tmp_path / "report" / "index.html").read_text("utf-8")
    for heading in ("Body parts and direction", "Dense pose", "Doubt of dense pose", "Curves",
                    "Worst bodies", "What the colours on the bodies mean"):
        assert f"<h2>{heading}</h2>" in html
    assert html.count("data:image/png") >= 4
    assert "parts right" in html


