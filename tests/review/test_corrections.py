"""Corrections as files, and the whole way round: found, corrected, learnt from, corrected again."""

from __future__ import annotations

import json
import shutil
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

sys.path.insert(0, str(Path(__file__).parent))

from reviewer import Reviewer

from wildpose.adaptation.corrections import correction_source
from wildpose.analysis import AnalyzeSettings, analyze
from wildpose.cli import main
from wildpose.data.annotations import read_labelled
from wildpose.data.mixing import Mixture
from wildpose.errors import UsageError
from wildpose.models.detector import Architecture, Detector
from wildpose.review import build_dataset
from wildpose.review.corrections import write_corrections
from wildpose.review.edits import load_reviewed
from wildpose.training.checkpoint import TrainingState
from wildpose.training.loop import train_steps
from wildpose.training.optimiser import parameter_groups
from wildpose.training.recipe import Recipe
from wildpose.training.sources import gather
from wildpose.types import ClassId
from wildpose.video import open_clip

CLIP = "wald/a.mp4"
MOVED = (0.5, 0.25, 0.125, 0.5)


@pytest.fixture
def reviewer(writer, home):
    build_dataset(writer.write(), home=home)
    time.sleep(0.01)
    return Reviewer(load_reviewed(writer.run, home))


@pytest.fixture
def correct(writer, home, tmp_path):
    """Write the corrections; give back the summary and the COCO object."""
    def write(out=tmp_path / "out"):
        summary = write_corrections(writer.run, out, home=home)
        return summary, json.loads((out / "annotations.json").read_text("utf-8"))

    return write


def lines_of(path):
    return path.read_text("utf-8").splitlines()


def test_a_moved_box_is_a_picture_of_its_very_frame(reviewer, correct, writer, tmp_path):
    reviewer.move(CLIP, 7, MOVED)
    summary, coco = correct()
    assert (summary.pictures, summary.animals, summary.boxes["moved"]) == (1, 1, 1)
    (image,), (label,) = coco["images"], coco["annotations"]
    assert (image["frame_index"], image["time_s"], image["site"]) == (7, 0.7, "wald")
    assert (label["bbox"], label["origin"], label["changes"]) == (
        [32, 12, 8, 24], "human edited", ["box"])
    found = label["prediction"]
    assert found["bbox"] == pytest.approx([15, 5, 10, 20], abs=0.01)
    assert (found["class"], found["track_id"], found["interpolated"]) == ("animal", 1, True)
    assert "segmentation" not in label
    with open_clip(writer.source(CLIP)) as clip:
        frames = {frame.frame_index: frame.image.astype(int) for frame in clip}
    shown = np.asarray(Image.open(tmp_path / "out" / "images" / image["file_name"]), int)
    off = {index: np.abs(frame - shown).mean() for index, frame in frames.items()}
    assert min(off, key=off.get) == 7
    assert off[7] < 3 < off[6]


def test_each_kind_of_change_reads_back_as_a_label(reviewer, correct, tmp_path):
    reviewer.tag(CLIP, "accepted", [3])
    reviewer.draw(CLIP, 6, (0.75, 0.5, 0.125, 0.25), last=6)
    reviewer.tag(CLIP, "accepted", [6])
    reviewer.delete(CLIP, 12)
    summary, coco = correct()
    counts = {kind: number for kind, number in summary.boxes.items() if number}
    assert counts == {"accepted": 3, "drawn": 1, "deleted": 1}
    frames = {image["id"]: image["frame_index"] for image in coco["images"]}
    said = [(frames[a["image_id"]], a["origin"], a["track_id"], "segmentation" in a,
             a.get("uncertain", False)) for a in coco["annotations"]]
    assert sorted(said, key=str) == [
        (3, "human accepted", 1, True, False),
        (6, "human accepted", 1, True, False),
        (6, "human added", None, False, False),
        (6, "undecided", None, False, True)]
    assert [a["prediction"] is None for a in coco["annotations"]
            if a["origin"] == "human added"] == [True]
    (rejected,) = coco["rejected"]
    assert (rejected["frame_index"], rejected["origin"]) == (12, "human deleted")
    assert rejected["prediction"]["bbox"] == [40, 10, 10, 20]
    assert frames[rejected["image_id"]] == 12
    images = read_labelled(tmp_path / "out")
    assert [len(image.box_xyxy) for image in images] == [1, 3, 0]
    assert images[1].ignore.tolist().count(True) == 1
    assert all(image.labelled == frozenset(ClassId) for image in images)


def test_another_class_and_a_rejected_box(reviewer, correct):
    reviewer.rename(CLIP, range(3, 13), "person")
    reviewer.tag(CLIP, "rejected", [12])
    summary, coco = correct()
    assert (summary.people, summary.animals, summary.boxes["another class"]) == (2, 0, 10)
    assert {(a["category_id"], a["origin"], *a["changes"]) for a in coco["annotations"]
            if not a.get("uncertain")} == {(2, "human edited", "class")}
    assert [r["origin"] for r in coco["rejected"]] == ["human rejected"]
    assert {a["prediction"]["class"] for a in coco["annotations"]} == {"animal"}


def test_a_class_that_nobody_can_learn_is_told(reviewer, correct):
    reviewer.rename(CLIP, range(3, 13), "Vulpes")
    summary, coco = correct()
    assert summary.pictures == 0
    assert coco["annotations"] == []
    assert [note for note in summary.notes if "Vulpes is no class" in note]


def test_words_about_clips_without_any_box_changed(reviewer, correct, writer, tmp_path):
    sample = reviewer.sample(CLIP)
    sample["species"] = "Vulpes vulpes"
    sample.tags.append("adapt")
    sample.save()
    summary, coco = correct()
    assert (summary.pictures, summary.species, summary.to_adapt) == (0, 1, 1)
    assert coco["images"] == []
    assert lines_of(tmp_path / "out" / "species.csv") == [
        "clip,track_id,species", "wald/a.mp4,,Vulpes vulpes"]
    assert lines_of(tmp_path / "out" / "adapt_clips.txt") == [str(writer.source(CLIP))]


def test_a_done_clip_gives_its_untouched_analysed_frames(reviewer, correct):
    reviewer.set_state(CLIP, "done")
    summary, coco = correct()
    assert (summary.done, summary.pictures, summary.animals) == (1, 3, 3)
    assert [image["frame_index"] for image in coco["images"]] == [3, 6, 12]
    sure = [a for a in coco["annotations"] if not a.get("uncertain")]
    assert {a["origin"] for a in sure} == {"human confirmed"}
    assert [a["bbox"] for a in sure] == [[4, 4, 10, 20], [10, 4, 10, 20], [40, 10, 10, 20]]


def test_an_export_replaces_the_one_before_and_spares_other_folders(reviewer, correct, tmp_path):
    reviewer.move(CLIP, 7, MOVED)
    correct()
    reviewer.move(CLIP, 8, MOVED)
    summary, _ = correct()
    assert summary.pictures == len(list((tmp_path / "out" / "images").iterdir())) == 2
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "diary.txt").write_text("dear diary")
    with pytest.raises(UsageError, match="holds other things"):
        correct(tmp_path / "mine")
    assert [path.name for path in tmp_path.iterdir()] == ["out", "mine"]


@pytest.fixture
def command(writer, home, monkeypatch, tmp_path):
    """`wildpose corrections` on the run; gives the exit code."""
    monkeypatch.setattr("wildpose.review.edits.review_home", lambda: home)
    return lambda: main(["corrections", str(writer.run), "--out", str(tmp_path / "out")])


def test_nothing_changed_is_said_and_writes_nothing(reviewer, command, tmp_path, capfd):
    assert command() == 4
    assert "nobody has changed anything" in capfd.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_a_clip_whose_original_is_away_costs_its_pictures_only(
    reviewer, command, writer, tmp_path, capfd
):
    reviewer.move(CLIP, 7, MOVED)
    writer.source(CLIP).unlink()
    assert command() == 3
    said = capfd.readouterr().out
    assert "1 clip corrected" in said
    assert "Its pictures are missing" in said
    assert lines_of(tmp_path / "out" / "species.csv") == ["clip,track_id,species"]


@pytest.fixture(scope="module")
def deer_run(sample_clips, tmp_path_factory) -> Path:
    """A real analysis of a real clip by the shipped model: one deer."""
    folder = tmp_path_factory.mktemp("deer")
    (folder / "clips" / "ridge").mkdir(parents=True)
    shutil.copy(sample_clips / "ridge_trail" / "05180016.MP4", folder / "clips" / "ridge")
    analyze(AnalyzeSettings(folder / "clips", folder / "run", every_s=2.0, workers=1))
    return folder / "run"


def one_step(folder: Path, work: Path) -> list[dict[str, float]]:
    """Train a small detector for one step on corrections, through a recipe's source."""
    source = correction_source(folder) | {"share": 1.0}
    recipe = Recipe.model_validate({
        "name": "tiny", "description": "corrections", "licence": "CC0-1.0", "sources": [source],
        "schedule": {"steps": 1, "batch": 1, "canvases": [[96, 160]], "warm_up": 0}})
    mixture = Mixture(gather(recipe, work).sources, (), ((96, 160),), seed=0)
    detector = Detector(Architecture(box_width=16))
    average = {name: value.clone() for name, value in detector.state_dict().items()}
    state = TrainingState(detector, average,
                          torch.optim.AdamW(parameter_groups(detector, recipe.schedule)))
    losses: list[dict[str, float]] = []
    train_steps(state, mixture, recipe.schedule, work, lambda report: losses.append(report.losses))
    return losses


def test_from_a_real_run_to_a_training_step_and_back(
    deer_run, home, tmp_path, monkeypatch, capfd
):
    monkeypatch.setattr("wildpose.review.edits.review_home", lambda: home)
    build_dataset(deer_run, home=home)
    time.sleep(0.01)
    clip, reviewer = "ridge/05180016.MP4", Reviewer(load_reviewed(deer_run, home))
    frames = [n - 1 for n, frame in reviewer.sample(clip).frames.items() if frame.detections]
    (label,) = reviewer.boxes(clip, frames[2])
    left, top, width, height = label.bounding_box
    reviewer.move(clip, frames[2], (left, top, width * 0.9, height))
    reviewer.set_state(clip, "done")
    sample = reviewer.sample(clip)
    for frame in sample.frames.values():
        for one in frame.detections.detections if frame.detections else ():
            one["species"] = "Odocoileus hemionus"
    sample.save()

    assert main(["corrections", str(deer_run), "--out", str(tmp_path / "out"), "--json"]) == 0
    summary = json.loads(capfd.readouterr().out)
    assert (summary["boxes"]["moved"], summary["done"], summary["species"]) == (1, 1, 1)
    assert summary["pictures"] == summary["animals"] >= 3
    (losses,) = one_step(tmp_path / "out", tmp_path)
    assert losses
    assert all(np.isfinite(list(losses.values())))
    assert main(["report", str(deer_run), "--out", str(tmp_path / "report"), "--quiet",
                 "--species-table", str(tmp_path / "out" / "species.csv")]) == 0
    events = (tmp_path / "report" / "events.csv").read_text("utf-8")
    assert "Odocoileus hemionus" in events

    again = build_dataset(deer_run, home=home)
    assert (again.updated, again.edited, again.notes) == (0, [clip], [])
    (kept,) = reviewer.boxes(clip, frames[2])
    assert kept.bounding_box[2] == pytest.approx(width * 0.9)
