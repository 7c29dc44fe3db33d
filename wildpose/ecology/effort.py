"""How long cameras were at work: trap nights."""

from __future__ import annotations

import pandas as pd

DAY_S = 86_400.0


def effort_days(start: pd.Series, end: pd.Series) -> pd.Series:
    """Effort of deployments in trap nights, that is days of 24 hours, fractions included.

    ``(end - start) / 86400 s``, as ``get_effort`` of the R package camtraptor does it. Counting
    calendar days instead gives up to a day more for each deployment.

    Parameters
    ----------
    start, end : datetime64 Series
        When the camera began and ended; missing where it is not known.

    Returns
    -------
    float Series
        Missing where one of the two is; 0 where both are the same.

    Examples
    --------
    >>> month = pd.Series(pd.to_datetime(["2024-03-01T08:00", "2024-03-31T08:00"]))
    >>> effort_days(month[:1], month[1:].set_axis([0])).tolist()
    [30.0]
    """
    return (end - start).dt.total_seconds() / DAY_S
