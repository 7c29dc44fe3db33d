"""Whole trainings: some steps on twelve small pictures, through the recipe and back from disk."""

from __future__ import annotations

import csv
import json

import numpy as np
import pytest
import torch
from blob_pictures import BlobFolder, write_blobs
from PIL import Image
from safetensors.torch import load_file, save_file

from wildpose.analysis.evaluate import evaluate_model
from wildpose.errors import DataError, GuardError, ModelError, UsageError
from wildpose.models.detector import Architecture, Detector
from wildpose.models.predictor import load_predictor
from wildpose.training.losses import Losses
from wildpose.training.recipe import read_recipe
from wildpose.training.run import train
from wildpose.training.sources import gather

LOSSES = list(Losses._fields)


class PowerCutError(Exception):
    """Raised from outside in the middle of a training."""


def curves(folder) -> list[dict[str, str]]:
    with (folder / "curves.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def without_seconds(rows: list[dict[str, str]]) -> list[dict[str, str]]:
    return [{k: v for k, v in row.items() if k != "seconds"} for row in rows]


def stop_after(step: int):
    def on_step(report, steps):
        if report.step == step:
            raise PowerCutError

    return on_step


class TestFinished:
    def test_the_summary_counts_every_picture(self, trained):
        summary = trained.summary
        assert (summary.out, summary.steps) == (trained.out, 4)
        assert summary.held_out > 0
        assert summary.pictures + summary.held_out == 12
        assert set(summary.last_losses) == set(LOSSES)
        assert json.loads(json.dumps(summary.as_json()))["steps"] == 4

    def test_curves_hold_a_row_for_each_step(self, trained):
        rows = curves(trained.out)
        assert list(rows[0]) == ["step", *LOSSES, "gradient_norm", "rate", "seconds"]
        assert [row["step"] for row in rows] == ["1", "2", "3", "4"]
        assert [float(row["rate"]) for row in rows[:2]] == [0.5, 1.0]
        for row, report in zip(rows, trained.reports, strict=True):
            assert float(row["score"]) == pytest.approx(report.losses["score"], rel=1e-3)
        with Image.open(trained.out / "curves.png") as picture:
            assert picture.width > 400

    def test_what_was_kept_out_is_written_and_was_not_learnt_from(self, trained):
        coco = json.loads((trained.out / "held_out" / "annotations.json").read_text())
        gathered = gather(read_recipe(trained.recipe), trained.recipe.parent)
        learnt = {i.facts["site"] for s in gathered.sources for i in s.images}
        assert len(coco["images"]) == trained.summary.held_out
        assert not learnt & {i["site"] for i in coco["images"]}

    def test_the_folder_is_a_model(self, trained):
        predictor = load_predictor(trained.out)
        assert predictor.name == "tiny"
        assert predictor.description.licence == "CC0-1.0"
        assert predictor.description.lineage["recipe"]["seed"] == 3
        (found,) = predictor.predict([np.zeros((64, 96, 3), np.uint8)])
        assert (found.score >= predictor.minimum_score).all()

    def test_the_averaged_weights_are_shipped(self, trained):
        content = torch.load(trained.out / "checkpoint.pt", weights_only=True)
        shipped = load_file(trained.out / "weights.safetensors")
        assert all(torch.equal(content["average"][k], v) for k, v in shipped.items())
        assert any(not torch.equal(content["model"][k], v) for k, v in shipped.items())

    def test_it_is_evaluated_on_what_was_kept_out(self, trained):
        found = evaluate_model(str(trained.out), trained.out / "held_out")
        figures = json.loads((trained.out / "figures.json").read_text())
        assert figures == json.loads(json.dumps(trained.summary.figures))
        subset = found["subsets"]["all"]
        assert subset["images"] == figures["all"]["images"] == trained.summary.held_out
        assert subset["threshold"] == figures["all"]["threshold"]
        for kind in ("box", "mask"):
            assert subset[kind]["ap50"] == pytest.approx(figures["all"][kind]["ap50"], abs=0.05)

    def test_training_it_again_changes_nothing(self, trained):
        before = (trained.out / "weights.safetensors").read_bytes()
        summary = train(trained.recipe, trained.out,
                        on_step=lambda report, steps: pytest.fail("stepped"))
        assert summary.steps == 4
        assert (trained.out / "weights.safetensors").read_bytes() == before
        assert len(curves(trained.out)) == 4

    def test_a_finished_folder_is_refused_without_resume(self, trained):
        with pytest.raises(UsageError, match="holds a training run already"):
            train(trained.recipe, trained.out, resume=False)

    def test_another_recipe_is_refused(self, trained, write_recipe):
        with pytest.raises(UsageError, match="written with another recipe") as caught:
            train(write_recipe({"schedule.rate.heads": 0.002}), trained.out)
        assert "another --out" in caught.value.remedy


def test_a_stopped_training_goes_on_to_the_same_weights(trained, write_recipe, tmp_path):
    out, recipe, resumed = tmp_path / "model", write_recipe(), []
    with pytest.raises(PowerCutError):
        train(recipe, out, on_step=stop_after(3))
    assert [row["step"] for row in curves(out)] == ["1", "2", "3"]
    assert not (out / "weights.safetensors").exists()
    train(recipe, out, on_step=lambda report, steps: resumed.append(report.step))
    assert resumed == [3, 4]  # the checkpoint is of step 2
    assert without_seconds(curves(out)) == without_seconds(curves(trained.out))
    own, wanted = (load_file(folder / "weights.safetensors") for folder in (out, trained.out))
    assert all(torch.equal(own[k], v) for k, v in wanted.items())


def test_a_stop_before_the_first_checkpoint_starts_anew(write_recipe, tmp_path):
    out, recipe, steps = tmp_path / "model", write_recipe({"schedule.batch": 1}), []
    with pytest.raises(PowerCutError):
        train(recipe, out, on_step=stop_after(1))
    with pytest.raises(PowerCutError):
        train(recipe, out, on_step=lambda report, n: (steps.append(report.step),
                                                      stop_after(2)(report, n)))
    assert steps == [1, 2]
    assert [row["step"] for row in curves(out)] == ["1", "2"]


def test_nothing_kept_out_leaves_scores_as_they_are(write_recipe, tmp_path):
    recipe = write_recipe({"hold_out.share": 0, "schedule.steps": 1, "schedule.batch": 1})
    summary = train(recipe, tmp_path / "model")
    assert (summary.held_out, summary.figures, summary.pictures) == (0, {}, 12)
    assert load_predictor(tmp_path / "model").description.calibration == {}
    assert not (tmp_path / "model" / "held_out").exists()


class TestGuards:
    def test_a_rate_that_explodes_stops_with_the_batch_saved(self, write_recipe, tmp_path):
        rate = {"trunk": 1e30, "first_stage": 1e30, "heads": 1e30}
        recipe = write_recipe({"schedule.rate": rate, "schedule.trunk_frozen_steps": 0})
        with pytest.raises(GuardError, match=r"not finite.*Lower the learning rates") as caught:
            train(recipe, tmp_path / "model")
        (batch,) = (tmp_path / "model").glob("not_finite_step_*.pt")
        assert str(batch) in caught.value.message
        assert not (tmp_path / "model" / "weights.safetensors").exists()

    def test_poisoned_starting_weights_stop_at_once(self, write_recipe, tmp_path):
        state = Detector(Architecture()).trunk.state_dict()
        state["conv1.0.weight"][0, 0] = float("nan")
        save_file(state, tmp_path / "trunk.safetensors")
        recipe = write_recipe({"model.trunk": "./trunk.safetensors"})
        with pytest.raises(GuardError, match="The loss of step 0 is not finite"):
            train(recipe, tmp_path / "model")
        assert (tmp_path / "model" / "not_finite_step_0.pt").is_file()
        assert not (tmp_path / "model" / "checkpoint.pt").exists()


class TestRefused:
    def test_a_folder_without_annotations(self, write_recipe, tmp_path):
        recipe = write_recipe({"sources": [{"name": "a", "folder": "./nowhere", "share": 1}]})
        with pytest.raises(DataError, match=r"nowhere: there is no annotations\.json"):
            train(recipe, tmp_path / "model")

    def test_starting_weights_that_are_not_there(self, write_recipe, tmp_path):
        with pytest.raises(ModelError, match=r"none\.safetensors: not weights of this trunk"):
            train(write_recipe({"model.trunk": "./none.safetensors"}), tmp_path / "model")

    def test_a_place_that_can_not_be_written_to(self, write_recipe, tmp_path):
        (tmp_path / "file").write_text("in the way")
        for out in (tmp_path / "file", tmp_path / "file" / "model"):
            with pytest.raises(UsageError, match="can't be made a folder"):
                train(write_recipe(), out)

    def test_a_picture_that_can_not_be_read_is_named(self, write_recipe, tmp_path):
        write_blobs(tmp_path / "broken", BlobFolder(pictures=2))
        for path in (tmp_path / "broken" / "images").iterdir():
            path.write_bytes(b"no picture")
        recipe = write_recipe({"sources": [{"name": "a", "folder": "./broken", "share": 1}],
                               "hold_out.share": 0})
        with pytest.raises(DataError, match=r"blobs_0\d\.png: can't be read as a picture"):
            train(recipe, tmp_path / "model")


class TestGather:
    def gathered(self, path):
        return gather(read_recipe(path), path.parent)

    def source(self, **changes):
        return [{"name": "blobs", "folder": "./blobs", "share": 1} | changes]

    def test_pictures_are_kept_and_left_out_by_their_facts(self, write_recipe):
        deer = self.gathered(write_recipe(
            {"sources": self.source(where={"species": ["deer"]}), "hold_out.share": 0}
        ))
        assert {i.facts["species"] for i in deer.sources[0].images} == {"deer"}
        rest = self.gathered(write_recipe(
            {"sources": self.source(leave_out={"site": ["site 0", "site 1"]}), "hold_out.share": 0}
        ))
        assert len(rest.sources[0].images) == 8

    def test_truth_values_are_named_as_python_says_them(self, write_recipe):
        night = self.gathered(write_recipe(
            {"sources": self.source(where={"night": ["True"]}), "hold_out.share": 0}
        ))
        assert len(night.sources[0].images) == 6

    def test_a_species_is_kept_out_and_counts_at_places_that_training_never_saw(
        self, write_recipe, tmp_path
    ):
        coco = write_blobs(tmp_path / "own")
        for image in coco["images"][-4:]:
            image["site"] = f"boars only {image['id'] % 2}" if image["species"] == "boar" else "x"
        (tmp_path / "own" / "annotations.json").write_text(json.dumps(coco))
        found = self.gathered(write_recipe({
            "sources": self.source(folder="./own"), "hold_out": {"share": 0, "species": ["boar"]},
        }))
        assert {i.facts["species"] for i in found.sources[0].images} == {"deer"}
        assert len(found.held_out) == 2
        assert {i.facts["site"] for i in found.held_out} == {"boars only 0"}

    def test_a_place_seen_under_another_source_is_seen(self, write_recipe):
        whole = {"name": "again", "folder": "./blobs", "share": 1, "where": {"species": ["deer"]}}
        one = {"name": "blobs", "folder": "./blobs", "share": 1, "where": {"species": ["boar"]}}
        held = {"hold_out": {"share": 0.5}}
        places = {i.facts["site"] for i in self.gathered(
            write_recipe(held | {"sources": [one, whole]})).held_out}
        assert places
        kept_species = {"hold_out": {"share": 0.5, "species": ["boar"]}}
        found = self.gathered(write_recipe(kept_species | {"sources": [whole]}))
        assert {i.facts["site"] for i in found.held_out} == places

    @pytest.mark.parametrize("made", [{"draft": True}, {"set": "rendered"}])
    def test_drafts_and_rendered_pictures_are_never_chosen_on(self, write_recipe, tmp_path, made):
        coco = write_blobs(tmp_path / "drafts")
        for image in coco["images"]:
            image.update(made)
        (tmp_path / "drafts" / "annotations.json").write_text(json.dumps(coco))
        recipe = {"sources": self.source(folder="./drafts"), "hold_out.share": 0.9}
        found = self.gathered(write_recipe(recipe))
        assert found.held_out == ()
        assert len(found.sources[0].images) == 12
        found = self.gathered(write_recipe(recipe | {"hold_out.species": ["boar"]}))
        assert found.held_out == ()
        assert {i.facts["species"] for i in found.sources[0].images} == {"deer"}

    def test_pictures_may_lie_apart_from_their_annotations(self, write_recipe, tmp_path):
        (tmp_path / "labels").mkdir()
        labels = (tmp_path / "blobs" / "annotations.json").read_text()
        (tmp_path / "labels" / "annotations.json").write_text(labels)
        found = self.gathered(write_recipe(
            {"sources": self.source(folder="./labels", pictures="./blobs/images")}
        ))
        assert found.sources[0].images[0].read().shape == (64, 96, 3)

    def test_empty_frames_have_a_share_of_their_own(self, write_recipe, tmp_path):
        coco = write_blobs(tmp_path / "empty")
        coco["annotations"] = []
        (tmp_path / "empty" / "annotations.json").write_text(json.dumps(coco))
        held_out = [
            len(self.gathered(write_recipe({
                "sources": self.source(folder="./empty"),
                "hold_out": {"share": 0, "empty_share": share},
            })).held_out) for share in (0, 0.5)
        ]
        assert held_out[0] == 0 < held_out[1]

    def test_a_source_without_pictures_is_named(self, write_recipe):
        recipe = write_recipe({"sources": self.source(where={"species": ["unicorn"]})})
        with pytest.raises(UsageError, match="Source blobs: no picture is left") as caught:
            self.gathered(recipe)
        assert "where" in caught.value.remedy

    def test_a_source_that_is_kept_out_whole_is_named(self, write_recipe):
        recipe = write_recipe({"hold_out": {"species": ["boar", "deer"]}})
        with pytest.raises(UsageError, match="Source blobs: all of its 12 pictures are kept out"):
            self.gathered(recipe)
