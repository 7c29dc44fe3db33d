"""The table of deployments: which camera stood where, from when to when.

A CSV with the columns ``deployment``, ``start`` and ``end``, and as far as known ``folder`` (where
the clips lie, if the folder is not called like the deployment), ``location``, ``camera``,
``latitude``, ``longitude``, ``timezone`` and ``species``. The names of Camtrap DP
(``deploymentID``, ``deploymentStart``, ...) are understood, so that its ``deployments.csv`` can be
used as it is. A folder may stand in several rows, for a camera that was serviced in between: then
a clip belongs to the row in whose dates it was recorded.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from wildpose.ecology.effort import effort_days
from wildpose.ecology.moments import parse_moment
from wildpose.ecology.rows import Row, problems, read_rows
from wildpose.ecology.zones import parse_zone

HEADERS = {
    "deployment": ("deployment", "deploymentID"),
    "start": ("start", "deploymentStart", "start_date"),
    "end": ("end", "deploymentEnd", "end_date"),
    "folder": ("folder",),
    "location": ("location", "locationName", "locationID", "placename"),
    "camera": ("camera", "cameraID"),
    "latitude": ("latitude",),
    "longitude": ("longitude",),
    "timezone": ("timezone", "utc_offset"),
    "species": ("species", "scientificName"),
}
"""Our names of the columns, and the headers that stand for them."""
COLUMNS = ("deployment", "folder", "location", "camera", "latitude", "longitude", "timezone",
           "species", "start", "end", "covers_from", "covers_to", "effort_days", "row")
MOMENTS = ("start", "end", "covers_from", "covers_to")
_MOST_DEGREES = {"latitude": 90.0, "longitude": 180.0}
_REMEDY = "Correct these rows; docs/ecology.md shows an example."


def read_deployments(path: Path) -> pd.DataFrame:
    """Read a table of deployments.

    Parameters
    ----------
    path : Path
        CSV in UTF-8.

    Returns
    -------
    DataFrame
        :data:`COLUMNS`: ``start`` and ``end`` are moments on the camera's own clock (datetime64
        without a zone), ``covers_from`` and ``covers_to`` the moments between which clips may lie
        (the whole day where only a date is given), ``effort_days`` as in :mod:`effort`, ``row`` the
        row in the file. Text that is not given is empty, a number NaN.

    Raises
    ------
    UsageError
        When there is no such file.
    DataError
        When it holds no row, or a row lacks a name or a date, can't be read, ends before it
        begins, has the name of another, or covers time that another one of the same folder or
        camera covers. All such rows are named.
    """
    rows = read_rows(path, HEADERS, ("deployment", "start", "end"))
    if not rows:
        raise problems(path, ["holds no deployment"], "Write one row for each.")
    found = [fault for row in rows for fault in _cell_faults(row)]
    if not found:
        table = _typed([_record(row) for row in rows])
        found = [*_backward(table), *_twice(table), *_overlaps(table)]
    if found:
        raise problems(path, found, _REMEDY)
    return table


def folder_deployments(folders: Iterable[str]) -> pd.DataFrame:
    """Make the table that stands in where there is none: each folder is a deployment.

    Parameters
    ----------
    folders : iterable of str
        Values of ``deployment`` in the tables of a run.

    Returns
    -------
    DataFrame
        As :func:`read_deployments`, with nothing known of dates, effort and places.
    """
    blank = dict.fromkeys(HEADERS, "") | dict.fromkeys(_MOST_DEGREES, float("nan"))
    nothing = dict.fromkeys(MOMENTS, pd.NaT)
    return _typed([{**blank, **nothing, "deployment": name, "folder": name, "row": 0}
                   for name in sorted(set(folders))])


def _typed(records: Sequence[dict[str, Any]]) -> pd.DataFrame:
    table = pd.DataFrame(list(records), columns=list(COLUMNS))
    table = table.astype(dict.fromkeys(MOMENTS, "datetime64[us]"))
    table["effort_days"] = effort_days(table["start"], table["end"])
    return table


def _cell_faults(row: Row) -> Iterator[str]:
    for name in ("deployment", "start", "end"):
        if not row.cells[name]:
            yield f"row {row.number}: {name} is empty"
    for name in ("start", "end"):
        value = row.cells[name]
        if value and parse_moment(value) is None:
            yield (f"row {row.number}: {name} {value!r} is no time such as 2024-03-01T08:00 "
                   "or 2024-03-01")
    for name, most in _MOST_DEGREES.items():
        value = row.cells.get(name, "")
        if value and not abs(_number(value)) <= most:
            yield f"row {row.number}: {name} {value!r} is no number from -{most:g} to {most:g}"
    if row.cells.get("timezone"):
        try:
            parse_zone(row.cells["timezone"])
        except ValueError as error:
            yield f"row {row.number}: timezone {error}"


def _number(value: str) -> float:
    try:
        return float(value)
    except ValueError:
        return float("nan")


def _record(row: Row) -> dict[str, Any]:
    cells = {name: row.cells.get(name, "") for name in HEADERS}
    start, end = parse_moment(cells["start"]), parse_moment(cells["end"])
    if start is None or end is None:
        raise ValueError("dates are checked before")
    zone = cells["timezone"] or start.zone or end.zone
    start, end = start.on_clock(zone), end.on_clock(zone)
    return {
        **cells,
        "folder": _folder(cells["folder"] or cells["deployment"]),
        "latitude": _number(cells["latitude"]), "longitude": _number(cells["longitude"]),
        "timezone": zone, "start": start.time, "end": end.time, "covers_from": start.first,
        "covers_to": end.last, "row": row.number,
    }


def _folder(text: str) -> str:
    parts = [part for part in text.replace("\\", "/").split("/") if part not in ("", ".")]
    return "/".join(parts) or "."


def _backward(table: pd.DataFrame) -> Iterator[str]:
    for one in table[table["end"] < table["start"]].itertuples():
        yield f"row {one.row}: {one.deployment} ends before it begins"


def _twice(table: pd.DataFrame) -> Iterator[str]:
    for name, same in table.groupby("deployment", sort=False):
        if len(same) > 1:
            yield f"{_rows(same['row'])}: the name {name} stands more than once"


def _overlaps(table: pd.DataFrame) -> Iterator[str]:
    told = set()
    for column in ("folder", "camera"):
        for key, group in table[table[column] != ""].groupby(column, sort=False):
            last: dict[str, Any] | None = None
            for row in group.sort_values(["start", "end"]).to_dict("records"):
                pair = (row["row"], last["row"] if last else row["row"])
                if last and row["start"] < last["end"] and pair not in told:
                    told.add(pair)
                    yield (f"{_rows(pair)}: {last['deployment']} and {row['deployment']} of "
                           f"{column} {key} overlap in time")
                last = row if last is None or row["end"] > last["end"] else last


def _rows(numbers: Iterable[int]) -> str:
    return "rows " + " and ".join(str(number) for number in sorted(numbers))
