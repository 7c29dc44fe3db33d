"""Species and tracks as tables, from what was read of a clip."""

from __future__ import annotations

from wildpose.review.reviewed import ClipEdits, Label, Prediction, ReviewedBox
from wildpose.review.track_tables import TrackPart, species_rows, track_parts

HERE = (0.0, 0.0, 10.0, 10.0)


def box(before, after, species=""):
    found = None if before is None else Prediction(HERE, 0.8, "animal", before, interpolated=False)
    return ReviewedBox(found, Label(HERE, "animal", after, species))


def clip(boxes, species=""):
    frames = {i: (one,) for i, one in enumerate(boxes)}
    return ClipEdits("a.mp4", "wald", None, 64, 48, species=species, boxes=frames)


def test_a_split_lists_both_parts_and_a_merge_the_track_that_went():
    edits = clip([box(1, 1), box(1, 1), box(1, 4), box(2, 4), box(3, 3), box(None, 4)])
    assert track_parts(edits) == [TrackPart("a.mp4", 1, 1, 0, 1), TrackPart("a.mp4", 1, 4, 2, 2),
                                  TrackPart("a.mp4", 2, 4, 3, 3)]


def test_tracks_that_kept_their_number_are_not_listed():
    assert track_parts(clip([box(1, 1), box(0, 0), box(0, 5)])) == []


def test_species_stand_under_the_number_that_the_run_knows():
    edits = clip([box(1, 4, "fox"), box(1, 4, "fox"), box(2, 2)], "badger")
    assert species_rows(edits, True, {1, 2}) == (
        [("a.mp4", "", "badger"), ("a.mp4", "1", "fox")], [])


def test_two_names_of_one_track_are_told_and_left_out():
    rows, notes = species_rows(clip([box(1, 1, "fox"), box(1, 1, "badger")]), True, {1})
    assert rows == []
    assert notes == ['a.mp4, track 1: called badger and fox; left out of species.csv. Name the '
                     'whole track (operator "Set species")']


def test_names_that_the_table_can_not_hold_are_told():
    rows, notes = species_rows(clip([box(None, 0, "fox"), box(2, 2, "cow")]), True, {1})
    assert rows == []
    assert [note.split(":")[0] for note in notes] == ["a.mp4, track 0", "a.mp4, track 2"]
    assert len(species_rows(clip([], "fox"), False, ())[1]) == 1
    assert species_rows(clip([]), False, ()) == ([], [])
