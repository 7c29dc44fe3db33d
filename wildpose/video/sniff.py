"""What a file holds, told from its first bytes and not from its name.

Cameras, card readers and people give clips wrong extensions or none. The first bytes of every
container are fixed by its format; :func:`video_kind` knows those that cameras write.
"""

from __future__ import annotations

from collections.abc import Callable

HEAD_BYTES = 512
"""How many bytes of a file :func:`video_kind` wants to see (two MPEG transport packets fit)."""

_ASF = bytes.fromhex("3026b2758e66cf11a6d900aa0062ce6c")
_QUICKTIME_BOXES = (b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot")
_NO_VIDEO_BRANDS = (b"M4A ", b"M4B ", b"heic", b"heix", b"mif1", b"msf1", b"avif", b"avis", b"crx ")
_MPEG_STARTS = (b"\x00\x00\x01\xba", b"\x00\x00\x01\xb3")
_H264_STARTS = (7, 9)  # NAL unit types: sequence parameters, access unit delimiter
_HEVC_STARTS = (32, 35)  # the same two in HEVC


def video_kind(head: bytes) -> str | None:
    r"""Name the video container that starts with these bytes, or None.

    Parameters
    ----------
    head : bytes
        The first :data:`HEAD_BYTES` bytes of a file, or all of a shorter one.

    Returns
    -------
    str or None
        ``"avi"``, ``"mp4"`` (and MOV, 3GP), ``"matroska"`` (and WebM), ``"asf"``, ``"gif"``,
        ``"flv"``, ``"ogg"``, ``"mpeg"``, ``"mpegts"``, ``"h264"``, ``"hevc"``; None where it is
        nothing of that kind, such as a still picture or sound alone.

    Examples
    --------
    >>> video_kind(b"RIFF\x00\x00\x00\x00AVI LIST")
    'avi'
    >>> video_kind(b"<html><body>404</body></html>") is None
    True
    """
    for kind, matches in _TESTS.items():
        if matches(head):
            return kind
    return None


def transport_packet_bytes(head: bytes) -> int | None:
    """Bytes per packet of an MPEG transport stream (188, or 192 in AVCHD), else None."""
    for first, step in ((0, 188), (4, 192)):
        marks = head[first : first + 3 * step : step]
        if len(marks) > 1 and set(marks) == {0x47}:
            return step
    return None


def _is_mp4(head: bytes) -> bool:
    if head[4:8] == b"ftyp":
        return head[8:12] not in _NO_VIDEO_BRANDS
    return head[4:8] in _QUICKTIME_BOXES


def _is_ogg_video(head: bytes) -> bool:
    return head[:4] == b"OggS" and b"theora" in head


def _starts_raw(head: bytes, types: tuple[int, int], shift: int, mask: int) -> bool:
    """Whether a raw stream starts with a unit of one of these NAL types."""
    start = head[:4] == b"\x00\x00\x00\x01" and len(head) > 4 and head[4] < 0x80
    return start and head[4] >> shift & mask in types


_TESTS: dict[str, Callable[[bytes], bool]] = {
    "avi": lambda head: head[:4] == b"RIFF" and head[8:12] in (b"AVI ", b"AVIX"),
    "mp4": _is_mp4,
    "matroska": lambda head: head[:4] == b"\x1a\x45\xdf\xa3",
    "asf": lambda head: head[:16] == _ASF,
    "gif": lambda head: head[:6] in (b"GIF87a", b"GIF89a"),
    "flv": lambda head: head[:4] == b"FLV\x01",
    "ogg": _is_ogg_video,
    "mpeg": lambda head: head[:4] in _MPEG_STARTS,
    "mpegts": lambda head: transport_packet_bytes(head) is not None,
    "h264": lambda head: _starts_raw(head, _H264_STARTS, 0, 0x1F),
    "hevc": lambda head: _starts_raw(head, _HEVC_STARTS, 1, 0x3F),
}
