"""The process that takes whole clips, and what it says to the one that drives it."""

from __future__ import annotations

import signal
import traceback
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

from wildpose.analysis.clip import ClipSettings, analyse_clip
from wildpose.analysis.jobs import ClipJob
from wildpose.analysis.predictors import FramePredictor, PredictorFactory
from wildpose.errors import WildposeError
from wildpose.results.record import ClipRecord, failure_row


@dataclass(frozen=True)
class WorkerSpec:
    """What a worker needs to begin; picklable.

    Attributes
    ----------
    factory : PredictorFactory
    threads : int
        For the model.
    settings : ClipSettings
    """

    factory: PredictorFactory
    threads: int
    settings: ClipSettings


@dataclass(frozen=True)
class Ready:
    """The worker has its model and waits for a clip."""


@dataclass(frozen=True)
class Refused:
    """The worker could not make its predictor."""

    error: WildposeError


@dataclass(frozen=True)
class Tick:
    """Some more frames of a clip are analysed."""

    clip: str
    frames: int


@dataclass(frozen=True)
class Finished:
    """A clip is done, well or not."""

    record: ClipRecord


def worker_main(connection: Connection, spec: WorkerSpec) -> None:
    """Take clips from the connection until it says None or its other end is gone.

    Parameters
    ----------
    connection : multiprocessing.connection.Connection
        Receives ClipJob or None; sends Ready or Refused, then Tick and Finished.
    spec : WorkerSpec
    """
    # Ctrl-C reaches the whole process group; the driver decides what happens to the workers.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        try:
            predictor = spec.factory(spec.threads)
        except WildposeError as error:
            connection.send(Refused(error))
            return
        connection.send(Ready())
        while (job := connection.recv()) is not None:
            connection.send(Finished(_analyse(job, predictor, spec, connection)))
    except (EOFError, ConnectionError):
        # The driver is gone (killed): nobody waits for an answer, so the worker ends, too.
        return


def _analyse(
    job: ClipJob, predictor: FramePredictor, spec: WorkerSpec, connection: Connection
) -> ClipRecord:
    def tick(frames: int) -> None:
        connection.send(Tick(job.clip, frames))

    try:
        return analyse_clip(job, predictor, spec.settings, tick)
    except (EOFError, ConnectionError):
        raise
    except Exception as error:  # noqa: BLE001 - one clip must not end the run: it becomes a failure
        row = failure_row(job.clip, job.deployment, "analyse", _in_one_line(error),
                          remedy="This is a fault of wildpose: please report it with this line.")
        return ClipRecord(job.clip, job.stamp, None, failures=(row,))


def _in_one_line(error: Exception) -> str:
    where = traceback.extract_tb(error.__traceback__)
    place = f" ({Path(where[-1].filename).name}:{where[-1].lineno})" if where else ""
    return f"{type(error).__name__}: {error}{place}"
