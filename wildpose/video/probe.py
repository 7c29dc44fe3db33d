"""What a clip is, without decoding more than its first frame."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import islice
from pathlib import Path
from typing import Any

import av

from .container import MIN_BYTES_PER_FRAME, Source, open_source
from .orientation import Orientation

FIRST_FRAME_PACKETS = 300
"""How many packets to look through for a first frame, ten seconds of a usual clip."""


@dataclass(frozen=True)
class Probe:
    """The facts of a clip that its header and first frame give.

    Attributes
    ----------
    container, codec, pix_fmt : str
        In FFmpeg's words: ``"avi"``, ``"mjpeg"``, ``"yuvj420p"``.
    width, height : int
        In pixels as shown, after rotation.
    rotation_deg : int
        Clockwise turn from stored to shown: 0, 90, 180, 270.
    frame_rate : float or None
        Frames per second by header or estimate; not to be used for times.
    frames_declared : int or None
        The header's count where it is believable.
    duration_declared_s : float or None
        What the header says, in seconds; a hint only.
    pixel_aspect : Fraction
        Width of a pixel by its height, 1 for square ones.
    notes : tuple of str
        Oddities, a line each.
    """

    container: str
    codec: str
    pix_fmt: str
    width: int
    height: int
    rotation_deg: int
    frame_rate: float | None
    frames_declared: int | None
    duration_declared_s: float | None
    pixel_aspect: Fraction
    notes: tuple[str, ...] = ()


def probe(path: Path | str) -> Probe:
    """Look at a clip's header and first frame.

    Parameters
    ----------
    path : path-like

    Returns
    -------
    Probe

    Raises
    ------
    ClipError
        Where the file can't be opened as a video.
    """
    source = open_source(Path(path))
    try:
        return _probe(source)
    finally:
        source.close()


def _probe(source: Source) -> Probe:
    stream = source.stream
    stream.thread_type = "NONE"
    first = next(_first_frames(source), None)
    orientation = Orientation() if first is None else Orientation.of_frame(first)
    width, height = orientation.shown_size(
        first.width if first else stream.width, first.height if first else stream.height
    )
    rate = source.frame_rate
    return Probe(
        container=source.container.format.name.split(",")[0],
        codec=stream.codec_context.name,
        pix_fmt=first.format.name if first else stream.codec_context.pix_fmt or "",
        width=width,
        height=height,
        rotation_deg=orientation.rotation_deg,
        frame_rate=float(rate) if rate else None,
        frames_declared=source.believable_frames(),
        duration_declared_s=_declared_s(source),
        pixel_aspect=Fraction(stream.sample_aspect_ratio or 1),
        notes=tuple(source.notes),
    )


def _declared_s(source: Source) -> float | None:
    stream = source.stream
    if stream.frames * MIN_BYTES_PER_FRAME > source.size_bytes:
        return None  # reckoned from the same false count
    if stream.duration and stream.time_base:
        return float(stream.duration * stream.time_base)
    return source.container.duration / 1e6 if source.container.duration else None


def _first_frames(source: Source) -> Iterator[Any]:
    try:
        for packet in islice(source.container.demux(source.stream), FIRST_FRAME_PACKETS):
            try:
                yield from packet.decode()
            except (av.FFmpegError, ValueError):
                continue
    except (av.FFmpegError, OSError):  # damage before the first frame: the header must do
        return
