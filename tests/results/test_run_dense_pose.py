"""Dense pose of a run: beside its detections, checked, and absent without harm."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from result_rows import body_pose, dense_pose_row, some_row

from wildpose.errors import DataError, UsageError
from wildpose.results.check import check_run
from wildpose.results.dense_pose import write_dense_pose
from wildpose.results.journal import JOURNAL_NAME, Journal
from wildpose.results.record import ClipRecord, FileStamp
from wildpose.results.run_folder import INFO_NAME, RunFolder
from wildpose.results.schema import CLIPS, DETECTIONS
from wildpose.results.tables import write_tables

NAME = "dense_pose/a.parquet"


@pytest.fixture
def run(tmp_path) -> Path:
    """A run of one clip with three detections; the first and the last have dense pose."""
    clip = some_row(CLIPS, clip="a.mp4", animal_tracks=0, person_tracks=0, animal_detections=2,
                    person_detections=1, dense_pose=NAME)
    detections = tuple(
        some_row(DETECTIONS, clip="a.mp4", frame_index=frame, track_id=0, **{"class": kind})
        for frame, kind in ((0, "animal"), (0, "person"), (6, "animal")))
    empty = some_row(CLIPS, clip="b.mp4", animal_tracks=0, person_tracks=0, animal_detections=0,
                     person_detections=0)
    with Journal.open(tmp_path / JOURNAL_NAME, {}) as journal:
        journal.record(ClipRecord("a.mp4", FileStamp(1, 1), clip, detections=detections))
        journal.record(ClipRecord("b.mp4", FileStamp(1, 1), empty))
        assert journal.clips_with_dense_pose() == 1
        write_tables(journal, tmp_path)
    write_dense_pose(tmp_path / NAME,
                     [dense_pose_row("a.mp4", 0), dense_pose_row("a.mp4", 2, frame_index=6)])
    (tmp_path / INFO_NAME).write_text(json.dumps({}))
    return tmp_path


def test_each_detection_has_its_own_or_none(run):
    assert check_run(run) == []
    first, second, third = RunFolder(run).dense_pose("a.mp4")
    assert second is None
    assert np.array_equal(first.chart, body_pose().chart)
    assert np.array_equal(third.uv, first.uv)
    assert RunFolder(run).dense_pose("b.mp4") == []


def test_a_clip_that_is_not_there_is_named(run):
    with pytest.raises(UsageError, match=r"no clip called c\.mp4"):
        RunFolder(run).dense_pose("c.mp4")


def test_a_run_from_before_there_was_dense_pose_is_read(run):
    clips = pq.read_table(run / "clips.parquet").drop_columns("dense_pose")
    pq.write_table(clips, run / "clips.parquet")
    (run / NAME).unlink()
    assert RunFolder(run).dense_pose("a.mp4") == [None] * 3
    assert RunFolder(run).clips().dense_pose.isna().all()
    assert check_run(run) == []


@pytest.mark.parametrize(
    ("rows", "words"),
    [([dense_pose_row("other.mp4", 0)], "disagree"),
     ([dense_pose_row("a.mp4", 3, frame_index=6)], "disagree"),
     ([dense_pose_row("a.mp4", 2, frame_index=0)], "disagree"),
     ([dense_pose_row("a.mp4", 1), dense_pose_row("a.mp4", 0)], "disagree"),
     ([dense_pose_row("a.mp4", 0) | {"cut_by": "knife"}], "cut_by: holds 'knife'"),
     ([dense_pose_row("a.mp4", 0) | {"sigma": b""}], "can't be read: sigma")],
    ids=["other clip", "no such row", "other frame", "order", "value", "bytes"])
def test_check_finds_rows_that_do_not_belong(run, rows, words):
    write_dense_pose(run / NAME, rows)
    faults = check_run(run)
    assert any(words in fault and "a.parquet" in fault for fault in faults), faults


def test_check_finds_files_without_a_clip_and_clips_without_a_file(run):
    (run / NAME).rename(run / "dense_pose" / "b.parquet")
    assert check_run(run) == ["dense_pose/b.parquet: belongs to no clip",
                              f"{NAME}: the dense pose of a.mp4 is missing"]
    with pytest.raises(DataError, match=r"a\.parquet: can't be read"):
        RunFolder(run).dense_pose("a.mp4")
