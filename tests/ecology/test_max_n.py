"""MaxN: the most animals of one frame, never a sum."""

from __future__ import annotations

import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from wildpose.ecology import max_n

ROWS = st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 5), st.integers(0, 6)), max_size=40)


def detections(rows) -> pd.DataFrame:
    """Rows of (clip, frame_index, track_id)."""
    table = pd.DataFrame(rows, columns=["clip", "frame_index", "track_id"])
    return table.assign(time_s=table["frame_index"] / 10)


def named(found: pd.DataFrame, species: dict[int, str] | None = None) -> pd.DataFrame:
    tracks = found[found["track_id"] > 0][["clip", "track_id"]].drop_duplicates()
    return tracks.assign(species=[(species or {}).get(t, "deer") for t in tracks["track_id"]])


def in_frames(*counts: int) -> pd.DataFrame:
    """A clip whose frames show so many tracks, none of which goes on in the next frame."""
    numbers = iter(range(1, 100))
    return detections([("a", k, next(numbers)) for k, n in enumerate(counts) for _ in range(n)])


def test_frames_with_two_four_and_three_animals_make_four_and_not_nine():
    found = in_frames(2, 4, 3)
    assert max_n(found, named(found)).to_numpy().tolist() == [["a", "deer", 4, 1, 0.1]]


def test_of_several_frames_with_as_many_the_first_is_named():
    found = in_frames(1, 3, 2, 3)
    assert max_n(found, named(found))["max_n_frame_index"].tolist() == [1]


def test_species_are_counted_apart():
    found = in_frames(3)
    counts = max_n(found, named(found, {1: "boar"}))
    assert dict(zip(counts["species"], counts["max_n"], strict=True)) == {"boar": 1, "deer": 2}


def test_what_belongs_to_no_track_or_is_a_person_is_not_counted():
    found = detections([("a", 0, 1), ("a", 0, 0), ("a", 0, 7)])
    animals = named(found).query("track_id == 1")  # 7 is a person: no row among the animals
    assert max_n(found, animals)["max_n"].tolist() == [1]


def test_clips_without_animals_have_no_row():
    nothing = detections([])
    assert max_n(nothing, named(nothing)).empty


@settings(deadline=None, max_examples=8)
@given(ROWS, st.randoms(use_true_random=False))
def test_it_is_the_largest_count_of_different_tracks_in_any_order(rows, random):
    found = detections(rows)
    counted = max_n(found, named(found))
    expected: dict[str, int] = {}
    for clip, k in {(clip, k) for clip, k, _ in rows}:
        tracks = {t for c, f, t in rows if (c, f) == (clip, k) and t > 0}
        if tracks:
            expected[clip] = max(expected.get(clip, 0), len(tracks))
    assert dict(zip(counted["clip"], counted["max_n"], strict=True)) == expected
    mixed = list(rows)
    random.shuffle(mixed)
    pd.testing.assert_frame_equal(counted, max_n(detections(mixed), named(found)))
