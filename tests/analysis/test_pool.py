"""Workers: how the cores are shared, and a worker that hangs."""

from __future__ import annotations

import os

from blob_clips import write_blob_clip
from blob_predictor import BlobFactory

from wildpose.analysis.clip import ClipSettings
from wildpose.analysis.jobs import ClipJob
from wildpose.analysis.pool import WorkerPool
from wildpose.analysis.settings import cores, workers_and_threads
from wildpose.analysis.worker import Finished, WorkerSpec
from wildpose.results.record import FileStamp
from wildpose.tracking import TrackSettings


def test_a_worker_that_hangs_is_replaced(tmp_path):
    path = write_blob_clip(tmp_path / "stuck.avi", blobs=1, marked=True, frames=3)
    job = ClipJob(path, "stuck.avi", ".", FileStamp(0, 0))
    settings = ClipSettings(0.2, 0.5, 1, TrackSettings())
    pool = WorkerPool(WorkerSpec(BlobFactory(on_mark="hang"), 1, settings), 1, stall_s=1.0)
    (event,) = pool.run([job])
    assert isinstance(event, Finished)
    assert event.record.row is None
    assert event.record.failures[0]["reason"] == (
        "the process that analysed it made no progress for 1 s, 2 times")


def test_cores_are_shared_out():
    assert workers_and_threads(0, clips=100) == (cores(), 1)
    assert workers_and_threads(1, clips=100) == (1, cores())
    assert workers_and_threads(5, clips=2)[0] == 2
    assert workers_and_threads(0, clips=100, device="cuda")[0] <= 4


def test_the_environment_of_the_driver_stays_as_it_was(tmp_path, monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    monkeypatch.delenv("MKL_NUM_THREADS", raising=False)
    path = write_blob_clip(tmp_path / "a.avi", blobs=1, frames=3)
    settings = ClipSettings(0.2, 0.5, 1, TrackSettings())
    pool = WorkerPool(WorkerSpec(BlobFactory(), 1, settings), 1)
    list(pool.run([ClipJob(path, "a.avi", ".", FileStamp(0, 0))]))
    assert os.environ["OMP_NUM_THREADS"] == "7"
    assert "MKL_NUM_THREADS" not in os.environ
