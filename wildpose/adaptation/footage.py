"""The clips to learn from: videos, stills and folders of bursts, from several places at once."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from wildpose.analysis import AnalyzeSettings
from wildpose.analysis.jobs import ClipJob
from wildpose.analysis.plan import make_plan
from wildpose.analysis.stills import PICTURE_SUFFIXES
from wildpose.errors import ClipError, UsageError
from wildpose.results.record import FileStamp
from wildpose.video import printable, probe

BURST_PICTURES = 10
"""Cameras take bursts of up to so many pictures; a folder of more holds several."""


@dataclass(frozen=True)
class Footage:
    """What was found.

    Attributes
    ----------
    jobs : tuple of ClipJob
        Videos, and folders of pictures, each once. ``clip`` starts with the name of the folder
        that was given; ``deployment`` is the folder that stands for the camera.
    failures : tuple of (str, str)
        Name and reason of what can't be looked at.
    """

    jobs: tuple[ClipJob, ...]
    failures: tuple[tuple[str, str], ...]


def find_footage(sources: Sequence[Path], avoid: Path | None = None) -> Footage:
    """Find all clips, stills and bursts.

    Parameters
    ----------
    sources : sequence of Path
        Folders, video files, picture files. What two of them lead to is taken once.
    avoid : Path, optional
        Folder that is not looked into.

    Returns
    -------
    Footage

    Raises
    ------
    UsageError
        A source is not there.
    """
    folders = [s.resolve() if s.is_dir() else s.resolve().parent for s in sources]
    labels = _labels(folders)
    jobs: dict[tuple[Path, str], ClipJob] = {}
    failures: list[tuple[str, str]] = []
    for source, folder in zip(sources, folders, strict=True):
        if source.is_file() and source.suffix.lower() in PICTURE_SUFFIXES:
            continue
        plan = make_plan(AnalyzeSettings(source, avoid or Path(os.devnull), stills=True))
        for job in plan.jobs:
            if _is_shown(job.clip):
                jobs.setdefault(_identity(job), _placed(job, labels[folder]))
        failures += [
            (_below(labels[folder], str(row["clip"])), str(row["reason"]))
            for row in plan.failures if row["severity"] == "failed" and _is_shown(str(row["clip"]))
        ]
    taken_whole = {job.path.resolve() for job in jobs.values() if job.pictures}
    loose = [job for job in _loose_pictures(sources, labels) if job.path not in taken_whole]
    return Footage((*jobs.values(), *loose), tuple(dict.fromkeys(failures)))


def estimate(sources: Sequence[Path], avoid: Path | None = None) -> tuple[int, float]:
    """Count clips and seconds without decoding them.

    Parameters
    ----------
    sources : sequence of Path
        As in :func:`find_footage`.
    avoid : Path, optional
        Folder that is not looked into.

    Returns
    -------
    clips : int
        Videos and folders of pictures that were found.
    seconds : float
        Length of the videos by their headers; a still counts as one second. Videos that can't be
        opened, or don't say how long they are, count as none.
    """
    footage = find_footage(sources, avoid)
    return len(footage.jobs), float(sum(_seconds(job) for job in footage.jobs))


def _seconds(job: ClipJob) -> float:
    if job.pictures:
        return float(len(job.pictures))
    try:
        facts = probe(job.path)
    except ClipError:
        return 0.0
    if facts.duration_declared_s is not None:
        return facts.duration_declared_s
    rate = facts.frame_rate
    return facts.frames_declared / rate if facts.frames_declared and rate else 0.0


def of_folder(clip: str) -> str:
    """The folder's name alone, where a clip holds its pictures of one size (``folder@640x480``)."""
    return re.sub(r"@\d+x\d+$", "", clip)


def _labels(folders: Sequence[Path]) -> dict[Path, str]:
    """Names of the folders, with as many parents as it takes to tell them apart."""
    different = sorted(set(folders))
    longest = max((len(folder.parts) for folder in different), default=1)
    for depth in range(1, longest + 1):
        names = [printable(Path(*folder.parts[-depth:])) for folder in different]
        if len(set(names)) == len(names):
            return dict(zip(different, names, strict=True))
    return {folder: printable(folder) for folder in different}


def _placed(job: ClipJob, label: str) -> ClipJob:
    """Name a clip below its source; a folder of many stills stands for the camera itself."""
    clip, place = _below(label, job.clip), _below(label, job.deployment)
    alone = len(job.pictures) > BURST_PICTURES or job.deployment == "."
    return replace(job, clip=clip, deployment=of_folder(clip) if job.pictures and alone else place)


def _below(label: str, name: str) -> str:
    inner = re.sub(r"^\.(?=$|[@ /])/?", "", name)
    separator = "/" if inner and inner[0] not in "@ " else ""
    return f"{label}{separator}{inner}"


def _is_shown(name: str) -> bool:
    """Whether no part of a name is hidden: macOS leaves such files on every card."""
    return not any(re.match(r"\.(?![@ ]|$)", part) for part in name.split("/"))


def _identity(job: ClipJob) -> tuple[Path, str]:
    return job.path.resolve(), job.pictures[0] if job.pictures else ""


def _loose_pictures(sources: Sequence[Path], labels: dict[Path, str]) -> Iterator[ClipJob]:
    """Pictures that were named one by one, those of a folder together."""
    by_folder: dict[Path, list[Path]] = {}
    for source in sources:
        if source.suffix.lower() in PICTURE_SUFFIXES and source.is_file():
            by_folder.setdefault(source.resolve().parent, []).append(source.resolve())
        elif not source.exists():
            raise UsageError(f"{source}: no such file or folder.", "Name the folder of the clips.")
    for folder, pictures in by_folder.items():
        names = tuple(sorted({picture.name for picture in pictures}))
        size = sum((folder / name).stat().st_size for name in names)
        label = labels[folder]
        yield ClipJob(folder, label, label, FileStamp(size, 0), names)
