"""Rings across a limb and lines along it, on a plain tube."""

from __future__ import annotations

import numpy as np
import pytest

from wildpose.surface.cut_charts import Ring, cut_ring, limb_field, sides_of_ring, unit
from wildpose.surface.half_body import Sourced
from wildpose.surface.mesh import Mesh, boundary_edges
from wildpose.surface.splitting import split

AROUND, ALONG, RADIUS_M = 24, 20, 0.05
DOWN, FORWARD = np.array([0.0, -1.0, 0.0]), np.array([0.0, 0.0, 1.0])


@pytest.fixture
def tube():
    """A leg one metre long, open at both ends, hanging from y = 0; x is its left."""
    angle = 2 * np.pi * np.arange(AROUND) / AROUND
    ring = np.stack([np.cos(angle), 0 * angle, np.sin(angle)], axis=1) * RADIUS_M
    vertices = np.concatenate([ring + k / ALONG * DOWN for k in range(ALONG + 1)])
    vertices += [0.5, 0, 0]
    a = (np.arange(ALONG)[:, None] * AROUND + np.arange(AROUND)).ravel()
    b = (np.arange(ALONG)[:, None] * AROUND + (np.arange(AROUND) + 1) % AROUND).ravel()
    faces = np.concatenate([np.stack([a, b, b + AROUND], 1),
                            np.stack([a, b + AROUND, a + AROUND], 1)])
    number = np.arange(len(vertices))
    return Sourced(Mesh.of(vertices, faces), np.stack([number, number], 1), np.zeros(len(number)))


def knee(tilt: float) -> Ring:
    return Ring(np.array([0.5, -0.512, 0]), unit(np.array([tilt, -1, 0.1])), 0.15, 0, 1)


@pytest.mark.parametrize("tilt", [0.0, 0.4, -0.8])
def test_a_ring_is_plane_and_parts_the_limb_in_two(tube, tilt):
    ring = knee(tilt)
    cut, label, points = cut_ring(tube, np.zeros(len(tube.mesh.faces), int), ring)
    assert np.abs((points - ring.centre) @ ring.normal).max() < 1e-9
    beyond = (cut.mesh.vertices[cut.mesh.faces].mean(1) - ring.centre) @ ring.normal > 0
    assert np.array_equal(label == 1, beyond)
    for part in (label == 0, label == 1):
        rim = boundary_edges(cut.mesh.faces[part])
        assert len(rim) == AROUND + len(points)


def test_front_and_back_get_half_of_the_ring_each(tube):
    points = cut_ring(tube, np.zeros(len(tube.mesh.faces), int), knee(0.0))[2]
    one, two = sides_of_ring(points, DOWN, FORWARD)
    assert np.isclose(abs(one[0] - two[0]), 2 * RADIUS_M, rtol=0.05)
    assert abs(one[2]) < RADIUS_M * np.sin(2 * np.pi / AROUND)
    assert (np.cross(FORWARD, DOWN) @ (one - two)) < 0


def test_lines_join_the_sides_of_two_rings(tube):
    top = (np.array([0.45, 0, 0.01]), np.array([0.55, 0, -0.01]))
    bottom = (np.array([0.45, -1, -0.01]), np.array([0.55, -1, 0.02]))
    side = np.cross(FORWARD, DOWN)
    if (top[1] - top[0]) @ side < 0:
        top, bottom = top[::-1], bottom[::-1]
    field = limb_field(top, bottom, DOWN, FORWARD)
    assert np.allclose(field(np.stack([*top, *bottom])), 0)
    assert np.isclose(field((top[0] + bottom[0])[None] / 2)[0], 0)
    assert (field(tube.mesh.vertices + 0.1 * FORWARD) > 0).all()
    cut, _, sides = split(tube, np.zeros(len(tube.mesh.faces), int), field,
                          np.ones(len(tube.mesh.faces), bool))
    on_line = cut.mesh.vertices[sides == 0]
    left = on_line[on_line[:, 0] > 0.5]
    upper, lower = max(top[0], top[1], key=lambda p: p[0]), max(*bottom, key=lambda p: p[0])
    expected = np.interp(-left[:, 1], [0, 1], [upper[2], lower[2]])
    assert np.abs(left[:, 2] - expected).max() < 2e-3
    assert len(left) > ALONG
