"""Events for trap nights."""

from __future__ import annotations

import numpy as np
import pandas as pd

from wildpose.ecology import abundance, abundance_by_deployment, effort_days


def deployments(*days: float) -> pd.DataFrame:
    return pd.DataFrame({"deployment": [f"d{i}" for i in range(len(days))],
                         "effort_days": np.array(days, float)})


def events(*rows: tuple[str, str, int]) -> pd.DataFrame:
    """Rows of (deployment, species, MaxN)."""
    table = pd.DataFrame(rows, columns=["deployment", "species", "max_n"])
    moment = pd.Series(pd.to_datetime("2024-03-02T06:00") + pd.to_timedelta(table.index, unit="h"))
    return table.assign(event_id=[f"e{i}" for i in table.index], first_seen=moment,
                        last_seen=moment)


def test_effort_of_a_month():
    start, end = (pd.Series(pd.to_datetime([t])) for t in ("2024-03-01T08:00", "2024-03-31T08:00"))
    assert effort_days(start, end).tolist() == [30.0]
    assert effort_days(start, end + pd.Timedelta(hours=6)).tolist() == [30.25]
    assert effort_days(start, start).tolist() == [0.0]


def test_three_events_in_thirty_days_make_ten():
    found = abundance(events(("d0", "deer", 2), ("d0", "deer", 1), ("d0", "deer", 4)),
                      deployments(30))
    row = found.iloc[0]
    assert (row["events"], row["individuals"], row["deployments_with"]) == (3, 7, 1)
    assert row["rai"] == 10.0
    assert row["rai_individuals"] == 70 / 3
    assert row["first_seen"] == pd.Timestamp("2024-03-02T06:00")
    assert row["last_seen"] == pd.Timestamp("2024-03-02T08:00")


def test_a_deployment_without_effort_has_no_index_rather_than_an_infinite_one():
    found = abundance_by_deployment(events(("d0", "deer", 1), ("d1", "deer", 1)),
                                    deployments(0, 10))
    assert found["rai"].isna().tolist() == [True, False]
    assert not np.isinf(found[["rai", "rai_individuals"]]).any(axis=None)
    assert abundance(events(("d0", "deer", 1)), deployments(0)).loc[0, "rai"] is not np.inf
    assert abundance(events(("d0", "deer", 1)), deployments(0))["rai"].isna().all()


def test_a_deployment_without_detections_stays_in_the_denominator():
    found = abundance(events(("d0", "deer", 1)), deployments(30, 20))
    assert found.loc[0, ["effort_days", "rai"]].tolist() == [50.0, 2.0]


def test_sum_over_sum_and_not_the_mean_of_ratios():
    seen = events(("d0", "deer", 1), ("d1", "deer", 1), ("d1", "deer", 1))
    assert abundance(seen, deployments(10, 90)).loc[0, "rai"] == 3.0
    each = abundance_by_deployment(seen, deployments(10, 90))
    np.testing.assert_allclose(each["rai"], [10.0, 200 / 90])


def test_every_species_has_a_row_at_every_deployment():
    found = abundance_by_deployment(events(("d0", "deer", 1), ("d1", "boar", 3)),
                                    deployments(10, 10, 10))
    assert found[["deployment", "species", "events", "rai"]].to_numpy().tolist() == [
        ["d0", "boar", 0, 0.0], ["d0", "deer", 1, 10.0], ["d1", "boar", 1, 10.0],
        ["d1", "deer", 0, 0.0], ["d2", "boar", 0, 0.0], ["d2", "deer", 0, 0.0]]


def test_an_unknown_effort_leaves_no_index():
    found = abundance(events(("d0", "deer", 1)), deployments(30, np.nan))
    assert found[["effort_days", "rai"]].isna().all(axis=None)
