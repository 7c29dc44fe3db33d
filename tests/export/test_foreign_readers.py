"""Exports before the readers of other programs, which live in an environment of their own."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from wildpose.export import export_run

HERE = Path(__file__).resolve().parent
PYTHON = HERE.parents[1] / ".validate" / "bin" / "python"


@dataclass(frozen=True)
class Said:
    """What the readers said, file by file; files of readers that are not installed are missing."""

    answers: dict[str, dict]

    def of(self, path: Path) -> dict:
        if str(path) not in self.answers:
            pytest.skip(f"the reader of {path.suffix} files is not in {PYTHON.parents[1].name}")
        return self.answers[str(path)]


@pytest.fixture(scope="module")
def files(run, tmp_path_factory) -> dict[str, Path]:
    """Good files and broken ones."""
    folder = tmp_path_factory.mktemp("foreign")
    batch = export_run(run, "megadetector", folder / "good.json").out
    table = export_run(run, "via-tracks", folder / "via").out / "animals" / "dep_1_fox.MP4.csv"
    broken = json.loads(batch.read_text())
    del broken["images"][0]["detections"][0]["frame_number"]
    (folder / "broken.json").write_text(json.dumps(broken))
    (folder / "broken.csv").write_text(table.read_text().replace('""track"":2', '""track"":1'))
    return {"batch": batch, "table": table, "broken batch": folder / "broken.json",
            "broken table": folder / "broken.csv"}


@pytest.fixture(scope="module")
def said(files) -> Said:
    if not PYTHON.exists():
        pytest.skip("readers of others live in an environment that `make validate` makes")
    call = [str(PYTHON), str(HERE / "foreign_readers.py"), *map(str, files.values())]
    done = subprocess.run(call, check=True, stdout=subprocess.PIPE, text=True)
    return Said(json.loads(done.stdout))


def test_the_validator_of_megadetector_finds_all_boxes_and_no_fault(files, said):
    assert said.of(files["batch"]) == {"faults": [], "found": {"1": 6, "2": 2}}


def test_the_validator_of_megadetector_names_a_broken_file(files, said):
    (fault,) = said.of(files["broken batch"])["faults"]
    assert "frame" in fault


def test_movement_finds_tracks_at_their_frames_and_places(files, said):
    assert said.of(files["table"]) == {"faults": [], "found": {
        "frames": [3, 6, 30], "individuals": ["id_1", "id_2"], "first_position": [34, 38],
        "first_shape": [48, 36]}}


def test_movement_names_a_broken_file(files, said):
    (fault,) = said.of(files["broken table"])["faults"]
    assert "track ID" in fault
