"""The video of each clip that the App shows: the original, a proxy that a browser plays, or a card.

A browser plays H.264 in MP4 and little else, and FiftyOne finds the frame that belongs to a moment
by multiplying with one frame rate. So a clip is shown as it is only where it is evenly timed,
undamaged H.264; all others get a proxy: constant rate, one frame for each frame that could be
decoded. What was made is kept with the size and time of change of its source, and made again only
when those differ.

Where people are to be blurred, a clip that shows any gets a proxy without recognisable people, and
the one that shows them is deleted: it would leave with the folder.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from itertools import repeat
from pathlib import Path
from typing import Any

import numpy as np

from wildpose.drawing.people import PeopleBoxes
from wildpose.errors import WildposeError
from wildpose.results.files import write_json
from wildpose.review.card import CARD_SIZE, card_image
from wildpose.review.making import make_blurred, make_stills, make_video
from wildpose.types import Array
from wildpose.video import write_clip

PROXY_VERSION = 1
_CARD_FRAMES, _CARD_RATE = 5, 5.0


@dataclass(frozen=True)
class ClipMedia:
    """What the App shows of one clip.

    Attributes
    ----------
    path : Path
        The file that is played.
    kind : str
        ``"original"``, ``"proxy"`` or ``"card"`` (a still that says why there is no picture).
    width, height : int
        Pixels, as shown.
    frames : int
    frame_rate : float
        Frames per second of ``path``.
    times_s : float64 [frames] or None
        Presentation times in the original; None where they are not known.
    note : str
        Why there is only a card; else empty.
    """

    path: Path
    kind: str
    width: int
    height: int
    frames: int
    frame_rate: float
    times_s: Array | None = None
    note: str = ""


@dataclass(frozen=True)
class _Entry:
    """What is remembered of a clip between two builds, as JSON beside the proxy."""

    version: int
    size_bytes: int
    mtime_ns: int
    proxy: bool
    width: int
    height: int
    frame_rate: float
    times_s: list[float]
    blurred: str = ""
    """Digest of the people that the proxy hides; empty where it hides none."""


class MediaFolder:
    """The proxies of a run.

    Parameters
    ----------
    folder : Path
        Made when needed.
    people : mapping of str to PeopleBoxes, optional
        People to be blurred, by clip.
    """

    def __init__(self, folder: Path, people: Mapping[str, PeopleBoxes] | None = None) -> None:
        self.folder = folder
        self._people = people or {}

    def of_clip(self, clip: str, source: Path, frames: int, frame_rate: float | None) -> ClipMedia:
        """Find or make what the App shows of a clip that was analysed.

        Parameters
        ----------
        clip : str
            Key of the clip.
        source : Path
            The original file, or the folder of a clip that consists of pictures.
        frames : int
            Frames of the clip when it was analysed.
        frame_rate : float or None
            Frames per second, as far as known.

        Returns
        -------
        ClipMedia
            A kept proxy also where the original is away; a card of the clip's length, so that its
            boxes keep their frames, where there is neither or where it can't be read.
        """
        base, people = self.folder / proxy_name(clip), self._people.get(clip)
        wanted = people.digest if people else ""
        kept = _read_entry(base)
        length = (max(1, frames), frame_rate or _CARD_RATE)
        try:
            stamp = _stamp(source)
        except OSError as problem:
            shown = _kept_alone(kept, base, source, people)
            if shown is not None:
                return shown
            card = self.card(clip, f"the clip is not there any more ({problem.strerror})", *length)
            return card if kept is None else replace(card, times_s=np.array(kept.times_s))
        if kept is not None and (kept.size_bytes, kept.mtime_ns, kept.blurred) == (*stamp, wanted):
            return _media(kept, source, base)
        self.folder.mkdir(parents=True, exist_ok=True)
        try:
            entry = _make(clip, source, stamp, base, people)
        except (WildposeError, OSError) as problem:
            return self.card(clip, str(problem), *length)
        return _media(entry, source, base)

    def card(
        self, clip: str, reason: str, frames: int = _CARD_FRAMES, frame_rate: float = _CARD_RATE
    ) -> ClipMedia:
        """Find or make a still, as a video, that names a clip and says why there is no picture."""
        content = f"{reason}|{frames}|{frame_rate}".encode("utf-8", "surrogateescape")
        digest = hashlib.sha256(content).hexdigest()[:8]
        path = self.folder / f"{proxy_name(clip)}.{digest}.card.mp4"
        if not path.is_file():
            self.folder.mkdir(parents=True, exist_ok=True)
            write_clip(path, repeat(card_image(clip, reason), frames), frame_rate)
        width, height = CARD_SIZE
        return ClipMedia(path, "card", width, height, frames, frame_rate, note=reason)


def _make(
    clip: str, source: Path, stamp: tuple[int, int], base: Path, people: PeopleBoxes | None
) -> _Entry:
    target = _proxy_path(base, people is not None)
    made = (make_stills(clip, source, target, people) if source.is_dir()
            else make_video(source, target, people))
    return _remember(base, _Entry(
        PROXY_VERSION, *stamp, made.proxy, made.width, made.height, made.frame_rate,
        [round(float(t), 6) for t in made.times_s], people.digest if people else ""))


def _remember(base: Path, entry: _Entry) -> _Entry:
    write_json(base.with_suffix(".json"), asdict(entry))
    _proxy_path(base, not entry.blurred).unlink(missing_ok=True)
    return entry


def _kept_alone(
    kept: _Entry | None, base: Path, source: Path, people: PeopleBoxes | None
) -> ClipMedia | None:
    """What a kept proxy shows where the original is away; None where it must not be shown."""
    if kept is None or not kept.proxy:
        return None
    if people is None or kept.blurred == people.digest:
        return _media(kept, source, base)
    if kept.blurred:
        return None  # it hides people where an earlier analysis saw them
    try:
        made = make_blurred(_proxy_path(base, False), _proxy_path(base, True), people,
                            np.array(kept.times_s))
    except (WildposeError, OSError):
        return None
    entry = replace(kept, width=made.width, height=made.height, frame_rate=made.frame_rate,
                    blurred=people.digest)
    return _media(_remember(base, entry), source, base)


def _proxy_path(base: Path, hides_people: bool) -> Path:
    """Two names, so that no browser shows the one that it remembers in place of the other."""
    return base.with_suffix(".blurred.mp4" if hides_people else ".mp4")


def proxy_name(clip: str) -> str:
    """Make a file name from the key of a clip: readable, plain ASCII, different for each key.

    Examples
    --------
    >>> proxy_name("site 1/IMG_001.AVI")
    'site_1_IMG_001-ccdf507c25'
    """
    digest = hashlib.sha256(clip.encode("utf-8", "surrogateescape")).hexdigest()[:10]
    stem = clip.rsplit(".", 1)[0] if "." in clip.rsplit("/", 1)[-1] else clip
    plain = re.sub(r"[^A-Za-z0-9]+", "_", stem).strip("_")[-60:]
    return f"{plain or 'clip'}-{digest}"


def _read_entry(base: Path) -> _Entry | None:
    """Read what an earlier build kept; None where it kept nothing that this version can use."""
    try:
        content: dict[str, Any] = json.loads(base.with_suffix(".json").read_text(encoding="utf-8"))
        entry = _Entry(**content)
    except (OSError, ValueError, TypeError):
        return None
    proxy_there = not entry.proxy or _proxy_path(base, bool(entry.blurred)).is_file()
    return entry if entry.version == PROXY_VERSION and proxy_there else None


def _media(entry: _Entry, source: Path, base: Path) -> ClipMedia:
    path = _proxy_path(base, bool(entry.blurred)) if entry.proxy else source
    # Left by a build that was killed in between.
    _proxy_path(base, not entry.blurred).unlink(missing_ok=True)
    return ClipMedia(path, "proxy" if entry.proxy else "original", entry.width, entry.height,
                     len(entry.times_s), entry.frame_rate, np.array(entry.times_s))


def _stamp(source: Path) -> tuple[int, int]:
    """Size in bytes and time of change of a file, or of all that lies in a folder."""
    files = [source, *sorted(source.iterdir())] if source.is_dir() else [source]
    facts = [file.stat() for file in files]
    return sum(fact.st_size for fact in facts), max(fact.st_mtime_ns for fact in facts)
