from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from wildpose.data.split import difference_hash, place_of, split_by_place
from wildpose.errors import DataError


def at(image, **facts):
    return replace(image, facts=facts)


@pytest.fixture
def many(labelled_square):
    """Eight pictures at each of sixty sites of two sources; the file is of no account there."""
    one = labelled_square()
    return [
        at(one, source=f"source {site % 2}", site=f"site {site}", species=f"kind {number % 4}")
        for site in range(60) for number in range(8)
    ]


def keys(images) -> set:
    return {(i.facts["source"], i.facts["site"]) for i in images}


def test_no_place_is_in_both_parts_and_the_share_is_about_met(many):
    split = split_by_place(many, 0.25)
    assert not keys(split.train) & keys(split.held_out)
    assert len(split.train) + len(split.held_out) == len(many)
    assert 0.1 < len(split.held_out) / len(many) < 0.4


def test_a_species_is_held_out_whole_and_nothing_else_of_other_places(many):
    split = split_by_place(many, 0.25, ["kind 3"])
    assert all(i.facts["species"] != "kind 3" for i in split.train)
    by_place = split_by_place(many, 0.25)
    others = [i for i in split.held_out if i.facts["species"] != "kind 3"]
    assert keys(others) == keys(by_place.held_out)


def test_adding_pictures_moves_none_of_the_old_ones(many):
    old = many[::2]
    before, after = split_by_place(old, 0.3), split_by_place(many, 0.3)
    held = {id(i) for i in after.held_out}
    assert {id(i) for i in before.held_out} == held & {id(i) for i in old}


def test_the_order_of_the_pictures_is_of_no_account(many):
    one, other = split_by_place(many, 0.3), split_by_place(many[::-1], 0.3)
    assert {id(i) for i in one.held_out} == {id(i) for i in other.held_out}


def test_a_larger_share_holds_out_the_same_places_and_more(many):
    small, large = split_by_place(many, 0.2), split_by_place(many, 0.5)
    assert keys(small.held_out) < keys(large.held_out)


def test_another_salt_chooses_other_places(many):
    one, other = split_by_place(many, 0.3, salt="a"), split_by_place(many, 0.3, salt="b")
    assert keys(one.held_out) != keys(other.held_out)


def test_nothing_is_held_out_for_a_share_of_nothing(many):
    assert split_by_place(many, 0).held_out == ()


def test_equal_names_of_two_sources_are_two_places(labelled_square):
    one = labelled_square()
    places = place_of([at(one, source=s, site="gate") for s in ("a", "b", "a")])
    assert places[0] == places[2] != places[1]


def test_a_sequence_stands_in_for_an_unknown_site(labelled_square):
    one = labelled_square()
    a, b, c = place_of([at(one, source="s", site=site, sequence=sequence)
                        for site, sequence in ((None, "q1"), (None, "q1"), (None, "q2"))])
    assert a == b != c


def scene(folder, name: str, seed: int, brighter: int = 0):
    """A picture of large soft patches, which a difference hash tells apart."""
    coarse = np.random.default_rng(seed).integers(30, 200, (8, 9), np.uint8) + np.uint8(brighter)
    Image.fromarray(coarse).resize((90, 80), Image.Resampling.BILINEAR).save(folder / name)
    return folder / name


def test_near_duplicates_without_site_are_one_place_within_their_source(labelled_square, tmp_path):
    one = replace(labelled_square(), size=(80, 90))
    pictures = [
        replace(one, path=scene(tmp_path, name, seed, brighter), facts={"source": source})
        for name, seed, brighter, source in (
            ("a.png", 1, 0, "s"), ("b.png", 2, 0, "s"), ("a_later.png", 1, 20, "s"),
            ("a_elsewhere.png", 1, 0, "t"),
        )
    ]
    a, b, later, elsewhere = place_of(pictures)
    assert a == later
    assert Counter([a, b, elsewhere]) == {a: 1, b: 1, elsewhere: 1}
    assert np.array_equal(difference_hash(pictures[0]), difference_hash(pictures[3]))


def test_a_broken_picture_without_site_is_one_line_that_names_it(labelled_square, tmp_path):
    (tmp_path / "broken.jpg").write_bytes(b"no picture")
    broken = replace(labelled_square(), path=tmp_path / "broken.jpg")
    with pytest.raises(DataError, match=r"broken\.jpg: can't be read as a picture"):
        place_of([broken])
