"""From a model folder to a file of detectron2; the whole round trip stands in test_importing."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from wildpose.errors import ModelError, UsageError
from wildpose.models.chart_rcnn import network
from wildpose.models.exchange.exporting import export_detectron2
from wildpose.models.exchange.importing import ImportRequest, import_model
from wildpose.models.folder import available_models, file_sha256

SMALL = {"z.weight": (2, 3), "a.bias": (4,)}


@pytest.fixture
def imported(tmp_path, monkeypatch) -> Path:
    """A model folder of two tensors, with settings of its own."""
    monkeypatch.setattr(network, "expected_keys", lambda config: dict(SMALL))
    model = {n: np.full(shape, i + 0.5, np.float32) for i, (n, shape) in enumerate(SMALL.items())}
    (tmp_path / "in.pkl").write_bytes(pickle.dumps({"model": model, "__author__": "x"}))
    (tmp_path / "in.yaml").write_text(
        "_BASE_: Base-DensePose-RCNN-FPN.yaml\nMODEL: {MASK_ON: no}\n")
    import_model(ImportRequest(str(tmp_path / "in.pkl"), tmp_path / "model",
                               str(tmp_path / "in.yaml"), licence="CC BY 4.0"))
    return tmp_path / "model"


def test_weights_and_settings_are_written_as_detectron2_has_them(imported, tmp_path):
    found = export_detectron2(imported, tmp_path / "new" / "out.pkl")
    content = pickle.loads(found.out.read_bytes(), encoding="latin1")  # noqa: S301  our own file
    assert list(content["model"]) == list(SMALL), "in the network's order"
    held = load_file(imported / "weights.safetensors")
    assert all(np.array_equal(v, held[n]) for n, v in content["model"].items())
    assert found.settings == tmp_path / "new" / "out.yaml"
    assert "_BASE_: Base-DensePose-RCNN-FPN.yaml" in found.settings.read_text()
    assert (found.sha256, found.licence) == (file_sha256(found.out), "CC BY 4.0")


def test_a_model_without_settings_of_its_own_gets_none_beside_it(imported, tmp_path):
    (imported / "config.yaml").unlink()
    assert export_detectron2(imported, tmp_path / "out.pkl").settings is None
    assert not (tmp_path / "out.yaml").exists()


def test_an_earlier_export_is_replaced_but_other_settings_are_not(imported, tmp_path):
    first = export_detectron2(imported, tmp_path / "out.pkl")
    assert export_detectron2(imported, tmp_path / "out.pkl") == first
    (tmp_path / "out.yaml").write_text("mine: 1\n")
    first.out.write_bytes(b"before")
    with pytest.raises(UsageError, match="there are other settings of that name"):
        export_detectron2(imported, tmp_path / "out.pkl")
    assert (tmp_path / "out.yaml").read_text() == "mine: 1\n"
    assert first.out.read_bytes() == b"before"


@pytest.mark.parametrize("name", ["out", "out.pth", "out.pkl.gz"])
def test_the_name_ends_as_detectron2_wants_it(imported, tmp_path, name):
    with pytest.raises(UsageError, match=r"ends in \.pkl"):
        export_detectron2(imported, tmp_path / name)


def test_a_model_of_another_family_is_refused(tmp_path):
    if not available_models():
        pytest.skip("no model is in species_models")
    with pytest.raises(ModelError, match="Only DensePose R-CNNs can be exported"):
        export_detectron2(available_models()[0].name, tmp_path / "out.pkl")
    assert not (tmp_path / "out.pkl").exists()


def test_weights_that_were_changed_or_lost_are_refused(imported, tmp_path):
    path = imported / "weights.safetensors"
    save_file({"z.weight": np.zeros((2, 3), np.float32)}, path)
    with pytest.raises(ModelError, match="the checksum is not the one"):
        export_detectron2(imported, tmp_path / "out.pkl")
    path.unlink()
    with pytest.raises(ModelError, match=r"weights\.safetensors: can't be read"):
        export_detectron2(imported, tmp_path / "out.pkl")


def test_weights_of_another_network_are_refused(imported, tmp_path, monkeypatch):
    monkeypatch.setattr(network, "expected_keys", lambda config: {"z.weight": (2, 3)})
    with pytest.raises(ModelError, match=r"are not those of model\.json"):
        export_detectron2(imported, tmp_path / "out.pkl")
