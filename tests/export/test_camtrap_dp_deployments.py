"""The table deployments: what the user's table gives, and what can't be done without."""

from __future__ import annotations

import math

import pytest
from camtrap_dp_checks import faults
from package_writer import FOX, HEADER, PROJECT, RIDGE, package

from wildpose.errors import DataError

MORE = f"{HEADER},location,camera,cameraModel,cameraHeight,cameraTilt,baitUse,featureType,habitat"
FULL = f"{RIDGE},Upper ridge,c7,Browning-BTC8E,0.5,-10.0,Yes,trailGame,\"spruce, open\""


def test_columns_that_camtrap_dp_knows_are_taken_over(tmp_path):
    made = package(tmp_path, {"ridge/a.mp4": FOX}, table=(MORE, FULL))
    (row,) = made["deployments"]
    filled = {name: cell for name, cell in row.items() if cell}
    assert filled == {
        "deploymentID": "ridge", "locationID": "Upper ridge", "locationName": "Upper ridge",
        "latitude": "46.21", "longitude": "7.36", "deploymentStart": "2026-05-01T08:00:00+01:00",
        "deploymentEnd": "2026-05-31T08:00:00+01:00", "cameraID": "c7",
        "cameraModel": "Browning-BTC8E", "cameraHeight": "0.5", "cameraTilt": "-10",
        "baitUse": "true", "featureType": "trailGame", "habitat": "spruce, open"}
    assert faults(made.folder) == []


def test_the_package_s_own_table_can_be_given_again(tmp_path):
    first = package(tmp_path / "a", {"ridge/a.mp4": FOX}, table=(MORE, FULL))
    lines = (first.folder / "deployments.csv").read_text().splitlines()
    again = package(tmp_path / "b", {"ridge/a.mp4": FOX}, table=lines)
    assert again["deployments"] == first["deployments"]


@pytest.mark.parametrize(("column", "cell", "said"), [
    ("cameraHeight", "high", "cameraHeight 'high' is not a number of 0 or more"),
    ("cameraTilt", "12.5", "cameraTilt '12.5' is not a whole number from -90 to 90"),
    ("coordinateUncertainty", "0", "coordinateUncertainty '0' is not a whole number of 1 or more"),
    ("cameraHeading", "361", "from 0 to 360"),
    ("cameraDelay", "inf", "cameraDelay 'inf' is not a whole number"),
    ("baitUse", "a little", "baitUse 'a little' is not true or false"),
    ("featureType", "trail", "featureType 'trail' is not one of roadPaved"),
])
def test_cells_that_camtrap_dp_can_not_take_are_named(tmp_path, column, cell, said):
    with pytest.raises(DataError, match=f"row 2: .*{said}"):
        package(tmp_path, {"ridge/a.mp4": FOX}, table=(f"{HEADER},{column}", f"{RIDGE},{cell}"))
    assert not (tmp_path / "package").exists()


@pytest.mark.parametrize(("row", "said"), [
    (RIDGE.replace("46.21,7.36", ","), "row 2: latitude is empty, longitude is empty"),
    (RIDGE.replace("+01:00", ""), "row 2: timezone is empty"),
    (RIDGE.replace("+01:00", "Europe/Zurich").replace("05-01T08:00", "03-29T02:15"),
     "row 2: start 2026-03-29 02:15:00 is skipped by the clock of Europe/Zurich"),
])
def test_what_can_not_be_made_up_is_named_row_by_row(tmp_path, row, said):
    with pytest.raises(DataError, match=said):
        package(tmp_path, {"ridge/a.mp4": FOX}, table=(HEADER, row))


def test_a_name_that_other_programs_read_as_nothing_is_refused(tmp_path):
    with pytest.raises(DataError, match="row 2: the name NA"):
        package(tmp_path, {"NA/a.mp4": FOX}, table=(HEADER, RIDGE.replace("ridge", "NA")))


def test_dates_alone_are_noon_unless_a_clip_lies_beyond(tmp_path):
    dates = RIDGE.replace("T08:00", "")
    made = package(tmp_path / "a", {"ridge/a.mp4": FOX}, table=(HEADER, dates))
    (row,) = made["deployments"]
    assert (row["deploymentStart"], row["deploymentEnd"]) == (
        "2026-05-01T12:00:00+01:00", "2026-05-31T12:00:00+01:00")
    assert row["deploymentComments"] == "A date without a time was taken as noon."
    times = {"ridge/a.mp4": "2026-05-01T06:00:00", "ridge/b.mp4": "2026-05-31T23:59:58"}
    made = package(tmp_path / "b", {clip: FOX for clip in times}, times, table=(HEADER, dates))
    (row,) = made["deployments"]
    assert (row["deploymentStart"], row["deploymentEnd"]) == (
        "2026-05-01T06:00:00+01:00", "2026-06-01T00:00:03+01:00")
    assert "first or last clip" in row["deploymentComments"]
    assert faults(made.folder) == []


def test_deployments_without_clips_are_there_for_their_effort(tmp_path):
    made = package(tmp_path, {"ridge/a.mp4": FOX},
                   table=(HEADER, RIDGE, RIDGE.replace("ridge", "valley")))
    assert [row["deploymentID"] for row in made["deployments"]] == ["ridge", "valley"]


def test_places_are_blurred_where_the_project_says_how_far(tmp_path):
    made = package(tmp_path, {"ridge/a.mp4": FOX}, project=f"{PROJECT}coordinatePrecision: 0.1\n",
                   table=(f"{HEADER},coordinateUncertainty", f"{RIDGE},30"))
    (row,) = made["deployments"]
    assert (row["latitude"], row["longitude"]) == ("46.2", "7.4")
    half_m = 0.05 * 111_195
    least_m = math.hypot(half_m, half_m * math.cos(math.radians(46.21)))
    assert least_m <= int(row["coordinateUncertainty"]) - 30 < 1.01 * least_m
    assert made.head["coordinatePrecision"] == 0.1
    assert made.head["spatial"]["coordinates"] == [[7.4, 46.2]]
    assert "46.21" not in (made.folder / "datapackage.json").read_text()
    assert faults(made.folder) == []


def test_a_place_at_the_edge_of_the_map_stays_on_it(tmp_path):
    made = package(tmp_path, {"ridge/a.mp4": FOX}, project=f"{PROJECT}coordinatePrecision: 7\n",
                   table=(HEADER, RIDGE.replace("46.21,7.36", "-89.9,179.9")))
    (row,) = made["deployments"]
    assert (float(row["latitude"]), float(row["longitude"])) == (-90, 180)
