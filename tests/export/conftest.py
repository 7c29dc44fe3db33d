"""One run that all formats are tried on: animals, people, nothing found, cut short, not read."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

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
