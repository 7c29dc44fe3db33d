"""Configurations of the published models: read, kept as JSON, and what they expect of weights."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest
import torch
import yaml
from safetensors.torch import save_file

from wildpose.errors import ModelError
from wildpose.models import load_predictor
from wildpose.models.chart_rcnn import Config, build, expected_keys, load
from wildpose.models.chart_rcnn.pictures import input_size, network_input
from wildpose.models.folder import ModelDescription, write_description

DENSE = "MODEL.ROI_DENSEPOSE_HEAD"
TEACHER = {
    "_BASE_": "Base-RCNN-FPN-Atop10P_CA.yaml",
    "MODEL": {
        "RESNETS": {"DEPTH": 50}, "DENSEPOSE_ON": True,
        "ROI_DENSEPOSE_HEAD": {
            "NAME": "DensePoseDeepLabHead", "POOLER_TYPE": "ROIAlign",
            "UV_CONFIDENCE": {"ENABLED": True, "TYPE": "iid_iso"},
            "SEGM_CONFIDENCE": {"ENABLED": True}, "POINT_REGRESSION_WEIGHTS": 0.0005,
            "COARSE_SEGM_TRAINED_BY_MASKS": True, "INDEX_WEIGHTS": 1.0,
        },
    },
}
R101_DL_WC2M = {
    "_BASE_": "Base-DensePose-RCNN-FPN.yaml",
    "MODEL": {
        "RESNETS": {"DEPTH": 101},
        "ROI_DENSEPOSE_HEAD": {
            "NAME": "DensePoseDeepLabHead", "UV_CONFIDENCE": {"ENABLED": True,
                                                              "TYPE": "indep_aniso"},
            "SEGM_CONFIDENCE": {"ENABLED": True}, "POINT_REGRESSION_WEIGHTS": 0.0005,
        },
    },
}


def written(folder: Path, content: dict, name: str = "model.yaml") -> Path:
    path = folder / name
    path.write_text(yaml.safe_dump(content), "utf-8")
    return path


def test_the_animal_teacher_is_read_without_its_base(tmp_path):
    config = Config.from_yaml(written(tmp_path, TEACHER))
    assert config == Config(
        head="deeplab", uv_confidence="iid_iso", segm_confidence=True, subject="animal",
        box_aligned=True, box_sampling=0, point_weight=0.0005, index_weight=1.0,
        coarse_from_masks=True)


def test_a_human_model_is_read_without_its_base(tmp_path):
    config = Config.from_yaml(written(tmp_path, R101_DL_WC2M))
    assert config == Config(depth=101, head="deeplab", uv_confidence="indep_aniso",
                            segm_confidence=True, point_weight=0.0005)


def test_a_base_beside_the_file_counts_more_than_the_known_one(tmp_path):
    base = {"MODEL": {"BACKBONE": {"NAME": "build_resnet_fpn_backbone"},
                      "RPN": {"PRE_NMS_TOPK_TEST": 500},
                      "ROI_HEADS": {"NUM_CLASSES": 1},
                      "ROI_BOX_HEAD": {"NUM_FC": 2, "POOLER_RESOLUTION": 7}},
            "DATASETS": {"CATEGORY_MAPS": {"base_coco_2017_train": {"16": 1}}}}
    written(tmp_path, base, "Base-DensePose-RCNN-FPN.yaml")
    config = Config.from_yaml(written(tmp_path, R101_DL_WC2M))
    assert config.proposals_per_level == 500
    assert config.box_aligned, "upstream's own default"
    assert config.subject == "animal"


def test_a_base_that_is_nowhere_is_asked_for(tmp_path):
    path = written(tmp_path, {**TEACHER, "_BASE_": "Base-Of-Mine.yaml"})
    with pytest.raises(ModelError, match=r"Base-Of-Mine\.yaml is missing"):
        Config.from_yaml(path)


@pytest.mark.parametrize(("part", "key", "value"), [
    ("ROI_DENSEPOSE_HEAD", "PREDICTOR_NAME", "DensePoseEmbeddingPredictor"),
    ("ROI_DENSEPOSE_HEAD", "NAME", "DensePoseHRHead"),
    ("ROI_DENSEPOSE_HEAD", "POOLER_TYPE", "ROIPool"),
    ("ROI_HEADS", "NUM_CLASSES", 80),
    ("RESNETS", "DEPTH", 18),
    ("RESNETS", "STRIDE_IN_1X1", False),
    ("BACKBONE", "NAME", "build_hrfpn_backbone"),
])
def test_another_network_is_refused_by_the_key_that_asks_for_it(tmp_path, part, key, value):
    content = json.loads(json.dumps(TEACHER))
    content["MODEL"].setdefault(part, {})[key] = value
    with pytest.raises(ModelError, match=str(value)):
        Config.from_yaml(written(tmp_path, content))


@pytest.mark.parametrize("text", ["a: [", "- 1", "MODEL: {}\n"])
def test_what_is_no_configuration_is_refused(tmp_path, text):
    path = tmp_path / "model.yaml"
    path.write_text(text, "utf-8")
    with pytest.raises(ModelError, match=r"model\.yaml"):
        Config.from_yaml(path)


def test_json_gives_the_same_configuration_back(tmp_path):
    config = Config.from_yaml(written(tmp_path, TEACHER))
    content = json.loads(json.dumps(config.as_json()))
    assert content["family"] == "chart_rcnn"
    assert Config.from_json(content) == config
    with pytest.raises(ModelError, match="colour"):
        Config.from_json({**content, "colour": "red"})
    with pytest.raises(ModelError, match="family"):
        Config.from_json({"depth": 50})


@pytest.mark.parametrize(("config", "tensors", "millions"), [
    (Config(), 335, 63.93),
    (Config(uv_confidence="indep_aniso"), 341, 64.54),
    (Config(head="deeplab", uv_confidence="iid_iso", segm_confidence=True), 365, 66.38),
    (Config(head="deeplab", uv_confidence="iid_iso", segm_confidence=True, mask_head=True),
     377, 69.01),
    (Config(depth=101, head="deeplab", uv_confidence="indep_aniso", segm_confidence=True),
     624, 85.84),
])
def test_checkpoints_have_as_many_tensors_as_published_ones(config, tensors, millions):
    shapes = expected_keys(config)
    assert len(shapes) == tensors
    assert sum(math.prod(s) for s in shapes.values()) / 1e6 == pytest.approx(millions, abs=0.005)


def test_weights_of_another_configuration_are_named():
    shapes = expected_keys(Config(uv_confidence="iid_iso"))
    weights = {name: torch.zeros(()).expand(shape) for name, shape in shapes.items()}
    with pytest.raises(ModelError, match=r"kappa_u_lowres\.bias is missing, expected \(25,\)"):
        load(Config(uv_confidence="indep_aniso"), weights)
    with pytest.raises(ModelError, match=r"sigma_2_lowres\.bias is \(25,\), expected nothing"):
        load(Config(), weights)


def test_what_older_checkpoints_carry_besides_is_left_out():
    shapes = expected_keys(Config())
    weights = {name: torch.zeros(()).expand(shape) for name, shape in shapes.items()}
    spare = {"pixel_mean": torch.zeros(3), "roi_heads.mask_head.predictor.bias": torch.zeros(1),
             "proposal_generator.anchor_generator.cell_anchors.0": torch.zeros(3, 4)}
    assert load(Config(), {**weights, **spare}).state_dict().keys() == shapes.keys()


def test_a_folder_of_this_family_is_loaded_as_such(tmp_path):
    save_file({"backbone.bottom_up.stem.conv1.weight": torch.zeros(64, 3, 7, 7)},
              tmp_path / "weights.safetensors")
    write_description(tmp_path, ModelDescription("m", "", "none", Config().as_json()))
    with pytest.raises(ModelError, match="don't fit the configuration: backbone"):
        load_predictor(tmp_path)


def test_the_oldest_models_cut_regions_from_the_level_that_fits():
    with torch.device("meta"):
        network = build(Config(decoder=False, coarse_channels=15, dense_cells=14))
        levels = [torch.zeros(1, 256, 64 // 2**i, 64 // 2**i) for i in range(5)]
    assert not [name for name in network.state_dict() if "decoder" in name]
    assert network.charts_of(levels[0][..., :14, :14]).coarse_segm.shape == (1, 15, 56, 56)


def test_pictures_are_scaled_by_their_shorter_edge_unless_the_longer_gets_too_long():
    assert input_size((480, 640), 800, 1333) == (800, 1067)
    assert input_size((720, 1280), 800, 1333) == (750, 1333)
    assert input_size((1280, 720), 800, 1333) == (1333, 750)


def test_the_network_sees_blue_first_and_zeros_round_the_picture():
    image = torch.tensor([255, 0, 0], dtype=torch.uint8).expand(40, 50, 3).numpy()
    seen = network_input(image, Config())
    assert seen.shape == (1, 3, 64, 64)
    assert seen[0, :, 0, 0].tolist() == pytest.approx([-103.53, -116.28, 255 - 123.675])
    assert not seen[..., 40:, :].any()
    assert not seen[..., 50:].any()
