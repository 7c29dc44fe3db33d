"""`wildpose corrections`: what it says, and what it refuses before anything is started.

The way through a real data set is in tests/review/test_corrections.py.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from wildpose.cli import main
from wildpose.cli.corrections import describe
from wildpose.results.journal import Journal
from wildpose.results.tables import write_tables
from wildpose.review.corrections import CorrectionsSummary


@pytest.fixture
def run(tmp_path) -> Path:
    with Journal.open(tmp_path / "journal.sqlite", {}) as journal:
        write_tables(journal, tmp_path)
    (tmp_path / "run.json").write_text("{}")
    return tmp_path


def test_a_folder_that_is_no_run(tmp_path, capfd):
    assert main(["corrections", str(tmp_path), "--out", str(tmp_path / "out")]) == 2
    assert "not a run folder" in capfd.readouterr().err


@pytest.mark.parametrize(("out", "said"), [("run.json", "is a file"), (".", "holds other things")])
def test_nothing_is_written_over(run, capfd, out, said):
    before = sorted(path.name for path in run.iterdir())
    assert main(["corrections", str(run), "--out", str(run / out)]) == 2
    assert said in capfd.readouterr().err
    assert sorted(path.name for path in run.iterdir()) == before


def test_where_to_write_must_be_said(run, capfd):
    assert main(["corrections", str(run)]) == 2
    assert "--out" in capfd.readouterr().err


def test_people_read_what_was_corrected_and_what_is_left_to_do():
    summary = CorrectionsSummary(
        Path("corrected"), clips=3, done=1, boxes={"moved": 2, "drawn": 0, "accepted": 1200},
        tracks_changed=1, species=2, to_adapt=0, pictures=14, animals=15, people=1, left_open=1,
        notes=["a.avi: is not what was analyzed. Its pictures are missing."])
    assert describe(summary).splitlines() == [
        "3 clips corrected, named or tagged, 1 of them done.",
        "Boxes: 2 moved, 1,200 accepted.",
        "Tracks put together or parted: 1. Species named: 2. Clips for adapt: 0.",
        "14 pictures with 15 animals and 1 person in corrected",
        "1 frame left out: somebody worked on it, but not on all of its boxes. Accept or reject "
        "the others, or mark the clip as done.",
        "a.avi: is not what was analyzed. Its pictures are missing.",
    ]


def test_without_any_change_to_boxes_it_says_so():
    assert "Boxes: none changed." in describe(CorrectionsSummary(Path("out"), clips=1))
