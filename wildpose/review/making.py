"""Make the video of one clip that a browser plays, or find that the original does."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from wildpose.analysis.stills import StillsReader, find_stills
from wildpose.errors import WildposeError
from wildpose.types import Array
from wildpose.video import make_proxy, open_clip, plays_in_browser, probe, write_clip

STILLS_RATE = 2.0
"""Pictures per second of a clip that consists of pictures."""

_STILLS_SIDE_PX = 1280
_PLAYED_SUFFIXES = (".mp4", ".m4v", ".mov")


@dataclass(frozen=True)
class Made:
    """What the App can play of one clip.

    Attributes
    ----------
    proxy : bool
        Whether a proxy was written; else the original is played.
    width, height : int
        Pixels of what is played.
    frame_rate : float
        Frames per second.
    times_s : float64 [F]
        Presentation time of each frame in the original.
    """

    proxy: bool
    width: int
    height: int
    frame_rate: float
    times_s: Array


def make_video(source: Path, target: Path) -> Made:
    """Write a proxy of a video file, unless a browser shows the file itself frame by frame.

    Parameters
    ----------
    source : Path
    target : Path
        An ``.mp4``.

    Returns
    -------
    Made

    Raises
    ------
    ClipError
        Where the source can't be read.
    """
    size, times_s, whole = _scan(source)
    rate = _even_rate(times_s)
    if rate is not None and whole and _browser_plays(source):
        return Made(False, *size, rate, times_s)
    proxy = make_proxy(source, target)
    return Made(True, proxy.width, proxy.height, proxy.frame_rate, times_s[: proxy.frames])


def make_stills(clip: str, folder: Path, target: Path) -> Made:
    """Write a proxy that shows the pictures of a folder one after the other.

    Parameters
    ----------
    clip : str
        Key of the clip; ends in ``@WIDTHxHEIGHT`` where the folder holds several sizes.
    folder : Path
    target : Path
        An ``.mp4``.

    Returns
    -------
    Made

    Raises
    ------
    WildposeError
        Where no picture of the clip is left.
    """
    jobs = [job for job in find_stills(folder, target.parent)[0] if job.path == folder]
    mine = [job for job in jobs if len(jobs) == 1 or clip.endswith(f"@{job.clip.split('@')[-1]}")]
    if not mine:
        raise WildposeError(f"{folder.name}: its pictures are not there any more.")
    times_s: list[float] = []
    sizes: set[tuple[int, int]] = set()
    write_clip(target, _shown(StillsReader(mine[0]), times_s, sizes), STILLS_RATE)
    width, height = sizes.pop()
    return Made(True, width, height, STILLS_RATE, np.array(times_s))


def _shown(
    pictures: StillsReader, times_s: list[float], sizes: set[tuple[int, int]]
) -> Iterator[Array]:
    """Pictures at a size that plays, each at its place; notes their times and their size."""
    for frame in pictures:
        picture = Image.fromarray(frame.image)
        picture.thumbnail((_STILLS_SIDE_PX, _STILLS_SIDE_PX))
        # A picture that can't be read leaves its place in the count: the next one stands there.
        while len(times_s) <= frame.frame_index:
            times_s.append(frame.time_s)
            sizes.add(picture.size)
            yield np.asarray(picture)


def _scan(source: Path) -> tuple[tuple[int, int], Array, bool]:
    """Read a clip through: its size as shown, the time of each frame, whether it is undamaged."""
    size = (0, 0)
    times_s: list[float] = []
    with open_clip(source, None) as clip:
        for frame in clip:
            size = size if times_s else (frame.image.shape[1], frame.image.shape[0])
            times_s.append(frame.time_s)
        whole = clip.report.complete
    if not times_s:
        raise WildposeError(f"{source.name}: no frame could be decoded.")
    return size, np.array(times_s), whole


def _even_rate(times_s: Array) -> float | None:
    """Frames per second where multiplying with it finds every frame; else None."""
    steps = len(times_s) - 1
    if steps < 1 or times_s[-1] <= times_s[0]:
        return None
    rate = steps / float(times_s[-1] - times_s[0])
    astray = np.abs((times_s - times_s[0]) * rate - np.arange(steps + 1)).max()
    return rate if astray < 0.4 else None


def _browser_plays(source: Path) -> bool:
    """Whether a browser shows the file as it is; FiftyOne goes by the name, so it has to fit."""
    if source.suffix.lower() not in _PLAYED_SUFFIXES:
        return False
    facts = probe(source)
    return plays_in_browser(facts) and facts.pixel_aspect == 1
