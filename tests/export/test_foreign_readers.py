"""Exports before the readers of other programs, which live in an environment of their own."""

from __future__ import annotations

import json
import shutil
import subprocess
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from wildpose.export import ExportOptions, export_run

HERE = Path(__file__).resolve().parent
PYTHON = HERE.parents[1] / ".validate" / "bin" / "python"


# How to break a package, and a word by which frictionless names that.
BREAKS = (
    ("media.csv", "06:07:08+01:00", "06:07:08.250+01:00", "timestamp"),
    ("media.csv", "06:07:08+01:00", "06:07:08", "timestamp"),
    ("media.csv", "dep 1/fox.MP4,true", "../fox.MP4,true", "filePath"),
    ("observations.csv", "animal,,,1,", "Animal,,,1,", "observationType"),
    ("observations.csv", "animal,,,1,", "animal,,,0,", "count"),
    ("observations.csv", "first,dep 1/fox.MP4", "first,nothing", "foreign-key"),
    ("detections.csv", ",animal,1,", ",animal,0,", "trackID"),
    ("detections.csv", "dep 1/fox.MP4:1", "dep 1/fox.MP4:9", "foreign-key"),
    ("datapackage.json", '"targeted"', '"random"', "random"),
    ("datapackage.json", '"profile": "https://raw', '"homepage": "https://raw', "profile"),
    ("datapackage.json", '"name": "media"', '"name": "clips2"', "media"),
)


@dataclass(frozen=True)
class Said:
    """What the readers said, file by file; files of readers that are not installed are missing."""

    answers: dict[str, dict]

    def of(self, path: Path) -> dict:
        if str(path) not in self.answers:
            pytest.skip(f"the reader of {path.name} is not in {PYTHON.parents[1].name}")
        return self.answers[str(path)]


@pytest.fixture(scope="module")
def files(run, package_options, tmp_path_factory) -> dict[str, Path]:
    """Good files and broken ones."""
    folder = tmp_path_factory.mktemp("foreign")
    batch = export_run(run, "megadetector", folder / "good.json").out
    table = export_run(run, "via-tracks", folder / "via").out / "animals" / "dep_1_fox.MP4.csv"
    broken = json.loads(batch.read_text())
    del broken["images"][0]["detections"][0]["frame_number"]
    (folder / "broken.json").write_text(json.dumps(broken))
    (folder / "broken.csv").write_text(table.read_text().replace('""track"":2', '""track"":1'))
    return {"batch": batch, "table": table, "broken batch": folder / "broken.json",
            "broken table": folder / "broken.csv", **packages(run, package_options, folder)}


def packages(run: Path, options: ExportOptions, folder: Path) -> dict[str, Path]:
    """Camtrap DP packages: one as it is for each level, and one for each way to break it."""
    good = export_run(run, "camtrap-dp", folder / "package", options).out
    events = export_run(run, "camtrap-dp", folder / "events", replace(options, level="event")).out
    found = {"package": good, "package of events": events}
    for number, (file, old, new, _) in enumerate(BREAKS):
        broken = folder / f"broken{number}"
        shutil.copytree(good, broken)
        content = (good / file).read_text()
        assert old in content
        (broken / file).write_text(content.replace(old, new, 1))
        found[f"broken package {number}"] = broken
    return {name: place / "datapackage.json" for name, place in found.items()}


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


def test_frictionless_finds_all_rows_and_no_fault(files, said):
    assert said.of(files["package"]) == {"faults": [], "found": {
        "deployments": 4, "media": 4, "observations": 10, "clips": 6, "detections": 8}}
    assert said.of(files["package of events"])["faults"] == []


@pytest.mark.parametrize("number", range(len(BREAKS)))
def test_frictionless_names_a_broken_package(files, said, number):
    faults = said.of(files[f"broken package {number}"])["faults"]
    assert any(BREAKS[number][-1] in fault for fault in faults), faults
