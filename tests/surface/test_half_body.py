"""Openings closed, dense places thinned."""

from __future__ import annotations

import numpy as np
import pytest

from wildpose.surface.half_body import Sourced, left_half, thinned
from wildpose.surface.makehuman import Body
from wildpose.surface.mesh import (
    Mesh,
    boundary_edges,
    components,
    edges,
    face_areas,
    subdivide,
    submesh,
)

CELLS = 8


def box_body(hole: str) -> Body:
    """A closed box of quads round x = 0; a patch of it stands for a cavity."""
    index: dict[tuple[int, int, int], int] = {}
    quads = []
    for axis in range(3):
        a, b = [k for k in range(3) if k != axis]
        for end in (0, CELLS):
            for i in range(CELLS):
                for j in range(CELLS):
                    quad = []
                    for di, dj in ((0, 0), (1, 0), (1, 1), (0, 1)):
                        place = [0, 0, 0]
                        place[axis], place[a], place[b] = end, i + di, j + dj
                        quad.append(index.setdefault(tuple(place), len(index)))
                    outward = (axis == 1) == (end == 0)
                    quads.append(quad if outward else quad[::-1])
    cells = np.array(list(index))
    vertices = cells / CELLS - [0.5, 0, 0.5]
    mirror = np.array([index[CELLS - x, y, z] for x, y, z in cells.tolist()])
    top = cells[:, 1] == CELLS
    offset = {"middle": 0, "side": 2}[hole]
    cavity = top & (np.abs(np.abs(cells[:, 0] - CELLS // 2) - offset) <= 1) & (
        np.abs(cells[:, 2] - CELLS // 2) <= 1)
    return Body(vertices, np.array(quads), mirror, cavity, {}, {}, {})


@pytest.mark.parametrize("hole", ["middle", "side"])
def test_openings_are_closed_flat_and_only_the_middle_stays_open(hole):
    body = box_body(hole)
    half = left_half(body)
    rim = half.mesh.vertices[boundary_edges(half.mesh.faces)]
    assert not rim[..., 0].any()
    assert np.isclose(face_areas(half.mesh).sum(), 3.0)
    assert half.mesh.vertices[:, 0].min() == 0
    centre_gone = half.mesh.vertices - ([0, 1, 0] if hole == "middle" else [0.25, 1, 0])
    assert (np.linalg.norm(centre_gone, axis=1) > 1e-6).all()
    assert np.array_equal(body.vertices[half.source[:, 0]], half.mesh.vertices)
    assert not half.weight.any()
    volume = np.sum(np.cross(*(half.mesh.vertices[half.mesh.faces[:, k]] for k in (0, 1)))
                    * half.mesh.vertices[half.mesh.faces[:, 2]]) / 6
    assert np.isclose(volume, 0.5)  # all faces look outward


@pytest.fixture(scope="module")
def dense(ball_mesh):
    finer, _ = subdivide(ball_mesh)
    finer = Mesh.of(finer.vertices / np.linalg.norm(finer.vertices, axis=1)[:, None] / 2,
                    finer.faces)
    left = np.flatnonzero(finer.vertices[finer.faces].mean(1)[:, 0] > 0)
    mesh, used = submesh(finer, left)
    return Sourced(mesh, np.stack([used, used], axis=1), np.zeros(len(used)))


def test_thinning_keeps_the_shape_and_the_middle(dense):
    thin = thinned(dense, 0.12)
    assert len(thin.mesh.vertices) < 0.7 * len(dense.mesh.vertices)
    assert np.isclose(face_areas(thin.mesh).sum(), face_areas(dense.mesh).sum(), rtol=0.02)
    rim = boundary_edges(thin.mesh.faces)
    assert np.abs(thin.mesh.vertices[rim][..., 0]).max() < 1e-12
    assert sorted(rim[:, 0]) == sorted(rim[:, 1])
    assert components(len(thin.mesh.vertices), edges(thin.mesh.faces)).max() == 0
    count = len(thin.mesh.vertices) - len(edges(thin.mesh.faces)) + len(thin.mesh.faces)
    assert count == 1
    length = np.diff(thin.mesh.vertices[edges(thin.mesh.faces)], axis=1)
    assert np.linalg.norm(length, axis=2).max() < 1.4 * 0.12 + 1e-9


def test_vertices_that_stay_do_not_move(dense):
    thin = thinned(dense, 0.12)
    number = {tuple(v): i for i, v in enumerate(dense.mesh.vertices.tolist())}
    for vertex, source in zip(thin.mesh.vertices.tolist(), thin.source[:, 0], strict=True):
        assert dense.source[number[tuple(vertex)], 0] == source


def test_a_coarse_mesh_is_left_alone(dense):
    assert len(thinned(dense, 0.001).mesh.faces) == len(dense.mesh.faces)
