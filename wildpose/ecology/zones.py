"""Time zones that a table of deployments may name.

Cameras keep one clock through a deployment and do not switch to summer time, so that a fixed offset
is the usual answer; names such as ``Africa/Kigali`` are understood, too.
"""

from __future__ import annotations

import re
from datetime import timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

_OFFSET = re.compile(r"(?:UTC|GMT)?\s*(?P<sign>[+-])(?P<hours>\d{1,2})(?::?(?P<minutes>[0-5]\d))?",
                     re.IGNORECASE)
_MOST_HOURS = 14


def parse_zone(text: str) -> tzinfo:
    """Read a time zone.

    Parameters
    ----------
    text : str
        An offset from UTC (``+02:00``, ``UTC+2``, ``-0330``), ``UTC``, or a name of the IANA
        database. Mind that ``Etc/GMT-2`` means two hours *ahead* of UTC, while ``GMT-2`` and
        ``UTC-2`` mean two hours behind.

    Returns
    -------
    tzinfo

    Raises
    ------
    ValueError
        When it is none of these.

    Examples
    --------
    >>> print(parse_zone("+2"), parse_zone("Etc/GMT-2").utcoffset(None))
    UTC+02:00 2:00:00
    """
    word = text.strip()
    match = _OFFSET.fullmatch(word)
    if match is None:
        return _named(word)
    ahead = timedelta(hours=int(match["hours"]), minutes=int(match["minutes"] or 0))
    if ahead > timedelta(hours=_MOST_HOURS):
        raise ValueError(f"{text!r} is no offset from UTC")
    return timezone(-ahead if match["sign"] == "-" else ahead)


def _named(word: str) -> tzinfo:
    try:
        return ZoneInfo(word)
    except (OSError, ValueError, KeyError) as error:  # ZoneInfoNotFoundError is a KeyError
        raise ValueError(f"{word!r} is no time zone") from error
