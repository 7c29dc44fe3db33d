"""All tables of one run: nothing is lost, and failed is not empty."""

from __future__ import annotations

import pandas as pd
import pytest
from ecology_run import DEPLOYMENTS, Clip, MadeRun, Walk, survey

from wildpose.ecology import EcologySettings, EcologyTables, Independence, ecology_tables
from wildpose.results.run_folder import RunFolder


@pytest.fixture(scope="module")
def tables(survey_run, tmp_path_factory) -> EcologyTables:
    path = tmp_path_factory.mktemp("tables") / "deployments.csv"
    path.write_text(DEPLOYMENTS)
    return ecology_tables(survey_run, EcologySettings(path, "otter"))


def test_every_clip_is_counted_once(tables):
    counts = tables.deployments.set_index("deployment")
    made = survey()
    assert counts["clips"].sum() == len(made.clips) + len(made.failed)
    assert counts["clips"].to_dict() == {"ridge": 4, "river": 3, "plain": 1, "swamp": 0}
    columns = ["with_animals", "with_people", "nothing_found", "read_in_part", "without_time",
               "failed"]
    assert counts.loc["ridge", columns].tolist() == [4, 0, 0, 0, 1, 0]
    assert counts.loc["plain", columns].tolist() == [0, 0, 1, 1, 0, 0]


def test_a_failed_clip_is_never_an_empty_one(tables):
    river = tables.deployments.set_index("deployment").loc["river"]
    assert (river["failed"], river["nothing_found"]) == (1, 0)
    assert tables.failed.to_numpy().tolist() == [["river/broken.mp4", "river", "river",
                                                  "not a video"]]


def test_clips_without_a_time_are_counted_and_listed_but_in_no_event(tables):
    assert tables.without_time["clip"].tolist() == ["ridge/DCIM/d.mp4"]
    sighting = tables.sightings.set_index("clip").loc["ridge/DCIM/d.mp4"]
    assert sighting["max_n"] == 1
    assert sighting[["event_id", "start", "first_seen"]].isna().all()
    assert tables.events["clips"].sum() == len(tables.sightings) - 1


def test_events_max_n_and_light(tables):
    found = tables.events[["deployment", "species", "clips", "max_n", "light", "light_by"]]
    assert found.to_numpy().tolist() == [
        ["ridge", "Capreolus capreolus", 2, 2, "night", "sun"],
        ["ridge", "Capreolus capreolus", 1, 1, "day", "sun"],
        ["river", "otter", 1, 1, "night", "clock"]]
    assert tables.events.loc[2, "radians"] == pytest.approx(23.5 / 24 * 6.283185, abs=1e-5)


def test_two_tracks_one_after_the_other_are_one_animal_at_a_time(tables):
    sighting = tables.sightings.set_index("clip").loc["ridge/DCIM/c.mp4"]
    assert (sighting["tracks"], sighting["max_n"]) == (2, 1)


def test_first_and_last_seen_are_on_the_clock(tables):
    sighting = tables.sightings.set_index("clip").loc["ridge/DCIM/b.mp4"]
    assert (sighting["first_seen_s"], sighting["last_seen_s"]) == (1.0, 4.5)
    assert sighting["first_seen"] == pd.Timestamp("2024-03-02T06:20:01")
    roe = tables.abundance.set_index("species").loc["Capreolus capreolus"]
    assert roe["first_seen"] == pd.Timestamp("2024-03-02T06:00:00")


def test_the_index_counts_the_nights_of_all_deployments(tables):
    roe = tables.abundance.set_index("species").loc["Capreolus capreolus"]
    assert roe["effort_days"] == 70.0
    assert roe["rai"] == pytest.approx(100 * 2 / 70)
    swamp = tables.abundance_by_deployment.set_index("deployment").loc["swamp"]
    assert swamp["rai"].isna().all()


def test_people_are_in_no_table_of_animals(tables):
    for table in (tables.sightings, tables.staying, tables.budgets):
        assert "river/b.mp4" not in set(table["clip"])
    assert tables.deployments["with_people"].sum() == 1


def test_without_deployments_folders_are_used_and_no_index_is_made_up(survey_run):
    found = ecology_tables(survey_run, EcologySettings(independence=Independence(5)))
    assert found.deployments["deployment"].tolist() == ["plain", "ridge/DCIM", "river"]
    assert set(found.events["species"]) == {"animal"}
    assert len(found.events) == 4
    assert found.abundance["rai"].isna().all()


def test_clips_that_only_a_time_could_place_are_counted_in_a_row_of_their_own(tmp_path):
    run = MadeRun([Clip("a/1.mp4", None, (Walk(0, 3),)), Clip("a/2.mp4", "2024-03-02T06:00:00")],
                  failed={"a/3.mp4": "empty file"})
    path = tmp_path / "deployments.csv"
    path.write_text("deployment,folder,start,end\none,a,2024-03-01,2024-03-11\n"
                    "two,a,2024-03-11,2024-03-21\n")
    found = ecology_tables(RunFolder(run.write(tmp_path / "run")), EcologySettings(path))
    counts = found.deployments.set_index("deployment")
    assert counts["clips"].to_dict() == {"one": 1, "two": 0, "": 2}
    assert counts.loc["", ["with_animals", "without_time", "failed"]].tolist() == [1, 1, 1]
    assert found.events.empty
    assert len(found.staying) == 1


def test_a_run_without_any_animal_gives_empty_tables(tmp_path):
    run = MadeRun([Clip("a/1.mp4", "2024-03-02T06:00:00")]).write(tmp_path / "run")
    found = ecology_tables(RunFolder(run), EcologySettings())
    assert found.deployments["nothing_found"].tolist() == [1]
    for table in (found.events, found.sightings, found.activity, found.abundance, found.staying,
                  found.budgets):
        assert table.empty
        assert len(table.columns) > 2
