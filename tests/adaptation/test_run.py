"""A whole round on tiny data: real frames, a real teacher, real gradients, a real verdict."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from wildpose.adaptation.frames import DrawSettings
from wildpose.adaptation.labels import LabelSettings
from wildpose.adaptation.run import Adapted, AdaptSettings, adapt
from wildpose.adaptation.student import StudentSettings
from wildpose.errors import GuardError, UsageError
from wildpose.models.folder import find_model, read_description, write_description
from wildpose.models.predictor import load_predictor

DEER = "ridge_trail/05180016.MP4"


@pytest.fixture(scope="module")
def settings(sample_clips, deer_source, tmp_path_factory) -> AdaptSettings:
    return AdaptSettings(
        clips=(sample_clips / DEER,), teacher="animal-small", species="deer",
        out=tmp_path_factory.mktemp("models") / "deer", source=deer_source, margin=1.0,
        draw=DrawSettings(every_s=0.25, per_clip=16, most=16),
        label=LabelSettings(keep_from=0.3), student=StudentSettings(steps=2, batch=2),
    )


@pytest.fixture(scope="module")
def adapted(settings) -> Adapted:
    return adapt(settings)


def test_a_model_comes_out_that_has_learnt(adapted, settings):
    assert adapted.model == settings.out
    assert adapted.verdict.accepted
    before = load_file(find_model("animal-small") / "weights.safetensors")
    after = load_file(settings.out / "weights.safetensors")
    moved = {name.split(".")[0] for name, value in before.items()
             if not value.equal(after[name])}
    assert {"trunk", "box_head", "mask_head", "dense_head"} <= moved
    assert load_predictor(settings.out).name == "deer"


def test_its_card_says_what_it_learnt_from(adapted, settings):
    card = (settings.out / "README.md").read_text("utf-8")
    assert "adapted to deer" in card
    assert adapted.verdict.reason in card
    assert "box AP" in card
    for name in ("side_by_side.jpg", "census.jpg", "census.json", "verdict.json"):
        assert (settings.out / name).stat().st_size > 0
    assert sum(adapted.rounds[0].census.points_per_chart) > 0


def test_the_same_call_again_changes_nothing(adapted, settings):
    weights = settings.out / "weights.safetensors"
    student = settings.out / "rounds" / "round-1" / "student" / "weights.safetensors"
    stamps = student.stat().st_mtime_ns, weights.read_bytes()
    again = adapt(settings)
    assert (student.stat().st_mtime_ns, weights.read_bytes()) == stamps
    assert again.as_json() == adapted.as_json()


def test_another_setting_is_refused(adapted, settings):
    with pytest.raises(UsageError, match="holds an adaptation with other settings"):
        adapt(replace(settings, species="boar"))


def test_what_is_printed_for_programs(adapted):
    said = json.loads(json.dumps(adapted.as_json()))
    assert set(said) == {"model", "accepted", "reason", "teacher", "student", "rounds"}
    assert said["accepted"]
    assert said["rounds"][0]["census"]["kept"] >= 1


def test_a_student_made_worse_is_refused_and_put_aside(adapted, settings, tmp_path):
    """The round of before, but for noise in the student's weights."""
    out = tmp_path / "deer"
    shutil.copytree(settings.out / "rounds", out / "rounds")
    strict = replace(settings, out=out, margin=0.02)
    (out / "rounds" / "settings.json").write_text(json.dumps(strict.as_json()), "utf-8")
    round_1 = out / "rounds" / "round-1"
    shutil.rmtree(round_1 / "said")
    spoil(round_1 / "student")
    found = adapt(strict)
    assert found.model is None
    assert found.verdict.source.student.box_ap < found.verdict.source.teacher.box_ap - 0.02
    assert not (out / "model.json").exists()
    assert (out / "refused" / "weights.safetensors").exists()
    assert found.verdict.reason in (out / "refused" / "README.md").read_text("utf-8")


def spoil(model: Path) -> None:
    """Shuffle what the first stage says of where animals are."""
    weights = load_file(model / "weights.safetensors")
    generator = torch.Generator().manual_seed(0)
    for name, value in weights.items():
        if name.startswith("first_stage.") and value.ndim == 4:
            weights[name] = value[torch.randperm(len(value), generator=generator)].contiguous()
    save_file(weights, model / "weights.safetensors")
    write_description(model, read_description(model))


def test_clips_without_an_animal_end_with_advice(settings, sample_clips, tmp_path):
    empty = replace(settings, clips=(sample_clips / "ridge_trail/05180017.MP4",),
                    out=tmp_path / "nothing")
    with pytest.raises(GuardError, match="frame"):
        adapt(empty)
    assert (tmp_path / "nothing" / "rounds" / "round-1" / "census.json").exists()
    assert not (tmp_path / "nothing" / "model.json").exists()
