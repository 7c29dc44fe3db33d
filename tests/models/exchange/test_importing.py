"""From a checkpoint to a model folder: what it holds, what its card says, what is refused."""

from __future__ import annotations

import json
import pickle
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.numpy import load_file

from wildpose.errors import ModelError, UsageError
from wildpose.models.chart_rcnn import network
from wildpose.models.chart_rcnn.config import Config
from wildpose.models.exchange import importing, zoo
from wildpose.models.exchange.exporting import export_detectron2
from wildpose.models.exchange.importing import ImportRequest, import_model
from wildpose.models.exchange.zoo import zoo_model
from wildpose.models.folder import file_sha256, find_model, read_description

SMALL = {"backbone.stem.conv1.weight": (2, 3, 1, 1), "roi_heads.box_head.fc1.bias": (4,)}
S1X = "densepose_rcnn_R_50_FPN_s1x"
TEACHER = "densepose_R_50_FPN_DL_WC1M_3x_Atop10P_CA"


@pytest.fixture
def small(monkeypatch) -> None:
    """A network of two tensors in place of the real one, whose files have 256 MB."""
    monkeypatch.setattr(network, "expected_keys", lambda config: dict(SMALL))


def weights(shapes=SMALL) -> dict[str, np.ndarray]:
    values = np.random.default_rng(5).normal
    return {name: values(size=shape).astype(np.float32) for name, shape in shapes.items()}


def pkl(path: Path, content=None) -> Path:
    model = weights() if content is None else content
    path.write_bytes(pickle.dumps({"model": model, "__author__": "some body\n# x `y`"}))
    return path


@pytest.mark.usefixtures("small")
def test_a_file_becomes_a_folder_with_weights_settings_and_a_card(tmp_path):
    path, out = pkl(tmp_path / "mine.pkl"), tmp_path / "models" / "chimp"
    found = import_model(ImportRequest(str(path), out, TEACHER, licence="CC0-1.0"))
    assert sorted(p.name for p in out.iterdir()) == [
        "README.md", "model.json", "weights.safetensors"]
    held = load_file(out / "weights.safetensors")
    assert held.keys() == SMALL.keys()
    assert all(np.array_equal(held[n], w) for n, w in weights().items())
    assert (found.tensors, found.weights) == (2, 10)
    description = read_description(find_model(out))
    assert description.weights_sha256 == file_sha256(out / "weights.safetensors")
    assert (description.name, description.licence) == ("chimp", "CC0-1.0")
    assert Config.from_json(description.architecture) == Config(**zoo.ZOO[0].settings)
    assert description.architecture["family"] == "chart_rcnn"
    assert description.lineage["imported"]["sha256"] == file_sha256(path)
    assert [p.name for p in (tmp_path / "models").iterdir()] == ["chimp"]
    assert {p.stat().st_mode & 0o777 for p in out.iterdir()} == {0o644}


@pytest.mark.usefixtures("small")
def test_the_card_says_source_checksum_licence_and_what_is_open(tmp_path):
    path, out = pkl(tmp_path / "mine.pkl"), tmp_path / "chimp"
    import_model(ImportRequest(str(path), out, TEACHER))
    card = (out / "README.md").read_text("utf-8")
    assert f"`mine.pkl`\n- **sha256 of that file**: `{file_sha256(path)}` (there was none" in card
    assert str(tmp_path) not in card + (out / "model.json").read_text("utf-8")
    assert "- **Weights**: not stated\n- **detectron2**: Apache-2.0" in card
    assert "not calibrated" in card
    assert "animals and people, as one class" in card
    assert "some body # x 'y'" in card, "the author's line breaks and marks stay out of the card"
    assert max(map(len, re.findall(r"^#.*", card, re.MULTILINE))) < 20


@pytest.mark.usefixtures("small")
def test_a_file_called_like_a_published_one_gets_its_licence_but_no_certificate(tmp_path):
    out = tmp_path / "teacher"
    found = import_model(ImportRequest(str(pkl(tmp_path / "model_final_9fe1cc.pkl")), out))
    card = (out / "README.md").read_text("utf-8")
    assert found.origin.licence == "CC BY-SA 3.0"
    assert not found.origin.checked
    assert "so nothing says that it is the published file beside its name" in card
    assert "as the model-zoo page of detectron2's DensePose project states" in card
    assert "| box AP | segm AP | APex GPS | AP GPS | AP GPSm |" in card
    assert "| 61.3 | 59.1 | 36.2 | 20.0 | 30.2 |" in card


@pytest.mark.usefixtures("small")
def test_a_file_called_like_a_published_one_of_known_checksum_must_be_it(tmp_path):
    path = pkl(tmp_path / "model_final_162be9.pkl")
    with pytest.raises(ModelError, match=rf"is {file_sha256(path)} and not b8a7382001b16e45"):
        import_model(ImportRequest(str(path), tmp_path / "out"))
    assert not (tmp_path / "out").exists()


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("right", [True, False])
def test_a_checksum_that_is_given_is_compared(tmp_path, right):
    path = pkl(tmp_path / "mine.pkl")
    given = file_sha256(path).upper() if right else "0" * 64
    request = ImportRequest(str(path), tmp_path / "out", S1X, sha256=given)
    if right:
        assert import_model(request).origin.checked
    else:
        with pytest.raises(ModelError, match="Fetch or copy the file again"):
            import_model(request)


@pytest.mark.usefixtures("small")
def test_settings_files_are_read_with_their_bases_and_kept(tmp_path):
    (tmp_path / "base.yaml").write_text(
        "MODEL:\n  BACKBONE: {NAME: build_resnet_fpn_backbone}\n  RESNETS: {DEPTH: 50}\n"
        "  ROI_HEADS: {NUM_CLASSES: 1}\n"
        "  ROI_BOX_HEAD: {NUM_FC: 2, POOLER_RESOLUTION: 7}\n"
        "  ROI_DENSEPOSE_HEAD: {NAME: DensePoseV1ConvXHead, POOLER_TYPE: ROIAlign}\n")
    (tmp_path / "mine.yaml").write_text(
        "_BASE_: base.yaml\nMODEL:\n  RESNETS: {DEPTH: 101}\n"
        "  ROI_DENSEPOSE_HEAD: {UV_CONFIDENCE: {ENABLED: true, TYPE: indep_aniso}}\n")
    out = tmp_path / "out"
    import_model(ImportRequest(
        str(pkl(tmp_path / "a.pkl")), out, str(tmp_path / "mine.yaml")))
    config = Config.from_json(read_description(out).architecture)
    assert (config.depth, config.uv_confidence, config.head) == (101, "indep_aniso", "v1convx")
    assert Config.from_yaml(out / "config.yaml") == config


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize(("config", "said"), [
    (None, "--config is missing"), ("none.yaml", r"none\.yaml: can't be read"),
    ("outside.yaml", "lies in another folder"),
])
def test_settings_that_can_not_be_used_are_named_and_nothing_is_written(tmp_path, config, said):
    folder = tmp_path / "configs"
    folder.mkdir()
    (tmp_path / "secret.yaml").write_text("A: hidden\n")
    (folder / "outside.yaml").write_text("_BASE_: ../secret.yaml\n")
    path = pkl(tmp_path / "a.pkl")
    with pytest.raises((ModelError, UsageError), match=said):
        import_model(ImportRequest(
            str(path), tmp_path / "out", config and str(folder / config)))
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.pkl", "configs", "secret.yaml"]


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("there", ["file", "folder"])
def test_what_is_there_is_not_written_over(tmp_path, there):
    out = tmp_path / "out"
    if there == "file":
        out.write_text("mine")
    else:
        out.mkdir()
        (out / "mine.txt").write_text("mine")
    with pytest.raises(UsageError, match="there is something already"):
        import_model(ImportRequest(str(pkl(tmp_path / "a.pkl")), out, S1X))
    assert (out if there == "file" else out / "mine.txt").read_text() == "mine"


@pytest.mark.usefixtures("small")
def test_an_empty_folder_is_taken(tmp_path):
    (tmp_path / "out").mkdir()
    import_model(ImportRequest(str(pkl(tmp_path / "a.pkl")), tmp_path / "out", S1X))
    assert (tmp_path / "out" / "model.json").is_file()


@pytest.mark.usefixtures("small")
def test_weights_of_another_network_leave_nothing_behind(tmp_path):
    path = pkl(tmp_path / "a.pkl", weights({**SMALL, "roi_heads.decoder.x": (1,)}))
    with pytest.raises(ModelError, match=r"1 unexpected \(roi_heads\.decoder\.x\)"):
        import_model(ImportRequest(str(path), tmp_path / "out", S1X))
    assert [p.name for p in tmp_path.iterdir()] == ["a.pkl"]


@pytest.mark.usefixtures("small")
def test_a_disk_that_fills_up_leaves_nothing_behind(tmp_path, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(importing, "save_file", full)
    with pytest.raises(OSError, match="No space left"):
        import_model(ImportRequest(str(pkl(tmp_path / "a.pkl")), tmp_path / "out", S1X))
    assert [p.name for p in tmp_path.iterdir()] == ["a.pkl"]


@pytest.mark.usefixtures("small")
def test_code_in_a_file_is_not_run_by_an_import(tmp_path):
    class Touches:
        def __reduce__(self):
            return Path.touch, (tmp_path / "it_ran",)

    path = pkl(tmp_path / "a.pkl", {**weights(), "x": Touches()})
    with pytest.raises(ModelError, match=r"a\.pkl: refused: it asks for"):
        import_model(ImportRequest(str(path), tmp_path / "out", S1X))
    assert not (tmp_path / "it_ran").exists()
    assert not (tmp_path / "out").exists()


@pytest.mark.usefixtures("small")
def test_a_mask_head_that_the_settings_have_not_is_left_out(tmp_path):
    path = pkl(tmp_path / "a.pkl", {**weights(), "roi_heads.mask_head.deconv.bias": np.zeros(3)})
    assert import_model(ImportRequest(str(path), tmp_path / "out", S1X)).tensors == 2


# From an address


@pytest.mark.usefixtures("small")
def test_a_published_model_is_fetched_by_name(site, tmp_path, monkeypatch):
    path = pkl(tmp_path / "a.pkl")
    site.content = path.read_bytes()
    monkeypatch.setattr(zoo, "BASE_URL", site.url)
    shown: list[int] = []
    found = import_model(ImportRequest(TEACHER, tmp_path / "teacher"),
                         lambda done, _: shown.append(done))
    assert site.asked == [(f"/evolution/{TEACHER}/217578784/model_final_9fe1cc.pkl", None)]
    assert shown[-1] == len(site.content)
    assert found.origin.source == f"{site.url}{site.asked[0][0]}"
    assert found.origin.sha256 == file_sha256(path)
    assert found.origin.licence == "CC BY-SA 3.0"
    assert not (tmp_path / "teacher.download").exists()
    card = (tmp_path / "teacher" / "README.md").read_text("utf-8")
    assert f"<{found.origin.source}>" in card


@pytest.mark.usefixtures("small")
def test_a_published_model_of_another_checksum_is_refused(site, tmp_path, monkeypatch):
    site.content = pkl(tmp_path / "a.pkl").read_bytes()
    monkeypatch.setattr(zoo, "BASE_URL", site.url)
    with pytest.raises(ModelError, match=r"and not b8a738.*; the file was deleted"):
        import_model(ImportRequest(S1X, tmp_path / "out"))
    assert not (tmp_path / "out").exists()


@pytest.mark.usefixtures("small")
def test_a_token_in_an_address_stays_out_of_the_card(site, tmp_path):
    site.content = pkl(tmp_path / "a.pkl").read_bytes()
    url = f"{site.url}/mine.pkl?token=secret#part"
    found = import_model(ImportRequest(url, tmp_path / "out", S1X))
    assert found.origin.source == f"{site.url}/mine.pkl"
    assert not [p for p in (tmp_path / "out").glob("*.*") if b"secret" in p.read_bytes()]


@pytest.mark.usefixtures("small")
def test_settings_are_asked_for_before_anything_is_fetched(site, tmp_path):
    with pytest.raises(UsageError, match="--config is missing"):
        import_model(ImportRequest(f"{site.url}/mine.pkl", tmp_path / "out"))
    assert site.asked == []


@pytest.mark.usefixtures("small")
def test_a_file_that_was_fetched_is_kept_when_it_does_not_fit(site, tmp_path):
    """The next try, with other settings, needs no second download."""
    site.content = pkl(tmp_path / "a.pkl").read_bytes()
    request = ImportRequest(f"{site.url}/mine.pkl", tmp_path / "out", str(tmp_path / "a.yaml"))
    (tmp_path / "a.yaml").write_text("MODEL: {}")
    with pytest.raises(ModelError):
        import_model(request)
    site.content, good = pickle.dumps({"model": {}}), site.content
    with pytest.raises(ModelError, match="2 missing"):
        import_model(replace(request, config=S1X))
    assert (tmp_path / "out.download" / "mine.pkl").is_file()
    site.content = good
    with pytest.raises(ModelError, match="2 missing"):
        import_model(replace(request, config=S1X))
    assert len(site.asked) == 1


def test_neither_a_file_nor_a_name_is_said_so(tmp_path):
    with pytest.raises(UsageError, match="no such file, and no published model of that name"):
        import_model(ImportRequest("densepose_unicorn", tmp_path / "out"))


# All names of the real network


@pytest.mark.parametrize("name", [S1X, TEACHER])
def test_in_out_and_in_again_gives_the_same_weights(name, tmp_path, monkeypatch):
    """A .pth of a training becomes a folder, a .pkl and a folder again.

    Every tensor of the network is there, but cut to four numbers each way: a whole one has 256 MB.
    """
    whole = network.expected_keys(Config(**zoo_model(name).settings))
    thin = {n: tuple(min(side, 4) for side in shape) for n, shape in whole.items()}
    monkeypatch.setattr(network, "expected_keys", lambda config: dict(thin))
    model = {n: torch.from_numpy(w) for n, w in weights(thin).items()}
    torch.save({"model": model, "iteration": 9999}, tmp_path / "model_0009999.pth")
    first, second = tmp_path / "first", tmp_path / "second"
    found = import_model(ImportRequest(str(tmp_path / "model_0009999.pth"), first, name))
    assert found.tensors == len(thin) > 300
    written = export_detectron2(first, tmp_path / "again.pkl")
    again = import_model(ImportRequest(str(written.out), second, name, sha256=written.sha256))
    one, other = (read_description(f) for f in (first, second))
    assert one.weights_sha256 == other.weights_sha256
    assert one.architecture == other.architecture
    assert again.origin.author == "wildpose"
    assert json.loads((second / "model.json").read_text())["lineage"]["imported"]["checked"]
    held = load_file(second / "weights.safetensors")
    assert all(np.array_equal(held[n], w) for n, w in model.items())
