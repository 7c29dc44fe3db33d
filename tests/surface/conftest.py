"""A ball as a surface of two charts, small enough to know everything about it."""

from __future__ import annotations

import numpy as np
import pytest

from wildpose.surface.loaders import mirror_by_position
from wildpose.surface.mesh import Mesh, subdivide
from wildpose.surface.surface import Surface

RADIUS_M = 0.5


def octahedron(times: int) -> Mesh:
    """A ball round the origin, from an octahedron cut ``times`` times."""
    corners = np.array([[1, 0, 0], [-1, 0, 0], [0, 1, 0], [0, -1, 0], [0, 0, 1], [0, 0, -1.0]])
    faces = np.array([[0, 2, 4], [2, 1, 4], [1, 3, 4], [3, 0, 4],
                      [2, 0, 5], [1, 2, 5], [3, 1, 5], [0, 3, 5]])
    mesh = Mesh.of(corners, faces)
    for _ in range(times):
        mesh, _ = subdivide(mesh)
        mesh = Mesh.of(mesh.vertices / np.linalg.norm(mesh.vertices, axis=1)[:, None], mesh.faces)
    return Mesh.of(mesh.vertices * RADIUS_M, mesh.faces)


@pytest.fixture(scope="session")
def ball_mesh() -> Mesh:
    return octahedron(3)


@pytest.fixture(scope="session")
def ball() -> Surface:
    """Front half chart 2, back half chart 1; u and v are x and y."""
    mesh = octahedron(4)
    front = mesh.vertices[mesh.faces].mean(1)[:, 2] > 0
    uv = mesh.vertices[mesh.faces][:, :, :2] / (2 * RADIUS_M) + 0.5
    return Surface(
        name="ball", vertices=mesh.vertices.astype(np.float32), faces=mesh.faces,
        chart=np.where(front, 2, 1).astype(np.uint8), uv=uv.astype(np.float32),
        mirror=mirror_by_position(mesh.vertices),
    )
