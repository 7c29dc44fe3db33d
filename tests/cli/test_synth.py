"""`wildpose synth`: what it refuses in one line, and a small folder."""

from __future__ import annotations

import json

import pytest

from wildpose.cli import main
from wildpose.cli.synth import parse_size
from wildpose.errors import UsageError


@pytest.mark.parametrize(("words", "said"), [
    ([], "nothing to make"),
    (["--clips", "1", "--species", "unicorn"], "--species unicorn"),
    (["--clips", "1", "--size", "large"], "--size large"),
    (["--clips", "1", "--backgrounds", "nowhere"], "nowhere: there is no such folder"),
    (["--clips", "1", "--night", "2"], "--night"),
    (["--randomised", "1", "--without", "unicorn"], "--without unicorn"),
])
def test_what_can_not_be_made_is_said_in_one_line(tmp_path, capfd, words, said):
    assert main(["synth", "--out", str(tmp_path / "out"), *words]) == 2
    error = capfd.readouterr().err
    assert error.startswith("error: ")
    assert said in error
    assert len(error.splitlines()) == 1


@pytest.mark.parametrize("text", ["640", "641x480", "32x32", "9000x480", "640x480x3"])
def test_odd_and_silly_sizes_are_refused(text):
    with pytest.raises(UsageError, match="this is no size"):
        parse_size(text)


def test_a_still_by_names_with_commas(tmp_path, capfd):
    words = ["synth", "--out", str(tmp_path / "out"), "--stills", "1", "--species", "fox,deer",
             "--size", "96x64", "--workers", "1", "--json"]
    assert main(words) == 0
    told = json.loads(capfd.readouterr().out)
    assert told["stills"] == told["frames"] == 1
    settings = json.loads((tmp_path / "out" / "synth.json").read_text())
    assert settings["species"] == ["deer", "fox"]
    assert (tmp_path / "out" / "stills" / "images" / "still_00001.jpg").is_file()


def test_a_randomised_picture_without_a_family(tmp_path, capfd):
    words = ["synth", "--out", str(tmp_path / "out"), "--randomised", "1", "--species", "fox,deer",
             "--without", "canid", "--size", "128x96", "--points", "30", "--workers", "1"]
    assert main(words) == 0
    assert "1 randomised pictures (1 frames)" in capfd.readouterr().out
    whole = json.loads((tmp_path / "out" / "randomised" / "annotations.json").read_text())
    assert {a["family"] for a in whole["annotations"]} <= {"deer"}
    assert all(len(a.get("dp_x", ())) <= 30 for a in whole["annotations"])
