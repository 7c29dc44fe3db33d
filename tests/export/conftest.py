"""One run that all formats are tried on: animals, people, nothing found, cut short, not read."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from wildpose.export import ExportOptions

DEPLOYMENTS = """\
deployment,folder,start,end,latitude,longitude,timezone
first,dep 1,2026-05-01T08:00,2026-05-31T08:00,46.21,7.36,+01:00
second,dep_1,2026-05-01T08:00,2026-05-31T08:00,46.22,7.37,+01:00
third,dep2,2026-05-01T08:00,2026-05-31T08:00,-1.5,29.87,+02:00
root,.,2026-05-01,2026-05-31,0,0,UTC
"""
PROJECT = """\
project: {title: Foxes of the Ridge, samplingDesign: targeted, captureMethod: [activityDetection]}
contributors: [{title: A. Ranger, role: contact}]
licenses: [{scope: data, name: CC0-1.0}, {scope: media, name: CC-BY-4.0}]
taxonomic:
  - {scientificName: Vulpes vulpes, taxonRank: species, vernacularNames: {eng: red fox}}
"""
HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "analysis")]


@pytest.fixture(scope="session")
def run(tmp_path_factory) -> Path:
    """Five clips found, four of them read, one of these in part."""
    from run_writer import Box, write_run

    return write_run(
        tmp_path_factory.mktemp("export") / "run",
        {
            "dep 1/fox.MP4": [
                Box(3, 1, (10, 20, 58, 56), 0.91, mask=True, pose=True),
                Box(6, 1, (12, 20, 60, 56), 1.0, mask=True),
                Box(6, 2, (100, 30, 160.4, 90), 0.8),  # ends a little outside
                Box(9, 0, (0, 0, 8, 8), 0.45),
                Box(30, 1, (40, 20, 88, 56), 0.25, mask=True, pose=True),
            ],
            "dep_1/fox.mp4": [
                Box(0, 1, (10, 10, 30, 80), 0.9, "person", mask=True),
                Box(0, 2, (80, 40, 100, 60), 0.7),
                Box(3, 1, (12, 10, 32, 80), 0.9, "person"),
            ],
            "dep2/nothing.avi": [],
            "dep2/cut.avi": [],
        },
        failed={"dep2/broken.mp4": 'no "video", nothing'},
        skipped={"dep2/twice.avi": "the same file as dep2/cut.avi (a hard link)"},
        partial=["dep2/cut.avi"],
    )


@pytest.fixture(scope="session")
def package_options(tmp_path_factory) -> ExportOptions:
    """What camtrap-dp must be told of that run."""
    folder = tmp_path_factory.mktemp("given")
    (folder / "cameras.csv").write_text(DEPLOYMENTS)
    (folder / "project.yaml").write_text(PROJECT)
    return ExportOptions(deployments=folder / "cameras.csv", project=folder / "project.yaml")


@pytest.fixture(scope="session")
def options_of(package_options) -> Callable[[str], ExportOptions]:
    """The least that a format must be told."""
    return lambda name: package_options if name == "camtrap-dp" else ExportOptions()
