"""Day and night by the sun, checked against published sunrise tables, or by the clock."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from wildpose.ecology import day_or_night, sun_height_deg
from wildpose.ecology.daylight import SUNRISE_DEG

PLACES = pd.DataFrame({
    "deployment": ["london", "quito", "nowhere", "no zone"],
    "latitude": [51.51, -0.18, np.nan, 51.5], "longitude": [-0.13, -78.47, np.nan, 0.0],
    "timezone": ["Europe/London", "-05:00", "+02:00", ""]})


def words(*moments: str, deployment="london") -> pd.DataFrame:
    time = pd.Series(pd.to_datetime(list(moments)).as_unit("us"))
    return day_or_night(time, pd.Series(deployment, time.index), PLACES)


@pytest.mark.parametrize(("deployment", "day", "rise", "fall"), [
    # almanac times of the place's own clock, summer time where it holds
    ("london", "2024-06-21", "04:43", "21:21"), ("london", "2024-12-21", "08:04", "15:53"),
    ("quito", "2024-03-20", "06:18", "18:24")])
def test_the_sun_rises_and_sets_when_the_almanac_says(deployment, day, rise, fall):
    for moment, before, after in ((rise, "night", "day"), (fall, "day", "night")):
        at = pd.Timestamp(f"{day}T{moment}")
        around = [(at + pd.Timedelta(minutes=m)).isoformat() for m in (-6, 6)]
        found = words(*around, deployment=deployment)
        assert found["light"].tolist() == [before, after]
        assert set(found["light_by"]) == {"sun"}


@pytest.mark.parametrize("deployment", ["nowhere", "no zone", "unheard of"])
def test_without_place_or_zone_the_clock_decides(deployment):
    found = words("2024-06-21T05:59:59", "2024-06-21T06:00:00", "2024-06-21T17:59:59",
                  "2024-06-21T18:00:00", deployment=deployment)
    assert found["light"].tolist() == ["night", "day", "day", "night"]
    assert set(found["light_by"]) == {"clock"}


def test_without_a_time_there_is_neither():
    time = pd.Series([pd.NaT], dtype="datetime64[us]")
    assert day_or_night(time, pd.Series(["london"]), PLACES).isna().all(axis=None)


def test_hours_that_summer_time_skips_or_doubles_do_no_harm():
    found = words("2024-03-31T01:30:00", "2024-10-27T01:30:00")
    assert found["light"].tolist() == ["night", "night"]


def test_the_sun_stands_high_at_noon_and_as_deep_at_midnight():
    noon = pd.Series(pd.to_datetime(["2024-03-20T12:07", "2024-06-20T12:02", "2024-03-20T00:07"]))
    height = sun_height_deg(noon, np.array([0.0, 23.44, 0.0]), np.zeros(3))
    np.testing.assert_allclose(height, [90, 90, -90], atol=1)
    assert SUNRISE_DEG < 0
