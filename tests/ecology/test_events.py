"""Independent events: the rule at its borders, whatever the order of the rows."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wildpose.ecology import Independence, event_table, with_events
from wildpose.ecology.events import first_clips
from wildpose.errors import UsageError

LAST, FIRST = Independence(), Independence(reference="last-independent")


def seen(*moments: str, length_s: float = 0.0, deployment="d", species="deer", max_n=1):
    """Sightings that begin at these times of a day."""
    start = pd.to_datetime([f"2024-03-02T{moment}" for moment in moments]).as_unit("us")
    end = start + pd.to_timedelta(length_s, unit="s")
    return pd.DataFrame({
        "clip": [f"{deployment}/{moment}" for moment in moments], "deployment": deployment,
        "species": species, "start": start, "end": end, "first_seen": start, "last_seen": end,
        "max_n": max_n})


def events(sightings, rule=LAST):
    return event_table(with_events(sightings, rule))


def test_a_chain_of_short_gaps_is_one_event_or_two_by_the_clip_referred_to():
    sightings = seen("06:00:00", "06:20:00", "06:45:00")
    assert len(events(sightings, LAST)) == 1
    found = events(sightings, FIRST)
    assert found["start"].dt.strftime("%H:%M").tolist() == ["06:00", "06:45"]
    assert found["clips"].tolist() == [2, 1]


@pytest.mark.parametrize("rule", [LAST, FIRST], ids=lambda rule: rule.reference)
def test_thirty_minutes_are_enough_and_a_second_less_is_not(rule):
    assert len(events(seen("06:00:00", "06:30:00"), rule)) == 2
    assert len(events(seen("06:00:00", "06:29:59"), rule)) == 1


def test_the_gap_begins_at_the_end_of_the_clip_not_at_its_start():
    assert len(events(seen("06:00:00", "06:30:20", length_s=20.0))) == 2
    assert len(events(seen("06:00:00", "06:30:19", length_s=20.0))) == 1
    assert len(events(seen("06:00:00", "06:30:20", length_s=20.5))) == 1


def test_a_long_clip_that_holds_a_short_one_still_ends_last():
    long, short = seen("06:00:00", length_s=1200), seen("06:05:00", length_s=5)
    later = seen("06:40:00")
    found = events(pd.concat([later, short, long], ignore_index=True))
    assert found["clips"].tolist() == [3]
    assert found["end"].dt.strftime("%H:%M").tolist() == ["06:40"]


def test_deployments_and_species_have_events_of_their_own():
    sightings = pd.concat([seen("06:00:00"), seen("06:01:00", species="boar"),
                           seen("06:02:00", deployment="e"), seen("06:03:00")], ignore_index=True)
    found = events(sightings)
    assert found[["deployment", "species", "clips"]].to_numpy().tolist() == [
        ["d", "deer", 2], ["d", "boar", 1], ["e", "deer", 1]]


def test_an_event_counts_the_most_animals_of_a_clip_and_never_their_sum():
    sightings = pd.concat([seen("06:00:00", max_n=2), seen("06:05:00", max_n=4),
                           seen("06:10:00", max_n=3)], ignore_index=True)
    assert events(sightings)["max_n"].tolist() == [4]


def test_an_event_starts_with_its_first_clip_not_with_the_first_detection():
    sightings = seen("06:00:00", length_s=10)
    sightings["first_seen"] += pd.to_timedelta(7, unit="s")
    found = events(sightings)
    assert found["start"].tolist() == sightings["start"].tolist()
    assert found["event_id"].tolist() == ["d:deer:20240302T060000"]


def test_sightings_without_a_time_or_a_deployment_are_in_no_event():
    sightings = pd.concat([seen("06:00:00"), seen("06:01:00", deployment="")], ignore_index=True)
    sightings.loc[0, "start"] = pd.NaT
    found = with_events(sightings, LAST)
    assert found["event_id"].isna().all()
    assert events(sightings).empty


@pytest.mark.parametrize("gap", [0, -5, float("nan"), float("inf")])
def test_a_gap_that_is_none_is_refused(gap):
    with pytest.raises(UsageError, match="makes no events"):
        Independence(gap)


def test_the_rule_is_said_in_words():
    assert "30 minutes or more after the end of the clip before" in LAST.sentence()
    assert "the end of the event's first clip" in FIRST.sentence()


clips = st.lists(st.tuples(st.integers(0, 20_000), st.integers(0, 2000)), min_size=1, max_size=20)
"""Start and length in seconds."""


def numbered(rows, rule):
    """Sorted start and end, and the number of each clip's event."""
    start, length = np.array(sorted(rows), "timedelta64[s]").T
    moments = np.datetime64("2024-03-02", "us") + start
    return moments, moments + length, first_clips(moments, moments + length, rule)


@settings(max_examples=25)
@given(clips)
def test_events_lie_thirty_minutes_apart_and_hold_no_such_gap(rows):
    start, end, event = numbered(rows, LAST)
    until = np.maximum.accumulate(end)[:-1]
    apart = start[1:] - until >= np.timedelta64(30, "m")
    assert (apart == (event[1:] != event[:-1])).all()


@settings(max_examples=25)
@given(clips)
def test_records_start_thirty_minutes_after_the_end_of_the_last_independent_one(rows):
    start, end, event = numbered(rows, FIRST)
    late = start - end[event] >= np.timedelta64(30, "m")
    assert not late.any()
    begins = np.unique(event)
    assert (start[begins[1:]] - end[begins[:-1]] >= np.timedelta64(30, "m")).all()


@settings(max_examples=25)
@given(clips, st.floats(1, 200), st.floats(1, 200))
def test_a_longer_gap_only_merges_events(rows, one, other):
    short, long = sorted((one, other))
    few, many = (numbered(rows, Independence(gap))[2] for gap in (long, short))
    assert set(few) <= set(many)


@settings(max_examples=25)
@given(clips)
def test_measured_from_the_last_clip_there_are_never_more_events(rows):
    assert len(set(numbered(rows, LAST)[2])) <= len(set(numbered(rows, FIRST)[2]))


@settings(max_examples=25)
@given(clips, st.tuples(st.integers(0, 20_000), st.integers(0, 2000)))
def test_a_further_clip_makes_one_more_event_or_merges_some(rows, further):
    before, after = (len(set(numbered(r, LAST)[2])) for r in (rows, [*rows, further]))
    assert after <= before + 1


@settings(deadline=None, max_examples=6)
@given(st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from(["deer", "boar"]),
                          st.integers(0, 9000), st.integers(0, 900)), min_size=2, max_size=12),
       st.sampled_from([LAST, FIRST]), st.randoms(use_true_random=False))
def test_the_order_of_the_rows_does_not_matter(rows, rule, random):
    start = pd.Timestamp("2024-03-02") + pd.to_timedelta([row[2] for row in rows], unit="s")
    sightings = pd.DataFrame({
        "deployment": [row[0] for row in rows], "species": [row[1] for row in rows],
        "start": start, "end": start + pd.to_timedelta([row[3] for row in rows], unit="s")})
    order = list(range(len(rows)))
    random.shuffle(order)
    mixed = with_events(sightings.iloc[order], rule)
    pd.testing.assert_series_equal(with_events(sightings, rule)["event_id"],
                                   mixed["event_id"].sort_index())
