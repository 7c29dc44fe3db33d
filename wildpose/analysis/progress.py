"""How far an analysis is, for whoever shows it."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from wildpose.analysis.worker import Finished, Tick


@dataclass(frozen=True)
class Progress:
    """State of an analysis at one moment.

    Attributes
    ----------
    clips_done, clips_total : int
        Clips dealt with, those of earlier starts among them; clips to deal with in all.
    clips_failed : int
        Clips of this start that could not be read.
    frames : int
        Frames analysed by this start.
    frames_per_s : float
        Their average rate; 0 before the first.
    eta_s : float or None
        Seconds left, judged by the bytes that are left; None before the first clip is done.
    clip : str or None
        The clip that was just finished; None for news from within clips.
    """

    clips_done: int
    clips_total: int
    clips_failed: int = 0
    frames: int = 0
    frames_per_s: float = 0.0
    eta_s: float | None = None
    clip: str | None = None


Report = Callable[[Progress], None]


def ignore(progress: Progress) -> None:
    """Show nothing."""


class Meter:
    """Turns the news of workers into :class:`Progress`.

    Parameters
    ----------
    sizes : mapping of str to int
        Bytes of the clips that this start works on.
    done_before : int
        Clips that earlier starts finished.
    report : callable
    clock : callable
        Seconds; monotonic.
    """

    def __init__(
        self, sizes: Mapping[str, int], done_before: int, report: Report,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        # Opening a clip costs something whatever its size.
        self._weights = {clip: size + 100_000 for clip, size in sizes.items()}
        self._left = sum(self._weights.values())
        self._all = self._left
        self._before = done_before
        self._report = report
        self._clock = clock
        self._started = clock()
        self._done = self._failed = self._frames = 0
        self._show(None)

    def hear(self, event: Tick | Finished) -> None:
        """Count an event and report."""
        if isinstance(event, Tick):
            self._frames += event.frames
            self._show(None)
            return
        self._done += 1
        self._failed += event.record.row is None
        self._left -= self._weights[event.record.clip]
        self._show(event.record.clip)

    def _show(self, clip: str | None) -> None:
        elapsed = self._clock() - self._started
        worked = self._all - self._left
        self._report(Progress(
            clips_done=self._before + self._done,
            clips_total=self._before + len(self._weights),
            clips_failed=self._failed,
            frames=self._frames,
            frames_per_s=self._frames / elapsed if elapsed > 0 else 0.0,
            eta_s=elapsed * self._left / worked if worked else None,
            clip=clip,
        ))
