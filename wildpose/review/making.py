"""Make the video of one clip that a browser plays, or find that the original does."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from wildpose.analysis.stills import StillsReader, find_stills
from wildpose.drawing.blur import blurred
from wildpose.drawing.people import PeopleBoxes
from wildpose.errors import WildposeError
from wildpose.types import Array
from wildpose.video import make_proxy, open_clip, plays_in_browser, probe, write_clip
from wildpose.video.write import PROXY_SIDE

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


def make_video(source: Path, target: Path, people: PeopleBoxes | None = None) -> Made:
    """Write a proxy of a video file, unless a browser shows the file itself frame by frame.

    Parameters
    ----------
    source : Path
    target : Path
        An ``.mp4``.
    people : PeopleBoxes, optional
        To be made unrecognisable: then a proxy is written in any case.

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
    if people is not None:
        return make_blurred(source, target, people, times_s)
    if rate is not None and whole and _browser_plays(source):
        return Made(False, *size, rate, times_s)
    proxy = make_proxy(source, target)
    return Made(True, proxy.width, proxy.height, proxy.frame_rate, times_s[: proxy.frames])


def make_blurred(source: Path, target: Path, people: PeopleBoxes, times_s: Array) -> Made:
    """Write a proxy in which people can't be recognised.

    Parameters
    ----------
    source : Path
        The clip, or a proxy of it, which has the same frames.
    target : Path
        Another ``.mp4``.
    people : PeopleBoxes
    times_s : float64 [F]
        Presentation time of each frame in the original.

    Returns
    -------
    Made

    Raises
    ------
    ClipError
        Where the source can't be read.
    """
    rate = probe(source).frame_rate or len(times_s) / max(float(times_s[-1]), 1.0)
    sizes: set[tuple[int, int]] = set()

    def hidden() -> Iterator[Array]:
        with open_clip(source, max_side=PROXY_SIDE) as clip:
            for frame in itertools.islice(clip, len(times_s)):
                picture = blurred(frame.image, people.at(float(times_s[frame.frame_index])))
                sizes.add(_even_size(picture))
                yield picture

    write_clip(target, hidden(), rate)
    return Made(True, *sizes.pop(), float(rate), times_s)


def _even_size(picture: Array) -> tuple[int, int]:
    """Width and height as a clip keeps them: even."""
    height, width = picture.shape[:2]
    return width + width % 2, height + height % 2


def make_stills(
    clip: str, folder: Path, target: Path, people: PeopleBoxes | None = None
) -> Made:
    """Write a proxy that shows the pictures of a folder one after the other.

    Parameters
    ----------
    clip : str
        Key of the clip; ends in ``@WIDTHxHEIGHT`` where the folder holds several sizes.
    folder : Path
    target : Path
        An ``.mp4``.
    people : PeopleBoxes, optional
        To be made unrecognisable.

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
    write_clip(target, _shown(StillsReader(mine[0]), times_s, sizes, people), STILLS_RATE)
    width, height = sizes.pop()
    return Made(True, width, height, STILLS_RATE, np.array(times_s))


def _shown(
    pictures: StillsReader, times_s: list[float], sizes: set[tuple[int, int]],
    people: PeopleBoxes | None,
) -> Iterator[Array]:
    """Pictures at a size that plays, each at its place; notes their times and their size."""
    for frame in pictures:
        picture = Image.fromarray(frame.image)
        picture.thumbnail((_STILLS_SIDE_PX, _STILLS_SIDE_PX))
        shown = np.asarray(picture)
        shown = shown if people is None else blurred(shown, people.at(frame.time_s))
        # A picture that can't be read leaves its place in the count: the next one stands there.
        while len(times_s) <= frame.frame_index:
            times_s.append(frame.time_s)
            sizes.add(picture.size)
            yield shown


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
