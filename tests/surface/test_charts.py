"""The numbering of DensePose-COCO."""

from __future__ import annotations

import pytest

from wildpose.surface.charts import (
    CHARTS,
    COARSE_PART,
    COARSE_PARTS,
    GPS_NORMALISER,
    MIRROR_CHART,
    MIRROR_COARSE_PART,
)


def swapped(name: str) -> str:
    return name.replace("left", "?").replace("right", "left").replace("?", "right")


def test_the_mirror_of_a_chart_is_the_chart_of_the_other_side():
    for chart, name in enumerate(CHARTS):
        assert CHARTS[MIRROR_CHART[chart]] == swapped(name)


def test_the_mirror_of_a_coarse_part_is_the_part_of_the_other_side():
    for part, name in enumerate(COARSE_PARTS):
        assert COARSE_PARTS[MIRROR_COARSE_PART[part]] == swapped(name)


def test_charts_belong_to_the_part_that_their_name_says():
    for chart, name in enumerate(CHARTS):
        assert name.removesuffix(" front").removesuffix(" back").endswith(
            COARSE_PARTS[COARSE_PART[chart]])


@pytest.mark.parametrize(("name", "number"), [
    ("torso front", 2), ("right hand", 3), ("left foot", 5), ("left upper arm front", 15),
    ("right head", 23),
])
def test_numbers_are_those_of_densepose(name, number):
    assert CHARTS[number] == name


def test_both_sides_are_measured_alike():
    assert len(GPS_NORMALISER) == 25
    assert all(GPS_NORMALISER[c] == GPS_NORMALISER[MIRROR_CHART[c]] for c in range(25))
    assert GPS_NORMALISER[2] == 0.351
    assert GPS_NORMALISER[0] == 0.255
