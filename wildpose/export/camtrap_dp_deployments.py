"""The table deployments of a Camtrap DP package, from the table that the user gives.

What ``wildpose report --deployments`` takes is enough, with places and time zones, which the format
must have. Columns of that table that Camtrap DP knows besides (``cameraModel``, ``habitat``, ...)
are taken over, after a check.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wildpose.ecology.rows import problems, read_rows
from wildpose.export.camtrap_dp_tables import DEPLOYMENTS, MISSING_VALUES, Row
from wildpose.export.camtrap_dp_times import with_offset, written
from wildpose.export.run_clips import plain_rows

if TYPE_CHECKING:
    import pandas as pd

_OURS = ("deploymentID", "latitude", "longitude", "deploymentStart", "deploymentEnd")
TAKEN_OVER = tuple(name for name in DEPLOYMENTS if name not in _OURS)
"""Columns of the user's table that go into the package as they are."""
_WHOLE_NUMBERS = {"coordinateUncertainty": (1, math.inf), "cameraDelay": (0, math.inf),
                  "cameraTilt": (-90, 90), "cameraHeading": (0, 360)}
_NUMBERS = dict.fromkeys(("cameraHeight", "cameraDepth", "detectionDistance"), (0, math.inf))
_YES_OR_NO = ("timestampIssues", "baitUse")
_SAID = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
_FEATURES = ("roadPaved", "roadDirt", "trailHiking", "trailGame", "roadUnderpass", "roadOverpass",
             "roadBridge", "culvert", "burrow", "nestSite", "carcass", "waterSource",
             "fruitingTree")
_DATE_ONLY = "A date without a time was taken as noon"
_WIDENED = ", or as the first or last clip where that lies beyond"
_DEGREE_M = 111_700.0
"""Metres of a degree of latitude where it is longest, at the poles (WGS84: 111.69 km)."""

Span = tuple[dt.datetime, dt.datetime]


@dataclass(frozen=True)
class Station:
    """A deployment as the package has it.

    Attributes
    ----------
    name : str
    zone : str
        Time zone, as :func:`wildpose.ecology.parse_zone` takes it.
    place : tuple of float
        Longitude and latitude, as they are written.
    start, end : datetime
        With an offset.
    row : mapping
        Cells of the table.
    """

    name: str
    zone: str
    place: tuple[float, float]
    start: dt.datetime
    end: dt.datetime
    row: Row


def stations(
    deployments: pd.DataFrame, source: Path, spans: Mapping[str, Span], precision: float | None
) -> list[Station]:
    """Make the rows of the table.

    Parameters
    ----------
    deployments : DataFrame
        From :func:`wildpose.ecology.read_deployments`.
    source : Path
        The file that it was read from.
    spans : mapping of str to (datetime, datetime)
        By deployment: begin of the first and end of the last clip, on the camera's clock.
    precision : float or None
        Degrees that coordinates are rounded to, so that nobody finds the place.

    Returns
    -------
    list of Station

    Raises
    ------
    DataError
        When rows lack a place or a time zone, or hold what Camtrap DP can't take. All such rows
        are named.
    """
    names = {name: (name,) for name in TAKEN_OVER}
    given = {row.number: row.cells for row in read_rows(source, names, ())}
    found, faults = [], []
    for row in plain_rows(deployments):
        cells, wrong = _checked(given.get(row["row"], {}))
        wrong += _lacking(row)
        if not wrong:
            start, end, comment = _dates(row, spans.get(row["deployment"]))
            wrong += [f"{name} {clock} is skipped by the clock of {row['timezone']}"
                      for name, clock in (("start", start), ("end", end))
                      if with_offset(clock, row["timezone"]) is None]
        if wrong:
            faults.append(f"row {row['row']}: {', '.join(wrong)}")
        else:
            found.append(_station(row, cells, (start, end, comment), precision))
    if faults:
        raise problems(source, faults, "Camtrap DP can't do without: correct these rows.")
    return found


def _lacking(row: Row) -> list[str]:
    wrong = [f"{name} is empty" for name in ("latitude", "longitude") if row[name] is None]
    if not row["timezone"]:
        wrong.append("timezone is empty (give one such as +01:00)")
    if row["deployment"] in MISSING_VALUES:
        wrong.append(f"the name {row['deployment']} means nothing-known to other programs")
    return wrong


def _checked(cells: Mapping[str, str]) -> tuple[dict[str, Any], list[str]]:
    """Values of the cells that are filled, and what is wrong with them."""
    values: dict[str, Any] = {}
    wrong = []
    for name, text in cells.items():
        if text in MISSING_VALUES:
            continue
        value = _value(name, text)
        if value is None:
            wrong.append(f"{name} {text!r} is not {_wanted(name)}")
        values[name] = value
    return values, wrong


def _value(name: str, text: str) -> Any:
    """Value of a cell; None where it can't be one."""
    if name in _YES_OR_NO:
        return _SAID.get(text.lower())
    if name == "featureType":
        return text if text in _FEATURES else None
    limits = (_WHOLE_NUMBERS | _NUMBERS).get(name)
    if limits is None:
        return text
    try:
        number = float(text)
    except ValueError:
        return None
    whole = name in _WHOLE_NUMBERS
    if not limits[0] <= number <= limits[1] or math.isinf(number) or (whole and number % 1):
        return None
    return int(number) if whole else number


def _wanted(name: str) -> str:
    if name in _YES_OR_NO:
        return "true or false"
    if name == "featureType":
        return f"one of {', '.join(_FEATURES)}"
    low, high = (_WHOLE_NUMBERS | _NUMBERS)[name]
    span = f"of {low} or more" if math.isinf(high) else f"from {low} to {high}"
    return f"a {'whole ' if name in _WHOLE_NUMBERS else ''}number {span}"


def _dates(row: Row, span: Span | None) -> tuple[dt.datetime, dt.datetime, str]:
    """Begin and end on the camera's clock, and what is to be said of them.

    A date alone stands for noon. A clip of that morning would lie outside of its deployment then,
    so that its own time is taken: the camera was at work by that time for certain.
    """
    start, end = (row[name].to_pydatetime() for name in ("start", "end"))
    open_start, open_end = (row[name].to_pydatetime() for name in ("covers_from", "covers_to"))
    if (open_start, open_end) == (start, end):
        return start, end, ""
    comment = _DATE_ONLY
    if span is not None:
        wider = (min(start, span[0]) if open_start < start else start,
                 max(end, span[1]) if open_end > end else end)
        comment += _WIDENED * (wider != (start, end))
        start, end = wider
    return start, end, f"{comment}."


def _station(
    row: Row, cells: dict[str, Any], dates: tuple[dt.datetime, dt.datetime, str],
    precision: float | None
) -> Station:
    zone = str(row["timezone"])
    # Times that the zone skips are told before.
    start, end = (with_offset(clock, zone) or clock for clock in dates[:2])
    place, blur_m = _blurred(row["longitude"], row["latitude"], precision)
    comments = [cells.pop("deploymentComments", ""), dates[2]]
    own = {
        "locationID": row["location"] or None, "locationName": row["location"] or None,
        "cameraID": row["camera"] or None, **cells,
        "deploymentID": row["deployment"], "longitude": place[0], "latitude": place[1],
        "deploymentStart": written(start), "deploymentEnd": written(end),
        "deploymentComments": " ".join(filter(None, comments)) or None,
    }
    if blur_m:
        own["coordinateUncertainty"] = cells.get("coordinateUncertainty", 0) + blur_m
    return Station(row["deployment"], zone, place, start, end, own)


def _blurred(
    longitude: float, latitude: float, precision: float | None
) -> tuple[tuple[float, float], int]:
    """Round a place; also how many metres it may be off by that, at most."""
    if precision is None:
        return (longitude, latitude), 0
    step = Decimal(str(precision))
    x, y = (float(round(Decimal(str(value)) / step) * step) for value in (longitude, latitude))
    half_m = precision / 2 * _DEGREE_M
    off_m = math.hypot(half_m, half_m * math.cos(math.radians(latitude)))
    return (max(-180.0, min(180.0, x)), max(-90.0, min(90.0, y))), math.ceil(off_m)


def geometry(found: Sequence[Station]) -> dict[str, Any]:
    """Where the deployments are, as GeoJSON: their places, and the box around them."""
    places = sorted({station.place for station in found})
    x, y = zip(*places, strict=True)
    return {"type": "MultiPoint", "bbox": [min(x), min(y), max(x), max(y)],
            "coordinates": [list(place) for place in places]}


def clock_changes(found: Sequence[Station]) -> Iterator[str]:
    """Name deployments during which the clock of their zone changes (summer time)."""
    for station in found:
        zones = {with_offset(moment.replace(tzinfo=None), station.zone)
                 for moment in _days(station.start, station.end)}
        if len({moment.utcoffset() for moment in zones if moment is not None}) > 1:
            yield station.name


def _days(start: dt.datetime, end: dt.datetime) -> Iterator[dt.datetime]:
    moment = start
    while moment < end:
        yield moment
        moment += dt.timedelta(days=1)
    yield end
