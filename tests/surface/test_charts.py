"""The numbering of DensePose-COCO."""

from __future__ import annotations

import pytest

from wildpose.surface.charts import (
    CHART_SIDE,
    CHARTS,
    CHARTS_OF_PART,
    COARSE_PART,
    COARSE_PARTS,
    GPS_NORMALISER,
    MIRROR_CHART,
    MIRROR_COARSE_PART,
    charts_of_part,
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


def test_the_side_of_a_chart_is_in_its_name():
    for chart, name in enumerate(CHARTS):
        assert CHART_SIDE[chart] == {"left": "L", "right": "R"}.get(name.split()[0], "-")
        assert CHART_SIDE[MIRROR_CHART[chart]] == {"L": "R", "R": "L", "-": "-"}[CHART_SIDE[chart]]


@pytest.mark.parametrize("part", [p for p in CHARTS_OF_PART if p not in ("neck", "wing", "tail")])
def test_a_part_point_may_lie_where_the_charts_have_its_name(part):
    words = {"torso_back": "torso back", "torso_front": "torso front"}
    wanted = words.get(part, part.replace("_", " "))
    assert set(charts_of_part(part)) == {c for c, name in enumerate(CHARTS) if wanted in name}


def test_every_chart_has_a_part_of_its_own():
    own = [c for p, charts in CHARTS_OF_PART.items() if p not in ("neck", "wing") for c in charts]
    assert sorted(own) == list(range(1, 25))


@pytest.mark.parametrize("part", CHARTS_OF_PART)
def test_left_and_right_share_a_part_and_are_mirror_images(part):
    left, right = charts_of_part(part, "L"), charts_of_part(part, "R")
    assert set(left) | set(right) == set(charts_of_part(part))
    assert {MIRROR_CHART[c] for c in left} == set(right)
    assert all(CHART_SIDE[c] == "-" for c in set(left) & set(right))
