"""Colours: stable per track, readable letters, people apart."""

import itertools

import numpy as np
import pytest

from wildpose.drawing.palette import (
    CHART_COLOURS,
    HUES,
    UNTRACKED,
    luminance,
    style_of,
    text_on,
)
from wildpose.surface.charts import CHARTS, MIRROR_CHART
from wildpose.surface.reference import load_reference
from wildpose.types import ClassId

# Linear RGB as people without the long and without the middle wavelength cones see it: Machado,
# Oliveira and Fernandes 2009, table 1, severity 1.
TRICHROMAT = ((1, 0, 0), (0, 1, 0), (0, 0, 1))
PROTANOPE = ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216),
             (-0.003882, -0.048116, 1.051998))
DEUTERANOPE = ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413),
               (-0.011820, 0.042940, 0.968881))


def oklab(rgb, sight=TRICHROMAT):
    """Ottosson 2020: distances are about as large as they look."""
    v = np.asarray(rgb) / 255
    linear = np.where(v <= 0.04045, v / 12.92, ((v + 0.055) / 1.055) ** 2.4) @ np.array(sight).T
    cones = np.clip(linear, 0, 1) @ np.array([
        [0.4122214708, 0.5363325363, 0.0514459929], [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005]]).T
    return np.cbrt(cones) @ np.array([
        [0.2104542553, 0.7936177850, -0.0040720468], [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660]]).T


def touching_charts():
    """Pairs of charts that share a vertex of the reference."""
    surface = load_reference()
    at = np.zeros((len(surface.vertices), 25), bool)
    at[surface.faces.ravel(), np.repeat(surface.chart, 3)] = True
    shared = at.T.astype(int) @ at.astype(int)
    return np.argwhere(np.triu(shared, 1))


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


def test_no_two_charts_look_alike():
    lab = oklab(CHART_COLOURS)
    distance = np.linalg.norm(lab[:, None] - lab[None], axis=2)
    assert (distance + np.eye(25)).min() > 0.08
    assert (distance + np.eye(25))[1:, 1:].min() > 0.1


@pytest.mark.parametrize("sight", [TRICHROMAT, PROTANOPE, DEUTERANOPE],
                         ids=["trichromat", "protanope", "deuteranope"])
def test_charts_that_touch_are_told_apart_by_every_reader(sight):
    lab, pairs = oklab(CHART_COLOURS, sight), touching_charts()
    assert len(pairs) > 40
    assert np.linalg.norm(lab[pairs[:, 0]] - lab[pairs[:, 1]], axis=1).min() > 0.14


def test_the_left_chart_of_a_pair_is_the_dark_one_of_the_same_hue():
    lab = oklab(CHART_COLOURS)
    left = np.array([c for c in range(1, 25) if CHARTS[c].startswith("left")])
    right = np.array(MIRROR_CHART)[left]
    assert len(left) == 11
    assert (lab[right, 0] - lab[left, 0] > 0.15).all()
    hues = [np.arctan2(lab[c, 2], lab[c, 1]) for c in (left, right)]
    assert np.abs(np.angle(np.exp(1j * (hues[0] - hues[1])))).max() < 0.1
