"""Where frames come from: a video file or a folder of pictures, behind one small interface."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from types import TracebackType
from typing import Any, Protocol, Self

import numpy as np

from wildpose.analysis.jobs import ClipJob
from wildpose.analysis.stills import StillsReader
from wildpose.types import Frame
from wildpose.video import DecodeReport, capture_time, open_clip, probe


class Source(Protocol):
    """Frames of a clip, then what can be said of the clip."""

    @property
    def size(self) -> tuple[int, int] | None:
        """Width and height of the frames; None before the first."""
        ...

    @property
    def shortfall(self) -> str | None:
        """Why the clip was not read whole, after the last frame; None where it was."""
        ...

    @property
    def gap(self) -> str | None:
        """What of the clip given boxes say nothing of, after the last frame; None without any."""
        ...

    def facts(self, from_name: bool, from_mtime: bool) -> dict[str, Any]:
        """Collect columns of the table clips that say what the clip is, after the last frame."""
        ...

    def __iter__(self) -> Iterator[Frame]: ...
    def __enter__(self) -> Self: ...
    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None: ...


def open_source(job: ClipJob, every_s: float | None) -> Source:
    """Open a clip for reading; ClipError where it can't be."""
    return _StillsSource(job) if job.pictures else _VideoSource(job, every_s)


class _VideoSource:
    def __init__(self, job: ClipJob, every_s: float | None) -> None:
        self._job = job
        self._probe = probe(job.path)
        self._clip = open_clip(job.path, every_s=every_s,
                               frames=job.given.frames if job.given else None)
        self._taken_s: list[float] = []
        self.size: tuple[int, int] | None = None

    def __enter__(self) -> Self:
        self._clip.__enter__()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self._clip.__exit__(kind, error, trace)

    def __iter__(self) -> Iterator[Frame]:
        for frame in self._clip:
            if self.size is None:
                self.size = (frame.image.shape[1], frame.image.shape[0])
            if self._job.given:
                self._taken_s.append(frame.time_s)
            yield frame

    @property
    def gap(self) -> str | None:
        given = self._job.given
        return given.lost(self._clip.report.frames_decoded) if given else None

    @property
    def shortfall(self) -> str | None:
        report = self._clip.report
        if report.complete:
            return None
        return report.shortfall or "the clip could not be read to its end"

    def facts(self, from_name: bool, from_mtime: bool) -> dict[str, Any]:
        report = self._clip.report
        # A clip can be whole though frames are fewer than declared: cameras leave slots empty.
        notes = [*report.notes, *([report.shortfall] if report.complete and report.shortfall
                                  else [])]
        captured = capture_time(self._job.path, from_name=from_name, from_mtime=from_mtime)
        width, height = self.size or (self._probe.width, self._probe.height)
        rate = self._probe.frame_rate
        every = {"every_s": _spacing_s(self._taken_s, report)} if self._job.given else {}
        return every | {
            "width": width, "height": height,
            "frame_rate": float(rate) if rate is not None else None,
            "duration_s": _rounded(report.duration_s),
            "frames_declared": report.frames_declared, "frames_decoded": report.frames_decoded,
            "packet_errors": report.packet_errors,
            "capture_time": captured.time.isoformat() if captured.time else None,
            "capture_time_source": captured.source,
            "notes": "; ".join(notes) or None,
        }


class _StillsSource:
    def __init__(self, job: ClipJob) -> None:
        self._job = job
        self._reader = StillsReader(job)
        self._last_s = 0.0
        self.size: tuple[int, int] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        """Nothing stays open between pictures."""

    def __iter__(self) -> Iterator[Frame]:
        for frame in self._reader:
            self.size = (frame.image.shape[1], frame.image.shape[0])
            self._last_s = frame.time_s
            yield frame

    @property
    def gap(self) -> str | None:
        return self._job.given.gap if self._job.given else None

    @property
    def shortfall(self) -> str | None:
        faults = self._reader.faults
        if not faults:
            return None
        return (f"{len(faults)} of {len(self._job.pictures)} pictures can't be read, "
                f"the first: {faults[0]}")

    def facts(self, from_name: bool, from_mtime: bool) -> dict[str, Any]:
        width, height = self.size or (1, 1)
        total, started = len(self._job.pictures), self._reader.started
        return {
            "width": width, "height": height, "frame_rate": None,
            "duration_s": _rounded(self._last_s), "frames_declared": total,
            "frames_decoded": total - len(self._reader.faults),
            "packet_errors": len(self._reader.faults),
            "capture_time": started.isoformat() if started else None,
            "capture_time_source": "EXIF:DateTimeOriginal" if started else "none",
            "notes": None,
        }


def _spacing_s(taken_s: Sequence[float], report: DecodeReport) -> float | None:
    """Usual time between given frames; None where they are all frames of the clip."""
    if len(taken_s) == report.frames_decoded:
        return None
    if len(taken_s) < 2:
        return report.duration_s or 1.0
    return round(float(np.median(np.diff(taken_s))), 6)


def _rounded(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 6)
