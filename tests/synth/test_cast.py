"""Bodies by name."""

import numpy as np
import pytest

from wildpose.errors import UsageError
from wildpose.synth.cast import Sources, chosen_species, dressed, load_character, species_names
from wildpose.types import ClassId


def test_all_means_every_animal_and_no_person():
    everybody = chosen_species([], Sources())
    assert everybody == chosen_species(["all"], Sources())
    assert "person" not in everybody
    assert {"wolf", "quadruped", "ape"} <= set(everybody)
    assert chosen_species(["person", "all"], Sources()) == tuple(
        n for n in species_names(Sources()) if n in {*everybody, "person"})


def test_names_come_once_and_in_one_order():
    assert chosen_species(["wolf", "deer", "wolf"], Sources()) == chosen_species(
        ["deer", "wolf"], Sources()) == ("deer", "wolf")


@pytest.mark.parametrize("word", ["unicorn", "0ad", "0ad/wolf"])
def test_a_name_that_is_none_gets_the_list(word):
    with pytest.raises(UsageError, match=r"wolf.*quadruped"):
        chosen_species([word], Sources())


def test_the_animals_of_the_game_come_with_its_file(shared_data):
    assets = shared_data.parent / "assets" / "0ad_fauna.zip"
    if not assets.is_file():
        pytest.skip("needs the fauna of 0 A.D.")
    names = chosen_species(["0ad"], Sources(assets))
    assert len(names) >= 25
    assert all(n.startswith("0ad/") for n in names)
    assert chosen_species(["0ad/bear_brown", "bull"], Sources(assets)) == (
        "bull", "0ad/bear_brown")


def test_coats_differ_and_bodies_do_not():
    rng = np.random.default_rng(0)
    fox = load_character("fox", rng, Sources())
    assert fox.class_id == ClassId.ANIMAL
    assert load_character("fox", rng, Sources()) is fox
    first, second = dressed(fox, rng, Sources()), dressed(fox, rng, Sources())
    assert (first.faces == second.faces).all()
    assert (first.coat.colour != second.coat.colour).any()
    assert 0.3 < fox.height_m < 1.2
    assert fox.length_m > fox.height_m
