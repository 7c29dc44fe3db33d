"""Worker processes that may die, each known by the clip that it holds.

The standard pools lose track of which task a killed process had (``multiprocessing.Pool`` waits
for ever, ``ProcessPoolExecutor`` gives up as a whole). Here each worker has a pipe of its own and
one clip at a time: when it dies, that clip is tried once more by a new worker and then given up.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import time
from collections import Counter, deque
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess

from wildpose.analysis.jobs import ClipJob
from wildpose.analysis.worker import Finished, Ready, Refused, Tick, WorkerSpec, worker_main
from wildpose.errors import WildposeError
from wildpose.results.record import ClipRecord, failure_row

TRIES = 2
STALL_S = 900.0
_POLL_S = 1.0
_THREAD_VARIABLES = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")
_WAITING = "OMP_WAIT_POLICY"


class WorkerStartError(WildposeError):
    """Workers die before they are ready: no clip is to blame."""

    exit_code = 1


@dataclass
class _Worker:
    process: BaseProcess
    connection: Connection
    job: ClipJob | None = None
    ready: bool = False
    heard_s: float = 0.0


class WorkerPool:
    """Runs clips through worker processes.

    Parameters
    ----------
    spec : WorkerSpec
    workers : int
        Number of processes.
    stall_s : float
        A worker that says nothing for so long about its clip is taken for dead.
    """

    def __init__(self, spec: WorkerSpec, workers: int, stall_s: float = STALL_S) -> None:
        self._spec = spec
        self._count = workers
        self._stall_s = stall_s
        self._context = multiprocessing.get_context("spawn")
        self._workers: list[_Worker] = []
        self._queue: deque[ClipJob] = deque()
        self._tries: Counter[str] = Counter()
        self._bad_starts = 0

    def run(self, jobs: Sequence[ClipJob]) -> Generator[Tick | Finished]:
        """Work through the clips.

        Parameters
        ----------
        jobs : sequence of ClipJob

        Yields
        ------
        Tick or Finished
            One Finished for every clip, also for those that workers died of. Closing the iterator
            ends the workers.

        Raises
        ------
        WildposeError
            When the model can't be loaded, or workers can't be started.
        """
        self._queue.extend(jobs)
        try:
            for _ in range(min(self._count, len(jobs))):
                self._start()
            while self._queue or any(worker.job for worker in self._workers):
                yield from self._next_events()
        finally:
            self._end()

    def _next_events(self) -> Iterator[Tick | Finished]:
        for worker in self._workers:
            self._hand_out(worker)
        heard = set(wait([worker.connection for worker in self._workers], _POLL_S))
        now = time.monotonic()
        for worker in list(self._workers):
            if worker.connection in heard:
                yield from self._listen(worker)
            elif worker.job is not None and now - worker.heard_s > self._stall_s:
                yield from self._bury(worker, f"made no progress for {self._stall_s:g} s")

    def _listen(self, worker: _Worker) -> Iterator[Tick | Finished]:
        try:
            message = worker.connection.recv()
        except Exception:  # noqa: BLE001 - a process that died while sending leaves any half message
            yield from self._bury(worker)
            return
        worker.heard_s = time.monotonic()
        if isinstance(message, Refused):
            raise message.error
        if isinstance(message, Ready):
            worker.ready, self._bad_starts = True, 0
            return
        if isinstance(message, Finished):
            worker.job = None
        yield message

    def _hand_out(self, worker: _Worker) -> None:
        if not worker.ready or worker.job is not None or not self._queue:
            return
        job = self._queue.popleft()
        self._tries[job.clip] += 1
        worker.job, worker.heard_s = job, time.monotonic()
        # A worker that died in the meantime is noticed by the closed pipe and buried with its job.
        with contextlib.suppress(ConnectionError):
            worker.connection.send(job)

    def _bury(self, worker: _Worker, why: str = "") -> Iterator[Finished]:
        self._workers.remove(worker)
        _kill(worker)
        reason = why or _cause_of_death(worker.process.exitcode)
        if not worker.ready:
            self._bad_starts += 1
            if self._bad_starts > self._count:
                raise WorkerStartError(f"Worker processes end before they begin: {reason}.",
                                       "Look above for their own message; try --workers 1.")
        elif worker.job is not None:
            yield from self._again_or_give_up(worker.job, reason)
        if self._queue:
            self._start()

    def _again_or_give_up(self, job: ClipJob, reason: str) -> Iterator[Finished]:
        if self._tries[job.clip] < TRIES:
            self._queue.appendleft(job)
            return
        row = failure_row(
            job.clip, job.deployment, "analyse",
            f"the process that analysed it {reason}, {self._tries[job.clip]} times",
            remedy="Analyse this clip alone with --workers 1; if it happens again, leave it out.")
        yield Finished(ClipRecord(job.clip, job.stamp, None, failures=(row,)))

    def _start(self) -> None:
        ours, theirs = self._context.Pipe()
        process = self._context.Process(target=worker_main, args=(theirs, self._spec), daemon=True)
        with _environment(self._spec.threads):
            process.start()
        theirs.close()
        self._workers.append(_Worker(process, ours))

    def _end(self) -> None:
        for worker in self._workers:
            if worker.job is None:
                with contextlib.suppress(ConnectionError):
                    worker.connection.send(None)
            else:
                worker.process.terminate()
        for worker in self._workers:
            worker.process.join(5)
            _kill(worker)
        self._workers.clear()


def _kill(worker: _Worker) -> None:
    # A process whose pipe is closed is ending by itself: its exit code says why it died.
    worker.process.join(0.5)
    if worker.process.is_alive():
        worker.process.kill()
        worker.process.join()
    worker.connection.close()


def _cause_of_death(exit_code: int | None) -> str:
    if exit_code == -signal.SIGKILL:
        return "was killed (the machine may be out of memory: try fewer --workers)"
    if exit_code is not None and exit_code < 0:
        with contextlib.suppress(ValueError):
            return f"crashed ({signal.Signals(-exit_code).name})"
    return f"ended with code {exit_code}"


@contextlib.contextmanager
def _environment(threads: int) -> Iterator[None]:
    """Set what numerical libraries read of threads when a new process loads them.

    Threads that wait for one another sleep, unless the user wants otherwise. By default they spin,
    which beside any other program takes the core from the thread that they wait for.
    """
    before = {name: os.environ.get(name) for name in (*_THREAD_VARIABLES, _WAITING)}
    os.environ.update(dict.fromkeys(_THREAD_VARIABLES, str(threads)))
    os.environ.setdefault(_WAITING, "PASSIVE")
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
