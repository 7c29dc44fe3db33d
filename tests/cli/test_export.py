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
    (["--format", "camtrap-dp"], "--deployments CSV"),
    (["--format", "camtrap-dp", "--level", "clips"], "--level"),
    (["--format", "coco", "--gap", "10"], "--gap: coco has no place for it"),
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


def test_camtrap_dp_takes_what_the_report_takes_and_a_project(run, tmp_path, capfd):
    (tmp_path / "cameras.csv").write_text(
        "deployment,folder,start,end,latitude,longitude,timezone\n"
        "ridge,.,2026-05-01,2026-05-31,46.21,7.36,+01:00\n")
    (tmp_path / "names.csv").write_text("clip,species\n")
    (tmp_path / "project.yaml").write_text(
        "project: {title: Ridge}\ncontributors: [{title: A. Ranger}]\n")
    words = ["--deployments", "cameras.csv", "--project", "project.yaml", "--species-table",
             "names.csv"]
    words = [str(tmp_path / word) if "." in word else word for word in words]
    assert main(["export", str(run), "--format", "camtrap-dp", "--out", str(tmp_path / "out"),
                 "--species", "Vulpes vulpes", "--gap", "60", "--level", "event", *words]) == 0
    said = capfd.readouterr().out
    assert "Not readable, and so without a time: a.mp4." in said
    package = json.loads((tmp_path / "out" / "datapackage.json").read_text())
    assert package["project"]["observationLevel"] == ["event"]
    assert "60 minutes" in package["description"]
