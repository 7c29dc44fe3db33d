from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wildpose.errors import UsageError
from wildpose.video.sampling import PresentationClock, TimeSampler

stamps = st.lists(st.one_of(st.none(), st.floats(-1e5, 1e5)), min_size=1, max_size=60)
increasing = st.lists(st.floats(0.001, 3.0), min_size=1, max_size=60).map(
    lambda steps: [sum(steps[:i]) for i in range(len(steps))]
)
intervals = st.floats(0.01, 10.0)


def taken(times: list[float], every_s: float | None) -> list[float]:
    sampler = TimeSampler(every_s)
    return [time for time in times if sampler.take(time)]


@given(increasing, intervals)
def test_the_first_frame_is_always_taken_and_slots_give_one_frame_at_most(times, every_s):
    chosen = taken(times, every_s)
    assert chosen[0] == times[0]
    assert len(chosen) <= times[-1] / every_s + 2
    assert all(later - earlier > 0 for earlier, later in pairwise(chosen))


@given(increasing, intervals)
def test_every_frame_lies_in_a_slot_that_gave_one(times, every_s):
    chosen = taken(times, every_s)
    tolerance = min(0.002, every_s / 4)
    slots = {int((time + tolerance) // every_s) for time in times}
    assert len(chosen) == len(slots)


@given(increasing)
def test_clips_slower_than_the_interval_give_all_their_frames(times):
    step = min((b - a for a, b in pairwise(times)), default=1.0)
    assert taken(times, step / 4) == times


@given(increasing)
def test_no_interval_takes_every_frame(times):
    assert taken(times, None) == times


def test_one_frame_a_second_is_never_sampled_away():
    assert taken([0.0, 1.0, 2.0, 3.0], 0.2) == [0.0, 1.0, 2.0, 3.0]
    assert taken([0.0], 3600) == [0.0]


def test_a_gap_is_followed_by_one_frame_and_not_by_many():
    times = [0.0, 0.1, 0.2, 5.0, 5.05, 5.1, 5.2]
    assert taken(times, 0.2) == [0.0, 0.2, 5.0, 5.2]


def test_times_rounded_down_to_milliseconds_stay_in_their_slot():
    thirds = [int(i * 1000 / 15) / 1000 for i in range(16)]  # 0.2 s is written as 0.2, 0.4 as 0.4
    assert taken([time - 0.001 for time in thirds[3:]], 0.2)[0] == pytest.approx(0.199)
    assert len(taken([*thirds[:3], *(time - 0.001 for time in thirds[3:])], 0.2)) == 6


@pytest.mark.parametrize("every_s", [0.0, -1.0, float("nan"), float("inf")])
def test_a_senseless_interval_is_refused(every_s):
    with pytest.raises(UsageError, match="sampling interval"):
        TimeSampler(every_s)


@given(stamps)
def test_clock_starts_at_zero_and_never_stands_still(given_stamps):
    clock = PresentationClock(Fraction(10))
    times = [clock.time_s(stamp) for stamp in given_stamps]
    assert times[0] == 0
    assert all(later > earlier for earlier, later in pairwise(times))
    assert clock.duration_s > times[-1]
    assert clock.made_up == given_stamps.count(None)


@given(increasing, st.floats(-1000, 1000))
def test_clock_keeps_good_stamps_whatever_their_start(times, start):
    clock = PresentationClock(None)
    measured = [clock.time_s(start + time) for time in times]
    assert measured == pytest.approx(times, abs=1e-9)
    assert clock.moved == 0


def test_a_second_recording_goes_on_behind_the_first():
    clock = PresentationClock(Fraction(10))
    times = [clock.time_s(stamp) for stamp in (5.0, 5.1, 7.0, 0.0, 0.1, 0.2)]
    assert times == pytest.approx([0.0, 0.1, 2.0, 2.1, 2.2, 2.3])
    assert clock.moved == 1


def test_one_stamp_out_of_order_moves_that_frame_alone():
    clock = PresentationClock(Fraction(10))
    times = [clock.time_s(stamp) for stamp in (0.0, 0.1, 0.05, 0.3)]
    assert times == pytest.approx([0.0, 0.1, 0.15, 0.3])


def test_missing_stamps_are_made_up_from_the_rate():
    clock = PresentationClock(Fraction(4))
    assert [clock.time_s(None) for _ in range(3)] == [0.0, 0.25, 0.5]
    assert clock.duration_s == 0.75
    assert clock.made_up == 3
