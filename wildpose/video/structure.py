"""Whether a file is as long as its own header says, for the containers that say it.

A clip cut short (card pulled out, battery empty, copy stopped) often still opens, and most
containers declare no frame count that could give the loss away. But RIFF, ASF, Matroska and MP4
state their size in bytes, a GIF ends with a trailer and a transport stream is whole packets, so
the cut shows without decoding anything.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from .sniff import HEAD_BYTES, transport_packet_bytes, video_kind

_ASF_FILE_PROPERTIES = bytes.fromhex("a1dcab8c47a9cf118ee400c00c205365")
_EBML_SEGMENT = b"\x18\x53\x80\x67"
_MP4_BOXES = {b"ftyp", b"moov", b"mdat", b"moof", b"mfra", b"free", b"skip", b"wide", b"uuid",
              b"sidx", b"styp", b"meta", b"udta", b"pnot", b"prft", b"emsg"}
_ASF_SEARCH_BYTES = 1 << 16
_PADDING_BYTES = 1 << 16  # some cameras fill the last block of a file with zeros


def cut_short(path: Path) -> str | None:
    """Say in one line that a file ends before its header says, or None.

    Parameters
    ----------
    path : Path
        A video file.

    Returns
    -------
    str or None
        Such as ``"the file is cut short (69547 of 115912 bytes)"``; None where the file is whole
        or its container says nothing about its size.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
        kind = video_kind(head)
        if kind == "gif":
            return None if _ends_with(file, size, b"\x3b") else "the file is cut short (no trailer)"
        if kind == "mpegts":
            rest = size % (transport_packet_bytes(head) or 1)
            return "the file is cut short (inside a packet)" if rest else None
        measure = {"avi": _riff_bytes, "asf": _asf_bytes, "matroska": _matroska_bytes,
                   "mp4": _mp4_bytes}.get(kind or "")
        declared = measure(file, size) if measure else None
    if declared is None or declared <= size:
        return None
    return f"the file is cut short ({size} of {declared} bytes)"


def has_mp4_index(path: Path) -> bool:
    """Whether a box ``moov``, without which an MP4 can't be read, stands in the file."""
    with path.open("rb") as file:
        return any(name == b"moov" for name, _, _ in _mp4_boxes(file, path.stat().st_size))


def _ends_with(file: BinaryIO, size: int, mark: bytes) -> bool:
    file.seek(max(0, size - _PADDING_BYTES))
    return file.read().rstrip(b"\x00").endswith(mark)


def _riff_bytes(file: BinaryIO, size: int) -> int | None:
    """End of the first RIFF chunk; clips above 1 GB go on with further ones."""
    file.seek(4)
    payload = int.from_bytes(file.read(4), "little")
    return payload + 8 if payload else None


def _asf_bytes(file: BinaryIO, size: int) -> int | None:
    file.seek(0)
    head = file.read(_ASF_SEARCH_BYTES)
    at = head.find(_ASF_FILE_PROPERTIES)
    if at < 0 or len(head) < at + 48:
        return None
    return int.from_bytes(head[at + 40 : at + 48], "little") or None


def _matroska_bytes(file: BinaryIO, size: int) -> int | None:
    """End of the segment: EBML header, then the segment's id and variable-length size."""
    file.seek(0)
    head = io.BytesIO(file.read(4096))
    at = head.getvalue().find(_EBML_SEGMENT)
    if at < 0:
        return None
    head.seek(at + 4)
    first = head.read(1)
    if not first or first[0] == 0:
        return None
    length = 9 - first[0].bit_length()
    value = int.from_bytes(bytes([first[0] & (0xFF >> length)]) + head.read(length - 1), "big")
    unknown = value == (1 << 7 * length) - 1
    return None if unknown else at + 4 + length + value


def _mp4_bytes(file: BinaryIO, size: int) -> int | None:
    ends = [end for name, _, end in _mp4_boxes(file, size) if name in _MP4_BOXES]
    return max(ends, default=None)


def _mp4_boxes(file: BinaryIO, size: int) -> Iterator[tuple[bytes, int, int]]:
    """List the boxes at the top level as (name, start, end); ends at the first that is no box."""
    at = 0
    while at + 8 <= size:
        file.seek(at)
        head = file.read(16)
        length, name = int.from_bytes(head[:4], "big"), head[4:8]
        if length == 1:
            length = int.from_bytes(head[8:16], "big")
        elif length == 0:
            length = size - at
        if length < 8:
            return
        yield name, at, at + length
        at += length
