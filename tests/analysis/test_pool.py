"""Workers: how the cores are shared, and a worker that hangs."""

from __future__ import annotations

import os

import pytest
from blob_clips import write_blob_clip
from blob_predictor import BlobFactory, EnvironmentFactory

from wildpose.analysis.clip import ClipSettings
from wildpose.analysis.jobs import ClipJob
from wildpose.analysis.pool import WorkerPool
from wildpose.analysis.settings import cores, workers_and_threads
from wildpose.analysis.worker import Finished, WorkerSpec
from wildpose.errors import ModelError
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


@pytest.mark.parametrize(("own", "found"), [(None, "3 PASSIVE"), ("ACTIVE", "3 ACTIVE")])
def test_threads_of_a_worker_sleep_where_they_wait_unless_the_user_wants_otherwise(
    monkeypatch, tmp_path, own, found
):
    """Threads that spin made a frame ten times as slow beside one other busy program."""
    if own is None:
        monkeypatch.delenv("OMP_WAIT_POLICY", raising=False)
    else:
        monkeypatch.setenv("OMP_WAIT_POLICY", own)
    factory = EnvironmentFactory(names=("OMP_NUM_THREADS", "OMP_WAIT_POLICY"))
    pool = WorkerPool(WorkerSpec(factory, 3, ClipSettings(0.2, 0.5, 1, TrackSettings())), 1)
    with pytest.raises(ModelError, match=found):
        list(pool.run([ClipJob(tmp_path / "a.avi", "a.avi", ".", FileStamp(0, 0))]))
    assert os.environ.get("OMP_WAIT_POLICY") == own
