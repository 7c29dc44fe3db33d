"""Where frames come from: a video file or a folder of pictures, behind one small interface."""

from __future__ import annotations

from collections.abc import Iterator
from types import TracebackType
from typing import Any, Protocol, Self

from wildpose.analysis.jobs import ClipJob
from wildpose.analysis.stills import StillsReader
from wildpose.types import Frame
from wildpose.video import capture_time, open_clip, probe


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
        self._clip = open_clip(job.path, every_s=every_s)
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
            yield frame

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
        return {
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


def _rounded(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 6)
