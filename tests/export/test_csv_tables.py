"""Tables of a run for a spreadsheet."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from run_writer import Box, write_run

from wildpose.export import export_run
from wildpose.export.csv_tables import clock_time
from wildpose.results.schema import CLIPS, DETECTIONS


@pytest.fixture(scope="module")
def tables(run, tmp_path_factory) -> dict[str, pd.DataFrame]:
    folder = export_run(run, "csv", tmp_path_factory.mktemp("csv") / "out").out
    return {path.stem: pd.read_csv(path) for path in folder.iterdir()}


def test_there_is_a_table_each_and_people_have_their_own(tables):
    assert {name: len(table) for name, table in tables.items()} == {
        "clips": 6, "tracks": 3, "detections": 6, "people_tracks": 1, "people_detections": 2}
    assert set(tables["detections"]["class"]) == {"animal"}
    assert set(tables["people_detections"]["class"]) == {"person"}


def test_each_clip_that_was_found_stands_once_and_says_how_far_it_was_read(tables):
    clips = tables["clips"].set_index("clip")
    assert clips["status"].to_dict() == {
        "dep 1/fox.MP4": "whole", "dep_1/fox.mp4": "whole", "dep2/nothing.avi": "whole",
        "dep2/cut.avi": "partial", "dep2/broken.mp4": "failed", "dep2/twice.avi": "skipped"}
    assert clips.loc["dep2/broken.mp4", "reason"] == 'no "video", nothing'
    assert clips.loc["dep2/broken.mp4", "deployment"] == "dep2"


def test_a_clip_that_failed_has_no_zeros(tables):
    clips = tables["clips"].set_index("clip")
    counts = ["animal_tracks", "animal_detections", "max_animals", "frames_sampled"]
    assert clips.loc["dep2/broken.mp4", counts].isna().all()
    assert (clips.loc["dep2/nothing.avi", counts[:3]] == 0).all()


def test_columns_are_those_of_the_tables_without_what_only_we_can_use(tables):
    left_out = {"path", "sheet", "dense_pose", "seconds", "mask_rle"}
    for name, schema in (("clips", CLIPS), ("detections", DETECTIONS)):
        assert set(schema.column_names) - set(tables[name].columns) <= left_out
        assert not left_out & set(tables[name].columns)


def test_times_are_also_given_by_the_clock_of_the_camera(tables):
    assert tables["detections"]["seen"][0] == "2026-05-04T06:07:08.200"
    track = tables["tracks"].iloc[0]
    assert (track["first_seen"], track["last_seen"]) == ("2026-05-04T06:07:08.200",
                                                         "2026-05-04T06:07:10.000")


def test_numbers_are_whole_or_short(run, tmp_path):
    folder = export_run(run, "csv", tmp_path / "out").out
    line = (folder / "detections.csv").read_text().splitlines()[1]
    assert line == ("dep 1/fox.MP4,dep 1,3,0.2,1,animal,0.91,10,20,58,56,0.9,,"
                    "2026-05-04T06:07:08.200")


def test_a_clip_without_a_time_has_no_clock(tmp_path):
    write_run(tmp_path / "run", {"a.mp4": [Box(3, 1, (0, 0, 9, 9))]},
              facts={"capture_time": None, "capture_time_source": "none"})
    export_run(tmp_path / "run", "csv", tmp_path / "out")
    table = pd.read_csv(Path(tmp_path / "out" / "detections.csv"))
    assert table["seen"].isna().all()


def test_an_offset_is_kept_and_none_is_made_up():
    assert clock_time("2026-05-04T23:59:59+02:00", 1) == "2026-05-05T00:00:00.000+02:00"
    assert clock_time("2026-05-04T23:59:59", 0.0004) == "2026-05-04T23:59:59.000"
    assert clock_time(None, 3) is None
    assert clock_time(float("nan"), 3) is None
