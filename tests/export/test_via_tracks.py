"""VIA-tracks files of a run, by the rules of movement's reader."""

from __future__ import annotations

import ast
import csv
import json
import re
from pathlib import Path

import pandas as pd
import pytest
from run_writer import RATE, Box, write_run

from wildpose.export import export_run

COLUMNS = ["filename", "file_size", "file_attributes", "region_count", "region_id",
           "region_shape_attributes", "region_attributes"]


def loaded(path: Path) -> pd.DataFrame:
    """What movement makes of a file; fails where its `ValidVIATracksCSV` does.

    Older versions read cells as Python's literals, newer ones as JSON: both must go.
    """
    table = pd.read_csv(path)
    assert list(table.columns) == COLUMNS
    assert len(table), "movement fails on a file without rows"
    rows = []
    for row in table.itertuples():
        cells = [json.loads(cell) for cell in
                 (row.file_attributes, row.region_shape_attributes, row.region_attributes)]
        assert cells == [ast.literal_eval(cell) for cell in
                         (row.file_attributes, row.region_shape_attributes,
                          row.region_attributes)]
        about, shape, region = cells
        assert shape["name"] == "rect"
        named = re.search(r"_(0\d*)\.\w+$", row.filename)
        assert named, f"{row.filename}: no frame number led by a zero"
        assert int(named[1]) == int(about["frame"])
        rows.append({"file": row.filename, "frame": about["frame"], "track": region["track"],
                     "confidence": region["confidence"],
                     **{key: shape[key] for key in ("x", "y", "width", "height")}})
        assert type(region["track"]) is int
    found = pd.DataFrame(rows)
    assert found["frame"].nunique() == found["file"].nunique()
    assert not found.duplicated(["file", "track"]).any()
    return found


@pytest.fixture(scope="module")
def folder(run, tmp_path_factory) -> Path:
    return export_run(run, "via-tracks", tmp_path_factory.mktemp("via") / "out").out


def clips(folder: Path) -> dict[str, dict]:
    with (folder / "clips.csv").open(newline="") as file:
        return {row["clip"]: row for row in csv.DictReader(file)}


def test_rows_are_tracked_boxes_by_frame_with_corner_and_size(folder):
    found = loaded(folder / "animals" / "dep_1_fox.MP4.csv")
    assert found[["frame", "track"]].to_numpy().tolist() == [[3, 1], [6, 1], [6, 2], [30, 1]]
    assert found.loc[0, ["x", "y", "width", "height"]].tolist() == [10, 20, 48, 36]
    assert found.loc[2, ["x", "width"]].tolist() == [100, 60]
    assert found["confidence"].tolist() == pytest.approx([0.91, 1, 0.8, 0.25])


def test_regions_are_counted_and_numbered_in_their_frame(folder):
    table = pd.read_csv(folder / "animals" / "dep_1_fox.MP4.csv")
    assert table["region_count"].tolist() == [1, 2, 2, 1]
    assert table["region_id"].tolist() == [0, 0, 1, 0]


def test_people_lie_in_a_folder_of_their_own(folder):
    assert loaded(folder / "people" / "dep_1_fox.mp4-2.csv")["frame"].tolist() == [0, 3]
    assert loaded(folder / "animals" / "dep_1_fox.mp4-2.csv")["track"].tolist() == [2]


def test_clips_without_a_track_have_no_file_and_a_row(folder):
    rows = clips(folder)
    assert rows["dep2/nothing.avi"]["animals"] == ""
    assert rows["dep2/nothing.avi"]["status"] == "whole"
    assert rows["dep2/cut.avi"]["status"] == "partial"
    assert rows["dep2/broken.mp4"]["status"] == "failed"
    assert rows["dep2/broken.mp4"]["animal_tracks"] == ""
    assert rows["dep 1/fox.MP4"]["animals"] == "animals/dep_1_fox.MP4.csv"
    assert float(rows["dep 1/fox.MP4"]["frame_rate"]) == RATE
    files = {str(path.relative_to(folder)) for path in folder.glob("*/*.csv")}
    assert files == {row[kind] for row in rows.values() for kind in ("animals", "people")} - {""}


@pytest.mark.parametrize("name", ["1 \U0001f98a,\"x\".mp4", "a'b/c.mp4"])
def test_odd_names_of_clips_do_no_harm(tmp_path, name):
    write_run(tmp_path / "run", {name: [Box(3, 1, (0, 0, 9, 9))]})
    export_run(tmp_path / "run", "via-tracks", tmp_path / "out")
    (path,) = (tmp_path / "out" / "animals").iterdir()
    assert len(loaded(path)) == 1
    assert re.fullmatch(r"[A-Za-z0-9._-]+", path.name)
