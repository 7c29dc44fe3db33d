"""`wildpose report` as a user calls it."""

from __future__ import annotations

import csv
import json
import sys
from pathlib import Path

import pytest

from wildpose.cli import main

sys.path.insert(0, str(Path(__file__).parents[1] / "ecology"))

from ecology_run import DEPLOYMENTS, survey


@pytest.fixture(scope="module")
def run(tmp_path_factory) -> Path:
    return survey().write(tmp_path_factory.mktemp("report") / "run")


@pytest.fixture
def deployments(tmp_path) -> Path:
    path = tmp_path / "deployments.csv"
    path.write_text(DEPLOYMENTS)
    return path


def test_json_is_one_object(wildpose, run, deployments, tmp_path):
    done = wildpose("report", run, "--deployments", deployments, "--species", "Lutra lutra",
                    "--out", tmp_path / "out", "--json")
    assert (done.returncode, done.stderr) == (0, "")
    found = json.loads(done.stdout)
    assert list(found) == ["run", "report", "page", "clips", "clips_failed", "clips_without_time",
                           "deployments", "effort_days", "events", "species"]
    assert list(found["species"]) == ["Capreolus capreolus", "Lutra lutra"]
    assert Path(found["page"]).is_file()


def test_people_read_what_was_found_and_where_it_lies(run, deployments, tmp_path, capsys):
    words = ["report", str(run), "--deployments", str(deployments), "--out", str(tmp_path / "out")]
    assert main(words) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "8 clips at 4 deployments, 70.0 trap nights: 3 independent events."
    assert lines[1:3] == ["  Capreolus capreolus: 2 events, 3 individuals, RAI 2.86",
                          "  animal: 1 event, 1 individual, RAI 1.43"]
    assert lines[3].startswith("1 clip without a time: see ")
    assert lines[4].startswith("1 clip that could not be read: see ")
    assert lines[5] == f"Page with plots: {tmp_path / 'out' / 'report.html'}"


def test_without_deployments_the_effort_is_unknown(run, tmp_path, capsys):
    assert main(["report", str(run), "--out", str(tmp_path / "out"), "--gap", "10",
                 "--gap-from", "last-independent"]) == 0
    text = capsys.readouterr().out
    assert text.startswith("8 clips at 3 deployments, unknown effort: 4 independent events.")
    assert "RAI" not in text


def test_species_of_clips_and_tracks_come_from_a_table(run, tmp_path, capsys):
    names = tmp_path / "species.csv"
    names.write_text("clip,track_id,species\nriver/a.mp4,,otter\nridge/DCIM/a.mp4,2,boar\n")
    assert main(["report", str(run), "--species-table", str(names), "--out",
                 str(tmp_path / "out"), "--quiet"]) == 0
    assert capsys.readouterr().out == ""
    with (tmp_path / "out" / "sightings.csv").open(newline="") as file:
        seen = {(row["clip"], row["species"]) for row in csv.DictReader(file)}
    assert {("river/a.mp4", "otter"), ("ridge/DCIM/a.mp4", "boar"),
            ("ridge/DCIM/a.mp4", "animal")} <= seen


@pytest.mark.parametrize(("words", "said"), [
    (("--gap", "0"), "error: A gap of 0 minutes makes no events."),
    (("--deployments", "none.csv"), "error: none.csv: there is no such file."),
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
