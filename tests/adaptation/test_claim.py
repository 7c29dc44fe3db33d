"""Whose folder it is: the same call goes on, another is refused once a student has learnt."""

from __future__ import annotations

import json
import shutil
from collections import namedtuple
from dataclasses import replace
from pathlib import Path

import pytest

from wildpose.adaptation.claim import check, claim
from wildpose.adaptation.inputs import look_at
from wildpose.adaptation.labels import LabelSettings
from wildpose.adaptation.settings import AdaptSettings
from wildpose.errors import DataError, UsageError
from wildpose.models.folder import find_model

CLIP = "ridge_trail/05180016.MP4"


@pytest.fixture
def settings(sample_clips, deer_source, tmp_path) -> AdaptSettings:
    """Labels, clips and teacher are copies that a test may change."""
    for name in ("source", "labels", "val"):
        shutil.copytree(deer_source, tmp_path / name)
    shutil.copytree(find_model("animal-small"), tmp_path / "teacher")
    (tmp_path / "clips").mkdir()
    shutil.copy(sample_clips / CLIP, tmp_path / "clips")
    return AdaptSettings(
        (tmp_path / "clips",), str(tmp_path / "teacher"), "deer", tmp_path / "deer",
        source=tmp_path / "source", validation=tmp_path / "val", corrections=tmp_path / "labels")


def call(settings: AdaptSettings) -> None:
    claim(settings, look_at(settings))


def drawn(settings: AdaptSettings) -> Path:
    """As if frames had been drawn and labelled."""
    call(settings)
    folder = settings.out / "rounds" / "round-1"
    folder.mkdir()
    for name in ("frames.json", "census.json"):
        (folder / name).write_text("{}")
    return folder


def add_picture(folder: Path) -> None:
    content = json.loads((folder / "annotations.json").read_text("utf-8"))
    content["images"].append(content["images"][-1] | {"id": 99})
    (folder / "annotations.json").write_text(json.dumps(content), "utf-8")


CHANGES = {
    "source": lambda folder: add_picture(folder / "source"),
    "labels": lambda folder: add_picture(folder / "labels"),
    "val": lambda folder: add_picture(folder / "val"),
    "clips": lambda folder: shutil.copy(folder / "clips/05180016.MP4", folder / "clips/B.MP4"),
    "teacher": lambda folder: (folder / "teacher/model.json").write_text(
        (folder / "teacher/model.json").read_text("utf-8") + "\n", "utf-8"),
}
SAID = {"source": "source/annotations.json has changed",
        "labels": "labels/annotations.json has changed",
        "val": "val/annotations.json has changed", "clips": "the clips have changed",
        "teacher": "teacher/model.json has changed"}


@pytest.mark.parametrize("what", CHANGES)
def test_what_changed_between_two_calls_is_named_once_a_student_has_learnt(
    settings, tmp_path, what
):
    (drawn(settings) / "recipe.yaml").write_text("")
    call(settings)
    CHANGES[what](tmp_path)
    with pytest.raises(UsageError, match=f"with other settings or labels: .*{SAID[what]}"):
        call(settings)


def test_other_settings_are_named_with_both_values(settings):
    (drawn(settings) / "recipe.yaml").write_text("")
    with pytest.raises(UsageError, match=r"keep_from was None and is 0\.3; species was deer"):
        call(replace(settings, species="boar", label=LabelSettings(keep_from=0.3)))


@pytest.mark.parametrize(("what", "stays"), [("clips", False), ("teacher", False), ("val", True)])
def test_before_that_what_no_longer_fits_is_made_anew(settings, tmp_path, what, stays):
    """Whoever is told to give more clips can do so and call again."""
    folder = drawn(settings)
    CHANGES[what](tmp_path)
    call(settings)
    assert (folder / "frames.json").exists() == stays
    assert not (folder / "census.json").exists()


def test_a_lower_threshold_labels_the_same_frames_anew(settings):
    folder = drawn(settings)
    call(replace(settings, label=LabelSettings(keep_from=0.3)))
    assert (folder / "frames.json").exists()
    assert not (folder / "census.json").exists()


def test_the_same_folders_by_other_paths_are_the_same(settings, tmp_path, monkeypatch):
    (drawn(settings) / "recipe.yaml").write_text("")
    monkeypatch.chdir(tmp_path)
    call(replace(settings, clips=(Path("clips"),), source=Path("source"), out=Path("deer")))


def test_what_is_not_ours_is_not_written_over(settings):
    settings.out.mkdir()
    (settings.out / "README.md").write_text("mine")
    with pytest.raises(UsageError, match=r"holds README\.md, which would be written over"):
        call(settings)
    assert [p.name for p in settings.out.iterdir()] == ["README.md"]


def test_a_place_that_can_not_be_written_to(settings, tmp_path):
    for out in (tmp_path / "clips/05180016.MP4", tmp_path / "clips/05180016.MP4/deer"):
        with pytest.raises(UsageError, match="can't be written to"):
            call(replace(settings, out=out))


def test_a_full_disk_is_noticed_at_once(settings, monkeypatch):
    monkeypatch.setattr(shutil, "disk_usage", lambda _: namedtuple("Usage", "free")(10**6))
    with pytest.raises(UsageError, match="MB are needed there and 1 MB are free"):
        check(settings, look_at(settings))
    assert not settings.out.exists()


def test_pictures_to_judge_by_are_not_learnt_from(settings):
    with pytest.raises(UsageError, match="is to be learnt from and to be judged by"):
        look_at(replace(settings, validation=settings.corrections))
    with pytest.raises(UsageError, match="no folder"):
        look_at(replace(settings, validation=settings.validation / "annotations.json"))


def test_corrections_of_the_places_of_the_source_leave_nothing_to_judge_by(settings):
    with pytest.raises(DataError, match="so nothing is left to judge by"):
        look_at(replace(settings, validation=None))


def test_drafts_judge_nothing(settings):
    path = settings.validation / "annotations.json"
    content = json.loads(path.read_text("utf-8"))
    content["images"] = [image | {"draft": True} for image in content["images"]]
    path.write_text(json.dumps(content), "utf-8")
    with pytest.raises(DataError, match="drafts of a detector"):
        look_at(settings)


def test_a_missing_picture_is_missed_before_the_training(settings):
    (settings.corrections / "images" / "3.png").unlink()
    with pytest.raises(DataError, match=r"3\.png: there is no such file"):
        look_at(settings)
