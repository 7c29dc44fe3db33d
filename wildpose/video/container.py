"""Open a video file with FFmpeg (PyAV) so that it can neither reach out nor surprise.

The file is handed over as an open file, never by name: FFmpeg can't take a part of the name for
a protocol or a pattern, and no protocol at all is allowed to it. Only containers that hold
pictures themselves are accepted; playlists and scripts that name other files or hosts (HLS, DASH,
concat, SDP) are refused whatever they are called.
"""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

import av

from ..errors import ClipError
from .reading import PatientFile
from .sniff import HEAD_BYTES, video_kind
from .structure import has_mp4_index

CONTAINERS = (
    "avi,mov,asf,matroska,mpegts,mpeg,mpegvideo,flv,ogg,gif,h264,hevc,m4v,mjpeg,dv,mxf,ivf,rm"
)
"""FFmpeg demuxers of containers that hold their own pictures."""

STILLS = "jpeg_pipe,png_pipe,webp_pipe,bmp_pipe,tiff_pipe"
"""Demuxers of a still picture that has a video's name: a clip of one frame."""

MAX_PIXELS = 100_000_000
"""Pictures larger than this (twelve times 4K) are taken for damage: their RGB would fill 300 MB."""

MIN_BYTES_PER_FRAME = 8
"""The least that a stored frame takes in any container (an AVI chunk header alone is 8 bytes)."""

_ATTACHED_PICTURE = 0x400  # AV_DISPOSITION_ATTACHED_PIC: cover picture or thumbnail
_COPY_AGAIN = "Copy it again from the card; if that does not help, it can't be recovered here."


@dataclass
class Source:
    """An open video file and its picture stream.

    Attributes
    ----------
    path : Path
    file : PatientFile
    container : av.container.InputContainer
    stream : av.video.stream.VideoStream
        The first stream of moving pictures; cover pictures are passed over.
    size_bytes : int
    notes : list of str
        What is odd about the file and was decided about it, a line each.
    """

    path: Path
    file: PatientFile
    container: Any
    stream: Any
    size_bytes: int
    notes: list[str] = field(default_factory=list)

    def close(self) -> None:
        """Give the file back; safe to call twice."""
        self.container.close()
        self.file.close()

    @property
    def frame_rate(self) -> Fraction | None:
        """Frames per second as the container says or FFmpeg guesses; None where unknown."""
        stream = self.stream
        return stream.average_rate or stream.guessed_rate or stream.base_rate or None

    def believable_frames(self) -> int | None:
        """Give the header's frame count, or None where there is none or it can't be true.

        A count is not believed where the file is too small to hold so many frames even at
        :data:`MIN_BYTES_PER_FRAME`: broken headers say 999999, and neither a progress bar nor a
        loss may be reckoned from that.
        """
        declared = int(self.stream.frames)
        # A GIF has no header count; FFmpeg counts what is there, which can't show a loss.
        if declared <= 0 or self.container.format.name == "gif":
            return None
        return declared if declared * MIN_BYTES_PER_FRAME <= self.size_bytes else None


def open_source(path: Path) -> Source:
    """Open a clip and find its picture stream.

    Parameters
    ----------
    path : Path
        A file of any name.

    Returns
    -------
    Source
        To be closed by the caller.

    Raises
    ------
    ClipError
        With the reason in one line: unreadable, empty, not a video, no picture stream, an index
        that is missing, a playlist, a codec without decoder.
    """
    file = _open_file(path)
    try:
        return _open_container(path, file)
    except BaseException:  # whatever it was, the file must not stay open
        file.close()
        raise


def _open_file(path: Path) -> PatientFile:
    try:
        return PatientFile(path.open("rb"))
    except OSError as error:
        raise ClipError(f"{path.name}: can't be opened ({error.strerror}).") from error


def _open_container(path: Path, file: PatientFile) -> Source:
    size = file.seek(0, io.SEEK_END)
    file.seek(0)
    head = file.read(HEAD_BYTES)
    file.seek(0)
    if size == 0:
        raise ClipError(f"{path.name}: empty file (0 bytes).", _COPY_AGAIN)
    options = {"format_whitelist": f"{CONTAINERS},{STILLS}", "protocol_whitelist": "none"}
    try:
        container = av.open(file, options=options, metadata_errors="replace")
    except (av.FFmpegError, OSError, ValueError) as error:
        why = file.error or _why_not(path, head)
        raise ClipError(f"{path.name}: {why}.", _COPY_AGAIN) from error
    try:
        stream = _picture_stream(path, container)
    except ClipError:
        container.close()
        raise
    source = Source(path, file, container, stream, size)
    source.notes.extend(_oddities(source))
    return source


def _why_not(path: Path, head: bytes) -> str:
    kind = video_kind(head)
    if kind is None:
        if head.lstrip().startswith((b"#EXTM3U", b"ffconcat", b"v=0", b"<MPD", b"[playlist]")):
            return "a playlist that names other files, not a video"
        return "not a video (invalid data: no known container starts like this)"
    if kind == "mp4" and not has_mp4_index(path):
        return "the index (moov) is missing: the recording was never finished or is cut short"
    return f"invalid data: starts like {kind}, but can't be read"


def _picture_stream(path: Path, container: Any) -> Any:
    moving = [s for s in container.streams.video if not int(s.disposition) & _ATTACHED_PICTURE]
    if not moving:
        raise ClipError(f"{path.name}: no video stream in it.", "Leave it out: it has no pictures.")
    stream = moving[0]
    if stream.codec_context is None:
        raise ClipError(f"{path.name}: this installation has no decoder for its codec.",
                        "Convert the clip to H.264 first.")
    if stream.width * stream.height > MAX_PIXELS:
        raise ClipError(f"{path.name}: a picture of {stream.width}x{stream.height} is too large.",
                        "If that size is true, make the clip smaller first.")
    return stream


def _oddities(source: Source) -> list[str]:
    stream, notes = source.stream, []
    streams = [s for s in source.container.streams.video
               if not int(s.disposition) & _ATTACHED_PICTURE]
    if len(streams) > 1:
        notes.append(f"{len(streams)} video streams: the first "
                     f"({stream.width}x{stream.height}) is read")
    if source.container.format.name in STILLS:
        notes.append("a still picture with the name of a video: one frame")
    if stream.frames * MIN_BYTES_PER_FRAME > source.size_bytes:
        notes.append(f"the header declares {stream.frames} frames, more than "
                     f"{source.size_bytes} bytes can hold: not believed")
    aspect = stream.sample_aspect_ratio
    if aspect and aspect != 1:
        notes.append(f"pixels are not square ({aspect.numerator}:{aspect.denominator}): "
                     "coordinates are stored pixels")
    return notes
