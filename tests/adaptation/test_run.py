"""A whole round on tiny data: real frames, a real teacher, real gradients, a real verdict."""

from __future__ import annotations

import errno
import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from wildpose.adaptation import labelling, source, student
from wildpose.adaptation.claim import identity_of
from wildpose.adaptation.frames import DrawSettings
from wildpose.adaptation.inputs import look_at
from wildpose.adaptation.labels import LabelSettings
from wildpose.adaptation.run import Adapted, AdaptSettings, adapt
from wildpose.adaptation.student import StudentSettings
from wildpose.errors import GuardError, UsageError
from wildpose.models.chart_rcnn import Config
from wildpose.models.folder import find_model, read_description, write_description
from wildpose.models.predictor import load_predictor
from wildpose.training import run as training

pytestmark = pytest.mark.long
DEER = "ridge_trail/05180016.MP4"


@pytest.fixture(scope="module", autouse=True)
def small_work():
    """Students of this file learn from small pictures, without plots; one picture is rendered."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(student, "CANVASES", [[192, 288]])
        patch.setattr(source, "RENDERED_STILLS", 1)
        patch.setattr(training, "plot_curves", lambda *_: None)
        yield


@pytest.fixture(scope="module")
def settings(sample_clips, deer_source, tmp_path_factory) -> AdaptSettings:
    return AdaptSettings(
        clips=(sample_clips / DEER,), teacher="animal-small", species="deer",
        out=tmp_path_factory.mktemp("models") / "deer", source=deer_source, margin=1.0,
        draw=DrawSettings(every_s=0.25, per_clip=16, most=16),
        label=LabelSettings(keep_from=0.3, points=5),
        student=StudentSettings(steps=2, batch=2, dense_steps=2, regions=4),
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
    assert not (adapted.rounds[0].model / "regions").exists()


def test_dense_pose_stays_as_it_is_unless_it_is_asked_for(adapted, settings, tmp_path):
    """The round of before from its labels on."""
    out = tmp_path / "deer"
    shutil.copytree(settings.out / "rounds" / "round-1" / "frames",
                    out / "rounds" / "round-1" / "frames")
    alone = replace(settings, out=out, student=replace(settings.student, dense_steps=0))
    found = adapt(alone)
    before = load_file(find_model("animal-small") / "weights.safetensors")
    after = load_file(found.model / "weights.safetensors")
    moved = {name.split(".")[0] for name, value in before.items() if not value.equal(after[name])}
    assert "box_head" in moved
    assert "dense_head" not in moved
    assert not (out / "rounds" / "source").exists()


def test_its_card_says_what_it_learnt_from(adapted, settings):
    card = (settings.out / "README.md").read_text("utf-8")
    assert "adapted to deer" in card
    assert adapted.verdict.reason in card
    assert "| teacher, by day | 3 |" in card
    assert "at night |" not in card.split("## Failures")[0]  # nothing was measured there
    assert "on the kept-out part of the source, at its default threshold" in card.lower()
    assert "No labelled picture of the species was there" in card
    assert "2 steps of 2 pictures, 50% of them of the species" in card
    assert str(settings.out.parent) not in card
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


def test_a_refused_second_round_leaves_the_model_of_the_first(adapted):
    first = adapted.rounds[0]
    worse = replace(first, verdict=replace(first.verdict, accepted=False, reason="Refused: so."))
    found = Adapted(adapted.model, (first, worse))
    assert found.decisive is first
    assert found.reason == f"{first.verdict.reason} Round 2: Refused: so."
    assert found.as_json()["student"] == adapted.as_json()["student"]
    stopped = Adapted(adapted.model, (first,), "Round 2 stopped: too little.")
    assert stopped.reason.endswith("Round 2 stopped: too little.")


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
    identity = identity_of(strict, look_at(strict))
    (out / "rounds" / "settings.json").write_text(json.dumps(identity), "utf-8")
    round_1 = out / "rounds" / "round-1"
    shutil.rmtree(round_1 / "said")
    spoil(round_1 / "student")
    found = adapt(strict)
    assert found.model is None
    assert found.verdict.source.student.box_ap < found.verdict.source.teacher.box_ap - 0.02
    assert not (out / "model.json").exists()
    assert (out / "refused" / "weights.safetensors").exists()
    report = (out / "refused" / "README.md").read_text("utf-8")
    assert found.verdict.reason in report
    assert "it misses" in report
    assert list((out / "refused" / "failures").iterdir())
    assert [p.name for p in out.iterdir() if p.name != "refused"] == ["rounds"]


def spoil(model: Path) -> None:
    """Shuffle what the first stage says of where animals are."""
    weights = load_file(model / "weights.safetensors")
    generator = torch.Generator().manual_seed(0)
    for name, value in weights.items():
        if name.startswith("first_stage.") and value.ndim == 4:
            weights[name] = value[torch.randperm(len(value), generator=generator)].contiguous()
    save_file(weights, model / "weights.safetensors")
    write_description(model, read_description(model))


def test_a_disk_that_fills_up_is_no_bug_of_ours(settings, tmp_path, monkeypatch):
    def write(*_, **__):
        try:
            raise OSError(errno.ENOSPC, "No space left on device")
        finally:  # as torch.save does
            raise RuntimeError("unexpected pos 704 vs 598")

    monkeypatch.setattr(labelling, "draw_frames", write)
    with pytest.raises(UsageError, match="the disk is full"):
        adapt(replace(settings, out=tmp_path / "full"))


def test_clips_without_an_animal_end_with_advice(settings, sample_clips, tmp_path):
    empty = replace(settings, clips=(sample_clips / "ridge_trail/05180017.MP4",),
                    out=tmp_path / "nothing")
    with pytest.raises(GuardError, match="frame"):
        adapt(empty)
    assert (tmp_path / "nothing" / "rounds" / "round-1" / "census.json").exists()
    assert not (tmp_path / "nothing" / "model.json").exists()


def test_a_model_that_can_only_be_run_is_refused_before_any_work(settings, tmp_path):
    other = tmp_path / "published"
    shutil.copytree(find_model("animal-small"), other)
    description = read_description(other)
    write_description(other, replace(description, architecture={"family": "another"}))
    with pytest.raises(UsageError, match="can be run, not adapted"):
        look_at(replace(settings, teacher=str(other)))
    write_description(other, replace(description, architecture=Config().as_json()))
    with pytest.raises(UsageError, match="--dense-steps: the dense head of a DensePose R-CNN"):
        look_at(replace(settings, teacher=str(other)))
