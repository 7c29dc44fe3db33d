"""Colours: stable per track, readable letters, people apart."""

import itertools

from wildpose.drawing.palette import HUES, UNTRACKED, luminance, style_of, text_on
from wildpose.types import ClassId


def contrast(a, b):
    light, dark = sorted((luminance(a), luminance(b)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_first_seven_tracks_differ_in_colour():
    colours = {style_of(track, ClassId.ANIMAL).colour for track in range(1, 8)}
    assert colours == set(HUES)


def test_neighbouring_tracks_always_differ():
    styles = [style_of(track, ClassId.ANIMAL).colour for track in range(1, 40)]
    assert all(a != b for a, b in itertools.pairwise(styles))


def test_letters_keep_a_readable_contrast_on_every_ground():
    for colour in (*HUES, UNTRACKED):
        assert contrast(colour, text_on(colour)) >= 4.5


def test_untracked_animals_are_grey():
    assert style_of(0, ClassId.ANIMAL).colour == UNTRACKED


def test_people_have_no_hue_no_tint_and_dashes():
    person = style_of(3, ClassId.PERSON)
    assert person.dashed
    assert person.tint == 0
    assert person.colour not in HUES
