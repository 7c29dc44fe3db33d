"""(I, u, v) to points and back, positions, mirror images."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wildpose.errors import DataError
from wildpose.surface.charts import MIRROR_CHART
from wildpose.surface.points import (
    at_vertices,
    chart_uv_of,
    mirrored,
    nearest_points,
    points_of,
    positions,
)
from wildpose.surface.reference import load_reference
from wildpose.surface.sampling import sample_points
from wildpose.surface.surface import Surface, SurfacePoints

MICROMETRE = 1e-6
MIRROR = np.array([-1, 1, 1])


@cache
def reference() -> Surface:
    return load_reference()


def some(seed: int, count: int = 200) -> SurfacePoints:
    return sample_points(reference(), count, np.random.default_rng(seed))


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10**6))
def test_chart_coordinates_lead_back_to_the_point(seed):
    points = some(seed)
    chart, uv = chart_uv_of(reference(), points)
    again = points_of(reference(), chart, uv)
    step = positions(reference(), again) - positions(reference(), points)
    assert np.abs(step).max() < 10 * MICROMETRE
    chart_again, uv_again = chart_uv_of(reference(), again)
    assert np.array_equal(chart_again, chart)
    assert np.abs(uv_again - uv).max() < 1e-5


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10**6))
def test_the_mirror_image_lies_on_the_other_side(seed):
    points = some(seed)
    other = mirrored(reference(), points)
    assert np.allclose(positions(reference(), other), positions(reference(), points) * MIRROR,
                       atol=MICROMETRE)
    assert np.array_equal(mirrored(reference(), other).face, points.face)
    assert np.array_equal(mirrored(reference(), other).barycentric, points.barycentric)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10**6))
def test_the_mirror_image_has_the_mirrored_chart_and_u_turned_round(seed):
    points = some(seed)
    chart, uv = chart_uv_of(reference(), points)
    other_chart, other_uv = chart_uv_of(reference(), mirrored(reference(), points))
    assert np.array_equal(other_chart, np.array(MIRROR_CHART)[chart])
    assert np.allclose(other_uv, np.stack([1 - uv[:, 0], uv[:, 1]], axis=1), atol=1e-6)


def test_every_chart_answers_over_the_whole_square():
    u, v = np.meshgrid(np.linspace(0, 1, 9), np.linspace(0, 1, 9))
    uv = np.stack([u.ravel(), v.ravel()], axis=1)
    for chart in range(1, 25):
        points = points_of(reference(), np.full(len(uv), chart), uv)
        assert (reference().chart[points.face] == chart).all()


def test_outside_a_chart_the_nearest_coordinates_are_taken(ball):
    points = points_of(ball, np.array([2, 2]), np.array([[1.0, 1.0], [0.5, 1.3]]))
    _, uv = chart_uv_of(ball, points)
    assert np.allclose(uv, [[0.5 + np.sqrt(0.125), 0.5 + np.sqrt(0.125)], [0.5, 1]], atol=0.01)


def test_background_is_no_point():
    points = points_of(reference(), np.array([0, 1, 0]), np.full((3, 2), 0.5))
    assert list(points.face >= 0) == [False, True, False]
    assert np.isnan(positions(reference(), points)[0]).all()
    chart, uv = chart_uv_of(reference(), points)
    assert list(chart) == [0, 1, 0]
    assert not uv[0].any()
    assert mirrored(reference(), points).face[0] == -1


def test_a_chart_that_is_not_there_is_named(ball):
    with pytest.raises(DataError, match="chart 7"):
        points_of(ball, np.array([1, 7]), np.zeros((2, 2)))


def test_nearest_points_of_a_ball_lie_under_the_points(ball):
    directions = np.random.default_rng(1).normal(size=(500, 3))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    found = positions(ball, nearest_points(ball, directions * 0.8))
    assert np.linalg.norm(found - directions * 0.5, axis=1).max() < 0.02


def test_nothing_is_nearest_to_nowhere(ball):
    points = nearest_points(ball, np.array([[np.nan, 0, 0], [0, 0, 1.0]]))
    assert list(points.face >= 0) == [False, True]


def test_vertices_are_points_and_carry_fields():
    points = at_vertices(reference())
    assert np.allclose(positions(reference(), points), reference().vertices)
    field = np.arange(len(points), dtype=float)
    assert np.allclose(positions(reference(), points, field), field)


def test_where_the_other_side_lacks_the_face_the_mirror_image_is_the_nearest_point(ball):
    right = np.flatnonzero(ball.vertices[ball.faces].mean(1)[:, 0] < -0.4)
    kept = np.setdiff1d(np.arange(len(ball.faces)), right[:3])
    holed = Surface("holed", ball.vertices, ball.faces[kept], ball.chart[kept], ball.uv[kept],
                    ball.mirror)
    points = sample_points(holed, 3000, np.random.default_rng(2))
    image = positions(holed, points) * MIRROR
    off = np.linalg.norm(positions(holed, mirrored(holed, points)) - image, axis=1)
    assert 0 < (off > 1e-4).sum() < 60
    assert off.max() < 0.06
