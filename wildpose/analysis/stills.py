"""Folders of pictures as clips of still frames (``--stills``)."""

from __future__ import annotations

import datetime as dt
import itertools
import os
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from wildpose.analysis.jobs import ClipJob
from wildpose.results.record import FileStamp, Row, failure_row
from wildpose.types import Frame
from wildpose.video import printable

PICTURE_SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".tif", ".tiff", ".bmp", ".webp"})
_EXIF_IFD, _EXIF_TIME, _ORIENTATION = 0x8769, 0x9003, 0x0112
_FAULTS = (OSError, ValueError, SyntaxError, UnidentifiedImageError,
           Image.DecompressionBombError)


@dataclass(frozen=True)
class _Seen:
    name: str
    size: tuple[int, int]
    stamp: FileStamp


def find_stills(root: Path, avoid: Path) -> tuple[list[ClipJob], list[Row]]:
    """Find folders that hold pictures.

    Pictures of one size in one folder are one clip, since boxes and masks are in its pixels; a
    folder with several sizes gives one clip for each, called ``folder@WIDTHxHEIGHT``.

    Parameters
    ----------
    root : Path
    avoid : Path
        Folder that is not looked into (the run's own).

    Returns
    -------
    jobs : list of ClipJob
    failures : list of Row
        Pictures that can't be opened.
    """
    jobs: list[ClipJob] = []
    failures: list[Row] = []
    for folder, folders, names in os.walk(root):
        here = Path(folder)
        folders[:] = sorted(name for name in folders if (here / name).resolve() != avoid.resolve())
        pictures = sorted(n for n in names if Path(n).suffix.lower() in PICTURE_SUFFIXES)
        if pictures:
            found, faults = _jobs_of(root, here, pictures)
            jobs += found
            failures += faults
    return jobs, failures


def _jobs_of(root: Path, folder: Path, names: Sequence[str]) -> tuple[list[ClipJob], list[Row]]:
    key = printable(folder.relative_to(root))
    deployment = printable(folder.relative_to(root).parent) if folder != root else "."
    by_size: dict[tuple[int, int], list[_Seen]] = defaultdict(list)
    failures: list[Row] = []
    for name in names:
        try:
            seen = _look_at(folder / name)
            by_size[seen.size].append(seen)
        except _FAULTS as error:
            failures.append(failure_row(f"{key}/{printable(name)}", deployment, "find", _say(error),
                                        remedy="Copy the picture again, or leave it out."))
    jobs = []
    for size, group in sorted(by_size.items(), key=lambda item: -len(item[1])):
        suffix = f"@{size[0]}x{size[1]}" if len(by_size) > 1 else ""
        stamp = FileStamp(sum(p.stamp.size_bytes for p in group),
                          max(p.stamp.mtime_ns for p in group))
        jobs.append(ClipJob(folder, key + suffix, deployment, stamp, tuple(p.name for p in group)))
    return jobs, failures


def _look_at(path: Path) -> _Seen:
    status = path.stat()
    with Image.open(path) as picture:
        turned = picture.getexif().get(_ORIENTATION, 1) in (5, 6, 7, 8)
        width, height = picture.size
    size = (height, width) if turned else (width, height)
    return _Seen(path.name, size, FileStamp(status.st_size, status.st_mtime_ns))


class StillsReader:
    """Frames from pictures, one after the other.

    ``time_s`` follows the times that the cameras wrote into the pictures (EXIF) where all have
    one and none goes back; else the pictures are taken to be a second apart.

    Parameters
    ----------
    job : ClipJob
        With pictures; where it has given boxes, the others are passed over.
    """

    def __init__(self, job: ClipJob) -> None:
        self._job = job
        self.faults: list[str] = []
        self.started: dt.datetime | None = None
        self._times = self._read_times()

    def __iter__(self) -> Iterator[Frame]:
        given = self._job.given
        wanted = set(range(len(self._job.pictures)) if given is None else given.frames)
        for index, name in enumerate(self._job.pictures):
            if index not in wanted:
                continue
            try:
                with Image.open(self._job.path / name) as picture:
                    upright = ImageOps.exif_transpose(picture).convert("RGB")
                    image = np.asarray(upright)
            except _FAULTS as error:
                self.faults.append(f"{name}: {_say(error)}")
                continue
            yield Frame(image, index, self._times[index])

    def _read_times(self) -> list[float]:
        stamps = [_exif_time(self._job.path / name) for name in self._job.pictures]
        self.started = stamps[0]
        known = [stamp for stamp in stamps if stamp is not None]
        if len(known) < len(stamps):
            return [float(i) for i in range(len(stamps))]
        times = [(stamp - known[0]).total_seconds() for stamp in known]
        in_order = all(a <= b for a, b in itertools.pairwise(times))
        return _spread(times) if in_order else [float(i) for i in range(len(stamps))]


def _spread(times: Sequence[float]) -> list[float]:
    """Spread the times of bursts within one second of the camera's clock over that second."""
    counts = Counter(times)
    first = {value: times.index(value) for value in counts}
    return [value + (i - first[value]) / counts[value] for i, value in enumerate(times)]


def _exif_time(path: Path) -> dt.datetime | None:
    try:
        with Image.open(path) as picture:
            text = picture.getexif().get_ifd(_EXIF_IFD).get(_EXIF_TIME)
        return dt.datetime.strptime(str(text).strip("\0 "), "%Y:%m:%d %H:%M:%S")
    except _FAULTS:
        return None


def _say(error: Exception) -> str:
    if isinstance(error, UnidentifiedImageError):
        return "no picture that can be read"
    if isinstance(error, OSError) and error.errno:
        return os.strerror(error.errno)
    return " ".join(str(error).split()) or type(error).__name__
