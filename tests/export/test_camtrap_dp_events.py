"""Events of packages: they never overlap, and begin with the clip that readers look for."""

from __future__ import annotations

import datetime as dt
from itertools import pairwise
from pathlib import Path

import pandas as pd
import pytest
from camtrap_dp_checks import faults
from package_writer import FOX, HEADER, PERSON, RIDGE, package
from run_writer import Box

from wildpose.ecology import Independence
from wildpose.export.camtrap_dp_clips import TimedClip
from wildpose.export.camtrap_dp_events import package_events
from wildpose.export.run_clips import RunClip

LYNX_TABLE = "clip,species\nridge/b.mp4,Lynx lynx\n"


def timed(key: str, clock: str, tracks: int) -> TimedClip:
    start = dt.datetime.fromisoformat(f"2026-05-10T{clock}+01:00")
    found = pd.DataFrame({"track_id": [1] * tracks})
    return TimedClip(RunClip({"clip": key}, found, None, False, Path()), "ridge", start,
                     start + dt.timedelta(seconds=5))


def spans(made) -> list[tuple[str, str, str]]:
    return sorted({(row["eventStart"][11:19], row["eventEnd"][11:19], row["observationType"])
                   for row in made.observations("event")})


def test_an_event_begins_with_its_first_clip_and_not_with_the_first_animal(tmp_path):
    late = [Box(60, 1, (0, 0, 9, 9)), Box(63, 1, (0, 0, 9, 9))]  # 4 s into the clip
    made = package(tmp_path, {"ridge/a.mp4": late}, {"ridge/a.mp4": "06:00:00"})
    assert spans(made) == [("06:00:00", "06:00:05", "animal")]
    assert made.observations("media")[0]["eventStart"][11:19] == "06:00:04"


@pytest.mark.parametrize(("second", "count"), [("06:30:04", 1), ("06:30:05", 2)])
def test_thirty_minutes_after_the_end_of_the_clip_before_begin_a_new_one(
        tmp_path, second, count):
    made = package(tmp_path, {"ridge/a.mp4": FOX, "ridge/b.mp4": FOX},
                   {"ridge/a.mp4": "06:00:00", "ridge/b.mp4": second})
    assert len(made.observations("event")) == count
    assert faults(made.folder) == []


def test_the_gap_can_be_chosen(tmp_path):
    clips = {"ridge/a.mp4": FOX, "ridge/b.mp4": FOX}
    times = {"ridge/a.mp4": "06:00:00", "ridge/b.mp4": "06:30:05"}
    made = package(tmp_path, clips, times, gap=60.0)
    assert len(made.observations("event")) == 1
    assert "60 minutes or more" in made.head["description"]


def test_two_species_and_people_share_an_event_and_are_counted_apart(tmp_path):
    (tmp_path / "names.csv").write_text(LYNX_TABLE)
    two = [Box(3, 1, (0, 0, 9, 9)), Box(6, 1, (0, 0, 9, 9)), Box(6, 2, (50, 0, 59, 9)),
           Box(9, 3, (50, 0, 59, 9)), Box(12, 3, (50, 0, 59, 9))]
    times = {"ridge/a.mp4": "06:00:00", "ridge/b.mp4": "06:20:00", "ridge/c.mp4": "06:25:00"}
    made = package(tmp_path, {"ridge/a.mp4": two, "ridge/b.mp4": FOX, "ridge/c.mp4": PERSON},
                   times, species="Vulpes vulpes", species_table=tmp_path / "names.csv")
    rows = made.observations("event")
    assert {row["eventID"] for row in rows} == {"ridge:20260510T060000"}
    assert {(row["observationType"], row["scientificName"]): row["count"] for row in rows} == {
        ("animal", "Vulpes vulpes"): "2",  # of three tracks, two show at the same time
        ("animal", "Lynx lynx"): "1", ("human", ""): "1"}
    assert {row["eventID"] for row in made.observations("media")} == {"ridge:20260510T060000"}
    assert faults(made.folder) == []


def test_a_blank_clip_neither_begins_nor_prolongs_an_event(tmp_path):
    times = {"ridge/a.mp4": "06:00:00", "ridge/b.mp4": "06:20:00", "ridge/c.mp4": "06:40:00"}
    made = package(tmp_path, {"ridge/a.mp4": FOX, "ridge/b.mp4": [], "ridge/c.mp4": FOX}, times)
    assert spans(made) == [("06:00:00", "06:00:05", "animal"), ("06:20:00", "06:20:05", "blank"),
                           ("06:40:00", "06:40:05", "animal")]
    assert faults(made.folder) == []


def test_a_blank_clip_within_an_event_belongs_to_it_and_makes_no_row(tmp_path):
    times = {"ridge/a.mp4": "06:00:00", "ridge/b.mp4": "06:10:00", "ridge/c.mp4": "06:20:00"}
    made = package(tmp_path, {"ridge/a.mp4": FOX, "ridge/b.mp4": [], "ridge/c.mp4": FOX}, times)
    assert spans(made) == [("06:00:00", "06:20:05", "animal")]
    blank = next(row for row in made.observations("media") if row["observationType"] == "blank")
    assert blank["eventID"] == "ridge:20260510T060000"


@pytest.mark.parametrize("times", [
    ("06:00:00", "06:00:03", "06:00:05"), ("06:00:05", "06:00:03", "06:00:05"),
    ("06:00:00.900", "06:00:05.950", "06:00:05.990"), ("06:00:00", "06:00:00", "06:00:00"),
    ("06:00:05.100", "06:00:00.100", "06:00:04.200"), ("06:00:00", "06:00:05", "06:00:10"),
])
@pytest.mark.parametrize("shown", [(1, 0, 0), (0, 1, 0), (0, 0, 1), (0, 0, 0), (1, 1, 0)])
def test_clips_that_touch_or_overlap_are_in_one_event_each(times, shown):
    clips = [timed(f"{place}.mp4", *facts)
             for place, facts in enumerate(zip(times, shown, strict=True))]
    events = package_events(clips, Independence(1 / 60))
    assert all(one.end < other.start for one, other in pairwise(events))
    for clip in clips:
        by_time = [event for event in events if event.start <= clip.timestamp <= event.end]
        assert [event for event in events if clip in event.clips] == by_time
        assert len(by_time) == 1


def test_a_gap_of_seconds_leaves_a_second_between_events(tmp_path):
    times = {"ridge/a.mp4": "06:00:00.900", "ridge/b.mp4": "06:00:06.950"}
    made = package(tmp_path, {"ridge/a.mp4": FOX, "ridge/b.mp4": FOX}, times, gap=1 / 60)
    assert len(made.observations("event")) == 2
    assert faults(made.folder) == []


def test_the_hour_that_winter_time_doubles_keeps_events_apart(tmp_path):
    table = (HEADER, f"{RIDGE.replace('+01:00', 'Europe/Zurich').replace('05-31', '11-30')}")
    times = {"ridge/a.mp4": "2026-10-25T02:59:58", "ridge/b.mp4": "2026-10-25T03:10:00"}
    made = package(tmp_path, {clip: FOX for clip in times}, times, table=table)
    assert [(row["eventStart"], row["eventEnd"]) for row in made.observations("event")] == [
        ("2026-10-25T02:59:58+02:00", "2026-10-25T03:00:03+02:00"),  # 70 minutes passed
        ("2026-10-25T03:10:00+01:00", "2026-10-25T03:10:05+01:00")]
    first = made.observations("media")[0]
    assert first["eventEnd"] == "2026-10-25T03:00:00+02:00"  # the camera's clock, in one clip
    assert faults(made.folder) == []


def test_deployments_have_events_of_their_own(tmp_path):
    table = (HEADER, RIDGE, RIDGE.replace("ridge", "valley"))
    made = package(tmp_path, {"ridge/a.mp4": FOX, "valley/a.mp4": FOX}, table=table)
    assert {row["eventID"] for row in made.observations("event")} == {
        "ridge:20260504T060708", "valley:20260504T060708"}
