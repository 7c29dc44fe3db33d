"""`wildpose export`: the object for programs, the lines for people, clear refusals."""

from __future__ import annotations

import json

import pytest

from wildpose.cli import main
from wildpose.export import FORMATS
from wildpose.results.journal import Journal
from wildpose.results.record import ClipRecord, FileStamp, failure_row
from wildpose.results.tables import write_tables


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A run in which the one clip could not be read."""
    folder = tmp_path_factory.mktemp("run")
    with Journal.open(folder / "journal.sqlite", {}) as journal:
        row = failure_row("a.mp4", ".", "open", "no video")
        journal.record(ClipRecord("a.mp4", FileStamp(1, 1), None, failures=(row,)))
        write_tables(journal, folder)
    (folder / "run.json").write_text("{}")
    return folder


def test_json_is_one_object(run, tmp_path, capfd):
    words = ["export", str(run), "--format", "megadetector", "--out", str(tmp_path), "--json"]
    assert main(words) == 0
    found = json.loads(capfd.readouterr().out)
    assert found["out"] == str(tmp_path / "megadetector.json")
    assert (found["clips"], found["clips_failed"], found["animals"]) == (1, 1, 0)
    assert (tmp_path / "megadetector.json").is_file()


def test_people_are_told_where_it_is_and_what_could_not_be_read(run, tmp_path, capfd):
    assert main(["export", str(run), "--format", "csv", "--out", str(tmp_path / "out")]) == 0
    said = capfd.readouterr().out
    assert str(tmp_path / "out") in said
    assert "1 of the clips could not be read" in said


def test_quiet_prints_nothing(run, tmp_path, capfd):
    assert main(["export", str(run), "--format", "mot", "--out", str(tmp_path / "out"),
                 "--quiet"]) == 0
    assert capfd.readouterr() == ("", "")


def test_the_help_names_every_format(capfd):
    assert main(["export", "--help"]) == 0
    said = capfd.readouterr().out
    assert [name for name in FORMATS if name not in said] == []


@pytest.mark.parametrize(("words", "said"), [
    (["--format", "xml"], "no such format"),
    (["--format", "csv", "--dense-pose"], "--dense-pose"),
    ([], "--format"),
])
def test_wrong_use_is_one_clear_line_and_exit_code_2(run, tmp_path, capfd, words, said):
    assert main(["export", str(run), "--out", str(tmp_path / "out"), *words]) == 2
    printed = capfd.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("error: ")
    assert said in printed.err
    assert len(printed.err.splitlines()) == 1
    assert not (tmp_path / "out").exists()


def test_what_is_no_run_is_named(tmp_path, capfd):
    assert main(["export", str(tmp_path), "--format", "csv", "--out", str(tmp_path / "o")]) == 2
    assert f"{tmp_path}: not a run folder" in capfd.readouterr().err
