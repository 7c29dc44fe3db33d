"""At which hours of the day animals are active."""

from __future__ import annotations

import numpy as np
import pandas as pd

from wildpose.ecology.effort import DAY_S

HOURS = range(24)


def clock_radians(time: pd.Series) -> pd.Series:
    """Bring clock times to the circle: 2 pi * seconds since midnight / 86400.

    What the R packages activity and overlap take.

    Parameters
    ----------
    time : datetime64 Series

    Returns
    -------
    float Series
        In [0, 2 pi); missing where the time is.

    Examples
    --------
    >>> clock_radians(pd.Series(pd.to_datetime(["2024-03-01T12:00"]))).round(4).tolist()
    [3.1416]
    """
    return (time - time.dt.normalize()).dt.total_seconds() * (2 * np.pi / DAY_S)


def activity_by_hour(events: pd.DataFrame) -> pd.DataFrame:
    """Count independent events by the hour of the clock at which they begin.

    Parameters
    ----------
    events : DataFrame
        From :func:`wildpose.ecology.event_table`.

    Returns
    -------
    DataFrame
        ``species``, ``hour`` (0 to 23: [hour, hour + 1) whatever the date), ``events``; 24 rows for
        each species, zeros included.
    """
    counts = events.groupby(["species", events["start"].dt.hour]).size()
    index = pd.MultiIndex.from_product([sorted(events["species"].unique()), HOURS],
                                       names=["species", "hour"])
    return counts.reindex(index, fill_value=0).rename("events").reset_index()
