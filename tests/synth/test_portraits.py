"""Portraits: the right side, one scale, true colours on white."""

from __future__ import annotations

import numpy as np
import pytest
from solid_bodies import ball

from wildpose.drawing.palette import CHART_COLOURS
from wildpose.errors import UsageError
from wildpose.synth.portraits import SIDES, checks, portraits, ramp

SIZE = (60, 60)


def long_body():
    """1 m long along z, 0.4 m wide and high."""
    vertices, faces = ball(0.5, (0, 0, 0))
    return vertices * [0.4, 0.4, 1.0], faces


def inked(picture):
    return (picture < 250).any(-1)


def test_each_side_shows_that_side():
    vertices, faces = ball(0.5, (0, 0, 0))
    left_red = np.where(vertices[:, :1] > 0, [[220, 0, 0]], [[0, 0, 220]]).astype(np.uint8)
    picture = portraits(vertices, faces, left_red, ("left", "right", "front"), SIZE)
    left, right, front = np.split(picture.astype(int), 3, axis=1)
    assert left[30, 30, 0] > left[30, 30, 2]
    assert right[30, 30, 2] > right[30, 30, 0]
    # Seen from the front, the animal's left is on the viewer's right.
    assert front[30, 45, 0] > front[30, 45, 2]
    assert front[30, 15, 2] > front[30, 15, 0]


def test_seen_from_its_left_an_animal_looks_to_the_left():
    vertices, faces = long_body()
    head = np.where(vertices[:, 2:] > 0.3, [[220, 0, 0]], [[90, 90, 90]]).astype(np.uint8)
    picture = portraits(vertices, faces, head, ("left",), SIZE).astype(int)
    red = (picture[..., 0] - picture[..., 2]) > 60
    assert np.nonzero(red)[1].mean() < 20


def test_all_sides_have_one_scale_and_fit():
    vertices, faces = long_body()
    picture = portraits(vertices, faces, np.full((len(faces), 3), 100, np.uint8),
                        ("front", "left", "above"), SIZE)
    front, left, above = np.split(inked(picture), 3, axis=1)
    assert 50 <= np.ptp(np.nonzero(left)[1]) + 1 <= 58
    assert 50 <= np.ptp(np.nonzero(above)[0]) + 1 <= 58
    width = np.ptp(np.nonzero(front)[1]) + 1
    assert width == pytest.approx(0.4 * (np.ptp(np.nonzero(left)[1]) + 1), abs=3)
    assert not inked(picture)[0].any()
    assert not inked(picture)[-1].any()


def test_colours_may_be_per_face_per_corner_or_a_function():
    vertices, faces = ball(0.5, (0, 0, 0))
    green = np.uint8([10, 200, 30])
    given = (np.tile(green, (len(faces), 1)), np.tile(green, (len(vertices), 1)),
             np.tile(green, (len(faces), 3, 1)),
             lambda face, barycentric: np.tile(green, (len(face), 1)))
    pictures = [portraits(vertices, faces, colours, ("left",), SIZE) for colours in given]
    assert all(np.abs(p.astype(int) - pictures[0]).max() <= 1 for p in pictures)
    assert pictures[0][30, 30] == pytest.approx(green, abs=12)


def test_what_does_not_fit_is_said():
    vertices, faces = ball()
    with pytest.raises(UsageError, match="neither"):
        portraits(vertices, faces, np.zeros((5, 3), np.uint8))
    with pytest.raises(UsageError, match="top"):
        portraits(vertices, faces, np.zeros((len(faces), 3), np.uint8), ("top",))


def test_every_side_can_be_drawn():
    vertices, faces = long_body()
    picture = portraits(vertices, faces, ramp(vertices[:, 2] + 0.5), tuple(SIDES), SIZE)
    assert picture.shape == (60, 60 * len(SIDES), 3)
    assert all(inked(part).mean() > 0.05 for part in np.split(picture, len(SIDES), axis=1))


def test_checks_are_told_apart_by_shade():
    chart, uv = np.array([3, 3, 0, 0]), np.array([[0.01, 0.01], [0.26, 0.01]] * 2)
    shown = checks(chart, uv)
    assert shown[0].tolist() == CHART_COLOURS[3].tolist()
    assert (shown[1] < shown[0]).any()
    assert shown[2].tolist() == shown[3].tolist()
