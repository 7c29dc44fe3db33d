"""What the analysis of one clip leaves: rows for the tables, its sheet, its seconds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Row = Mapping[str, Any]
"""One row of a table: column name to value; every column of the schema is present."""


@dataclass(frozen=True)
class FileStamp:
    """Size and time of change of a clip: a clip that changed is analysed again."""

    size_bytes: int
    mtime_ns: int


@dataclass(frozen=True)
class ClipRecord:
    """Everything that one clip adds to a run.

    Attributes
    ----------
    clip : str
        Key of the clip.
    stamp : FileStamp
        The file as it was when the work began.
    row : Row or None
        Row of the table clips; None where the clip could not be read.
    tracks, detections, failures : tuple of Row
        Rows of those tables, in order.
    sheet_jpeg : bytes or None
        Contact sheet, written to ``row["sheet"]``.
    dense_pose : tuple of Row
        Rows of the table dense_pose, written to ``row["dense_pose"]``; empty where there is none.
    stage_seconds : mapping of str to float
        Seconds per stage of the work: decode, infer, dense_pose, track, draw.
    """

    clip: str
    stamp: FileStamp
    row: Row | None
    tracks: tuple[Row, ...] = ()
    detections: tuple[Row, ...] = ()
    failures: tuple[Row, ...] = ()
    sheet_jpeg: bytes | None = None
    dense_pose: tuple[Row, ...] = ()
    stage_seconds: Mapping[str, float] = field(default_factory=dict)


def failure_row(
    clip: str, deployment: str, stage: str, reason: str, *,
    severity: str = "failed", remedy: str | None = None,
) -> dict[str, str | None]:
    """Make a row of the table failures; the reason is brought onto one line."""
    return {"clip": clip, "deployment": deployment, "stage": stage, "severity": severity,
            "reason": " ".join(reason.split()), "remedy": remedy or None}
