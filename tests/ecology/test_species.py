"""Names of species, from the widest to the narrowest."""

from __future__ import annotations

import pandas as pd
import pytest

from wildpose.ecology import SpeciesNames, read_species, species_of
from wildpose.errors import DataError

CLIPS = pd.DataFrame({"clip": ["a/1.mp4", "a/2.mp4", "b/1.mp4"]})
TRACKS = pd.DataFrame({
    "clip": ["a/1.mp4", "a/1.mp4", "a/2.mp4", "b/1.mp4", "b/1.mp4"], "track_id": [1, 2, 1, 1, 2],
    "class": ["animal", "animal", "animal", "animal", "person"]})
PLACED = CLIPS.assign(deployment=["a", "a", "b"])
DEPLOYMENTS = pd.DataFrame({"deployment": ["a", "b"], "species": ["roe", ""]})


def test_the_narrowest_name_counts_and_people_are_left_out():
    names = SpeciesNames("deer", {"a/1.mp4": "boar"}, {("a/1.mp4", 2): "fox"})
    found = species_of(TRACKS, PLACED, DEPLOYMENTS, names)
    assert found["species"].tolist() == ["boar", "fox", "roe", "deer"]
    assert found["deployment"].tolist() == ["a", "a", "a", "b"]


def test_what_nobody_named_is_an_animal():
    found = species_of(TRACKS, PLACED, DEPLOYMENTS.assign(species=""), SpeciesNames())
    assert set(found["species"]) == {"animal"}


def test_a_table_names_clips_and_single_tracks(table):
    path = table("clip,track_id,species\na\\1.mp4,,boar\na/1.mp4,2,fox\nb/1.mp4,1,roe\n")
    names = read_species(path, CLIPS, TRACKS, "deer")
    assert names == SpeciesNames("deer", {"a/1.mp4": "boar"},
                                 {("a/1.mp4", 2): "fox", ("b/1.mp4", 1): "roe"})


def test_a_table_without_track_numbers_names_clips(table):
    names = read_species(table("clip;species\na/2.mp4;boar\n"), CLIPS, TRACKS)
    assert names.clips == {"a/2.mp4": "boar"}


@pytest.mark.parametrize(("row", "said"), [
    ("a/1.mp4,1,", "row 3: species is empty"),
    ("c/1.mp4,,fox", "row 3: there is no clip c/1.mp4 in the run"),
    ("a/1.mp4,3,fox", "row 3: a/1.mp4 has no animal with track_id 3"),
    ("b/1.mp4,2,fox", "row 3: b/1.mp4 has no animal with track_id 2"),
    ("a/1.mp4,two,fox", "row 3: a/1.mp4 has no animal with track_id two"),
    ("a/2.mp4,,fox", "row 3: a/2.mp4 is called boar in a row above")])
def test_faulty_rows_are_named(table, row, said):
    with pytest.raises(DataError, match=said):
        read_species(table(f"clip,track_id,species\na/2.mp4,,boar\n{row}\n"), CLIPS, TRACKS)


def test_a_track_can_have_one_name_only(table):
    path = table("clip,track_id,species\na/1.mp4,1,boar\na/1.mp4,1,boar\na/1.mp4,1,fox\n")
    with pytest.raises(DataError, match=r"row 4: track 1 of a/1\.mp4 is called boar"):
        read_species(path, CLIPS, TRACKS)
