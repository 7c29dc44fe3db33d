"""The clips of a run as the review shows them: fields, frames, video and a digest of all that."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wildpose.results.run_folder import RunFolder
from wildpose.review.documents import ClipRows
from wildpose.review.grades import TrackSpan, clip_grade, clip_uncertainty, track_spans
from wildpose.review.media import ClipMedia, MediaFolder

if TYPE_CHECKING:
    import pandas as pd

BUILD_VERSION = 2
"""Raised when the documents of a clip change; clips built by an older version are built anew."""

Report = Callable[[int, int, str], None]
"""Called with (clips done, clips in all, key of the clip begun)."""

_COUNTS = ("animal_tracks", "person_tracks", "animal_detections", "person_detections",
           "max_animals")
_UNKNOWN = ("capture_time", "capture_time_source", "hour", "source_path", "uncertainty", "grade",
            "grade_reason")
"""What nobody knows of a clip that was not read."""
_NUMBERS = ("best_score", "first_animal_s", "last_animal_s")


@dataclass(frozen=True)
class ReviewClip:
    """One clip as the run has it.

    Attributes
    ----------
    key : str
        Path of the clip within the analysed folder.
    fields : mapping
        The machine's fields of the clip, see :data:`wildpose.review.fields.CLIP_FIELDS`.
    rows : ClipRows
        What its frames are filled from.
    media : ClipMedia
        The video to show.
    digest : str
        Differs where anything of the above does.
    spans : tuple of TrackSpan
        Its tracks.
    """

    key: str
    fields: Mapping[str, Any]
    rows: ClipRows
    media: ClipMedia
    digest: str
    spans: tuple[TrackSpan, ...] = ()


def read_clips(
    folder: RunFolder, media: MediaFolder, report: Report | None = None
) -> Iterator[ReviewClip]:
    """Read all clips of a run, read or failed, each with its video.

    Parameters
    ----------
    folder : RunFolder
    media : MediaFolder
        Finds or makes the videos, which takes the time.
    report : callable, optional
        Progress.

    Yields
    ------
    ReviewClip
        What was left out on purpose (severity ``skipped``) is not among them.
    """
    table, failures, detections = folder.clips(), folder.failures(), folder.detections()
    by_clip = dict(iter(detections.groupby("clip", sort=False)))
    reasons = failures.groupby("clip", sort=False)["reason"].agg("; ".join).to_dict()
    read = {row["clip"] for row in table.to_dict("records")}
    failed = failures[(failures["severity"] == "failed") & ~failures["clip"].isin(read)]
    failed = failed.drop_duplicates("clip")
    model = _model_name(folder.info())
    total, done = len(table) + len(failed), 0
    for row in table.to_dict("records"):
        _tell(report, done, total, row["clip"])
        shown = media.of_clip(
            row["clip"], Path(row["path"]), int(row["frames_decoded"]), _number(row["frame_rate"]))
        reason = reasons.get(row["clip"])
        rows = ClipRows(
            row["clip"], int(row["width"]), int(row["height"]), shown.frames, shown.times_s,
            by_clip.get(row["clip"], detections[:0]),
            folder.path / row["dense_pose"] if isinstance(row["dense_pose"], str) else None)
        yield _read_clip(row, shown, rows, reason, model)
        done += 1
    for row in failed.to_dict("records"):
        _tell(report, done, total, row["clip"])
        yield _failed_clip(row, media.card(row["clip"], reasons[row["clip"]]),
                           reasons[row["clip"]], detections[:0], model)
        done += 1
    _tell(report, done, total, "")


def _tell(report: Report | None, done: int, total: int, clip: str) -> None:
    if report is not None:
        report(done, total, clip)


def _model_name(info: Mapping[str, Any]) -> str | None:
    model = info.get("model")
    return model.get("name") if isinstance(model, Mapping) else model


def _read_clip(
    row: Mapping[str, Any], media: ClipMedia, rows: ClipRows, reason: str | None,
    model: str | None,
) -> ReviewClip:
    spans = track_spans(rows.detections)
    moment = _wall_clock(row["capture_time"])
    grade, grade_reason = clip_grade(spans)
    fields: dict[str, Any] = {name: int(row[name]) for name in _COUNTS}
    fields |= {name: _number(row[name]) for name in _NUMBERS}
    fields |= {
        "uncertainty": clip_uncertainty(rows.detections, spans), "grade": grade,
        "grade_reason": grade_reason, "hour": moment.hour if moment else None,
        "found": in_words(row), "status": "whole" if row["complete"] else "partial",
        "reason": reason, "model": model, "deployment": row["deployment"],
        "source_path": row["path"], "capture_time": moment,
        "capture_time_source": row["capture_time_source"],
    }
    return ReviewClip(
        row["clip"], fields, rows, media, _digest(fields, media, rows), tuple(spans))


def _failed_clip(
    row: Mapping[str, Any], media: ClipMedia, reason: str, nothing: pd.DataFrame, model: str | None
) -> ReviewClip:
    fields: dict[str, Any] = dict.fromkeys((*_COUNTS, *_NUMBERS, *_UNKNOWN))
    fields |= {"found": "not read", "status": "failed", "reason": reason, "model": model,
               "deployment": row["deployment"]}
    rows = ClipRows(row["clip"], media.width, media.height, media.frames, None, nothing)
    return ReviewClip(row["clip"], fields, rows, media, _digest(fields, media, rows))


def in_words(row: Mapping[str, Any]) -> str:
    """Say in a few words what was found in a clip.

    Parameters
    ----------
    row : mapping
        A row of the table ``clips``.

    Examples
    --------
    >>> counts = dict(animal_tracks=2, person_tracks=1, animal_detections=9, person_detections=3)
    >>> in_words({**counts, "complete": False})
    '2 animals, 1 person (read in part)'
    """
    words = []
    for name, plural in (("animal", "animals"), ("person", "people")):
        tracks = int(row[f"{name}_tracks"])
        if tracks:
            words.append(f"{tracks} {name if tracks == 1 else plural}")
        elif row[f"{name}_detections"]:
            words.append(f"{name}, untracked")
    return ", ".join(words or ["nothing"]) + ("" if row["complete"] else " (read in part)")


def _number(value: Any) -> float | None:
    return None if value is None or math.isnan(value) else float(value)


def _wall_clock(text: Any) -> datetime | None:
    """Keep the camera's own time: FiftyOne shows UTC, so an offset would move the hour."""
    return datetime.fromisoformat(text).replace(tzinfo=None) if isinstance(text, str) else None


def _digest(fields: Mapping[str, Any], media: ClipMedia, rows: ClipRows) -> str:
    head = json.dumps([BUILD_VERSION, media.kind, media.frames, media.width, media.height,
                       {name: str(value) for name, value in sorted(fields.items())}])
    table = rows.detections.to_csv(index=False, lineterminator="\n")
    digest = hashlib.sha256((head + table).encode("utf-8", "surrogateescape"))
    if rows.dense_pose is not None and rows.dense_pose.is_file():
        digest.update(rows.dense_pose.read_bytes())
    return digest.hexdigest()
