"""What the user may set for ``analyze``, and what of it the results hang on."""

from __future__ import annotations

import math
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wildpose.analysis.predictors import ModelIdentity
from wildpose.errors import UsageError

DEFAULT_EVERY_S = 0.2
DEVICE = re.compile(r"cpu|mps|cuda(:\d+)?")
DEFAULT_BATCH = 1
"""Measured on a CPU: 1, 2, 4 and 8 frames at once cost the same per frame; 1 takes least memory."""
WORKER_GIB = 0.8
"""Memory that one worker takes, rounded up: 0.6 measured, more for clips in 4K."""


@dataclass(frozen=True)
class AnalyzeSettings:
    """Settings of one ``analyze``.

    Attributes
    ----------
    clips : Path
        Folder of clips, or one clip.
    out : Path
        Run folder to write, or to go on with.
    model : str
        Name of a shipped model, or a model folder.
    every_s : float or None
        Seconds between analysed frames; None: every frame. Without meaning beside ``detections``.
    workers : int
        Processes that take clips; 0: as many as suit the machine.
    score_threshold : float or None
        Detections below it are left out unless a track needs them; None: the model's own.
    device : str
        ``cpu`` or ``cuda``.
    stills : bool
        Take folders of pictures as clips, too.
    capture_time_from_name, capture_time_from_mtime : bool
        Fall back on the file's name, on its time of change.
    batch : int
        Frames that go through the model at once.
    detections : Path or None
        Batch file of MegaDetector: its boxes and its frames are taken, and no box is looked for.
        ``score_threshold`` is then on the scores of that file; None: what the file says.
    blur_people : bool
        Make people unrecognisable in all pictures.
    fast : bool
        Look at each frame once, also where the model looks at its mirror image, too.
    """

    clips: Path
    out: Path
    model: str = "animal-small"
    every_s: float | None = DEFAULT_EVERY_S
    workers: int = 0
    score_threshold: float | None = None
    device: str = "cpu"
    stills: bool = False
    capture_time_from_name: bool = False
    capture_time_from_mtime: bool = False
    batch: int = DEFAULT_BATCH
    detections: Path | None = None
    blur_people: bool = False
    fast: bool = False

    def check(self) -> None:
        """Raise UsageError for a value that can't be used."""
        if self.every_s is not None and not 0 < self.every_s < float("inf"):
            raise UsageError(f"--every: {self.every_s:g} s is no time between frames.",
                             "Give seconds above 0, such as 0.2.")
        if self.score_threshold is not None and not 0 <= self.score_threshold <= 1:
            raise UsageError(f"The score threshold {self.score_threshold:g} is no probability.",
                             "Give a number from 0 to 1.")
        if self.workers < 0 or self.batch < 1:
            raise UsageError(f"{self.workers} workers with batches of {self.batch} can't work.",
                             "Give a number of workers from 1, and batches from 1.")
        if not DEVICE.fullmatch(self.device):
            raise UsageError(f"--device: {self.device} is no device.", "Give cpu, or cuda.")
        if not self.clips.exists():
            raise UsageError(f"{self.clips}: no such file or folder.", "Give the folder of clips.")

    def threshold(self, model: ModelIdentity) -> float:
        """Find the score threshold that holds: the user's, else the model's."""
        return model.threshold if self.score_threshold is None else self.score_threshold

    def fingerprint(self, model: ModelIdentity) -> dict[str, Any]:
        """Collect what the results hang on: a run goes on only with the same values.

        What is off by default is left out while it is off, so that runs of earlier versions go on.
        """
        return {
            "clips": self.clips.resolve().as_posix(),
            "model": model.name,
            "model digest": model.digest,
            "every_s": self.every_s,
            "score threshold": round(self.threshold(model), 6),
            "stills": self.stills,
            "capture time from name": self.capture_time_from_name,
            "capture time from mtime": self.capture_time_from_mtime,
            **({"model settings": model.settings[:12]} if model.settings else {}),
            **({"blur people": True} if self.blur_people else {}),
            **({"fast": True} if self.fast else {}),
        }


def cores() -> int:
    """Count the processor cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def workers_and_threads(wanted: int, clips: int, device: str = "cpu") -> tuple[int, int]:
    """Share the cores out: number of worker processes, threads for each.

    Parameters
    ----------
    wanted : int
        What the user asked for; 0: one per core, as far as free memory allows.
    clips : int
        Clips to be worked on; more workers than clips are never started.
    device : str
        With a GPU the workers mostly wait for it; a few are enough to keep it fed.

    Returns
    -------
    workers, threads : int
        At least 1 each; their product is at most the number of cores, unless the user wanted
        more workers.

    Examples
    --------
    >>> workers_and_threads(3, clips=2)[0]
    2
    """
    available = cores()
    most = min(available if device == "cpu" else 4, _fitting(free_memory_gib()))
    workers = max(1, min(wanted or most, clips))
    return workers, max(1, available // workers)


def _fitting(free_gib: float) -> int:
    return 10_000 if math.isinf(free_gib) else int(free_gib / WORKER_GIB)


def free_memory_gib() -> float:
    """Estimate how much memory this machine can still give; infinite where it does not say."""
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
    except OSError:
        return math.inf
    kib = next((line.split()[1] for line in lines if line.startswith("MemAvailable:")), None)
    return int(kib) / 2**20 if kib else math.inf
