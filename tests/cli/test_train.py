"""`wildpose train` refuses what can't be trained, in one line."""

from __future__ import annotations

import pytest

from wildpose.cli import main


@pytest.mark.parametrize(
    ("recipe", "said"),
    [
        (None, "there is no such recipe"),
        ("steps: [", "not YAML"),
        ("name: a\nsources: []\nschedule: {steps: 10, batsh: 2}", "schedule.batsh"),
        ("name: a\nsources: []\nschedule: {steps: -1}", "schedule.steps"),
    ],
)
def test_a_recipe_that_can_not_be_used_names_what_is_wrong(tmp_path, capfd, recipe, said):
    path = tmp_path / "recipe.yaml"
    if recipe is not None:
        path.write_text(recipe, encoding="utf-8")
    assert main(["train", str(path), "--out", str(tmp_path / "model")]) == 2
    error = capfd.readouterr().err
    assert error.startswith(f"error: {path}: ")
    assert said in error
    assert len(error.splitlines()) == 1
