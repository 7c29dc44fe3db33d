"""Labels of pixels against the surface itself: exact, clean, mirrored, and the slow way round."""

from __future__ import annotations

import numpy as np
import pytest

from wildpose.surface.charts import MIRROR_CHART
from wildpose.surface.points import (
    mirrored,
    nearest_points,
    points_of,
    positions,
)
from wildpose.surface.reference import load_reference
from wildpose.surface.surface import SurfacePoints
from wildpose.synth.camera import looking_at
from wildpose.synth.iuv import fill_iuv, ground_of, lookup_of
from wildpose.synth.raster import rasterise

SIZE = (160, 240)


@pytest.fixture(scope="module")
def surface():
    return load_reference()


@pytest.fixture(scope="module")
def ground(surface):
    return ground_of(surface)


def camera_at(*place):
    return looking_at(np.array(place, float), np.array([0, 0.85, 0]), SIZE, 330.0)


def own_points(surface):
    """Every vertex of the reference as a point of it."""
    face = np.zeros(len(surface.vertices), np.int32)
    weight = np.zeros((len(surface.vertices), 3), np.float32)
    for corner in range(3):
        face[surface.faces[:, corner]] = np.arange(len(surface.faces))
        weight[surface.faces[:, corner]] = np.eye(3)[corner]
    return SurfacePoints(face, weight)


def twisted(vertices):
    """A pose: the upper body turned and bent, as no rigid motion could."""
    turn = 0.6 * (vertices[:, 1] - 0.85)
    x, y, z = vertices.T.astype(np.float64)
    cos, sin = np.cos(turn), np.sin(turn)
    return np.stack([cos * x + sin * z, y, cos * z - sin * x + 0.1 * (y - 0.85) ** 2], 1)


def coarse_body(surface):
    """A lumpy ball of some 300 large triangles round the trunk, each vertex on the reference."""
    rows, columns = 12, 14
    t = np.linspace(0.06, np.pi - 0.06, rows)[:, None]
    p = np.linspace(0, 2 * np.pi, columns, endpoint=False)[None] + 0.1
    places = np.stack([np.sin(t) * np.cos(p) * 0.32, 0.87 - 0.7 * np.cos(t) + 0 * p,
                       np.sin(t) * np.sin(p) * 0.22], -1).reshape(-1, 3)
    at = np.arange(rows * columns).reshape(rows, columns)
    a, b = at[:-1], at[1:]
    c, d = np.roll(a, -1, 1), np.roll(b, -1, 1)
    faces = np.concatenate([np.stack([a, b, c], -1), np.stack([c, b, d], -1)]).reshape(-1, 3)
    return places, faces.astype(np.int32), nearest_points(surface, places)


def labels(vertices, faces, points, ground, camera):
    seen = rasterise(vertices, faces, camera)
    chart = np.zeros(seen.face.shape, np.uint8)
    uv = np.zeros((*seen.face.shape, 2), np.float32)
    fill_iuv((seen.face, seen.barycentric), 0, lookup_of(faces, points, ground), ground,
             (chart, uv))
    return seen, chart, uv


@pytest.mark.parametrize("place", [(0.4, 1.2, 1.6), (-1.7, 0.3, -0.6)])
def test_a_label_through_the_surface_and_the_posed_mesh_lands_on_its_pixel(
    surface, ground, place
):
    camera, pose = camera_at(*place), twisted(surface.vertices)
    seen, chart, uv = labels(pose, surface.faces, own_points(surface), ground, camera)
    assert ((seen.face >= 0) == (chart > 0)).all()
    y, x = np.nonzero(chart)
    points = points_of(surface, chart[y, x], uv[y, x])
    corners = pose[surface.faces[points.face]]
    pixels, _ = camera.project(np.einsum("nk,nkx->nx", points.barycentric, corners))
    away = np.linalg.norm(pixels - np.stack([x + 0.5, y + 0.5], -1), axis=1)
    assert np.median(away) < 0.05
    assert np.percentile(away, 99) < 1


def test_labels_of_a_coarse_body_are_those_of_the_slow_way(surface, ground):
    """Interpolate, look for the nearest place among all triangles, read: the definition."""
    places, faces, points = coarse_body(surface)
    seen, chart, uv = labels(places, faces, points, ground, camera_at(0.5, 1.0, 1.9))
    y, x = np.nonzero(chart)
    corners = positions(surface, points)[faces[seen.face[y, x]]]
    wanted = np.einsum("nk,nkx->nx", seen.barycentric[y, x], corners)
    slow = positions(surface, nearest_points(surface, wanted))
    fast = positions(surface, points_of(surface, chart[y, x], uv[y, x]))
    far_slow, far_fast = (np.linalg.norm(p - wanted, axis=1) for p in (slow, fast))
    assert np.mean(far_fast < far_slow + 1e-3) > 0.99
    assert len(np.unique(chart)) > 8


def test_borders_between_charts_are_those_of_the_reference_not_of_the_body(surface, ground):
    """Most of the large triangles show more than one chart."""
    places, faces, points = coarse_body(surface)
    seen, chart, _ = labels(places, faces, points, ground, camera_at(0.0, 0.9, 2.0))
    several = [len(np.unique(chart[seen.face == f])) > 1 for f in np.unique(seen.face) if f >= 0]
    assert np.mean(several) > 0.3


def test_a_mirrored_picture_has_mirrored_charts(surface, ground):
    camera = camera_at(0.0, 1.1, 1.9)
    places, faces, points = coarse_body(surface)
    _, chart, uv = labels(places, faces, points, ground, camera)
    other = labels(places * [-1, 1, 1], faces[:, ::-1], mirrored(surface, points), ground, camera)
    flipped = other[1][:, ::-1], other[2][:, ::-1]
    same = np.array(MIRROR_CHART)[chart] == flipped[0]
    assert same.mean() > 0.995
    y, x = np.nonzero(same & (chart > 0))
    there = mirrored(surface, points_of(surface, chart[y, x], uv[y, x]))
    away = positions(surface, there) - positions(
        surface, points_of(surface, flipped[0][y, x], flipped[1][y, x]))
    assert np.percentile(np.linalg.norm(away, axis=1), 97) < 1e-3


def test_triangles_without_a_point_or_torn_apart_show_none(surface, ground):
    _, faces, points = coarse_body(surface)
    face = points.face.copy()
    face[faces[5, 0]] = -1
    gone = lookup_of(faces, SurfacePoints(face, points.barycentric), ground)
    assert not gone.known[(faces == faces[5, 0]).any(axis=1)].any()
    assert gone.known.sum() > 200
    hand = nearest_points(surface, surface.vertices[[surface.vertices[:, 0].argmax()]])
    face[faces[5, 0]] = hand.face[0]
    torn = lookup_of(faces, SurfacePoints(face, points.barycentric), ground)
    assert not torn.known[5]
