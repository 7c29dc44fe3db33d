"""`wildpose train` refuses what can't be trained, in one line; a dry run says all of it at once."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
import yaml

from wildpose.cli import main

sys.path.insert(0, str(Path(__file__).parents[1] / "data"))


@pytest.mark.parametrize(
    ("recipe", "said"),
    [
        (None, "there is no such recipe"),
        ("steps: [", "not YAML"),
        ("name: a\nsources: []\nschedule: {steps: 10, batsh: 2}", "schedule.batsh"),
        ("name: a\nsources: []\nschedule: {steps: -1}", "schedule.steps"),
    ],
)
@pytest.mark.parametrize("words", [["--out", "model"], ["--dry-run"]], ids=" ".join)
def test_a_recipe_that_can_not_be_used_names_what_is_wrong(
    tmp_path, monkeypatch, capfd, recipe, said, words
):
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "recipe.yaml"
    if recipe is not None:
        path.write_text(recipe, encoding="utf-8")
    assert main(["train", str(path), *words]) == 2
    error = capfd.readouterr().err
    assert error.startswith(f"error: {path}: ")
    assert said in error
    assert len(error.splitlines()) == 1


@pytest.fixture
def recipe(tmp_path) -> Path:
    from blob_pictures import write_blobs

    write_blobs(tmp_path / "blobs")
    content = {
        "name": "tiny", "sources": [{"name": "blobs", "folder": "./blobs", "share": 1}],
        "hold_out": {"share": 0.25},
        "schedule": {"steps": 1000, "batch": 2, "canvases": [[64, 96], [96, 64]]},
    }
    path = tmp_path / "recipe.yaml"
    path.write_text(yaml.safe_dump(content), "utf-8")
    return path


def test_a_training_without_a_folder_to_write_to_is_refused(recipe, capfd):
    assert main(["train", str(recipe)]) == 2
    assert capfd.readouterr().err == (
        "error: --out is missing. Say which folder the model goes to.\n"
    )


def test_a_dry_run_says_what_would_be_done(recipe, capfd):
    before = sorted(recipe.parent.rglob("*"))
    assert main(["train", str(recipe), "--dry-run"]) == 0
    said, errors = capfd.readouterr()
    assert errors == ""
    assert "1,000 steps of 2 pictures, 64x96, 96x64 pixels" in said
    assert "a fresh network" in said
    (row,) = (line.split() for line in said.splitlines() if line.startswith("blobs"))
    assert row[-1] == "2,000"
    assert "on this machine" in said
    assert said.endswith("Nothing was written.\n")
    assert sorted(recipe.parent.rglob("*")) == before


def test_a_dry_run_for_programs_is_one_object(recipe, capfd):
    assert main(["train", str(recipe), "--dry-run", "--json"]) == 0
    found = json.loads(capfd.readouterr().out)
    assert (found["steps"], found["problems"]) == (1000, [])
    assert found["cost"]["seconds"] > 0


@pytest.mark.parametrize("words", [[], ["--json"], ["--quiet"]], ids=str)
def test_a_dry_run_has_a_line_for_each_thing_that_is_missing(recipe, capfd, words):
    content = yaml.safe_load(recipe.read_text("utf-8"))
    content["model"] = {"trunk": "./no.safetensors"}
    content["sources"].append({"name": "lost", "folder": "./lost", "share": 1})
    recipe.write_text(yaml.safe_dump(content), "utf-8")
    assert main(["train", str(recipe), "--dry-run", *words]) == 2
    said, errors = capfd.readouterr()
    trunk, source = errors.splitlines()
    assert trunk.startswith("error: ")
    assert "no.safetensors" in trunk
    assert source.startswith("error: Source lost: ")
    if words == ["--json"]:
        assert [f"error: {p}" for p in json.loads(said)["problems"]] == [trunk, source]
    else:
        assert said == ""
