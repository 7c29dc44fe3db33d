"""Write clips: rendered or assembled ones, and the proxies that a browser can play.

Everything is written beside its target under another name and renamed at the end, so that a
reader never sees half a clip.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np

from ..errors import ClipError, UsageError
from ..types import Array
from .decode import open_clip
from .probe import Probe, probe

PROXY_SIDE = 1280
"""Longest side of a proxy in pixels: enough to look at, and quick to make from 4K."""

_BROWSER_PIXELS = ("yuv420p", "yuvj420p", "yuv444p")


@dataclass(frozen=True)
class Encoding:
    """How :func:`write_clip` encodes.

    Attributes
    ----------
    codec : str
        An FFmpeg encoder, such as ``"libx264"``, ``"mjpeg"``, ``"libvpx-vp9"``.
    pix_fmt : str
        Pixel format to store, one that the codec knows.
    options : dict
        Encoder options in FFmpeg's words.
    """

    codec: str = "libx264"
    pix_fmt: str = "yuv420p"
    options: tuple[tuple[str, str], ...] = (("crf", "20"), ("preset", "veryfast"))

    @classmethod
    def of_codec(cls, codec: str) -> Encoding:
        """Choose settings that suit a codec: full range at high quality for MJPEG."""
        if codec == "libx264":
            return cls()
        if codec == "mjpeg":
            return cls("mjpeg", "yuvj420p", (("qscale", "3"),))
        return cls(codec, "yuv420p", ())


@dataclass(frozen=True)
class ProxyInfo:
    """A proxy as written by :func:`make_proxy`.

    Attributes
    ----------
    path : Path
    width, height : int
        In pixels, both even.
    frame_rate : float
        Constant frames per second; frame ``i`` of the clip is shown at ``i / frame_rate``.
    frames : int
        As many as the clip gave.
    """

    path: Path
    width: int
    height: int
    frame_rate: float
    frames: int


def write_clip(
    path: Path | str,
    images: Iterable[Array],
    rate: Fraction | float,
    *,
    codec: str = "libx264",
    encoding: Encoding | None = None,
) -> None:
    """Write pictures as a clip at a constant frame rate.

    Parameters
    ----------
    path : path-like
        The extension decides the container. A file there is replaced.
    images : iterable of uint8 [H, W, 3]
        RGB, all of one size; taken one by one. An odd side is lengthened by repeating its last
        row or column where the pixel format needs even ones, so coordinates stay true.
    rate : Fraction or float
        Frames per second.
    codec : str
        Short for ``Encoding.of_codec(codec)``.
    encoding : Encoding, optional
        Stands over ``codec``.

    Raises
    ------
    UsageError
        Where there is no picture, sizes differ, or codec and container do not fit.
    """
    _write(Path(path), images, _fraction(rate), encoding or Encoding.of_codec(codec))


def make_proxy(source: Path | str, target: Path | str, *, max_side: int = PROXY_SIDE) -> ProxyInfo:
    """Make the copy of a clip that every browser plays.

    H.264, yuv420p, even sides, index in front, constant frame rate and exactly the frames that
    :func:`wildpose.video.open_clip` gives, upright: so a player's frame number is our
    ``frame_index``. Variable-rate clips play at their mean rate.

    Parameters
    ----------
    source : path-like
    target : path-like
        An ``.mp4``.
    max_side : int
        Larger pictures are made smaller, to this longest side in pixels.

    Returns
    -------
    ProxyInfo

    Raises
    ------
    ClipError
        Where the source can't be read.
    """
    facts = probe(source)
    rate = _proxy_rate(facts)
    with open_clip(source, None, max_side=max_side) as clip:
        width, height = _write(Path(target), (frame.image for frame in clip), rate, Encoding())
        frames = clip.report.frames_decoded
    return ProxyInfo(Path(target), width, height, float(rate), frames)


def plays_in_browser(facts: Probe) -> bool:
    """Whether a browser plays a clip as it is: upright H.264 in an MP4.

    A clip whose frame rate varies or whose frames are damaged plays too, but a player's frame
    numbers then differ from ours: those need a proxy all the same.
    """
    return (
        facts.container == "mov"
        and facts.codec == "h264"
        and facts.pix_fmt in _BROWSER_PIXELS
        and facts.rotation_deg == 0
    )


class _EncodingError(Exception):
    """The container or this FFmpeg can't take the codec."""


def _write(
    path: Path, images: Iterable[Array], rate: Fraction, encoding: Encoding
) -> tuple[int, int]:
    """Encode beside ``path``, rename; returns the stored width and height."""
    with _beside(path) as part, _encoder(part, path) as container:
        stream = None
        shape: tuple[int, ...] | None = None
        for image in images:
            if stream is None:
                shape = image.shape
                stream = _stream(container, encoding, rate, _stored_size(image, encoding))
            if image.shape != shape:
                raise UsageError(f"{path.name}: pictures of {shape} and {image.shape} in one clip.")
            _mux(container, stream, _picture(image, stream))
        if stream is None:
            raise UsageError(f"{path.name}: no pictures to write.")
        _mux(container, stream, None)
        return stream.width, stream.height


@contextmanager
def _beside(path: Path) -> Iterator[Path]:
    part = path.with_name(f".{path.stem[:100]}.{os.getpid()}.part{path.suffix}")
    try:
        yield part
        with part.open("rb+") as file:
            os.fsync(file.fileno())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


@contextmanager
def _encoder(part: Path, path: Path) -> Iterator[Any]:
    faststart = {"movflags": "faststart"} if path.suffix.lower() in (".mp4", ".mov") else {}
    try:
        with av.open(str(part.absolute()), "w", options=faststart) as container:
            yield container
    except (av.FFmpegError, _EncodingError) as error:
        raise UsageError(
            f"{path.name}: can't be written ({error}).",
            "Check the folder, the extension and the codec.",
        ) from error


def _stream(
    container: Any, encoding: Encoding, rate: Fraction, size: tuple[int, int]
) -> Any:
    try:
        stream = container.add_stream(encoding.codec, rate=rate, options=dict(encoding.options))
    except ValueError as error:  # an unknown codec, or one that the container can't hold
        raise _EncodingError(str(error)) from error
    stream.width, stream.height = size
    stream.pix_fmt = encoding.pix_fmt
    stream.codec_context.thread_count = 1  # one worker per core, and the same bytes every time
    return stream


def _mux(container: Any, stream: Any, picture: Any) -> None:
    for packet in stream.encode(picture):
        container.mux(packet)


def _picture(image: Array, stream: Any) -> Any:
    """Make the picture a frame of the stream, padded where that is a pixel larger."""
    more_x, more_y = stream.width - image.shape[1], stream.height - image.shape[0]
    if more_x or more_y:
        image = np.pad(image, ((0, more_y), (0, more_x), (0, 0)), mode="edge")
    frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(image, np.uint8), format="rgb24")
    return frame.reformat(format=stream.pix_fmt, threads=1)


def _stored_size(image: Array, encoding: Encoding) -> tuple[int, int]:
    height, width = image.shape[:2]
    halved = "420" in encoding.pix_fmt
    return (width + width % 2, height + height % 2) if halved else (width, height)


def _proxy_rate(facts: Probe) -> Fraction:
    if facts.frame_rate is None:
        raise ClipError("the clip has no frame rate.", "It can't be shown in a browser.")
    return _fraction(facts.frame_rate)


def _fraction(rate: Fraction | float) -> Fraction:
    value = Fraction(rate).limit_denominator(100_000)
    if value <= 0:
        raise UsageError(f"a frame rate of {rate} frames per second.", "Give a number above 0.")
    return value
