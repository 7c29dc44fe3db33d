"""Tables written, read back, checked; the page that documents them."""

from __future__ import annotations

import json
import resource
from pathlib import Path

import pandas as pd
import pytest
from result_rows import some_row

from wildpose.errors import DataError, UsageError
from wildpose.results.check import check_run
from wildpose.results.document import tables_page
from wildpose.results.journal import JOURNAL_NAME, Journal
from wildpose.results.record import ClipRecord, FileStamp, failure_row
from wildpose.results.run_folder import INFO_NAME, RunFolder
from wildpose.results.schema import CLIPS, DETECTIONS, TRACKS
from wildpose.results.tables import write_tables
from wildpose.results.validation import problems_of

ROOT = Path(__file__).resolve().parents[2]


NAME = 'Tai/\u0164 "quoted", comma\nand newline.mp4'


def write_run(run: Path) -> Path:
    run.mkdir(exist_ok=True)
    (run / "sheets").mkdir(exist_ok=True)
    (run / "sheets" / "s.jpg").write_bytes(b"jpeg")
    clip = some_row(CLIPS, clip=NAME, deployment="Tai", animal_tracks=1, person_tracks=0,
                    animal_detections=2, person_detections=0, complete=False, best_score=0.1,
                    frames_declared=7, sheet="sheets/s.jpg")
    detection = some_row(DETECTIONS, clip=NAME, track_id=1, score=0.1)
    track = some_row(TRACKS, clip=NAME, track_id=1, detections=2)
    empty = some_row(CLIPS, clip="a.mp4", deployment=".", animal_tracks=0, person_tracks=0,
                     animal_detections=0, person_detections=0)
    partial = failure_row(NAME, "Tai", "decode", "2 of 7 frames are missing", severity="partial",
                          remedy="Copy it again.")
    with Journal.open(run / JOURNAL_NAME, {}) as journal:
        journal.record(ClipRecord(NAME, FileStamp(1, 1), clip, (track,), (detection, detection),
                                  (partial,)))
        journal.record(ClipRecord("a.mp4", FileStamp(1, 1), empty))
        journal.begin([], [failure_row("locked", ".", "find", "no access")])
        write_tables(journal, run)
    (run / INFO_NAME).write_text(json.dumps({"model": "blobs"}))
    return run


def test_what_is_written_is_read_back(tmp_path):
    run = RunFolder(write_run(tmp_path / "run"))
    clips = run.clips().set_index("clip")
    assert list(clips.index) == [NAME, "a.mp4"]
    assert clips.frames_declared[NAME] == 7
    assert clips.frames_declared.isna()["a.mp4"]
    assert clips.frames_declared.dtype == "Int32"
    assert clips.complete.dtype == bool
    assert run.detections().score.dtype == "float32"
    assert run.tracks().detections.tolist() == [2]
    failures = run.failures()
    assert failures["clip"].tolist() == [NAME, "locked"]
    assert failures.remedy.isna().tolist() == [False, True]
    assert run.info() == {"model": "blobs"}
    assert check_run(run.path) == []


def test_csv_says_the_same_as_parquet(tmp_path):
    run = RunFolder(write_run(tmp_path / "run"))
    spreadsheet = pd.read_csv(run.path / "clips.csv")
    assert spreadsheet["clip"].tolist() == run.clips()["clip"].tolist()
    assert (run.path / "clips.csv").read_text().count(",0.1,") == 1, "no 0.10000000149"


def test_the_same_journal_gives_the_same_bytes(tmp_path):
    first, second = write_run(tmp_path / "one"), write_run(tmp_path / "two")
    for name in ("clips.parquet", "tracks.parquet", "detections.parquet", "clips.csv",
                 "tracks.csv", "failures.csv"):
        assert (first / name).read_bytes() == (second / name).read_bytes()


def test_a_write_that_fails_leaves_the_old_table_and_no_rubbish(tmp_path):
    run = write_run(tmp_path / "run")
    before = (run / "clips.parquet").read_bytes()
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    with Journal.open(run / JOURNAL_NAME, {}) as journal:
        resource.setrlimit(resource.RLIMIT_FSIZE, (100, limits[1]))
        try:
            with pytest.raises(UsageError, match=r"clips\.parquet: can't be written: File too"):
                write_tables(journal, run)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert (run / "clips.parquet").read_bytes() == before
    assert not list(run.glob(".*"))


def _break(run: Path, change) -> list[str]:
    path = run / "clips.parquet"
    frame = pd.read_parquet(path)
    table = CLIPS.arrow_schema().empty_table().from_pandas(change(frame), preserve_index=False)
    import pyarrow.parquet as pq

    pq.write_table(table, path)
    return list(problems_of(CLIPS, table)) or check_run(run)


@pytest.mark.parametrize(
    ("change", "words"),
    [(lambda f: f.drop(columns="width"), "clips.width: the column is missing"),
     (lambda f: f.assign(width="wide"), "clips.width: is"),
     (lambda f: f.assign(width=f.width.astype("int32") * 0), "holds 0, below 1"),
     (lambda f: f.assign(best_score=f.best_score.astype("float32") + 2), "above 1")])
def test_broken_tables_are_named(tmp_path, change, words):
    run = write_run(tmp_path / "run")
    assert any(words in fault for fault in _break(run, change))
    with pytest.raises(DataError, match="Analyze the clips again"):
        RunFolder(run).clips()


def test_check_finds_tables_that_disagree(tmp_path):
    run = write_run(tmp_path / "run")
    with Journal.open(run / JOURNAL_NAME, {}) as journal:
        journal.record(ClipRecord("a.mp4", FileStamp(1, 1), some_row(
            CLIPS, clip="a.mp4", animal_detections=3, animal_tracks=0, person_tracks=0,
            person_detections=0, complete=False, sheet="sheets/none.jpg")))
        write_tables(journal, run)
    faults = "\n".join(check_run(run))
    assert "animal_detections of a.mp4 disagrees" in faults
    assert "a.mp4: `complete` in clips and `partial` in failures disagree" in faults
    assert "sheets/none.jpg: the contact sheet is missing" in faults


def test_folders_that_are_no_run_are_told_apart(tmp_path):
    with pytest.raises(UsageError, match="no such folder"):
        RunFolder(tmp_path / "none")
    with pytest.raises(UsageError, match="not a run folder"):
        RunFolder(tmp_path)
    Journal.open(tmp_path / JOURNAL_NAME, {}).close()
    with pytest.raises(UsageError, match="has not come to an end"):
        RunFolder(tmp_path)
    run = write_run(tmp_path / "run")
    (run / "tracks.parquet").write_bytes(b"rubbish")
    assert "tracks.parquet: can't be read" in check_run(run)[0]
    (run / INFO_NAME).write_text("[]")
    with pytest.raises(DataError, match="not an object"):
        RunFolder(run).info()


def test_the_page_of_tables_is_up_to_date():
    assert (ROOT / "docs" / "tables.md").read_text(encoding="utf-8") == tables_page(), \
        "write it again: python -m wildpose.results.document docs/tables.md"
