"""A run as tables for a spreadsheet: clips, tracks, detections; people in files of their own.

Columns are those of ``docs/tables.md``, without masks and without places of files on this
computer. Added are ``status`` and ``reason`` of each clip, and the time by the camera's clock.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wildpose.export.options import ExportOptions
from wildpose.export.run_clips import ExportedRun, plain_rows
from wildpose.export.writing import write_csv
from wildpose.results.schema import CLASS_NAMES, CLIPS, DETECTIONS, TRACKS, TableSchema

if TYPE_CHECKING:
    import pandas as pd

_INNER = {"path", "sheet", "dense_pose", "seconds", "mask_rle"}
_PREFIX = dict(zip(CLASS_NAMES, ("", "people_"), strict=True))
STATUSES = ("whole", "partial", "failed", "skipped")
"""Of a clip: read whole, in part, not at all, left out on purpose."""


def write_csv_tables(run: ExportedRun, folder: Path, options: ExportOptions) -> list[str]:
    """Write ``clips.csv``, ``tracks.csv``, ``detections.csv`` and the latter two of people.

    Parameters
    ----------
    run : ExportedRun
    folder : Path
    options : ExportOptions
        Nothing of it is used here.

    Returns
    -------
    list of str
        Notes for the user.
    """
    columns = _columns(CLIPS)
    head = ("clip", "deployment", "status", "reason")
    rest = [name for name in columns if name not in head]
    write_csv(folder / "clips.csv", [*head, *rest],
              _values(clip_rows(run), [*head, *rest], CLIPS))
    recorded = dict(zip(run.clip_table["clip"], run.clip_table["capture_time"], strict=True))
    for name, prefix in _PREFIX.items():
        _write_part(folder / f"{prefix}tracks.csv", TRACKS, run.folder.tracks(), name,
                    {"first_seen": "first_time_s", "last_seen": "last_time_s"}, recorded)
        _write_part(folder / f"{prefix}detections.csv", DETECTIONS, run.detection_table, name,
                    {"seen": "time_s"}, recorded)
    return []


def clip_rows(run: ExportedRun) -> Iterator[dict[str, Any]]:
    """Give a row for each clip that was found, read or not; no count where it was not read.

    Parameters
    ----------
    run : ExportedRun

    Yields
    ------
    dict
        Of the table clips, with ``status`` (one of :data:`STATUSES`) and ``reason``.
    """
    for row in plain_rows(run.clip_table):
        partial = not row["complete"]
        yield {**row, "status": STATUSES[partial],
               "reason": run.partial.get(row["clip"]) if partial else None}
    for status, found in (("failed", run.failed), ("skipped", run.skipped)):
        for clip, reason in found.items():
            yield {**dict.fromkeys(CLIPS.column_names), "clip": clip, "status": status,
                   "deployment": clip.rpartition("/")[0] or ".", "reason": reason}


def clock_time(capture_time: Any, time_s: float) -> str | None:
    """Time of day of a moment in a clip, by the camera's clock.

    Parameters
    ----------
    capture_time : str or missing
        When the clip began, ISO 8601.
    time_s : float
        From there.

    Returns
    -------
    str or None
        ISO 8601 with milliseconds, with an offset only where the clip states one; None where it is
        not known when the clip began.

    Examples
    --------
    >>> clock_time("2026-05-04T23:59:59", 1.25)
    '2026-05-05T00:00:00.250'
    """
    if not isinstance(capture_time, str):
        return None
    moment = dt.datetime.fromisoformat(capture_time) + dt.timedelta(seconds=time_s)
    return moment.isoformat(timespec="milliseconds")


def _write_part(
    path: Path, schema: TableSchema, table: pd.DataFrame, name: str, times: Mapping[str, str],
    recorded: Mapping[str, Any],
) -> None:
    """Write the rows of one class; ``times`` names columns of clock time and their seconds."""
    def rows() -> Iterator[dict[str, Any]]:
        for row in plain_rows(table[table["class"] == name]):
            began = recorded.get(row["clip"])
            yield {**row, **{new: clock_time(began, row[old]) for new, old in times.items()}}

    columns = [*_columns(schema), *times]
    write_csv(path, columns, _values(rows(), columns, schema))


def _columns(schema: TableSchema) -> list[str]:
    return [name for name in schema.column_names if name not in _INNER]


def _values(
    rows: Iterable[Mapping[str, Any]], columns: list[str], schema: TableSchema
) -> Iterator[list[Any]]:
    """Cells by column; seven digits tell every single-precision number from its neighbours."""
    short = {column.name for column in schema.columns if column.dtype == "float32"}
    return ([f"{row[name]:.7g}" if name in short and row[name] is not None else row[name]
             for name in columns] for row in rows)
