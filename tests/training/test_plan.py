"""The plan of a training counts what the training counts, and tells all that is amiss."""

from __future__ import annotations

import json
from collections import namedtuple
from pathlib import Path

import pytest
from blob_pictures import BlobFolder, write_blobs
from safetensors.torch import save_file

from wildpose.errors import UsageError
from wildpose.models.detector import Architecture, Detector
from wildpose.training import plan as planning
from wildpose.training.plan import Plan, plan


def files_below(folder: Path) -> list[str]:
    return sorted(str(p) for p in folder.rglob("*"))


def blobs(**changes):
    return {"name": "blobs", "folder": "./blobs", "share": 1, **changes}


@pytest.fixture(scope="module")
def planned(trained) -> Plan:
    """Of a recipe that was trained, with its finished folder as the place to write to."""
    before = {p: p.read_bytes() for p in trained.out.rglob("*") if p.is_file()}
    found = plan(trained.recipe, trained.out)
    assert {p: p.read_bytes() for p in trained.out.rglob("*") if p.is_file()} == before
    return found


class TestAllThere:
    def test_pictures_are_counted_as_the_training_counts_them(self, trained, planned):
        (source,) = planned.sources
        assert planned.problems == ()
        assert source.pictures == trained.summary.pictures
        assert planned.held_out == trained.summary.held_out
        assert (planned.recipe, planned.steps, planned.batch) == ("tiny", 4, 2)
        assert source.drawn == 4 * 2

    def test_the_disk_that_is_needed_is_what_the_training_took(self, trained, planned):
        cost = planned.cost
        kept = (trained.out / "checkpoint.pt").stat().st_size
        weights = (trained.out / "weights.safetensors").stat().st_size
        assert cost.disk_bytes == pytest.approx(weights + 2 * kept, rel=0.02)
        assert 0 < cost.seconds == cost.steps_s
        assert cost.memory_bytes is None or cost.memory_bytes > kept

    def test_it_can_be_written_as_json(self, planned):
        content = json.loads(json.dumps(planned.as_json()))
        assert content["cost"]["seconds"] == pytest.approx(planned.cost.seconds)
        assert content["sources"][0]["name"] == "blobs"
        assert content["problems"] == []

    def test_nothing_is_written(self, write_recipe, tmp_path):
        recipe = write_recipe()
        before = files_below(tmp_path)
        assert plan(recipe, tmp_path / "new" / "model").problems == ()
        assert files_below(tmp_path) == before

    def test_labels_are_counted_without_those_that_teach_nothing(self, write_recipe, tmp_path):
        coco = write_blobs(tmp_path / "own")
        one, two, three, *_ = coco["annotations"]
        one["iscrowd"], two["uncertain"], three["category_id"] = 1, True, 2
        (tmp_path / "own" / "annotations.json").write_text(json.dumps(coco))
        (source,) = plan(write_recipe(
            {"sources": [blobs(folder="./own")], "hold_out.share": 0}
        )).sources
        assert len(coco["annotations"]) == 12
        assert (source.pictures, source.animals, source.people) == (12, 9, 1)
        assert source.masks == sum("segmentation" in a for a in coco["annotations"][2:])

    def test_pictures_are_drawn_by_the_shares(self, write_recipe):
        found = plan(write_recipe({
            "sources": [blobs(name="most", share=3), blobs(name="few"),
                        blobs(name="none", share=0)],
            "hold_out.share": 0,
        }))
        assert [s.drawn for s in found.sources] == [6, 2, 0]

    def test_moving_boxes_is_reckoned_for_the_sources_that_ask_for_it(self, write_recipe):
        cost = plan(write_recipe({"sources": [blobs(box_share=0.5), blobs(name="as drawn")]})).cost
        assert 0 < cost.refining_s == pytest.approx(cost.seconds - cost.steps_s)

    def test_regions_of_the_dense_pose_head_are_planned(self, write_recipe):
        found = plan(write_recipe({
            "model": {"dense_pose": True}, "hold_out.share": 0,
            "sources": [blobs(regions=3000, dense_share=1), blobs(name="other")],
            "schedule.steps": 0, "schedule.canvases": [[64, 96]],
            "dense_schedule": {"steps": 100, "batch": 2},
        }))
        assert found.problems == ()
        assert [(s.regions, s.regions_drawn, s.drawn) for s in found.sources] == [
            (3000, 200, 0), (0, 0, 0)
        ]
        assert found.cost.steps_s == 0 < found.cost.dense_steps_s
        assert found.cost.disk_bytes > 3000 * 400_000  # docs/train.md: 0.4 MB each


class TestAmiss:
    def problems(self, path, **options):
        found = plan(path, **options)
        assert found.problems
        assert not any("\n" in line for line in found.problems)
        return found.problems

    def test_all_that_is_missing_is_told_at_once(self, write_recipe):
        said = self.problems(write_recipe({
            "sources": [blobs(name="a", folder="./no-a"),
                        blobs(name="b", folder="./no-b", pictures="./no-pictures"), blobs()],
            "model": {"trunk": "./no.safetensors", "start_from": "./no-model"},
        }))
        assert len(said) == 5
        for line, words in zip(said, ["no-model: there is no such model", "no.safetensors",
                                      "Source a: ", "Source b: ", "no-pictures"], strict=True):
            assert words in line

    def test_picture_files_that_are_missing_are_counted_and_one_is_named(
        self, write_recipe, tmp_path
    ):
        write_blobs(tmp_path / "own", BlobFolder(6))
        for number in (1, 4):
            (tmp_path / "own" / "images" / f"blobs_0{number}.png").unlink()
        (line,) = self.problems(write_recipe(
            {"sources": [blobs(folder="./own")], "hold_out.share": 0}
        ))
        assert "Source blobs: 2 of 6 picture files are missing, such as " in line
        assert "blobs_01.png" in line

    def test_missing_files_are_told_too_where_places_can_not_be_told_without_them(
        self, write_recipe, tmp_path
    ):
        coco = write_blobs(tmp_path / "own", BlobFolder(6))
        for image in coco["images"]:
            del image["site"]
        (tmp_path / "own" / "annotations.json").write_text(json.dumps(coco))
        (tmp_path / "own" / "images" / "blobs_02.png").unlink()
        (line,) = self.problems(write_recipe({"sources": [blobs(folder="./own")]}))
        assert "1 of 6 picture files are missing" in line

    def test_sources_of_which_nothing_is_left_to_learn_from(self, write_recipe):
        (line,) = self.problems(write_recipe({"sources": [blobs(where={"species": ["unicorn"]})]}))
        assert line.startswith("Source blobs: no picture is left.")
        (line,) = self.problems(write_recipe({"hold_out": {"species": ["boar", "deer"]}}))
        assert "all of its 12 pictures are kept out" in line

    def test_without_a_folder_of_data_it_is_named_first(self, write_recipe, monkeypatch, tmp_path):
        monkeypatch.setenv("WILDPOSE_DATA", str(tmp_path / "nowhere"))
        first, second = self.problems(write_recipe({"sources": [blobs(folder="real/train")]}))
        assert first.startswith(f"{tmp_path / 'nowhere'}: there is no such folder")
        assert "WILDPOSE_DATA" in first
        assert "Source blobs" in second

    def test_a_device_that_is_not_there(self, write_recipe):
        (line,) = self.problems(write_recipe(), device="toaster")
        assert line.startswith("--device toaster: can't be used here")

    def test_a_model_folder_that_can_not_be_made(self, write_recipe, tmp_path):
        (tmp_path / "file").write_text("in the way")
        (line,) = self.problems(write_recipe(), out=tmp_path / "file" / "model")
        assert "can't be made a folder" in line

    def test_a_disk_without_room(self, write_recipe, tmp_path, monkeypatch):
        usage = namedtuple("usage", "free")
        monkeypatch.setattr(planning.shutil, "disk_usage", lambda path: usage(1_000_000))
        (line,) = self.problems(write_recipe(), out=tmp_path / "model")
        assert "0.0 GB are free, about 0.1 GB are needed" in line

    def test_starting_weights_whose_first_step_explodes(self, write_recipe, tmp_path):
        state = Detector(Architecture()).trunk.state_dict()
        state["conv1.0.weight"][0, 0] = float("nan")
        save_file(state, tmp_path / "trunk.safetensors")
        recipe = write_recipe({"model.trunk": "./trunk.safetensors"})
        before = files_below(tmp_path)
        (line,) = self.problems(recipe)
        assert "no number in the first steps" in line
        assert files_below(tmp_path) == before

    def test_a_source_that_has_nothing_for_the_dense_pose_head(self, write_recipe):
        (line,) = self.problems(write_recipe({
            "model": {"dense_pose": True}, "hold_out.share": 0, "schedule.steps": 0,
            "sources": [blobs(regions=10, dense_share=1, labels={"person": ["person"]})],
            "dense_schedule": {"steps": 2},
        }))
        assert "no animal with a mask or points" in line

    def test_a_recipe_that_is_none_is_refused(self, tmp_path):
        with pytest.raises(UsageError, match="can't be read"):
            plan(tmp_path / "none.yaml")
