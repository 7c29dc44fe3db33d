"""Moments that people write into tables, on the clock of a camera."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from wildpose.ecology.zones import parse_zone

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_TIME = re.compile(r"\d{4}-\d{2}-\d{2}[T ]+\d{1,2}:\d{2}.*")
_NOON = time(12)


@dataclass(frozen=True)
class Moment:
    """A moment as it was written.

    Attributes
    ----------
    time : datetime
        Aware where an offset was written; noon where only a date was.
    first, last : datetime
        What it may stand for: ``time`` itself, or the day's first and last second.
    zone : str
        The offset that was written, such as ``+02:00``; empty for none.
    """

    time: datetime
    first: datetime
    last: datetime
    zone: str = ""

    def on_clock(self, zone: str) -> Moment:
        """Bring a moment with an offset to the clock of a zone (as written where that is empty).

        Parameters
        ----------
        zone : str
            As :func:`parse_zone` takes it.

        Returns
        -------
        Moment
            Without offsets.
        """
        clock = on_clock(self.time, zone)
        if self.first == self.last:
            return Moment(clock, clock, clock)
        return self


def parse_moment(text: str) -> Moment | None:
    """Read a date, or a date with a time.

    A date alone is taken as noon, as camtrapR takes the days on which a camera was set up and
    fetched (half a day each), while clips of the whole day are within it.

    Parameters
    ----------
    text : str
        ``2024-03-01``, ``2024-03-01T08:00``, ``2024-03-01 08:00:00+02:00``. Orders such as
        01/03/2024 are refused: nobody can tell day from month.

    Returns
    -------
    Moment or None
        None where it is none of these.

    Examples
    --------
    >>> parse_moment("2024-03-01").time.hour, parse_moment("01/03/2024")
    (12, None)
    """
    word = text.strip()
    try:
        if _DATE.fullmatch(word):
            day = datetime.fromisoformat(word)
            return Moment(datetime.combine(day, _NOON), day, day + timedelta(seconds=86_399))
        if not _TIME.fullmatch(word):
            return None
        day_text, clock = re.split(r"[T ]+", word, maxsplit=1)
        clock = clock if clock[1] != ":" else f"0{clock}"
        moment = datetime.fromisoformat(f"{day_text}T{clock.replace(' ', '')}")
    except ValueError:
        return None
    offset = moment.isoformat()[-6:] if moment.tzinfo is not None else ""
    return Moment(moment, moment, moment, offset)


def on_clock(moment: datetime, zone: str) -> datetime:
    """Bring a moment to the clock of a zone.

    Parameters
    ----------
    moment : datetime
        Without an offset it is on that clock already.
    zone : str
        As :func:`parse_zone` takes it; empty: the moment's own offset.

    Returns
    -------
    datetime
        Without an offset.

    Examples
    --------
    >>> on_clock(datetime.fromisoformat("2024-03-01T08:00+02:00"), "UTC").isoformat()
    '2024-03-01T06:00:00'
    """
    if moment.tzinfo is not None and zone:
        moment = moment.astimezone(parse_zone(zone))
    return moment.replace(tzinfo=None)
