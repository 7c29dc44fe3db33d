"""When clips began and ended, on the clock of their camera."""

from __future__ import annotations

from datetime import datetime

import pandas as pd

from wildpose.ecology.moments import on_clock


def clip_times(clips: pd.DataFrame, timezone: pd.Series) -> pd.DataFrame:
    """Tell beginning and end of clips.

    Cameras write the time of their own clock. Where a file states an offset as well (phones do),
    its time is brought to the zone of the deployment, if one is declared.

    Parameters
    ----------
    clips : DataFrame
        ``capture_time`` and ``duration_s`` as in the table clips.
    timezone : Series of str
        Zone of each clip's deployment, with the index of ``clips``; empty for none.

    Returns
    -------
    DataFrame
        ``start`` and ``end``, datetime64 without a zone, with the index of ``clips``; missing where
        the clip has no capture time. A clip of unknown length ends when it begins.
    """
    start = [_clock(text, zone) for text, zone in zip(clips["capture_time"], timezone, strict=True)]
    times = pd.DataFrame({"start": pd.Series(start, clips.index, dtype="datetime64[us]")})
    length = pd.to_timedelta(clips["duration_s"].fillna(0).round(6), unit="s")
    times["end"] = (times["start"] + length).astype("datetime64[us]")
    return times


def _clock(text: object, zone: object) -> datetime | None:
    if not isinstance(text, str) or not text:
        return None
    return on_clock(datetime.fromisoformat(text), str(zone) if isinstance(zone, str) else "")
