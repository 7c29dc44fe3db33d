"""Dates and times of a table."""

from __future__ import annotations

from datetime import datetime

import pytest

from wildpose.ecology.moments import parse_moment


@pytest.mark.parametrize("text", ["2024-03-01T08:05", "2024-03-01 08:05", "2024-03-01 8:05:00",
                                  " 2024-03-01T08:05:00+02:00", "2024-03-01T08:05:00 +02:00"])
def test_times_are_read_as_they_stand(text):
    moment = parse_moment(text).on_clock("")
    assert moment.time == moment.first == moment.last == datetime(2024, 3, 1, 8, 5)


def test_a_date_alone_is_noon_and_covers_its_day():
    moment = parse_moment("2024-03-01")
    assert moment.time == datetime(2024, 3, 1, 12)
    assert (moment.first, moment.last) == (datetime(2024, 3, 1), datetime(2024, 3, 1, 23, 59, 59))
    assert moment.on_clock("+05:00") == moment


def test_an_offset_is_kept_and_brought_to_the_clock_of_the_zone():
    moment = parse_moment("2024-03-01T08:00:00Z")
    assert moment.zone == "+00:00"
    assert moment.on_clock("+02:00").time == datetime(2024, 3, 1, 10)


@pytest.mark.parametrize("text", ["", "01/03/2024", "2024-02-30", "2024-03-01T25:00", "08:00",
                                  "2024-03-01T", "2024-03-01 8", "yesterday", "20240301"])
def test_what_is_no_date_is_none(text):
    assert parse_moment(text) is None
