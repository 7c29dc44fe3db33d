from __future__ import annotations

from pathlib import Path

import pytest

from wildpose.errors import UsageError
from wildpose.training.recipe import data_root, read_recipe, resolve

RECIPES = sorted((Path(__file__).parents[2] / "recipes").glob("*.yaml"))


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.name)
def test_the_recipes_of_the_repository_are_valid(path):
    recipe = read_recipe(path)
    assert recipe.name == path.stem
    assert recipe.sources


def test_what_is_not_said_has_a_default(write_recipe):
    recipe = read_recipe(write_recipe({"hold_out": ..., "schedule": {"steps": 5}}))
    assert recipe.schedule.batch == 8
    assert recipe.schedule.canvases == [(384, 640)]
    assert recipe.hold_out.share == 0.1
    assert recipe.model.backbone == "shufflenet_v2_x1_5"
    assert recipe.sources[0].paste_chance == 0


@pytest.mark.parametrize(("field", "value"), [
    ("schedule.steps", 0),
    ("schedule.steps", "many"),
    ("schedule.batch", -1),
    ("schedule.stepps", 5),
    ("schedule.canvases", []),
    ("schedule.canvases", [[100, 96]]),
    ("schedule.canvases", [[64, 32]]),
    ("schedule.canvases", [[64]]),
    ("schedule.rate.trunk", -1e-3),
    ("schedule.weight_decay", -0.1),
    ("schedule.clip_gradient", 0),
    ("schedule.average_decay", 1.0),
    ("schedule.checkpoint_every", 0),
    ("hold_out.share", 1.0),
    ("hold_out.species", "deer"),
    ("model.backbone", "resnet50"),
    ("sources", []),
    ("sources", ...),
    ("name", ...),
    ("schedule", ...),
    ("seed", "today"),
])
def test_a_wrong_field_is_named(write_recipe, field, value):
    with pytest.raises(UsageError) as caught:
        read_recipe(write_recipe({field: value}))
    assert f"{field}" in caught.value.message
    assert caught.value.message.startswith(str(write_recipe()))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(("field", "value"), [
    ("share", -1), ("regions", 0.5), ("paste_chance", 1.5), ("fodler", "x"), ("where", ["night"]),
])
def test_a_wrong_field_of_a_source_is_named_with_its_number(write_recipe, field, value):
    source = {"name": "blobs", "folder": "./blobs", "share": 1, field: value}
    good = {"name": "blobs", "folder": "./blobs", "share": 1}
    with pytest.raises(UsageError, match=rf"sources\.1\.{field}"):
        read_recipe(write_recipe({"sources": [good, source]}))


@pytest.mark.parametrize(("changes", "said"), [
    ({"schedule.steps": 0}, "nothing to do"),
    ({"sources": [{"name": "blobs", "folder": "./blobs"}]}, "no source has a `share`"),
    ({"dense_schedule": {"steps": 1}}, "dense_pose: true"),
    ({"dense_schedule": {"steps": 1}, "model.dense_pose": True}, "`regions` and `dense_share`"),
])
def test_a_recipe_that_can_teach_nothing_says_what_is_missing(write_recipe, changes, said):
    with pytest.raises(UsageError, match=said):
        read_recipe(write_recipe(changes))


def test_all_wrong_fields_are_named_at_once(write_recipe):
    with pytest.raises(UsageError) as caught:
        read_recipe(write_recipe({"schedule.steps": -1, "model.backbone": "x"}))
    assert "schedule.steps" in caught.value.message
    assert "model.backbone" in caught.value.message


@pytest.mark.parametrize(("content", "said"), [
    (b"", "recipe: "), (b"- a\n- b\n", "recipe: "), (b"name: [", "not YAML"),
    (b"name: \xff\xfe", "not YAML"), (b"\tname: a", "not YAML"),
    (b"name: !!python/object/apply:os.getcwd []", "not YAML"),
])
def test_what_is_no_recipe_is_one_line(tmp_path, content, said):
    path = tmp_path / "recipe.yaml"
    path.write_bytes(content)
    with pytest.raises(UsageError, match=said) as caught:
        read_recipe(path)
    assert str(path) in caught.value.message
    assert "\n" not in str(caught.value)


def test_a_missing_recipe_is_named(tmp_path):
    with pytest.raises(UsageError, match=r"none\.yaml: can't be read \(No such file"):
        read_recipe(tmp_path / "none.yaml")


def test_paths_are_those_of_the_data_or_of_the_recipe(monkeypatch, tmp_path):
    monkeypatch.setenv("WILDPOSE_DATA", str(tmp_path / "data"))
    assert resolve("real/train", tmp_path / "r") == tmp_path / "data" / "real" / "train"
    assert resolve("./mine", tmp_path / "r") == tmp_path / "r" / "mine"
    assert resolve(str(tmp_path / "abs"), tmp_path / "r") == tmp_path / "abs"
    monkeypatch.delenv("WILDPOSE_DATA")
    assert data_root().parts[-2:] == ("shared", "data")
