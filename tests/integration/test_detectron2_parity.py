"""detectron2 itself and the network here: weights go both ways, and either says the same.

Runs where detectron2 and its DensePose project are installed (docs/detectron2.md, "detectron2
itself"); real frames, weights by formula, single precision in both.
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from side_by_side import CASES, apart, look, real_pictures, weights

from wildpose.errors import ModelError
from wildpose.models import detectron2
from wildpose.models.chart_rcnn import Config, expected_keys, load
from wildpose.models.chart_rcnn.layers import fold_all, quicken_all
from wildpose.models.exchange.exporting import export_detectron2
from wildpose.models.exchange.importing import ImportRequest, import_model
from wildpose.models.exchange.zoo import ZOO
from wildpose.models.folder import ModelDescription, read_description, write_description

ABSENT = detectron2.reason_absent()
pytestmark = pytest.mark.skipif(
    bool(ABSENT), reason=f"needs detectron2 and its DensePose project: {ABSENT}")
BOXES_PX, REST = 0.01, {"as loaded": 1e-3, "as the predictor runs it": 2e-3}
"""Boxes are a sum of many roundings: in pixels of pictures 480 to 1920 wide."""


@pytest.fixture(scope="module")
def known() -> dict[str, torch.Tensor]:
    """Weights by formula; they are the same in all cases."""
    torch.set_num_threads(1)
    return {}


def own_folder(folder: Path, config: Config, tensors: dict[str, torch.Tensor]) -> Path:
    folder.mkdir()
    save_file(tensors, folder / "weights.safetensors")
    write_description(folder, ModelDescription("by formula", "finds nothing that means anything",
                                               "none", config.as_json()))
    return folder


@pytest.mark.parametrize("case", CASES)
def test_weights_go_out_and_come_back_and_both_say_the_same_of_real_pictures(
        case, known, tmp_path):
    config = CASES[case]
    tensors = weights(expected_keys(config), known)

    exported = export_detectron2(own_folder(tmp_path / "own", config, tensors),
                                 tmp_path / "out.pkl")
    theirs = detectron2.build(config, exported.out)

    saver = import_module("detectron2.checkpoint").DetectionCheckpointer(theirs, str(tmp_path))
    saver.save("theirs")
    (tmp_path / "theirs.yaml").write_text(detectron2.settings_of(config).dump(), "utf-8")
    back = import_model(ImportRequest(str(tmp_path / "theirs.pth"), tmp_path / "back",
                                      str(tmp_path / "theirs.yaml"))).out

    assert Config.from_json(read_description(back).architecture) == config
    returned = load_file(back / "weights.safetensors")
    assert returned.keys() == tensors.keys()
    assert all(torch.equal(returned[name], tensors[name]) for name in tensors)

    ours, pictures = load(config, returned), list(real_pictures())
    its = [detectron2.look(theirs, image, config) for _, image in pictures]
    assert sum(len(answer.score) for answer in its) > 10
    for how, rest in REST.items():
        if how != "as loaded":
            fold_all(ours)
            quicken_all(ours)
        for (name, image), answer in zip(pictures, its, strict=True):
            for what, far in apart(look(ours, image), answer).items():
                assert far <= (BOXES_PX if what == "boxes" else rest), (how, name, what)


@pytest.mark.parametrize("model", ZOO, ids=lambda model: model.name)
def test_detectron2_builds_every_published_network_with_the_tensors_that_ours_has(model):
    config = Config(**model.settings)
    settings = detectron2.settings_of(config)
    settings.MODEL.DEVICE = "meta"
    with torch.device("meta"):
        theirs = import_module("detectron2.modeling").build_model(settings)
    shapes = {name: tuple(tensor.shape) for name, tensor in theirs.state_dict().items()}
    assert shapes == expected_keys(config)


def test_a_checkpoint_of_another_network_is_noticed(known, tmp_path):
    config = CASES["R_50 WC2 s1x"]
    tensors = weights(expected_keys(config), known)
    less = {n: t for n, t in tensors.items() if "kappa_u" not in n}
    torch.save({"model": less}, tmp_path / "less.pth")
    with pytest.raises(ModelError, match=r"lacks 2 tensors .*kappa_u_lowres"):
        detectron2.build(config, tmp_path / "less.pth")
