"""Two models on the same pictures: each in its column, whatever shape the pictures have."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from wildpose import masks
from wildpose.drawing.palette import HUES
from wildpose.drawing.side_by_side import MOST_ROWS, side_by_side
from wildpose.types import Array, Detections


def picture(height: int, width: int) -> Array:
    return np.full((height, width, 3), 120, np.uint8)


def found(height: int, width: int, kind: int = 1) -> Detections:
    inside = np.zeros((height, width), bool)
    inside[height // 4:height // 2, width // 4:width // 2] = True
    box = [[width / 4, height / 4, width / 2, height / 2]]
    return Detections.of(box, [0.8], [kind], [masks.encode(inside)]).with_track_id([1])


def page(pictures, **how) -> Array:
    return np.asarray(Image.open(io.BytesIO(side_by_side(pictures, **how)))).astype(int)


def test_the_teacher_is_left_and_the_student_right():
    size = (360, 640)
    both = (found(*size), Detections.empty())
    one, other = page([(picture(*size), *both)]), page([(picture(*size), *both[::-1])])
    assert one.shape[1] == 1600
    left, right = np.s_[60:430, 20:780], np.s_[60:430, 816:1576]
    changed = [np.abs(p[half] - 120).max(-1) > 40 for p in (one, other) for half in (left, right)]
    assert changed[0].sum() > 1000
    assert not changed[1].any()
    assert not changed[2].any()
    assert (changed[3] & changed[0]).sum() > 0.8 * changed[0].sum()  # at the same place


def test_each_column_has_its_colour():
    size = (360, 640)
    shown = page([(picture(*size), found(*size), found(*size))])
    for half, colour in ((np.s_[60:430, :796], HUES[0]), (np.s_[60:430, 804:], HUES[1])):
        assert (np.abs(shown[half] - colour).max(-1) < 40).sum() > 500


def test_rows_stand_one_below_the_other_in_the_given_order():
    dark, light = picture(180, 320) // 4, picture(180, 320) * 2
    shown = page([(dark, *[Detections.empty()] * 2), (light, *[Detections.empty()] * 2)])
    column = shown[:, 400].mean(-1)
    assert np.flatnonzero(np.abs(column - 30) < 6).max() < np.flatnonzero(
        np.abs(column - 240) < 6).min()


@pytest.mark.parametrize(("size", "rows"), [
    ((360, 640), 2), ((640, 360), 1), ((30, 26), 1), ((8, 400), MOST_ROWS), ((1200, 3), 1)])
def test_every_shape_fits(size, rows):
    shown = page([(picture(*size), found(*size), found(*size, kind=2))] * rows)
    assert shown.shape[1] == 1600
    assert shown.shape[0] <= 40 + rows * 628


def test_titles_are_drawn_and_long_ones_stay_in_their_column():
    blank = [(picture(90, 160), Detections.empty(), Detections.empty())]
    short, long = page(blank), page(blank, titles=("a model with a name " * 9, "b"))
    assert np.abs(short[:40] - long[:40]).max() > 100
    assert (long[:40, 796:806] > 240).all()


@pytest.mark.parametrize("count", [0, MOST_ROWS + 1])
def test_too_few_or_too_many_pictures_are_refused(count):
    with pytest.raises(ValueError, match="1 to 12"):
        side_by_side([(picture(9, 9), Detections.empty(), Detections.empty())] * count)
