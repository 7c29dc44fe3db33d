"""Draw the pictures that a teacher labels from a user's clips: by time, motion and diversity.

The clips are read twice, so that memory does not grow with them: once to look at candidates, once
to write those that were chosen.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from wildpose.adaptation.candidates import Candidate, Look, look_through
from wildpose.adaptation.diversity import Budget, choose
from wildpose.adaptation.drawn import (
    DrawnFrame,
    DrawnFrames,
    DrawSettings,
    origin_of,
    read_list,
    write_list,
)
from wildpose.adaptation.footage import Footage, estimate, find_footage
from wildpose.adaptation.glimpse import Boxes, NearDuplicates
from wildpose.analysis.sources import open_source
from wildpose.errors import ClipError, GuardError, UsageError
from wildpose.types import Array

if TYPE_CHECKING:
    from wildpose.models.predictor import Predictor

__all__ = ["DrawSettings", "DrawnFrame", "DrawnFrames", "draw_frames", "estimate"]

QUALITY = 95
CANDIDATES_PER_PICTURE = 3
"""Candidates kept of a clip for each picture that may be taken of it."""


def draw_frames(
    sources: Sequence[Path], predictor: Predictor, folder: Path, settings: DrawSettings,
    progress: Callable[[int, int], None] = lambda done, total: None, *,
    avoid: Path | None = None,
) -> DrawnFrames:
    """Draw pictures into ``folder/images`` and list them in ``folder/frames.json``.

    Where that list is there already, it is read and returned.

    Parameters
    ----------
    sources : sequence of Path
        Folders of clips and of stills, single clips, single stills.
    predictor : Predictor
        Whose trunk tells alike pictures from different ones.
    folder : Path
    settings : DrawSettings
    progress : callable
        Called with the number of readings done and to do: each clip is read twice at most.
    avoid : Path, optional
        Folder in which no clips are looked for, by default ``folder``.

    Returns
    -------
    DrawnFrames

    Raises
    ------
    UsageError
        No clip; a source is missing; the folder has pictures from other clips, with other
        settings or another model, or can't be written to.
    GuardError
        Not one clip can be read.
    DataError
        ``frames.json`` is broken.
    """
    settings.check()
    footage = find_footage(sources, avoid or folder)
    if not footage.jobs and not footage.failures:
        raise UsageError(f"{', '.join(map(str, sources))}: no clip and no picture.",
                         "Name a folder of clips or stills.")
    origin = origin_of(footage, predictor.digest, settings)
    drawn = read_list(folder, origin)
    if drawn is not None:
        return drawn
    try:
        (folder / "images").mkdir(parents=True, exist_ok=True)
        drawn = _draw(footage, predictor, folder / "images", settings, progress)
        write_list(folder, drawn, origin)
    except OSError as error:
        raise UsageError(f"{folder}: can't be written: {error.strerror or error}.",
                         "Make room there, or choose another folder.") from error
    return drawn


def _draw(
    footage: Footage, predictor: Predictor, images: Path, settings: DrawSettings,
    progress: Callable[[int, int], None],
) -> DrawnFrames:
    total = 2 * len(footage.jobs)
    looks, failures = _look(footage, predictor, settings, lambda done: progress(done, total))
    chosen = _choose([c for look in looks for c in look.kept], settings)
    frames, changed = _write(chosen, images, settings.every_s,
                             lambda share: progress(round(total * (1 + share) / 2), total))
    progress(total, total)
    return DrawnFrames(
        frames, len(footage.jobs) + len(footage.failures), (*failures, *changed),
        candidates=sum(look.seen for look in looks),
        near_duplicates=sum(look.near_duplicates for look in looks),
        thinned=sum(look.thinned for look in looks),
    )


def _look(
    footage: Footage, predictor: Predictor, settings: DrawSettings, tick: Callable[[int], None]
) -> tuple[list[Look], list[tuple[str, str]]]:
    seen, looks, failures = NearDuplicates(), list[Look](), list(footage.failures)
    most = CANDIDATES_PER_PICTURE * settings.per_clip
    for done, job in enumerate(footage.jobs, 1):
        try:
            looks.append(look_through(job, predictor, seen, settings.every_s, most))
        except ClipError as error:
            failures.append((job.clip, error.message))
        tick(done)
    if not looks:
        raise GuardError(f"Not one of {len(failures)} clips can be read; the first, "
                         f"{failures[0][0]}: {failures[0][1]}",
                         "Copy them again from the card.")
    return looks, failures


def _choose(candidates: list[Candidate], settings: DrawSettings) -> list[Candidate]:
    chosen = choose(
        np.stack([c.feature for c in candidates]),
        np.array([c.motion for c in candidates]),
        _numbered([c.job.clip for c in candidates]),
        _numbered([c.job.deployment for c in candidates]),
        Budget(settings.most, settings.per_clip, settings.seed),
    )
    return [candidates[i] for i in chosen]


def _numbered(names: list[str]) -> Array:
    number = {name: i for i, name in enumerate(dict.fromkeys(names))}
    return np.array([number[name] for name in names], np.int64)


def _write(
    chosen: list[Candidate], images: Path, every_s: float, tick: Callable[[float], None]
) -> tuple[tuple[DrawnFrame, ...], list[tuple[str, str]]]:
    """Read the clips again and write their chosen pictures; those that are gone are named."""
    frames: list[DrawnFrame] = []
    changed: list[tuple[str, str]] = []
    for job, group in groupby(chosen, lambda c: c.job):
        wanted = {c.frame_index: c for c in group}
        try:
            with open_source(job, every_s) as source:
                for frame in source:
                    candidate = wanted.pop(frame.frame_index, None)
                    if candidate is not None:
                        drawn = _drawn(candidate, len(frames))
                        Image.fromarray(frame.image).save(images / drawn.file_name,
                                                          quality=QUALITY)
                        frames.append(drawn)
                    if not wanted:
                        break
        except ClipError as error:
            changed.append((job.clip, error.message))
        else:
            if wanted:
                changed.append((job.clip, "changed while it was read"))
        tick(len(frames) / len(chosen))
    return tuple(frames), changed


def _drawn(candidate: Candidate, number: int) -> DrawnFrame:
    job = candidate.job
    name = job.clip if not job.pictures else (
        f"{job.deployment}/{job.pictures[candidate.frame_index]}")
    plain = re.sub(r"[^A-Za-z0-9]+", "_", re.sub(r"\.\w{2,5}$", "", name)).strip("_")[-60:]
    file_name = f"{number:05d}_{plain}_{candidate.frame_index:06d}.jpg"
    return DrawnFrame(file_name, job.clip, job.deployment, candidate.frame_index,
                      round(candidate.time_s, 6), candidate.night, round(candidate.motion, 6),
                      candidate.size, _rounded(candidate.moving))


def _rounded(boxes: Boxes | None) -> Boxes | None:
    if boxes is None:
        return None
    return tuple((round(x1, 1), round(y1, 1), round(x2, 1), round(y2, 1))
                 for x1, y1, x2, y2 in boxes)
