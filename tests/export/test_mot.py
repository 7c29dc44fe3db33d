"""MOTChallenge files of a run: read by motmetrics, scored by TrackEval where it is installed."""

from __future__ import annotations

import configparser
import csv
import json
import subprocess
from pathlib import Path

import motmetrics
import pytest
from run_writer import HEIGHT, LOOKED_AT, WIDTH, Box, write_run

from wildpose.export import export_run

ROOT = Path(__file__).resolve().parents[2]
FOX, PEOPLE = "dep_1_fox.MP4", "dep_1_fox.mp4-2"


@pytest.fixture(scope="module")
def folder(run, tmp_path_factory) -> Path:
    return export_run(run, "mot", tmp_path_factory.mktemp("mot") / "out").out


def rows_of(folder: Path, tracker: str, sequence: str) -> list[list[str]]:
    file = folder / "trackers" / "wildpose-run" / tracker / "data" / f"{sequence}.txt"
    return [line.split(",") for line in file.read_text().splitlines()]


def table(path: Path) -> list[dict]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_frames_are_those_that_were_looked_at_from_1(folder):
    rows = rows_of(folder, "animals", FOX)
    assert [(row[0], row[1]) for row in rows] == [("2", "1"), ("3", "1"), ("3", "2"), ("11", "1")]
    numbered = table(folder / "gt" / "wildpose-run" / FOX / "frames.csv")
    assert [int(row["frame_index"]) for row in numbered] == LOOKED_AT
    assert numbered[1] == {"frame": "2", "frame_index": "3", "time_s": "0.2"}


def test_lines_have_ten_columns_in_pixels(folder):
    first = rows_of(folder, "animals", FOX)[0]
    assert first == ["2", "1", "10.00", "20.00", "48.00", "36.00", "0.9100", "-1", "-1", "-1"]


def test_length_and_rate_are_of_the_frames_that_were_looked_at(folder):
    info = configparser.ConfigParser()
    info.read(folder / "gt" / "wildpose-run" / FOX / "seqinfo.ini")
    said = info["Sequence"]
    assert (int(said["seqLength"]), float(said["frameRate"])) == (len(LOOKED_AT), 5)
    assert (int(said["imWidth"]), int(said["imHeight"])) == (WIDTH, HEIGHT)


def test_people_are_a_tracker_of_their_own(folder):
    assert [row[1] for row in rows_of(folder, "people", PEOPLE)] == ["1", "1"]
    assert [row[1] for row in rows_of(folder, "animals", PEOPLE)] == ["2"]
    assert rows_of(folder, "people", FOX) == []


def test_empty_clips_are_sequences_and_failed_ones_are_not(folder):
    listed = (folder / "gt" / "seqmaps" / "wildpose-run.txt").read_text().splitlines()
    assert listed == ["name", FOX, "dep2_cut.avi", "dep2_nothing.avi", PEOPLE]
    assert rows_of(folder, "animals", "dep2_nothing.avi") == []
    clips = {row["clip"]: row for row in table(folder / "clips.csv")}
    assert clips["dep2/broken.mp4"]["status"] == "failed"
    assert clips["dep2/broken.mp4"]["animal_tracks"] == ""
    assert clips["dep2/broken.mp4"]["sequence"] == ""
    assert clips["dep2/nothing.avi"]["animal_tracks"] == "0"
    assert clips["dep_1/fox.mp4"]["sequence"] == PEOPLE


def test_no_truth_is_made_up(folder):
    assert list(folder.rglob("gt.txt")) == []


def test_motmetrics_reads_it(folder):
    file = folder / "trackers" / "wildpose-run" / "animals" / "data" / f"{FOX}.txt"
    found = motmetrics.io.loadtxt(str(file), fmt="mot15-2D")
    assert found.index.tolist() == [(2, 1), (3, 1), (3, 2), (11, 1)]
    # it subtracts 1 from x and y
    assert found.iloc[0][["X", "Y", "Width", "Height"]].tolist() == [9, 19, 48, 36]


def test_one_frame_has_the_rate_of_the_clip(tmp_path):
    write_run(tmp_path / "run", {"a.mp4": [Box(0, 1, (0, 0, 9, 9))]},
              facts={"frames_decoded": 1, "duration_s": 1 / 15})
    export_run(tmp_path / "run", "mot", tmp_path / "mot")
    text = (tmp_path / "mot" / "gt" / "wildpose-run" / "a.mp4" / "seqinfo.ini").read_text()
    assert "seqLength=1\n" in text
    assert "frameRate=15\n" in text


def test_trackeval_scores_the_tracks_against_themselves_with_1(run, tmp_path):
    python = ROOT / ".validate" / "bin" / "python"
    if not python.exists():
        pytest.skip("TrackEval lives in an environment of its own, which `make validate` makes")
    folder = export_run(run, "mot", tmp_path / "mot").out
    for place in (folder / "gt" / "wildpose-run").iterdir():
        rows = rows_of(folder, "animals", place.name)
        (place / "gt").mkdir()
        (place / "gt" / "gt.txt").write_text(
            "".join(f"{','.join(row[:6])},1,1,1\n" for row in rows))
    call = [str(python), str(ROOT / "benchmarks" / "trackeval_scores.py"), str(folder / "gt"),
            str(folder / "trackers"), "wildpose", "run"]
    done = subprocess.run(call, check=True, capture_output=True, text=True)
    said = json.loads(done.stdout)
    assert said["animals"]["hota"] == pytest.approx(1)
    assert said["animals"]["mota"] == pytest.approx(1)
    assert said["people"]["det_a"] < 0.1
