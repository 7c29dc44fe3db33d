from __future__ import annotations

import json
import subprocess
import sys

import pytest

from wildpose.errors import ModelError
from wildpose.models import available_models, folder, load_predictor
from wildpose.models.folder import find_model, read_description, write_description


def change(model_folder, **content) -> None:
    path = model_folder / "model.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | content), "utf-8")


def test_a_description_comes_back_as_it_was_written(model_folder, description):
    read = read_description(model_folder)
    assert len(read.weights_sha256) == 64
    assert vars(read) == vars(description) | {"weights_sha256": read.weights_sha256}


def test_the_checksum_written_is_that_of_the_weights_beside_it(model_folder, description):
    before = read_description(model_folder).weights_sha256
    (model_folder / "weights.safetensors").write_bytes(b"other")
    write_description(model_folder, description)
    assert read_description(model_folder).weights_sha256 != before


def test_a_folder_loads_and_says_who_it_is(model_folder):
    predictor = load_predictor(model_folder)
    assert (predictor.name, predictor.threshold, predictor.input_size) == ("fresh", 0.45, (64, 128))
    assert predictor.digest == read_description(model_folder).weights_sha256


def test_exchanged_weights_are_refused(model_folder):
    with (model_folder / "weights.safetensors").open("ab") as file:
        file.write(b"\0")
    with pytest.raises(ModelError, match=r"weights\.safetensors: the checksum is not the one"):
        load_predictor(model_folder)


def test_missing_weights_are_named(model_folder):
    (model_folder / "weights.safetensors").unlink()
    with pytest.raises(ModelError, match=r"weights\.safetensors is missing"):
        load_predictor(model_folder)


def test_weights_that_are_no_safetensors_are_refused_in_one_line(model_folder, description):
    (model_folder / "weights.safetensors").write_bytes(b"no tensors in here")
    write_description(model_folder, description)
    with pytest.raises(ModelError, match="the weights can't be used"):
        load_predictor(model_folder)


def test_weights_of_another_architecture_are_refused_in_one_line(model_folder):
    change(model_folder, architecture={"backbone": "shufflenet_v2_x1_5", "box_width": 64})
    with pytest.raises(ModelError, match="the weights can't be used") as caught:
        load_predictor(model_folder)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("architecture", [{"backbone": "resnet"}, {"depth": 3}])
def test_an_unknown_architecture_is_refused(model_folder, architecture):
    change(model_folder, architecture=architecture)
    with pytest.raises(ModelError, match="the weights can't be used"):
        load_predictor(model_folder)


def test_a_folder_of_another_version_says_what_to_do(model_folder):
    change(model_folder, format=99)
    with pytest.raises(ModelError, match="another version") as caught:
        read_description(model_folder)
    assert "Update wildpose" in caught.value.remedy


@pytest.mark.parametrize("content", [
    b"", b"[]", b"{}", b"\xff\xfe", b'{"format": 1}', b'{"format": 1, "calibration": {}}',
    b'{"format": 1, "calibration": {"animal": 3}, "canvases": []}',
    b'{"format": 1, "calibration": {}, "canvases": [[384, 640]], "name": "a"}',
    b'{"format": 1, "calibration": {}, "canvases": [], "name": "a", "description": "", '
    b'"licence": "", "architecture": {}}',
])
def test_a_broken_description_is_one_line_that_names_the_file(model_folder, content):
    (model_folder / "model.json").write_bytes(content)
    with pytest.raises(ModelError, match=r"model\.json: ") as caught:
        read_description(model_folder)
    assert "\n" not in str(caught.value)


def test_an_unknown_name_lists_the_known_ones(monkeypatch, model_folder):
    monkeypatch.setattr(folder, "shipped_folder", lambda: model_folder.parent)
    with pytest.raises(ModelError, match=r"unicorn: there is no such model.*one of: fresh"):
        find_model("unicorn")
    assert find_model("fresh") == model_folder


def test_available_models_reads_what_is_shipped(monkeypatch, model_folder):
    monkeypatch.setattr(folder, "shipped_folder", lambda: model_folder.parent)
    (only,) = available_models()
    assert (only.name, only.folder, only.licence) == ("fresh", model_folder, "CC0-1.0")
    assert only.digest == read_description(model_folder).weights_sha256


def test_listing_models_needs_no_torch():
    code = ("import sys; from wildpose.models import available_models; available_models();"
            "raise SystemExit('torch' in sys.modules)")
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_every_shipped_model_loads_and_answers(make_picture):
    models = available_models()
    if not models:
        pytest.skip("no model is in species_models")
    for model in models:
        predictor = load_predictor(model.name)
        assert predictor.digest == model.digest
        (found,) = predictor.predict([make_picture(90, 160)])
        assert (found.score >= predictor.minimum_score).all()
