"""The dense-pose head learns on kept regions; all else stays as it is."""

from __future__ import annotations

import csv
import json
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
import yaml
from blob_pictures import BlobFolder, write_blobs
from safetensors.torch import load_file, save_file

from wildpose.errors import UsageError
from wildpose.models.detector import Architecture, Detector
from wildpose.models.folder import ModelDescription, write_description
from wildpose.models.predictor import load_predictor
from wildpose.training.run import train


@pytest.fixture(scope="module")
def recipe(tmp_path_factory) -> Path:
    """Three steps on kept regions of a fresh network and of pictures of blobs with masks."""
    folder = tmp_path_factory.mktemp("dense")
    write_blobs(folder / "blobs", BlobFolder(8))
    torch.manual_seed(0)
    start = folder / "start"
    start.mkdir()
    architecture = Architecture()
    save_file(Detector(architecture).state_dict(), start / "weights.safetensors")
    write_description(start, ModelDescription("start", "", "none", architecture.as_json()))
    content = {
        "name": "dense", "seed": 3,
        "model": {"start_from": "./start", "auto_calibration": True, "dense_pose": True},
        "sources": [
            {"name": "blobs", "folder": "./blobs", "regions": 4, "dense_share": 1.0},
            {"name": "blobs twice", "folder": "./blobs", "regions": 4, "dense_share": 1.0,
             "twins": True},
        ],
        "hold_out": {"share": 0.0},
        "schedule": {"steps": 0, "canvases": [[64, 96]]},
        "dense_schedule": {"steps": 3, "batch": 2, "warm_up": 1, "twin_weight": 0.5,
                           "checkpoint_every": 2},
    }
    path = folder / "recipe.yaml"
    path.write_text(yaml.safe_dump(content), "utf-8")
    return path


@pytest.fixture(scope="module")
def trained(recipe, tmp_path_factory) -> Path:
    out = tmp_path_factory.mktemp("out") / "whole"
    train(recipe, out)
    return out


def test_only_the_dense_pose_head_learns(recipe, trained):
    before = load_file(recipe.parent / "start" / "weights.safetensors")
    after = load_file(trained / "weights.safetensors")
    assert all(torch.equal(value, after[name]) for name, value in before.items())
    assert any(name.startswith("dense_head.") for name in after)


def test_its_losses_are_written_step_by_step(trained):
    with (trained / "dense_curves.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [r["step"] for r in rows] == ["1", "2", "3"]
    assert {"dense_mask", "chart", "uv", "twins"} <= set(rows[0])
    assert float(rows[0]["dense_mask"]) > 0
    assert any(float(r["twins"]) > 0 for r in rows)
    assert (trained / "dense_curves.png").stat().st_size > 1000


def test_what_comes_out_says_dense_pose_of_given_boxes(trained):
    predictor = load_predictor(trained)
    assert predictor.has_dense_pose
    image = np.random.default_rng(0).integers(0, 256, (64, 96, 3), "uint8")
    poses = predictor.dense_pose(image, np.array([[10, 10, 60, 50], [0, 0, 20, 20]]))
    assert [p.chart.shape for p in poses] == [(56, 56)] * 2
    assert not load_predictor(trained, dense_pose=False).has_dense_pose


TRAIN_AND_KILL = """
import os, signal, sys
from pathlib import Path
from wildpose.training.run import train

def on_step(report, steps):
    if report.step == 3:
        os.kill(os.getpid(), signal.SIGKILL)

train(Path(sys.argv[1]), Path(sys.argv[2]), on_step=on_step)
"""


def test_a_run_that_was_killed_ends_with_the_same_weights(recipe, trained, tmp_path):
    out = tmp_path / "killed"
    words = [sys.executable, "-c", TRAIN_AND_KILL, str(recipe), str(out)]
    ended = subprocess.run(words, cwd=Path(__file__).parents[2], check=False)  # ours
    assert ended.returncode == -signal.SIGKILL
    assert not (out / "weights.safetensors").exists()
    stamp = (out / "regions" / "blobs-0-of-1" / "about.json").stat().st_mtime_ns
    train(recipe, out)
    assert (out / "regions" / "blobs-0-of-1" / "about.json").stat().st_mtime_ns == stamp
    one, other = (load_file(f / "weights.safetensors") for f in (trained, out))
    assert all(torch.equal(one[name], other[name]) for name in one)


def test_a_source_without_masks_or_points_is_named(recipe, tmp_path):
    content = yaml.safe_load(recipe.read_text("utf-8"))
    coco = write_blobs(tmp_path / "blobs", BlobFolder(4))
    for annotation in coco["annotations"]:
        annotation["mask_source"] = None
    (tmp_path / "blobs" / "annotations.json").write_text(json.dumps(coco), "utf-8")
    shutil.copytree(recipe.parent / "start", tmp_path / "start")
    content["sources"] = content["sources"][:1]
    path = tmp_path / "recipe.yaml"
    path.write_text(yaml.safe_dump(content), "utf-8")
    with pytest.raises(UsageError, match="Source blobs: no animal with a mask or points"):
        train(path, tmp_path / "out")
