"""Day or night, by the height of the sun where that can be told, else by the clock."""

from __future__ import annotations

import numpy as np
import pandas as pd

from wildpose.ecology.zones import parse_zone
from wildpose.types import Array

SUNRISE_DEG = -0.833
"""Height of the sun's middle when its upper edge rises, refraction included."""
DAY_HOURS = (6, 18)
"""Where the sun can't be told, day is from the first hour to before the second."""


def sun_height_deg(utc: pd.Series, latitude: Array, longitude: Array) -> Array:
    """Height of the sun over the horizon.

    Parameters
    ----------
    utc : datetime64 Series [N]
        Without a zone, in UTC.
    latitude, longitude : float [N]
        Degrees north and east.

    Returns
    -------
    float64 [N]
        Degrees, without refraction. Good to about 0.5 degrees: minutes at sunrise.

    References
    ----------
    NOAA, General Solar Position Calculations (after Spencer 1971).
    """
    hour = (utc - utc.dt.normalize()).dt.total_seconds().to_numpy() / 3600
    year = 2 * np.pi / 365 * (utc.dt.day_of_year.to_numpy() - 1 + (hour - 12) / 24)
    equation_min = 229.18 * (
        0.000075 + 0.001868 * np.cos(year) - 0.032077 * np.sin(year)
        - 0.014615 * np.cos(2 * year) - 0.040849 * np.sin(2 * year))
    declination = (
        0.006918 - 0.399912 * np.cos(year) + 0.070257 * np.sin(year) - 0.006758 * np.cos(2 * year)
        + 0.000907 * np.sin(2 * year) - 0.002697 * np.cos(3 * year) + 0.00148 * np.sin(3 * year))
    solar_min = hour * 60 + equation_min + 4 * longitude
    angle = np.radians(solar_min / 4 - 180)
    north = np.radians(latitude)
    sine = np.sin(north) * np.sin(declination) + np.cos(north) * np.cos(declination) * np.cos(angle)
    height: Array = np.degrees(np.arcsin(np.clip(sine, -1, 1)))
    return height


def day_or_night(
    time: pd.Series, deployment: pd.Series, deployments: pd.DataFrame
) -> pd.DataFrame:
    """Tell day from night.

    Parameters
    ----------
    time : datetime64 Series
        On the clock of the camera.
    deployment : Series of str
        With the same index.
    deployments : DataFrame
        From :func:`wildpose.ecology.read_deployments`.

    Returns
    -------
    DataFrame
        With the index of ``time``: ``light``, "day" or "night" (missing where there is no time);
        ``light_by``, "sun" where the deployment has latitude, longitude and time zone (day is while
        a part of the sun is above the horizon), else "clock" (:data:`DAY_HOURS`).
    """
    facts = deployments.set_index("deployment")[["latitude", "longitude", "timezone"]]
    places = facts.reindex(deployment).set_index(time.index)
    hours = time.dt.hour
    day = (hours >= DAY_HOURS[0]) & (hours < DAY_HOURS[1])
    by_sun = (places["latitude"].notna() & places["longitude"].notna() & time.notna()
              & places["timezone"].fillna("").ne(""))
    for zone, group in places[by_sun].groupby("timezone"):
        clock = time.loc[group.index].dt.tz_localize(
            parse_zone(str(zone)), ambiguous=np.zeros(len(group), bool),
            nonexistent="shift_forward")
        utc = clock.dt.tz_convert("UTC").dt.tz_localize(None)
        height = sun_height_deg(utc, group["latitude"].to_numpy(float),
                                group["longitude"].to_numpy(float))
        day.loc[group.index] = height > SUNRISE_DEG
    known = time.notna()
    return pd.DataFrame({
        "light": pd.Series(np.where(day, "day", "night"), time.index, dtype="str").where(known),
        "light_by": pd.Series(np.where(by_sun, "sun", "clock"), time.index, dtype="str")
        .where(known)})
