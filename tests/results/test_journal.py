"""The journal: whole or not at all, one writer, one set of settings."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest
from result_rows import some_record

from wildpose.errors import DataError, UsageError
from wildpose.results.journal import JOURNAL_NAME, Journal
from wildpose.results.record import ClipRecord, FileStamp, failure_row
from wildpose.results.schema import CLIPS, DETECTIONS, FAILURES, TABLES

SETTINGS = {"model": "blobs", "every_s": 0.2}


def test_keeps_a_clip_and_its_seconds(tmp_path):
    with Journal.open(tmp_path / JOURNAL_NAME, SETTINGS) as journal:
        journal.record(some_record("b.mp4"))
        journal.record(some_record("a.mp4", detections=0))
    with Journal.open(tmp_path / JOURNAL_NAME, SETTINGS) as journal:
        assert journal.finished() == {"a.mp4": FileStamp(10, 20), "b.mp4": FileStamp(10, 20)}
        assert [row[0] for row in journal.rows(CLIPS)] == ["a.mp4", "b.mp4"]
        assert journal.count(DETECTIONS, clip="b.mp4") == 2
        assert journal.total("animal_detections") == 2
        assert journal.clips_with_animals() == 1
        assert journal.stage_seconds() == {"decode": 2.0, "infer": 4.0}


def test_a_clip_recorded_again_replaces_its_rows(tmp_path):
    with Journal.open(tmp_path / JOURNAL_NAME, SETTINGS) as journal:
        journal.record(some_record("a.mp4", detections=5))
        journal.record(some_record("a.mp4", detections=1))
        assert journal.count(CLIPS) == 1
        assert journal.count(DETECTIONS) == 1


def test_a_faulty_record_leaves_nothing(tmp_path):
    half = some_record("a.mp4")
    broken = ClipRecord(half.clip, half.stamp, half.row, detections=({"clip": "a.mp4"},))
    with Journal.open(tmp_path / JOURNAL_NAME, SETTINGS) as journal:
        with pytest.raises(KeyError):
            journal.record(broken)
        assert all(journal.count(table) == 0 for table in TABLES)
        journal.record(half)
        assert journal.count(CLIPS) == 1


@pytest.mark.parametrize(
    ("other", "words"),
    [({"model": "other", "every_s": 0.2}, 'model = "blobs"'),
     ({"model": "blobs", "every_s": 0.5}, "every_s = 0.2, this command says 0.5"),
     ({"model": "blobs"}, "every_s = 0.2, this command says unset")])
def test_other_settings_are_refused(tmp_path, other, words):
    Journal.open(tmp_path / JOURNAL_NAME, SETTINGS).close()
    with pytest.raises(UsageError, match="another folder with --out") as caught:
        Journal.open(tmp_path / JOURNAL_NAME, other)
    assert words in str(caught.value)
    Journal.open(tmp_path / JOURNAL_NAME, SETTINGS).close()


def test_only_one_process_writes(tmp_path):
    with Journal.open(tmp_path / JOURNAL_NAME, SETTINGS), \
            pytest.raises(UsageError, match="another analyze is writing"):
        Journal.open(tmp_path / JOURNAL_NAME, SETTINGS)


def test_foreign_databases_and_rubbish_are_refused(tmp_path):
    foreign = tmp_path / "foreign.sqlite"
    with sqlite3.connect(foreign) as db:
        db.execute("CREATE TABLE clips (clip TEXT)")
    with pytest.raises(DataError, match="not made by this version"):
        Journal.open(foreign, SETTINGS)
    rubbish = tmp_path / "rubbish.sqlite"
    rubbish.write_bytes(b"no database at all" * 100)
    with pytest.raises(DataError, match="damaged"):
        Journal.open(rubbish, SETTINGS)


def test_failures_follow_what_is_found(tmp_path):
    def failed(clip: str, stage: str = "open") -> ClipRecord:
        row = failure_row(clip, ".", stage, "no\nvideo")
        return ClipRecord(clip, FileStamp(0, 0), None, failures=(row,))

    with Journal.open(tmp_path / JOURNAL_NAME, SETTINGS) as journal:
        journal.begin(["gone.mp4", "stays.mp4"], [failure_row("locked", ".", "find", "no access")])
        journal.record(failed("gone.mp4"))
        journal.record(failed("stays.mp4"))
        journal.begin(["stays.mp4"], [])
        assert [row[0] for row in journal.rows(FAILURES)] == ["stays.mp4"]
        assert next(journal.rows(FAILURES))[4] == "no video"
        assert journal.finished() == {}, "a failed clip is tried again"


def test_kill_in_the_middle_of_recording_leaves_whole_clips(tmp_path):
    program = textwrap.dedent("""
        import sys
        from pathlib import Path
        sys.path.insert(0, sys.argv[2])
        from result_rows import some_record
        from wildpose.results.journal import Journal
        with Journal.open(Path(sys.argv[1]), {}) as journal:
            for i in range(10_000):
                journal.record(some_record(f"{i}.mp4", detections=300))
                sys.stdout.write("x")
                sys.stdout.flush()
    """)
    path = tmp_path / JOURNAL_NAME
    with subprocess.Popen([sys.executable, "-c", program, path, Path(__file__).parent],
                          stdout=subprocess.PIPE) as process:
        process.stdout.read(3)
        time.sleep(0.05)
        process.send_signal(signal.SIGKILL)
    with Journal.open(path, {}) as journal:
        clips = [row[0] for row in journal.rows(CLIPS)]
        assert len(clips) >= 3
        assert all(journal.count(DETECTIONS, clip=clip) == 300 for clip in clips)
        assert journal.count(DETECTIONS) == 300 * len(clips)
