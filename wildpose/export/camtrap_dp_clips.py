"""The clips of a run in a Camtrap DP package: their deployments, times, and rows of media."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from wildpose.errors import DataError
from wildpose.export.camtrap_dp_tables import Row
from wildpose.export.camtrap_dp_times import after, floored, with_offset, written
from wildpose.export.csv_tables import clip_rows
from wildpose.export.run_clips import ExportedRun, RunClip, plain_rows
from wildpose.types import Array, ClassId

if TYPE_CHECKING:
    from wildpose.ecology import NamedRun

_MEDIA_TYPES = {
    ".mp4": "mp4", ".m4v": "x-m4v", ".mov": "quicktime", ".qt": "quicktime", ".avi": "x-msvideo",
    ".mkv": "x-matroska", ".webm": "webm", ".wmv": "x-ms-wmv", ".asf": "x-ms-asf",
    ".flv": "x-flv", ".mpg": "mpeg", ".mpeg": "mpeg", ".mpe": "mpeg", ".m1v": "mpeg",
    ".m2v": "mpeg", ".vob": "mpeg", ".mts": "mp2t", ".m2ts": "mp2t", ".m2t": "mp2t",
    ".ts": "mp2t", ".3gp": "3gpp", ".3g2": "3gpp2", ".ogv": "ogg", ".ogm": "ogg",
}
_NOT_IN_A_PATH = re.compile(r"^[./~]|\.{2,}|\\")
"""What a ``filePath`` must not hold: the pattern of the standard, and Windows' separator."""
_PIXEL_SHARE_DIGITS = 6
_LEAST_SHARE = 10.0**-_PIXEL_SHARE_DIGITS


@dataclass(frozen=True, eq=False)
class TimedClip:
    """A clip that can stand in the package: read, with a time and a deployment.

    Attributes
    ----------
    clip : RunClip
    deployment : str
    start, end : datetime
        With the offset that the camera's clock had when the clip began; fractions are kept.
    """

    clip: RunClip
    deployment: str
    start: dt.datetime
    end: dt.datetime

    @property
    def key(self) -> str:
        """Its ``mediaID``."""
        return self.clip.key

    @property
    def timestamp(self) -> dt.datetime:
        """Begin to the second, as media has it."""
        return floored(self.start)

    @property
    def shows_tracks(self) -> bool:
        """Whether an animal or a person was followed in it."""
        return bool((self.clip.detections["track_id"] > 0).any())

    @property
    def shows_people(self) -> bool:
        """Whether any frame holds a box of a person, also of no track."""
        return bool((self.clip.class_id == ClassId.PERSON).any())

    def at(self, time_s: float) -> str:
        """Time of a moment in the clip, as it is written."""
        return written(after(self.start, time_s))

    @cached_property
    def shares(self) -> Array:
        """Boxes as left, top, width, height by the size of the picture, float64 [N, 4].

        Rounded so that left + width and top + height never come to more than 1, and that no side
        is 0: both are refused by readers.
        """
        width, height = self.clip.size
        corners = self.clip.box_xyxy / [width, height, width, height]
        near = corners[:, :2].round(_PIXEL_SHARE_DIGITS).clip(0, 1 - _LEAST_SHARE)
        sides = (corners[:, 2:] - near).round(_PIXEL_SHARE_DIGITS).clip(_LEAST_SHARE, 1)
        sides[near + sides > 1] -= _LEAST_SHARE
        found: Array = corners.copy()
        found[:, :2], found[:, 2:] = near, sides.round(_PIXEL_SHARE_DIGITS)
        return found


def timed_clips(run: ExportedRun, named: NamedRun, zones: Mapping[str, str]) -> list[TimedClip]:
    """Give the clips that can stand in the package, by deployment and time.

    Parameters
    ----------
    run : ExportedRun
    named : NamedRun
    zones : mapping of str to str
        Time zone of each deployment.

    Returns
    -------
    list of TimedClip
        Without those that hold no time, or lie in the folder of several deployments without one.

    Raises
    ------
    DataError
        When a clip has a time that the zone of its deployment never shows. Such clips are named.
    """
    clips = {clip.key: clip for clip in run.clips}
    found, skipped = [], []
    for row in plain_rows(named.placed):
        if row["start"] is None or not row["deployment"]:
            continue
        zone = zones[row["deployment"]]
        clock = row["start"].to_pydatetime()
        start = with_offset(clock, zone)
        if start is None:
            skipped.append(f"{row['clip']} of {clock} ({zone})")
            continue
        length = row["end"].to_pydatetime() - clock
        found.append(TimedClip(clips[row["clip"]], row["deployment"], start, start + length))
    if skipped:
        raise DataError(
            f"{', '.join(skipped[:3])}{' and others' * (len(skipped) > 3)}: summer time skips this "
            "hour, so the camera did not follow it.",
            "Write the offset of its clock, such as +01:00, into the column timezone.")
    return sorted(found, key=lambda one: (one.deployment, one.start, one.key))


def media_rows(
    clips: Sequence[TimedClip], media_are_free: bool, capture_method: str | None
) -> Iterator[Row]:
    """Make the rows of media.

    Parameters
    ----------
    clips : sequence of TimedClip
    media_are_free : bool
        Whether a licence allows clips to be public at all.
    capture_method : str or None
        Of all of them.

    Yields
    ------
    mapping
        ``filePublic`` only where a licence is given, the whole clip was read and nobody was seen.
    """
    for one in clips:
        path = file_path(one.key)
        comments = [f"Read in part: {one.clip.reason}." if one.clip.reason else "",
                    f"File name on disk: {one.key}" if path != one.key else ""]
        yield {
            "mediaID": one.key, "deploymentID": one.deployment, "captureMethod": capture_method,
            "timestamp": written(one.start), "filePath": path,
            "filePublic": media_are_free and one.clip.reason is None and not one.shows_people,
            "fileName": path.rpartition("/")[2], "fileMediatype": media_type(one.key),
            "mediaComments": " ".join(filter(None, comments)) or None,
        }


def file_path(key: str) -> str:
    """Path of a clip as the standard allows it; letters that it forbids become ``_``.

    Examples
    --------
    >>> file_path("dep1/IMG_0001.MP4"), file_path(".hidden/a..b.mp4")
    ('dep1/IMG_0001.MP4', '_hidden/a__b.mp4')
    """
    return _NOT_IN_A_PATH.sub(lambda match: "_" * len(match[0]), key)


def media_type(key: str) -> str:
    """Type of a clip by its suffix.

    Examples
    --------
    >>> media_type("a/IMG_0001.AVI")
    'video/x-msvideo'
    """
    suffix = Path(key).suffix.lower()
    if suffix == ".gif":
        return "image/gif"
    return f"video/{_MEDIA_TYPES.get(suffix, f'x-{suffix[1:]}' if suffix else 'x-unknown')}"


def listed_clips(
    run: ExportedRun, named: NamedRun, clips: Sequence[TimedClip]
) -> Iterator[Row]:
    """Make the rows of the resource clips: all that were found, read or not."""
    timed = {one.key for one in clips}
    deployment = dict(zip(named.placed["clip"], named.placed["deployment"], strict=True))
    deployment |= zip(named.failed["clip"], named.failed["deployment"], strict=True)
    for row in clip_rows(run):
        key = row["clip"]
        yield {
            "file": key, "mediaID": key if key in timed else None,
            "deploymentID": deployment.get(key) or None,
            "status": row["status"], "reason": row["reason"],
            "captureTime": row["capture_time"], "captureTimeSource": row["capture_time_source"],
            "duration": row["duration_s"], "frameRate": row["frame_rate"], "width": row["width"],
            "height": row["height"], "framesLookedAt": row["frames_sampled"],
        }
