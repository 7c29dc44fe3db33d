"""Camtrap DP packages: whole ones against the published schemas, then one rule after the other."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
from camtrap_dp_checks import faults, head, table
from package_writer import FOX, HEADER, LICENSES, PERSON, PROJECT, RIDGE, package
from run_writer import Box

from wildpose.errors import DataError, UsageError
from wildpose.export import ExportOptions, export_run

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def folder(run, package_options, tmp_path_factory) -> Path:
    out = tmp_path_factory.mktemp("package") / "out"
    options = replace(package_options, species="red fox")
    return export_run(run, "camtrap-dp", out, options).out


@pytest.fixture
def copy(folder, tmp_path) -> Path:
    for path in folder.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    return tmp_path


def test_a_package_with_all_kinds_of_clips_is_valid(folder):
    assert faults(folder) == []
    assert sorted(path.name for path in folder.iterdir()) == [
        "clips.csv", "datapackage.json", "deployments.csv", "detections.csv", "media.csv",
        "observations.csv"]


BREAKS = [
    ("media.csv", "06:07:08+01:00,dep 1", "06:07:08.5+01:00,dep 1", "timestamp"),
    ("media.csv", "08+01:00,dep_1", "08,dep_1", "timestamp"),
    ("media.csv", "dep 1/fox.MP4,true", "../fox.MP4,true", "filePath"),
    ("media.csv", "dep 1/fox.MP4,true", r"C:\fox.MP4,true", "Windows"),
    ("media.csv", ",true,", ",yes,", "filePublic"),
    ("media.csv", "video/mp4", "mp4", "fileMediatype"),
    ("media.csv", "dep 1/fox.MP4,first", "dep 1/fox.MP4,nowhere", "outside"),
    ("media.csv", "2026-05-04T06:07:08+01:00,dep 1", "2027-05-04T06:07:08+01:00,dep 1", "outside"),
    ("media.csv", "captureMethod,timestamp", "timestamp,captureMethod", "columns"),
    ("deployments.csv", "46.21", "", "latitude"),
    ("deployments.csv", "2026-05-31T08:00:00+01:00", "2026-04-01T08:00:00+01:00", "before it beg"),
    ("observations.csv", ",animal,", ",Animal,", "observationType"),
    ("observations.csv", "Vulpes vulpes,1,", "Vulpes vulpes,0,", "count"),
    ("observations.csv", ",0.3,", ",0.99,", "reaches out"),
    ("observations.csv", ":blank,third,dep2/nothing.avi", ":blank,third,", "no clip"),
    ("observations.csv", ",media,blank,,", ",media,blank,,Vulpes vulpes", "blank has"),
    ("observations.csv", "Vulpes vulpes", "Lynx lynx", "taxonomic"),
    ("observations.csv", "06:07:13+01:00,event", "06:07:07+01:00,event", "ends before"),
    ("datapackage.json", '"profile": "https://raw', '"profile": "http://raw', "profile"),
    ("datapackage.json", '"name": "media"', '"name": "clips2"', "not there"),
    ("datapackage.json", '"scope": "media"', '"scope": "data"', "licence"),
    ("datapackage.json", '"start": "2026-05-01"', '"start": "2026-05-01T00:00:00Z"', "no date"),
    ("datapackage.json", '"targeted"', '"random"', "samplingDesign"),
]


@pytest.mark.parametrize(("file", "old", "new", "named"), BREAKS)
def test_the_checks_name_what_is_broken(copy, file, old, new, named):
    content = (copy / file).read_text()
    assert old in content
    (copy / file).write_text(content.replace(old, new, 1))
    assert any(named in fault for fault in faults(copy)), faults(copy)


def test_a_run_without_any_finding_is_valid_too(tmp_path):
    made = package(tmp_path, {"ridge/a.mp4": []})
    assert faults(made.folder) == []
    assert {row["observationType"] for row in made["observations"]} == {"blank"}


def test_fractions_of_a_second_are_cut_off_and_never_rounded_up(tmp_path):
    boxes = [Box(0, 1, (0, 0, 9, 9)), Box(28, 1, (0, 0, 9, 9))]  # seen until 1.867 s
    made = package(tmp_path, {"ridge/a.mp4": boxes}, {"ridge/a.mp4": "06:00:00.950"})
    assert made["media"][0]["timestamp"] == "2026-05-10T06:00:00+01:00"
    (row,) = made.observations("media")
    assert (row["eventStart"][11:19], row["eventEnd"][11:19]) == ("06:00:00", "06:00:02")
    (row,) = made.observations("event")
    assert (row["eventStart"][11:19], row["eventEnd"][11:19]) == ("06:00:00", "06:00:05")
    assert "captureTime" in made["clips"][0]
    assert made["clips"][0]["captureTime"].endswith("06:00:00.950")


def test_every_time_has_an_offset_and_winter_differs_from_summer(tmp_path):
    rows = ("ridge,2026-03-01T08:00,2026-04-30T08:00,46.21,7.36,Europe/Zurich",)
    times = {"ridge/a.mp4": "2026-03-28T06:00:00", "ridge/b.mp4": "2026-03-30T06:00:00"}
    made = package(tmp_path, {clip: FOX for clip in times}, times, table=(HEADER, *rows))
    assert [row["timestamp"][19:] for row in made["media"]] == ["+01:00", "+02:00"]
    assert made["deployments"][0]["deploymentEnd"] == "2026-04-30T08:00:00+02:00"
    assert "ridge: summer time begins or ends" in made.notes
    assert faults(made.folder) == []


def test_an_hour_that_summer_time_skips_shows_that_the_camera_did_not_follow_it(tmp_path):
    rows = ("ridge,2026-03-01T08:00,2026-04-30T08:00,46.21,7.36,Europe/Zurich",)
    with pytest.raises(DataError, match=r"ridge/a\.mp4 of 2026-03-29 02:30:00.*skips"):
        package(tmp_path, {"ridge/a.mp4": FOX}, {"ridge/a.mp4": "2026-03-29T02:30:00"},
                table=(HEADER, *rows))


def test_a_clip_without_findings_is_blank_and_one_that_failed_has_no_observation(folder):
    kinds = {row["mediaID"]: row["observationType"] for row in table(folder, "observations")
             if row["observationLevel"] == "media"}
    assert kinds["dep2/nothing.avi"] == "blank"
    assert "dep2/broken.mp4" not in kinds
    listed = {row["file"]: row for row in table(folder, "clips")}
    failed = listed["dep2/broken.mp4"]
    assert (failed["status"], failed["mediaID"], failed["deploymentID"]) == ("failed", "", "third")
    assert failed["reason"] == 'no "video", nothing'
    assert listed["dep2/twice.avi"]["status"] == "skipped"


def test_a_clip_that_was_read_in_part_is_not_blank(folder):
    row = next(row for row in table(folder, "observations")
               if row["mediaID"] == "dep2/cut.avi")
    assert row["observationType"] == "unclassified"
    assert row["classificationMethod"] == ""
    media = {row["mediaID"]: row["mediaComments"] for row in table(folder, "media")}
    assert media["dep2/cut.avi"] == "Read in part: the file is cut short."
    assert media["dep2/nothing.avi"] == ""


def test_boxes_of_no_track_are_neither_an_animal_nor_blank(tmp_path):
    loose = [Box(3, 0, (16, 9, 32, 18), 0.5), Box(9, 0, (0, 0, 8, 9), 0.45, "person")]
    made = package(tmp_path, {"ridge/a.mp4": loose})
    (row,) = made.observations("media")
    assert (row["observationType"], row["count"]) == ("unknown", "")
    assert [row[f"bbox{side}"] for side in ("X", "Y", "Width", "Height")] == ["0.1"] * 4
    assert (row["classificationProbability"], row["observationTags"]) == (
        "0.5", "frame:3 | clipTime:0.200")
    assert [row["observationType"] for row in made.observations("event")] == ["unknown"]
    assert [row["trackID"] for row in made["detections"]] == ["", ""]


def test_a_track_is_a_row_with_its_best_frame(folder):
    row = next(row for row in table(folder, "observations")
               if row["observationID"] == "dep 1/fox.MP4:1")
    assert (row["eventStart"], row["eventEnd"]) == (
        "2026-05-04T06:07:08+01:00", "2026-05-04T06:07:10+01:00")
    assert [float(row[f"bbox{side}"]) for side in ("X", "Y", "Width", "Height")] == pytest.approx(
        [12 / 160, 20 / 90, 48 / 160, 36 / 90], abs=1e-6)
    assert row["count"] == "1"
    assert row["individualID"] == ""
    assert row["observationTags"] == "trackID:1 | frame:6 | clipTime:0.400 | detectionScore:1"


def test_every_box_is_in_the_table_of_detections(folder):
    rows = table(folder, "detections")
    assert len(rows) == 8
    first = rows[0]
    assert (first["mediaID"], first["observationID"], first["frame"]) == (
        "dep 1/fox.MP4", "dep 1/fox.MP4:1", "3")
    assert [row["detectionType"] for row in rows].count("human") == 2
    known = {row["observationID"] for row in table(folder, "observations")} | {""}
    assert {row["observationID"] for row in rows} <= known


def test_boxes_stay_inside_of_the_picture(tmp_path):
    edges = [(0, 0, 160, 90), (53.4, 30.1, 165, 91), (159.9999999, 89.9999999, 160, 90),
             (-3, -3, 0.0000001, 90)]
    boxes = [Box(3 * i, 0, box) for i, box in enumerate(edges)]
    made = package(tmp_path, {"ridge/a.mp4": boxes})
    for row in made["detections"]:
        left, top, width, height = (float(row[f"bbox{side}"])
                                    for side in ("X", "Y", "Width", "Height"))
        assert left >= 0
        assert top >= 0
        assert width > 0
        assert height > 0
        assert left + width <= 1
        assert top + height <= 1


def test_people_are_human_without_a_species_and_their_clips_not_public(tmp_path):
    clips = {"ridge/a.mp4": FOX, "ridge/b.mp4": PERSON,
             "ridge/c.mp4": [*FOX, Box(9, 0, (0, 0, 8, 8), 0.45, "person")]}
    made = package(tmp_path, clips, {"ridge/a.mp4": "06:00:00", "ridge/b.mp4": "07:00:00",
                                     "ridge/c.mp4": "08:00:00"},
                   project=PROJECT + LICENSES, species="Vulpes vulpes")
    assert [row["filePublic"] for row in made["media"]] == ["true", "false", "false"]
    assert "Clips that show people: 2." in made.notes
    rows = [row for row in made["observations"] if row["observationType"] == "human"]
    assert [(row["scientificName"], row["count"], row["classificationProbability"])
            for row in rows] == [("", "1", "0.9"), ("", "1", "0.9")]


def test_clips_are_public_only_where_a_licence_is_given_and_all_was_read(tmp_path):
    made = package(tmp_path / "a", {"ridge/a.mp4": FOX})
    assert made["media"][0]["filePublic"] == "false"
    assert "licenses" not in made.head
    assert "No licence" in made.notes
    made = package(tmp_path / "b", {"ridge/a.mp4": FOX, "ridge/b.mp4": FOX},
                   project=PROJECT + LICENSES, run={"partial": ["ridge/b.mp4"]})
    assert [row["filePublic"] for row in made["media"]] == ["true", "false"]
    assert sorted(licence["scope"] for licence in made.head["licenses"]) == ["data", "media"]


def test_species_that_are_there_stand_in_taxonomic_and_no_others(folder, tmp_path):
    assert head(folder)["taxonomic"] == [{
        "scientificName": "Vulpes vulpes", "taxonRank": "species",
        "vernacularNames": {"eng": "red fox"}}]
    made = package(tmp_path, {"ridge/a.mp4": FOX}, species="Lynx lynx")
    assert made.head["taxonomic"] == [{"scientificName": "Lynx lynx", "taxonRank": "species"}]
    assert package(tmp_path / "none", {"ridge/a.mp4": FOX}).head["taxonomic"] == []


def test_a_species_that_nobody_gave_is_an_animal_without_a_name(tmp_path):
    made = package(tmp_path, {"ridge/a.mp4": FOX})
    assert {(row["observationType"], row["scientificName"]) for row in made["observations"]} == {
        ("animal", "")}
    assert "without a scientificName: 1. Name" in made.notes
    media, event = made["observations"]
    assert (media["classificationMethod"], media["classifiedBy"]) == (
        "machine", "wildpose 0.1.0 (animal-small)")
    assert media["classificationTimestamp"] == "2026-05-04T06:30:00+00:00"
    assert media["classificationProbability"] == event["classificationProbability"] == "0.9"


def test_who_named_a_species_is_told_and_a_score_of_the_detector_is_none_of_the_species(tmp_path):
    (tmp_path / "names.csv").write_text("clip,species,track_id\nridge/b.mp4,Lynx lynx,1\n")
    made = package(tmp_path, {"ridge/a.mp4": FOX, "ridge/b.mp4": FOX},
                   {"ridge/a.mp4": "06:00:00", "ridge/b.mp4": "09:00:00"},
                   species="Vulpes vulpes", species_table=tmp_path / "names.csv")
    for fox, lynx in (made.observations("media"), made.observations("event")):
        assert (fox["scientificName"], fox["classificationMethod"]) == ("Vulpes vulpes", "machine")
        assert "not recognised" in fox["observationComments"]
        assert (lynx["scientificName"], lynx["classificationMethod"]) == ("Lynx lynx", "human")
        assert fox["classificationProbability"] == lynx["classificationProbability"] == ""
    assert "detectionScore:0.9" in made.observations("media")[0]["observationTags"]


@pytest.mark.parametrize(("level", "there"), [
    ("both", {"media", "event"}), ("media", {"media"}), ("event", {"event"})])
def test_the_levels_can_be_had_apart(run, package_options, tmp_path, level, there):
    options = replace(package_options, level=level)
    made = export_run(run, "camtrap-dp", tmp_path / "out", options).out
    assert faults(made) == []
    assert {row["observationLevel"] for row in table(made, "observations")} == there
    assert set(head(made)["project"]["observationLevel"]) == there
    tracks = {row["observationID"] for row in table(made, "detections")}
    assert (tracks == {""}) is (level == "event")


def test_paths_are_those_of_the_clips_and_hold_nothing_that_is_forbidden(tmp_path):
    clips = sorted((ROOT / "sample_data" / "clips").rglob("*.*"))
    keys = [path.relative_to(ROOT / "sample_data" / "clips").as_posix() for path in clips]
    folders = [f"{name},{RIDGE.partition(',')[2]}" for name in sorted({
        key.partition("/")[0] for key in keys})]
    made = package(tmp_path, dict.fromkeys(keys, FOX), table=(HEADER, *folders))
    assert [row["mediaID"] for row in made["media"]] == keys
    for row in made["media"]:
        assert (ROOT / "sample_data" / "clips" / row["filePath"]).is_file()


def test_a_path_that_is_forbidden_is_changed_and_named(tmp_path):
    keys = ["ridge/a..b.mp4", r"ridge/c\d.mp4"]
    made = package(tmp_path, dict.fromkeys(keys, FOX))
    assert [row["filePath"] for row in made["media"]] == ["ridge/a__b.mp4", "ridge/c_d.mp4"]
    assert made["media"][0]["mediaComments"] == "File name on disk: ridge/a..b.mp4"
    assert "ridge/a..b.mp4, " in made.notes
    assert faults(made.folder) == []


def test_clips_without_a_time_have_no_row_and_are_named(tmp_path):
    made = package(tmp_path, {"ridge/a.mp4": FOX, "ridge/b.mp4": FOX}, {"ridge/b.mp4": None},
                   run={"failed": {"ridge/c.mp4": "no video"}})
    assert [row["mediaID"] for row in made["media"]] == ["ridge/a.mp4"]
    assert {row["mediaID"] for row in made["observations"]} == {"ridge/a.mp4", ""}
    assert {row["mediaID"] for row in made["detections"]} == {"ridge/a.mp4"}
    listed = {row["file"]: (row["mediaID"], row["deploymentID"]) for row in made["clips"]}
    assert listed["ridge/b.mp4"] == listed["ridge/c.mp4"] == ("", "ridge")
    assert "must have: ridge/b.mp4. They stand in clips.csv only." in made.notes
    assert "Not readable, and so without a time: ridge/c.mp4." in made.notes
    assert faults(made.folder) == []


def test_a_clip_outside_of_its_deployment_is_refused_and_nothing_is_written(tmp_path):
    with pytest.raises(DataError, match=r"ridge/a\.mp4 of 2026-06-10 06:00:00 lies after row 2"):
        package(tmp_path, {"ridge/a.mp4": FOX}, {"ridge/a.mp4": "2026-06-10T06:00:00"})
    assert not (tmp_path / "package").exists()


def test_the_head_says_when_where_and_by_which_rules(folder):
    made = head(folder)
    assert (made["name"], made["created"]) == ("foxes-of-the-ridge", "2026-05-04T06:30:00Z")
    assert made["temporal"] == {"start": "2026-05-01", "end": "2026-05-31"}
    assert made["spatial"]["type"] == "MultiPoint"
    assert made["spatial"]["bbox"] == [0, -1.5, 29.87, 46.22]
    assert "30 minutes or more" in made["description"]
    assert made["sources"] == [{"title": "wildpose", "version": "0.1.0"}]


def test_the_head_of_a_package_can_be_given_for_the_next_one(run, package_options, folder,
                                                             tmp_path):
    options = replace(package_options, species="red fox", project=folder / "datapackage.json")
    again = export_run(run, "camtrap-dp", tmp_path / "out", options).out
    assert head(again) == head(folder)


def test_what_the_project_file_leaves_out_is_told(tmp_path):
    made = package(tmp_path, {"ridge/a.mp4": FOX}, project=re.sub(r", sampling.*]", "", PROJECT))
    assert made.head["project"]["samplingDesign"] == "opportunistic"
    assert made.head["project"]["captureMethod"] == ["activityDetection"]
    assert "opportunistic was written" in made.notes
    assert faults(made.folder) == []


def test_the_tables_of_our_own_have_the_columns_of_their_schemas(folder):
    resources = {one["name"]: one for one in head(folder)["resources"]}
    for name in ("clips", "detections"):
        with (folder / f"{name}.csv").open() as file:
            columns = file.readline().strip().split(",")
        assert columns == [field["name"] for field in resources[name]["schema"]["fields"]]
    assert json.dumps(resources["media"]["schema"]).endswith('1.0.2/media-table-schema.json"')


@pytest.mark.parametrize(("left_out", "said"), [
    ("deployments", "nothing is said of places and dates"),
    ("project", "nothing is said of the project"),
])
def test_what_can_not_be_made_up_is_asked_for(run, package_options, tmp_path, left_out, said):
    with pytest.raises(UsageError, match=said) as caught:
        export_run(run, "camtrap-dp", tmp_path / "out",
                   replace(package_options, **{left_out: None}))
    assert f"--{left_out}" in caught.value.remedy
    assert not (tmp_path / "out").exists()


def test_unknown_levels_and_gaps_below_a_second_are_refused(run, package_options, tmp_path):
    for wrong, said in (({"level": "clips"}, "--level clips"), ({"gap": 0.01}, "--gap 0.01")):
        with pytest.raises(UsageError, match=said):
            export_run(run, "camtrap-dp", tmp_path / "out", replace(package_options, **wrong))


def test_pictures_are_refused(tmp_path, package_options):
    from run_writer import INFO, write_run

    write_run(tmp_path / "run", {"dep2/a": []}, facts={"frame_rate": None},
              info={**INFO, "settings": {"stills": True}})
    with pytest.raises(UsageError, match="pictures"):
        export_run(tmp_path / "run", "camtrap-dp", tmp_path / "out", package_options)


def test_options_are_by_default_those_of_the_report():
    from wildpose.ecology import EcologySettings

    assert ExportOptions().gap == EcologySettings().independence.gap_min
