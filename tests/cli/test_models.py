"""`wildpose models`: what is listed, taken over and handed on, as a user calls it."""

from __future__ import annotations

import json
import pickle
from pathlib import Path

import numpy as np
import pytest

from wildpose.cli import main
from wildpose.cli.models import models
from wildpose.models.chart_rcnn import network
from wildpose.models.exchange import zoo
from wildpose.models.folder import available_models

SMALL = {"a.weight": (2, 3), "a.bias": (4,)}
S1X = "densepose_rcnn_R_50_FPN_s1x"


@pytest.fixture
def checkpoint(tmp_path, monkeypatch) -> Path:
    """A file of two tensors, and a network that wants them."""
    monkeypatch.setattr(network, "expected_keys", lambda config: dict(SMALL))
    model = {name: np.ones(shape, np.float32) for name, shape in SMALL.items()}
    (tmp_path / "mine.pkl").write_bytes(pickle.dumps({"model": model, "__author__": "me"}))
    return tmp_path / "mine.pkl"


@pytest.mark.parametrize("words", [["models"], ["models", "list"]])
def test_without_a_command_and_with_list_the_shipped_models_are_listed(words, capsys):
    assert main(words) == 0
    shown = capsys.readouterr().out
    assert all(model.name in shown and model.licence in shown for model in available_models())
    assert main([*words, "--quiet"]) == 0
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("words", [["models", "--json"], ["models", "list", "--json"]])
def test_the_list_as_json(words, capfd):
    assert main(words) == 0
    found = json.loads(capfd.readouterr().out)["models"]
    assert [model["name"] for model in found] == [m.name for m in available_models()]


def test_published_models_are_listed_with_size_figures_and_licence(capsys):
    assert main(["models", "list", "--zoo"]) == 0
    shown = capsys.readouterr().out
    assert "CC BY-SA 3.0" in shown
    assert "about 266 MB; box AP 61.4, segm AP 58.9, APex GPS 38.3, AP GPS 22.2" in shown
    assert all(f"  {m.name}\n" in shown and m.path in shown for m in zoo.ZOO)


def test_published_models_as_json_hold_whole_addresses(capfd):
    assert main(["models", "list", "--zoo", "--json"]) == 0
    found = json.loads(capfd.readouterr().out)["models"]
    assert [m["url"] for m in found] == [m.url for m in zoo.ZOO]
    assert found[0]["settings"]["head"] == "deeplab"
    assert found[0]["licence"] == "CC BY-SA 3.0"


def test_in_and_out_again(checkpoint, tmp_path, capfd):
    out, again = tmp_path / "model", tmp_path / "again.pkl"
    assert main(["models", "import", str(checkpoint), "--config", S1X, "--out", str(out)]) == 0
    shown = capfd.readouterr().out
    assert "2 tensors, 0.0 million weights from mine.pkl" in shown
    assert "there was none to compare it with; it stands in the card" in shown
    assert "Licence  not stated" in shown
    words = ["models", "export", str(out), "--format", "detectron2", "--out", str(again), "--json"]
    assert main(words) == 0
    found = json.loads(capfd.readouterr().out)
    assert (found["tensors"], found["settings"], found["format"]) == (2, None, "detectron2")
    assert found["out"] == str(again)
    words = ["models", "import", str(again), "--config", S1X, "--out", str(tmp_path / "second"),
             "--sha256", found["sha256"], "--licence", "CC0-1.0", "--json"]
    assert main(words) == 0
    second = json.loads(capfd.readouterr().out)
    assert (second["sha256_checked"], second["licence"], second["tensors"]) == (True, "CC0-1.0", 2)


def test_a_tampered_file_is_one_line_and_runs_nothing(tmp_path, capsys):
    class Touches:
        def __reduce__(self):
            return open, (str(tmp_path / "it_ran"), "w")

    (tmp_path / "bad.pkl").write_bytes(pickle.dumps({"model": {"a": Touches()}}))
    words = ["models", "import", str(tmp_path / "bad.pkl"), "--config", S1X,
             "--out", str(tmp_path / "model")]
    assert main(words) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err == (f"error: {tmp_path / 'bad.pkl'}: refused: it asks for io.open, which "
                         "weights never need. Nothing in it was run. Take the file from where it "
                         "was published.\n")
    assert not (tmp_path / "it_ran").exists()


@pytest.mark.parametrize(("words", "said"), [
    (["import"], "missing argument 'FILE|URL|NAME'. See `wildpose models --help`"),
    (["import", "x.pkl"], "missing option '--out'"),
    (["import", "x.pkl", "--out", "m"], "x.pkl: no such file, and no published model"),
    (["import", "ftp://host/x.pkl", "--config", S1X, "--out", "m"], "not an address of the web"),
    (["export", "no", "--format", "detectron2", "--out", "x.pkl"], "no: there is no such model"),
    (["export", "none", "--format", "onnx", "--out", "x.pkl"], "'onnx' is not one of 'detectron2'"),
    (["impot"], "Did you mean 'import'?"),
    (["--json", "list"], "Write: wildpose models list --json"),
])
def test_wrong_use_is_one_line(words, said, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["models", *words]) == 2
    shown = capsys.readouterr()
    assert said in shown.err
    assert len(shown.err.splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("command", [command.name for command in models.registered_commands])
def test_help_of_each_command_fits_a_terminal_of_80_columns(command, capsys):
    assert main(["models", command, "--help"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= 80
    for option in ("--json", "--debug", "--quiet", "--help"):
        assert any(option in line for line in lines)


def test_help_of_the_group_shows_the_calls_line_by_line(capsys):
    assert main(["models", "--help"]) == 0
    shown = capsys.readouterr().out
    assert "\n  wildpose models list --zoo\n  wildpose models import NAME --out MODEL\n" in shown
    assert "..." not in shown.split("Commands:")[1]
