"""Hours of the clock."""

from __future__ import annotations

import numpy as np
import pandas as pd

from wildpose.ecology import activity_by_hour, clock_radians


def test_hours_are_bins_of_the_clock_whatever_the_date():
    moments = ["2024-03-01T05:59:59", "2024-03-02T06:00:00", "2024-06-30T06:59:59.9",
               "2024-03-01T07:00:00", "2024-03-01T00:00:00", "2024-03-01T23:59:59"]
    events = pd.DataFrame({"species": ["deer"] * 5 + ["boar"],
                           "start": pd.to_datetime(moments, format="ISO8601")})
    found = activity_by_hour(events)
    assert len(found) == 48
    assert found.groupby("species")["hour"].agg(list).tolist() == [list(range(24))] * 2
    deer = found[found["species"] == "deer"].set_index("hour")["events"]
    assert deer[deer > 0].to_dict() == {0: 1, 5: 1, 6: 2, 7: 1}
    assert found["events"].sum() == len(events)


def test_no_event_makes_no_row():
    nothing = pd.DataFrame({"species": pd.Series(dtype="str"),
                            "start": pd.Series(dtype="datetime64[us]")})
    assert activity_by_hour(nothing).empty


def test_radians_go_round_once_a_day():
    moments = pd.Series(pd.to_datetime(
        ["2024-03-01T00:00:00", "2024-03-05T06:00:00", "2024-03-01T18:00:00", None]))
    np.testing.assert_allclose(clock_radians(moments), [0, np.pi / 2, 3 * np.pi / 2, np.nan])
    last = clock_radians(pd.Series(pd.to_datetime(["2024-03-01T23:59:59"])))
    assert 0 < 2 * np.pi - last.iloc[0] < 1e-4
