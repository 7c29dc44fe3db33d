"""When a clip was recorded, and which of its tags says so.

No two makers of cameras write the time in the same place, and programs that convert clips write
their own time into it. The ladder below takes the first tag that holds a believable time; the
name of that tag always goes with it, so that a reader can judge.

1. any tag with an explicit offset from UTC (``com.apple.quicktime.creationdate`` and others)
2. ``QuickTime:CreateDate`` (movie header)
3. ``EXIF:DateTimeOriginal`` (in the first JPEG picture of an MJPEG clip or of a still)
4. ``QuickTime:MediaCreateDate``
5. ``QuickTime:TrackCreateDate``
6. ``RIFF:DateTimeOriginal`` (the IDIT chunk of AVI)
7. ``RIFF:DateCreated`` (ICRD)
8. ``ASF:CreationDate``, ``Matroska:DateUTC``
9. the file's name, 10. its modification time: only on request

QuickTime wants UTC, yet cameras write the local time of their clock there (seen on an otter clip
whose burnt-in clock says so). Therefore only a tag with an offset of its own gives an aware
datetime; all others give the clock of the camera, naive.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from functools import cached_property
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import ParseError

import av
from PIL import Image, UnidentifiedImageError

from ..errors import ClipError
from .container import open_source

FIRST_YEAR, LAST_YEAR = 1990, 2039
"""Stamps outside are unset: counters at zero read 1601, 1904 or 1970, one full of ones 2040."""

_MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_NUMERIC = re.compile(
    r"(?P<year>\d{4})[-:/.](?P<month>\d{1,2})[-:/.](?P<day>\d{1,2})[T ]+"
    r"(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2}))?(?:\.\d+)?"
    r"\s*(?P<offset>[+-]\d{2}:?\d{2})?"
)
_C_TIME = re.compile(
    r"[A-Za-z]{3},? +(?P<name>[A-Za-z]{3}) +(?P<day>\d{1,2}) +"
    r"(?P<hour>\d{1,2}):(?P<minute>\d{2}):(?P<second>\d{2}) +(?P<year>\d{4})"
)
_IN_NAME = re.compile(
    r"(?<!\d)(?P<year>(?:19|20)\d\d)[-_.]?(?P<month>\d\d)[-_.]?(?P<day>\d\d)[-_ T]{0,3}"
    r"(?P<hour>\d\d)[-_.:h]?(?P<minute>\d\d)[-_.:m]?(?P<second>\d\d)(?!\d)"
)


@dataclass(frozen=True)
class CaptureTime:
    """A recording time and where it comes from.

    Attributes
    ----------
    time : datetime or None
        Aware where ``has_offset``, else the naive time of the camera's clock; None where missing.
    source : str
        The tag, such as ``"QuickTime:CreateDate"``; ``"none"`` where missing.
    has_offset : bool
        The source states the offset from UTC.
    """

    time: datetime | None
    source: str
    has_offset: bool


def capture_time(
    path: Path | str, *, from_name: bool = False, from_mtime: bool = False
) -> CaptureTime:
    """Tell the recording time of a clip by the ladder of this module.

    Parameters
    ----------
    path : path-like
        Need not be readable as a video; without tags the rest of the ladder still counts.
    from_name : bool
        Also take ``YYYYMMDD_HHMMSS`` and the like from the file name.
    from_mtime : bool
        At last take the file's modification time (UTC).

    Returns
    -------
    CaptureTime
    """
    path = Path(path)
    for source, text in _candidates(path, from_name):
        time = parse_time(text)
        if time is not None:
            return CaptureTime(time, source, time.tzinfo is not None)
    if from_mtime:
        try:
            time = datetime.fromtimestamp(path.stat().st_mtime, UTC)
        except OSError:
            return CaptureTime(None, "none", False)
        return CaptureTime(time, "file modification time", True)
    return CaptureTime(None, "none", False)


def parse_time(text: str) -> datetime | None:
    """Read a date with a time of day from the text of a tag.

    Parameters
    ----------
    text : str
        ISO 8601, EXIF's colons, slashes, or C's ``Wed Jan 02 02:03:55 2013``. A ``Z`` or ``UTC``
        counts for nothing: software appends it to camera clocks of any zone.

    Returns
    -------
    datetime or None
        Aware where the text has a numeric offset. None for a date alone (midnight would be a
        made-up time), an unset counter, or no date at all.

    Examples
    --------
    >>> parse_time("2022-07-14T19:25:00+0200").isoformat()
    '2022-07-14T19:25:00+02:00'
    >>> parse_time("0000:00:00 00:00:00Z") is None
    True
    """
    match = _C_TIME.search(text) or _NUMERIC.search(text)
    return None if match is None else _datetime(match)


def _datetime(match: re.Match[str]) -> datetime | None:
    parts = match.groupdict()
    name = (parts.get("name") or "").lower()
    if name and name not in _MONTHS:
        return None
    month = _MONTHS.index(name) + 1 if name else int(parts["month"])
    offset = (parts.get("offset") or "").replace(":", "")
    zone = None
    if offset:
        minutes = int(offset[1:3]) * 60 + int(offset[3:5])
        zone = timezone(timedelta(minutes=-minutes if offset[0] == "-" else minutes))
    try:
        time = datetime(int(parts["year"]), month, int(parts["day"]), int(parts["hour"]),
                        int(parts["minute"]), int(parts["second"] or 0), tzinfo=zone)
    except ValueError:
        return None
    return time if FIRST_YEAR <= time.year <= LAST_YEAR else None


def _candidates(path: Path, from_name: bool) -> Iterator[tuple[str, str]]:
    try:
        tags: _Tags | None = _Tags.read(path)
    except ClipError:
        tags = None
    if tags is not None:
        yield from tags.with_offset()
        for source, text in tags.ladder():
            if text:
                yield source, text
    match = _IN_NAME.search(path.stem) if from_name else None
    if match is not None:
        yield "file name", "{year}-{month}-{day} {hour}:{minute}:{second}".format(
            **match.groupdict()
        )


@dataclass
class _Tags:
    """The tags of one file; the second reader is asked only where the first is silent."""

    path: Path
    kind: str
    container: dict[str, str]
    stream: dict[str, str]
    exif_time: str

    @classmethod
    def read(cls, path: Path) -> _Tags:
        source = open_source(path)
        try:
            return cls(
                path=path,
                kind=source.container.format.name,
                container=dict(source.container.metadata),
                stream=dict(source.stream.metadata),
                exif_time=_exif_time(source),
            )
        finally:
            source.close()

    def with_offset(self) -> Iterator[tuple[str, str]]:
        """Tags that state their offset from UTC; FFmpeg's ``creation_time`` never does."""
        for tags in (self.container, self.stream):
            for name, text in tags.items():
                time = None if name == "creation_time" else parse_time(text)
                if time is not None and time.tzinfo is not None:
                    yield name, text
        if self.exif_time and (time := parse_time(self.exif_time)) and time.tzinfo:
            yield "EXIF:DateTimeOriginal", self.exif_time

    def ladder(self) -> Iterator[tuple[str, str | None]]:
        created = self.container.get("creation_time")
        if "mp4" in self.kind:
            yield "QuickTime:CreateDate", created
        yield "EXIF:DateTimeOriginal", self.exif_time
        if "mp4" in self.kind:
            yield "QuickTime:MediaCreateDate", self.stream.get("creation_time")
            yield "QuickTime:TrackCreateDate", self.mediainfo.get("Video encoded_date")
        elif self.kind == "avi":
            yield "RIFF:DateTimeOriginal", created
            yield "RIFF:DateTimeOriginal", self.mediainfo.get("General mastered_date")
            yield "RIFF:DateCreated", self.container.get("date")
            yield "RIFF:DateCreated", self.mediainfo.get("General recorded_date")
        elif self.kind == "asf":
            yield "ASF:CreationDate", self.mediainfo.get("General encoded_date")
        elif "matroska" in self.kind:
            yield "Matroska:DateUTC", created

    @cached_property
    def mediainfo(self) -> dict[str, str]:
        """What MediaInfo reads, as ``"<track> <field>"``; empty without its library."""
        from pymediainfo import MediaInfo

        if not MediaInfo.can_parse():
            return {}
        try:
            with self.path.open("rb") as file:  # an open file: its name leads to no other files
                parsed = MediaInfo.parse(file)
        except (OSError, RuntimeError, ValueError, ParseError):
            return {}  # rubbish in one text field must not cost the clip
        found: dict[str, str] = {}
        for track in parsed.tracks:
            for name, value in track.to_data().items():
                found.setdefault(f"{track.track_type} {name}", str(value))
        return found


def _exif_time(source: Any) -> str:
    """``DateTimeOriginal`` and its offset from the first picture where that is a JPEG."""
    if source.stream.codec_context.name != "mjpeg":
        return ""
    try:
        packet = next(iter(source.container.demux(source.stream)))
        exif = Image.open(io.BytesIO(bytes(packet))).getexif().get_ifd(0x8769)
    except (av.FFmpegError, OSError, UnidentifiedImageError, StopIteration, ValueError):
        return ""  # a picture without readable EXIF has no time to give
    return f"{exif.get(0x9003, '')}{exif.get(0x9011, '')}".strip("\x00 ")
