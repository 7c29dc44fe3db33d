"""Time zones as people write them."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from wildpose.ecology import parse_zone

SUMMER = datetime(2024, 7, 1)


@pytest.mark.parametrize(("text", "hours"), [
    ("+02:00", 2), ("UTC+2", 2), ("gmt+2", 2), (" +0200 ", 2), ("-03:30", -3.5), ("UTC", 0),
    ("+0", 0), ("Etc/GMT-2", 2), ("Africa/Kigali", 2), ("Europe/Berlin", 2)])
def test_offsets_and_names(text, hours):
    assert parse_zone(text).utcoffset(SUMMER) == timedelta(hours=hours)


@pytest.mark.parametrize("text", ["", "2", "+25:00", "+14:75", "Middle Earth", "../etc/passwd",
                                  "+2 hours"])
def test_what_is_no_zone_is_refused(text):
    with pytest.raises(ValueError, match="is no"):
        parse_zone(text)
