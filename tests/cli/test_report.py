"""`wildpose report` as a user calls it."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from wildpose.cli import main

sys.path.insert(0, str(Path(__file__).parents[1] / "ecology"))

from ecology_run import DEPLOYMENTS, Clip, MadeRun, survey


@pytest.fixture(scope="module")
def run(tmp_path_factory) -> Path:
    return survey().write(tmp_path_factory.mktemp("report") / "run")


@pytest.fixture
def deployments(tmp_path) -> Path:
    """With one species only: plots take most of the time of these tests."""
    path = tmp_path / "deployments.csv"
    path.write_text(DEPLOYMENTS.replace("Capreolus capreolus", ""))
    return path


def test_json_is_one_object(wildpose, run, tmp_path):
    done = wildpose("report", run, "--species", "Lutra lutra", "--out", tmp_path / "out", "--json")
    assert (done.returncode, done.stderr) == (0, "")
    found = json.loads(done.stdout)
    assert list(found) == ["run", "report", "page", "clips", "clips_failed", "clips_without_time",
                           "deployments", "effort_days", "events", "species"]
    assert found["species"] == {"Lutra lutra": {"events": 3, "individuals": 4, "rai": None,
                                                "rai_individuals": None}}
    assert found["effort_days"] is None
    assert Path(found["page"]).is_file()


def test_people_read_what_was_found_and_where_it_lies(run, deployments, tmp_path, capsys):
    words = ["report", str(run), "--deployments", str(deployments), "--out", str(tmp_path / "out")]
    assert main(words) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "8 clips at 4 deployments, 70.0 trap nights: 3 independent events."
    assert lines[1] == "  animal: 3 events, 4 individuals, RAI 4.29"
    assert lines[2].startswith("1 clip without a time: see ")
    assert lines[3].startswith("1 clip that could not be read: see ")
    assert lines[4] == f"Page with plots: {tmp_path / 'out' / 'report.html'}"


def test_tables_of_species_and_another_gap_without_deployments(run, tmp_path, capsys):
    names = tmp_path / "species.csv"
    names.write_text("clip,track_id,species\nriver/a.mp4,,otter\nridge/DCIM/a.mp4,2,otter\n")
    assert main(["report", str(run), "--species-table", str(names), "--species", "otter",
                 "--gap", "10", "--gap-from", "last-independent", "--out",
                 str(tmp_path / "out")]) == 0
    text = capsys.readouterr().out
    assert text.startswith("8 clips at 3 deployments, unknown effort: 4 independent events.\n"
                           "  otter: 4 events, 5 individuals\n")
    names.write_text("clip,species\nriver/b.mov,otter\n")
    assert main(["report", str(run), "--species-table", str(names), "--out", str(tmp_path)]) == 2
    assert "row 2: there is no clip river/b.mov in the run" in capsys.readouterr().err


def test_quiet_prints_nothing(tmp_path, capsys):
    empty = MadeRun([Clip("a/1.mp4", "2024-03-02T06:00:00")]).write(tmp_path / "run")
    assert main(["report", str(empty), "--out", str(tmp_path / "out"), "--quiet"]) == 0
    assert capsys.readouterr().out == ""
    assert (tmp_path / "out" / "report.html").is_file()


@pytest.mark.parametrize(("words", "said"), [
    (("--gap", "0"), "error: A gap of 0 minutes makes no events."),
    (("--deployments", "none.csv"), "error: none.csv: there is no such file."),
    (("--species", " "), "error: The name of the species is empty."),
    (("--gap-from", "yesterday"), "error: ")])
def test_wrong_use_ends_in_one_line(run, tmp_path, capsys, words, said):
    assert main(["report", str(run), "--out", str(tmp_path / "out"), *words]) == 2
    error = capsys.readouterr().err
    assert error.startswith(said)
    assert len(error.splitlines()) == 1
    assert not (tmp_path / "out").exists()


def test_rows_that_do_not_fit_are_named_in_one_line(run, deployments, tmp_path, capsys):
    deployments.write_text(DEPLOYMENTS.replace("ridge,2024-03-01T08:00", "ridge,2024-03-02T06:10"))
    assert main(["report", str(run), "--deployments", str(deployments), "--out",
                 str(tmp_path / "out")]) == 2
    error = capsys.readouterr().err
    assert "ridge/DCIM/a.mp4 of 2024-03-02 06:00:00 lies before row 2 (ridge) begins" in error
    assert len(error.splitlines()) == 1
