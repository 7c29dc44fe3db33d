"""Which model a run was made with: a run goes on with the very same one only."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from wildpose.analysis.predictors import ModelFolderFactory
from wildpose.analysis.settings import AnalyzeSettings
from wildpose.models.folder import find_model


@pytest.fixture
def described(tmp_path):
    """Write the shipped model's description with something changed; weights are not looked at."""
    content = json.loads((find_model("animal-small") / "model.json").read_text("utf-8"))

    def write(name: str, **changes) -> ModelFolderFactory:
        (tmp_path / name).mkdir()
        (tmp_path / name / "model.json").write_text(json.dumps(content | changes), "utf-8")
        return ModelFolderFactory(str(tmp_path / name))

    return write


def fingerprint(factory: ModelFolderFactory) -> dict:
    """Of a run whose user gave the threshold: that of the model does not tell them apart."""
    settings = AnalyzeSettings(Path("clips"), Path("run"), score_threshold=0.4)
    return settings.fingerprint(factory.describe())


@pytest.mark.parametrize("changes", [
    {"architecture": {"second_look": False}},
    {"calibration": {"animal": {"slope": 2.0, "offset": 0.0}}},
    {"canvases": [[384, 640]]},
])
def test_the_same_weights_that_answer_otherwise_are_another_model(described, changes):
    before, after = fingerprint(described("before")), fingerprint(described("after", **changes))
    assert before["model digest"] == after["model digest"]
    assert before != after


def test_what_changes_no_answer_is_the_same_model(described):
    assert fingerprint(described("before")) == fingerprint(
        described("after", description="said in other words", lineage={}))
