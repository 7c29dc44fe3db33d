"""Times as Camtrap DP wants them: whole seconds, with an offset from UTC."""

from __future__ import annotations

import datetime as dt

from wildpose.ecology import parse_zone


def with_offset(clock: dt.datetime, zone: str) -> dt.datetime | None:
    """Add the offset of a zone to a time on the clock of a camera.

    Parameters
    ----------
    clock : datetime
        Without an offset.
    zone : str
        As :func:`wildpose.ecology.parse_zone` takes it.

    Returns
    -------
    datetime or None
        With a fixed offset; the first of two where the clock of the zone shows the time twice.
        None where it never shows it: then the camera does not follow the zone.

    Examples
    --------
    >>> with_offset(dt.datetime(2024, 3, 31, 2, 30), "+01:00").isoformat()
    '2024-03-31T02:30:00+01:00'
    >>> with_offset(dt.datetime(2024, 3, 31, 2, 30), "Europe/Zurich") is None
    True
    """
    aware = clock.replace(tzinfo=parse_zone(zone))
    there_and_back = aware.astimezone(dt.UTC).astimezone(aware.tzinfo)
    if there_and_back.replace(tzinfo=None, fold=0) != clock:
        return None
    return aware.replace(tzinfo=dt.timezone(aware.utcoffset() or dt.timedelta()))


def floored(moment: dt.datetime) -> dt.datetime:
    """Leave out the fraction of a second: the format knows none. Order stays as it is."""
    return moment.replace(microsecond=0)


def written(moment: dt.datetime) -> str:
    """Write a time with an offset.

    Examples
    --------
    >>> written(dt.datetime(2024, 3, 2, 6, 15, 10, 999_999, dt.UTC))
    '2024-03-02T06:15:10+00:00'
    """
    return floored(moment).isoformat()


def after(moment: dt.datetime, seconds: float) -> dt.datetime:
    """Time of something in a clip that began at ``moment``, on the same clock."""
    # Microseconds first, so that 2.9999999 s of a float's making are 3 s.
    return moment + dt.timedelta(microseconds=round(seconds * 1e6))
