"""The video of each clip that the App shows: the original, a proxy that a browser plays, or a card.

A browser plays H.264 in MP4 and little else, and FiftyOne finds the frame that belongs to a moment
by multiplying with one frame rate. So a clip is shown as it is only where it is evenly timed,
undamaged H.264; all others get a proxy: constant rate, one frame for each frame that could be
decoded. What was made is kept with the size and time of change of its source, and made again only
when those differ.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from wildpose.errors import WildposeError
from wildpose.types import Array
from wildpose.video import make_proxy, open_clip, probe, write_clip

PROXY_VERSION = 1
_PLAYED_SUFFIXES = (".mp4", ".m4v")
_PLAYED_PIXELS = ("yuv420p", "yuvj420p")
_CARD_SIZE = (640, 360)
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
        Presentation times in the original; None for a card.
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


class MediaFolder:
    """The proxies of a run.

    Parameters
    ----------
    folder : Path
        Made when needed.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def of_clip(self, clip: str, source: Path) -> ClipMedia:
        """Find or make what the App shows of a clip that was analysed.

        Parameters
        ----------
        clip : str
            Key of the clip.
        source : Path
            The original file.

        Returns
        -------
        ClipMedia
            A kept proxy also where the original is away; a card where there is neither or where it
            can't be read.
        """
        base = self.folder / proxy_name(clip)
        kept = _read_entry(base)
        try:
            stamp = source.stat()
        except OSError as problem:
            if kept is not None and kept.proxy:
                return _media(kept, source, base)
            return self.card(clip, f"the clip is not there any more ({problem.strerror})")
        if kept is not None and (kept.size_bytes, kept.mtime_ns) == (
                stamp.st_size, stamp.st_mtime_ns):
            return _media(kept, source, base)
        try:
            made = self._make(source, base)
        except (WildposeError, OSError) as problem:
            return self.card(clip, f"no picture: {problem}")
        return made

    def card(self, clip: str, reason: str) -> ClipMedia:
        """Find or make a short still that names a clip and says why there is no picture."""
        digest = hashlib.sha256(reason.encode("utf-8", "surrogateescape")).hexdigest()[:8]
        path = self.folder / f"{proxy_name(clip)}.{digest}.card.mp4"
        if not path.is_file():
            self.folder.mkdir(parents=True, exist_ok=True)
            image = _card_image(clip, reason)
            beside = path.with_suffix(".part.mp4")
            write_clip(beside, [image] * _CARD_FRAMES, _CARD_RATE)
            beside.replace(path)
        width, height = _CARD_SIZE
        return ClipMedia(path, "card", width, height, _CARD_FRAMES, _CARD_RATE, note=reason)

    def _make(self, source: Path, base: Path) -> ClipMedia:
        self.folder.mkdir(parents=True, exist_ok=True)
        stamp = source.stat()
        size, times_s, whole = _scan(source)
        rate = _even_rate(times_s)
        proxy = rate is None or not whole or not _browser_plays(source)
        if proxy:
            beside = base.with_suffix(".part.mp4")
            made = make_proxy(source, beside)
            rate = float(made.frame_rate)
            times_s = times_s[: made.frames]
            beside.replace(base.with_suffix(".mp4"))
        entry = _Entry(PROXY_VERSION, stamp.st_size, stamp.st_mtime_ns, proxy, *size,
                       float(rate or 1.0), [round(float(t), 6) for t in times_s])
        beside = base.with_suffix(".part.json")
        beside.write_text(json.dumps(asdict(entry)), encoding="utf-8")
        beside.replace(base.with_suffix(".json"))
        return _media(entry, source, base)


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
    """Whether a browser shows the file as it is: seen with Chromium, `docs/review.md`."""
    if source.suffix.lower() not in _PLAYED_SUFFIXES:
        return False
    facts = probe(source)
    upright = facts.rotation_deg == 0 and Fraction(facts.pixel_aspect) == 1
    in_mp4 = "mp4" in facts.container
    return (in_mp4 and facts.codec == "h264" and facts.pix_fmt in _PLAYED_PIXELS and upright)


def _read_entry(base: Path) -> _Entry | None:
    """Read what an earlier build kept; None where it kept nothing that this version can use."""
    try:
        content: dict[str, Any] = json.loads(base.with_suffix(".json").read_text(encoding="utf-8"))
        entry = _Entry(**content)
    except (OSError, ValueError, TypeError):
        return None
    proxy_there = not entry.proxy or base.with_suffix(".mp4").is_file()
    return entry if entry.version == PROXY_VERSION and proxy_there else None


def _media(entry: _Entry, source: Path, base: Path) -> ClipMedia:
    path = base.with_suffix(".mp4") if entry.proxy else source
    return ClipMedia(path, "proxy" if entry.proxy else "original", entry.width, entry.height,
                     len(entry.times_s), entry.frame_rate, np.array(entry.times_s))


def _card_image(clip: str, reason: str) -> Array:
    from PIL import Image, ImageDraw

    from wildpose.drawing.text import clean, fit, font

    width, height = _CARD_SIZE
    image = Image.new("RGB", _CARD_SIZE, (46, 46, 46))
    draw = ImageDraw.Draw(image)
    draw.text((24, 40), "no picture", font=font(34, bold=True), fill=(240, 200, 90))
    draw.text((24, 110), fit(clip, width - 48, font(20)), font=font(20), fill=(255, 255, 255))
    for i, line in enumerate(_lines(clean(reason), width - 48, font(18))):
        if 150 + 26 * i < height - 30:
            draw.text((24, 150 + 26 * i), line, font=font(18), fill=(220, 220, 220))
    return np.asarray(image)


def _lines(text: str, width_px: float, used: Any) -> Iterator[str]:
    line = ""
    for word in text.split():
        longer = f"{line} {word}".strip()
        if line and used.getlength(longer) > width_px:
            yield line
            line = word
        else:
            line = longer
    if line:
        yield line
