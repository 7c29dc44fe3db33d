"""Flattening: nothing flips, flat stays flat, v goes where it is told."""

from __future__ import annotations

import numpy as np
import pytest

from wildpose.surface.mesh import Mesh, submesh
from wildpose.surface.parametrise import (
    distortion,
    flatten,
    jacobians,
    mean_pull,
    turned,
    unit_square,
)

pytest.importorskip("igl", reason="building a surface needs libigl")


def sheet(bend: float) -> Mesh:
    """A sheet 2 by 1, rolled round the z axis by ``bend`` radians per metre."""
    s, t = np.meshgrid(np.linspace(0, 2, 21), np.linspace(0, 1, 11))
    s, t = s.ravel(), t.ravel()
    x, y = (np.sin(bend * s) / bend, (1 - np.cos(bend * s)) / bend) if bend else (s, 0 * s)
    first = (np.arange(10)[:, None] * 21 + np.arange(20)).ravel()
    faces = np.concatenate([np.stack([first, first + 1, first + 22], axis=1),
                            np.stack([first, first + 22, first + 21], axis=1)])
    return Mesh.of(np.stack([x, y, t], axis=1), faces)


@pytest.mark.parametrize("bend", [0.0, 1.0])
def test_what_can_be_unrolled_is_not_distorted(bend):
    mesh = sheet(bend)
    figures = distortion(mesh, flatten(mesh))
    assert figures.flipped == 0
    assert figures.stretch < 1.01
    assert 0.98 < figures.area_low <= figures.area_high < 1.02


def test_half_a_ball_lies_flat_without_a_fold(ball_mesh):
    half, _ = submesh(ball_mesh,
                      np.flatnonzero(ball_mesh.vertices[ball_mesh.faces].mean(1)[:, 1] > 0))
    figures = distortion(half, flatten(half))
    assert figures.flipped == 0
    assert figures.stretch < 1.5
    assert 0.7 < figures.fill < 0.8  # a disc in its square: pi / 4


def test_turning_points_v_along_the_direction():
    mesh = sheet(0.5)
    flat = flatten(mesh)
    along = np.array([0.0, 0.0, 1.0])
    up = turned(flat, mean_pull(mesh, flat, along))
    square = unit_square(up)
    assert np.corrcoef(square[:, 1], mesh.vertices[:, 2])[0, 1] > 0.999
    assert np.allclose(square.min(0), 0)
    assert np.allclose(square.max(0), 1)
    assert distortion(mesh, up).fill > 0.99


def test_jacobians_are_those_of_a_linear_map():
    mesh = sheet(0.0)
    matrix = np.array([[2.0, 0.5, 0.0], [0.0, 0.0, 3.0]])
    found = jacobians(mesh, mesh.vertices @ matrix.T)
    normal = np.array([0.0, 1.0, 0.0])
    assert np.allclose(found, matrix - np.outer(matrix @ normal, normal))


def test_a_flipped_triangle_is_counted():
    mesh = sheet(0.0)
    flat = mesh.vertices[:, [2, 0]].copy()
    flat[25] += 0.3
    assert distortion(mesh, flat).flipped > 0
