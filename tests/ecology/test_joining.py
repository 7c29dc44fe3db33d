"""Clips find their deployments, or are named."""

from __future__ import annotations

import pandas as pd
import pytest

from wildpose.ecology import place_clips, place_failures, read_deployments
from wildpose.errors import DataError

HEAD = "deployment,folder,start,end,timezone\n"
TWO_PERIODS = (f"{HEAD}one,ridge,2024-03-01T08:00,2024-03-11T08:00,\n"
               "two,ridge,2024-03-11T08:00,2024-03-21T08:00,\n"
               "three,ridge,2024-04-01T08:00,2024-04-11T08:00,\n")


def clips(*places: tuple[str, str | None], duration_s=10.0) -> pd.DataFrame:
    """Clips in these folders, recorded at these times."""
    return pd.DataFrame({
        "clip": [f"{folder}/{i}.mp4" for i, (folder, _) in enumerate(places)],
        "deployment": [folder for folder, _ in places],
        "capture_time": pd.Series([time for _, time in places], dtype="str"),
        "duration_s": duration_s})


def placed(table, content, *places, **more):
    path = table(content)
    return place_clips(clips(*places, **more), read_deployments(path), path)


@pytest.mark.parametrize(("folder", "deployment"), [
    ("ridge", "a"), ("ridge/DCIM/100MEDIA", "a"), ("2024/ridge/DCIM", "a"), ("north/ridge", "b"),
    ("survey/north/ridge/x", "b"), ("ridge/north", "c"), ("elsewhere", "d"), (".", "d")])
def test_the_innermost_folder_that_fits_counts(table, folder, deployment):
    days = "2024-03-01,2024-03-31,\n"
    content = (f"{HEAD}a,ridge,{days}b,north\\ridge\\,{days}c,./north,{days}d,.,{days}")
    assert placed(table, content, (folder, None))["deployment"].tolist() == [deployment]


def test_the_time_decides_between_deployments_of_one_folder(table):
    found = placed(table, TWO_PERIODS, ("ridge", "2024-03-05T00:00:00"),
                   ("ridge", "2024-03-11T08:00:00"), ("ridge", "2024-03-21T08:00:00"),
                   ("ridge", None))
    assert found["deployment"].tolist() == ["one", "two", "two", ""]


@pytest.mark.parametrize(("time", "said"), [
    ("2024-03-01T07:59:59", r"lies before row 2 \(one\) begins"),
    ("2024-03-25T00:00:00", r"lies in the gap between row 3 \(two, until 2024-03-21 08:00:00\) and "
                            r"row 4 \(three"),
    ("2024-04-11T08:00:01", r"lies after row 4 \(three\) ends, at 2024-04-11 08:00:00")])
def test_a_clip_outside_all_dates_is_named_with_the_rows_around_it(table, time, said):
    with pytest.raises(DataError, match=said) as caught:
        placed(table, TWO_PERIODS, ("ridge", time))
    assert "ridge/0.mp4" in str(caught.value)
    assert "deployments.csv" in str(caught.value)


def test_a_date_alone_covers_its_whole_day(table):
    found = placed(table, f"{HEAD}a,ridge,2024-03-01,2024-03-02,\n",
                   ("ridge", "2024-03-01T00:00:00"), ("ridge", "2024-03-02T23:59:59"))
    assert found["deployment"].tolist() == ["a", "a"]
    with pytest.raises(DataError, match="lies after row 2"):
        placed(table, f"{HEAD}a,ridge,2024-03-01,2024-03-02,\n", ("ridge", "2024-03-03T00:00:00"))


def test_folders_that_fit_no_row_are_named(table):
    with pytest.raises(DataError, match="no row for the folder swamp; no row for the folder moor"):
        placed(table, TWO_PERIODS, ("ridge", None), ("swamp", None), ("moor", None))


def test_a_folder_name_is_no_part_of_another_name(table):
    with pytest.raises(DataError, match="no row for the folder ridge_trail"):
        placed(table, TWO_PERIODS, ("ridge_trail", None))


def test_times_with_an_offset_come_to_the_clock_of_the_deployment(table):
    content = f"{HEAD}a,ridge,2024-03-01,2024-03-31,+02:00\nb,moor,2024-03-01,2024-03-31,\n"
    found = placed(table, content, ("ridge", "2024-03-05T23:00:00+00:00"),
                   ("moor", "2024-03-05T23:00:00+00:00"), ("ridge", "2024-03-05T23:00:00"))
    assert found["start"].dt.strftime("%dT%H").tolist() == ["06T01", "05T23", "05T23"]


def test_a_clip_ends_after_its_length_or_at_once_where_that_is_unknown(table):
    found = placed(table, TWO_PERIODS, ("ridge", "2024-03-05T00:00:00"), duration_s=10.04)
    assert (found["end"] - found["start"]).dt.total_seconds().tolist() == [10.04]
    found = placed(table, TWO_PERIODS, ("ridge", "2024-03-05T00:00:00"), duration_s=None)
    assert found["end"].tolist() == found["start"].tolist()


def test_failed_clips_have_a_deployment_only_where_the_folder_tells_it(table):
    path = table(f"{TWO_PERIODS}four,moor,2024-03-01,2024-03-31,\n")
    failures = pd.DataFrame({
        "clip": ["moor/a.mp4", "ridge/a.mp4", "moor/b.mp4"],
        "deployment": ["moor", "ridge", "moor"], "reason": ["no video"] * 3,
        "severity": ["failed", "failed", "partial"]})
    found = place_failures(failures, read_deployments(path), path)
    assert found[["clip", "deployment"]].to_numpy().tolist() == [["moor/a.mp4", "four"],
                                                                ["ridge/a.mp4", ""]]
    failures["deployment"] = "swamp"
    with pytest.raises(DataError, match="no row for the folder swamp"):
        place_failures(failures, read_deployments(path), path)
