"""A DensePose R-CNN through the same training as the small network: groups, starts, a whole run."""

from __future__ import annotations

import csv
import pickle
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from wildpose.errors import ModelError, UsageError
from wildpose.models.chart_rcnn import Config, build
from wildpose.models.folder import read_description
from wildpose.models.predictor import load_predictor
from wildpose.training.chart_batch import ChartRcnnLosses
from wildpose.training.families import CHART_RCNN, SMALL, family_of
from wildpose.training.optimiser import make_optimiser, parameter_groups
from wildpose.training.plan import plan
from wildpose.training.recipe import ModelPart, RatePart, SchedulePart, read_recipe
from wildpose.training.run import train
from wildpose.training.starting import load_residual_trunk, load_whole

pytestmark = pytest.mark.long
CONFIG = {"head": "deeplab", "uv_confidence": "iid_iso", "segm_confidence": True,
          "subject": "animal", "coarse_from_masks": True, "short_edge": 64, "long_edge": 96,
          "proposals_per_level": 40, "proposals": 40, "detections": 1}
RESTING = ("backbone.bottom_up.stem.", "backbone.bottom_up.res2.")
SCHEDULE = {
    "steps": 2, "batch": 1, "canvases": [[64, 96]], "warm_up": 1, "optimiser": "sgd",
    "augmentation": "mirror", "drops": [1], "clip_value": 1.0, "average_decay": 0,
    "rate": {"trunk": 1e-4, "first_stage": 1e-3, "heads": 1e-3}, "weight_decay": 1e-4,
    "checkpoint_every": 100, "dense_regions": 4,
}


@pytest.fixture(scope="module")
def network():
    torch.manual_seed(0)
    return build(Config(**CONFIG))


def names_of(network, parameters) -> set[str]:
    chosen = {id(p) for p in parameters}
    return {name for name, p in network.named_parameters() if id(p) in chosen}


def test_a_recipe_asks_for_one_family_or_the_other():
    assert family_of(ModelPart()) is SMALL
    assert family_of(ModelPart(chart_rcnn=CONFIG)) is CHART_RCNN


class TestGroups:
    def test_every_parameter_is_in_one_group(self, network):
        groups = CHART_RCNN.groups(network, RatePart())
        listed = [id(p) for g in groups for p in g.parameters]
        assert sorted(listed) == sorted(id(p) for p in network.parameters())
        own = {g.name: names_of(network, g.parameters) for g in groups}
        assert all(n.startswith(RESTING) for n in own["resting"])
        assert {n.split(".")[2] for n in own["trunk"]} == {"res3", "res4", "res5"}
        assert {n.split(".")[0] for n in own["first_stage"]} == {"backbone", "proposal_generator"}
        assert {n.split(".")[1] for n in own["heads"]} == {"box_head", "box_predictor"}
        assert {n.split(".")[1] for n in own["dense_head"]} == {
            "decoder", "densepose_head", "densepose_predictor"}

    def test_stem_and_first_stage_of_the_trunk_never_learn(self, network):
        groups = parameter_groups(network, SchedulePart(**SCHEDULE))
        assert [g["name"] for g in groups] == ["trunk", "first_stage", "heads", "dense_head"]
        resting = {n for n, p in network.named_parameters() if not p.requires_grad}
        assert resting == {n for n, _ in network.named_parameters() if n.startswith(RESTING)}

    def test_weights_decay_but_for_those_of_normalisations(self, network):
        optimiser = make_optimiser(network, SchedulePart(**SCHEDULE))
        assert isinstance(optimiser, torch.optim.SGD)
        decaying, resting = (set().union(*(
            names_of(network, g["params"]) for g in optimiser.param_groups
            if bool(g["weight_decay"]) is decays)) for decays in (True, False))
        assert all(".norm." in n or "ASPP" in n for n in resting)
        assert "roi_heads.densepose_head.body_conv_fcn1.norm.weight" in resting
        assert not any(".norm." in n for n in decaying)
        assert all(g["momentum"] == 0.9 for g in optimiser.param_groups)


class TestStarts:
    def weights(self, network) -> dict[str, np.ndarray]:
        """A trunk as ImageNet files name it, without statistics."""
        own = network.backbone.bottom_up.state_dict()
        return {n: np.full(tuple(v.shape), 0.5, np.float32) for n, v in own.items()
                if not n.endswith(("running_mean", "running_var"))}

    def test_a_trunk_of_detectron2_is_matched_by_the_ends_of_its_names(self, network, tmp_path):
        path = tmp_path / "R-50.pkl"
        content = {"model": self.weights(network) | {"stem.fc.bias": np.zeros(3, np.float32)},
                   "__author__": "Caffe2", "matching_heuristics": True}
        path.write_bytes(pickle.dumps(content, 2))
        before = network.state_dict()["backbone.fpn_lateral2.weight"].clone()
        load_residual_trunk(network, path)
        path.unlink()
        state = network.state_dict()
        assert (state["backbone.bottom_up.res4.5.conv2.weight"] == 0.5).all()
        assert (state["backbone.bottom_up.stem.conv1.norm.running_var"] == 1).all()
        assert (state["backbone.bottom_up.stem.conv1.norm.running_mean"] == 0).all()
        assert torch.equal(state["backbone.fpn_lateral2.weight"], before)

    def test_a_trunk_that_lacks_a_tensor_is_refused(self, network, tmp_path):
        save_file({"stem.conv1.weight": torch.zeros(64, 3, 7, 7)}, tmp_path / "r.safetensors")
        with pytest.raises(ModelError, match=r"no trunk of depth 50: .* is missing"):
            load_residual_trunk(network, tmp_path / "r.safetensors")

    def test_a_pickle_that_runs_code_is_refused(self, network, tmp_path):
        (tmp_path / "R-50.pkl").write_bytes(b"cos\nsystem\n(S'true'\ntR.")
        with pytest.raises(ModelError, match=r"R-50\.pkl"):
            load_residual_trunk(network, tmp_path / "R-50.pkl")

    def test_a_model_of_another_family_is_refused(self, network):
        with pytest.raises(ModelError, match="not a DensePose R-CNN"):
            load_whole(network, "animal-small")


def chart_recipe(write_recipe, changes=None):
    return write_recipe({"model": {"chart_rcnn": CONFIG}, "schedule": SCHEDULE, **(changes or {})})


@pytest.mark.parametrize(("changes", "said"), [
    ({"model.backbone": "efficientnet_lite0"}, "backbone: of the small network"),
    ({"model.dense_pose": True, "model.auto_calibration": True}, "auto_calibration, dense_pose"),
    ({"model.chart_rcnn.depht": 50}, "unknown fields: depht"),
    ({"model.chart_rcnn.depth": 18}, "depth is 18"),
    ({"model.chart_rcnn.short_edge": "long"}, "short_edge"),
    ({"dense_schedule": {"steps": 2}}, "learns beside the others"),
    ({"schedule.rate.uncertainty": 1e-3}, "rate.uncertainty: of the small network"),
    ({"schedule.clip_gradient": 1.0}, "give one of them"),
    ({"schedule.drops": [4, 2]}, "in rising order"),
    ({"sources": [{"name": "a", "folder": "./blobs", "share": 1, "box_share": 0.5}]},
     "source a: box_share is for the small network"),
])
def test_what_the_family_has_not_got_is_one_clear_line(write_recipe, changes, said):
    with pytest.raises(UsageError, match=said) as caught:
        read_recipe(chart_recipe(write_recipe, changes))
    assert "\n" not in str(caught.value)


def test_coordinates_on_smpl_and_numbers_of_regions_are_for_this_family_alone(write_recipe):
    source = {"name": "a", "folder": "./blobs", "share": 1, "labels": {"surface": "smpl"}}
    assert read_recipe(chart_recipe(write_recipe, {"sources": [source]}))
    with pytest.raises(UsageError, match=r"dense_regions: of `model\.chart_rcnn`"):
        read_recipe(write_recipe({"schedule.dense_regions": 8}))
    with pytest.raises(UsageError, match=r"smpl is learnt by `model\.chart_rcnn` alone"):
        read_recipe(write_recipe({"sources": [source]}))


@pytest.mark.parametrize("name", ["teacher_r50", "student_r50_uv"])
def test_without_its_data_each_thing_that_is_missing_has_a_line(name, monkeypatch, tmp_path):
    monkeypatch.setenv("WILDPOSE_DATA", str(tmp_path))
    found = plan(Path(__file__).parents[2] / "recipes" / f"{name}.yaml")
    said = "\n".join(found.problems)
    for words in ("R-50.pkl" if name == "teacher_r50" else "teacher_r50: there is no such model",
                  "Source coco: ", "Source densepose coco: ", "train2017: there is no such folder"):
        assert words in said
    assert found.cost is None
    assert (found.steps, found.batch) == (270_000, 16)


def test_students_see_labelled_and_bootstrapped_pictures_alike():
    folder = Path(__file__).parents[2] / "recipes"
    teacher = read_recipe(folder / "teacher_r50.yaml").model.chart_rcnn
    for ranking in ("uniform", "mask", "chart", "uv"):
        recipe = read_recipe(folder / f"student_r50_{ranking}.yaml")
        *labelled, clips = recipe.sources
        assert clips.share == sum(s.share for s in labelled)
        assert clips.trusted
        assert recipe.model.chart_rcnn == replace(teacher, index_weight=5.0)


def test_it_trains_and_its_folder_is_a_model_to_start_from(write_recipe, tmp_path):
    recipe, out, reports = chart_recipe(write_recipe), tmp_path / "model", []
    summary = train(recipe, out, on_step=lambda report, steps: reports.append(report))
    (out / "checkpoint.pt").unlink()  # hundreds of MB
    assert list(reports[0].losses) == list(ChartRcnnLosses._fields)
    assert all(np.isfinite(list(r.losses.values())).all() for r in reports)
    assert reports[0].losses["coarse"] > 0 < reports[0].losses["objectness"]
    assert [r.rate for r in reports] == pytest.approx([1, 0.1])
    with (out / "curves.csv").open(encoding="utf-8") as file:
        assert [row["step"] for row in csv.DictReader(file)] == ["1", "2"]
    assert summary.held_out > 0
    description = read_description(out)
    assert Config.from_json(description.architecture) == Config(**CONFIG)
    predictor = load_predictor(out, minimum_score=0.0, mask_score=0.0)
    (found,) = predictor.predict([np.zeros((64, 96, 3), np.uint8)])
    assert len(found)
    assert all(pose is not None for pose in found.dense_pose)
    torch.manual_seed(3)
    fresh, learnt = build(Config(**CONFIG)).state_dict(), load_file(out / "weights.safetensors")
    still = [n for n in fresh if torch.equal(fresh[n], learnt[n])]
    assert "backbone.bottom_up.res2.0.conv1.weight" in still
    assert "backbone.bottom_up.res3.0.conv1.weight" not in still
    another = chart_recipe(write_recipe, {"model.start_from": "./model", "hold_out.share": 0})
    planned = plan(another, tmp_path / "new")
    assert planned.problems == ()
    assert planned.starts_from == (str(tmp_path / "model"),)
    cost = planned.cost
    assert cost.steps_s == pytest.approx(2 * cost.picture_s)
    weights = (out / "weights.safetensors").stat().st_size
    assert 6.5 * weights < cost.disk_bytes < 7.1 * weights  # moments of what learns alone
