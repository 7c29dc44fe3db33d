"""Areas, normals, welding and cutting of bare meshes."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from wildpose.surface.mesh import (
    Mesh,
    boundary_edges,
    components,
    edges,
    face_areas,
    face_neighbours,
    face_normals,
    largest_component,
    subdivide,
    submesh,
    vertex_normals,
    weld,
)


def torn(mesh: Mesh) -> Mesh:
    """The same triangles, each with three vertices of its own."""
    return Mesh.of(mesh.vertices[mesh.faces].reshape(-1, 3), np.arange(3 * len(mesh.faces)))


def test_a_ball_has_its_area_and_looks_outward(ball_mesh):
    assert np.isclose(face_areas(ball_mesh).sum(), 4 * np.pi * 0.5**2, rtol=0.02)
    outward = ball_mesh.vertices / 0.5
    assert (np.sum(vertex_normals(ball_mesh) * outward, axis=1) > 0.99).all()
    assert (np.sum(face_normals(ball_mesh) * outward[ball_mesh.faces[:, 0]], axis=1) > 0.9).all()


def test_a_ball_is_closed_and_has_two_faces_at_each_edge(ball_mesh):
    assert len(boundary_edges(ball_mesh.faces)) == 0
    assert len(edges(ball_mesh.faces)) == len(face_neighbours(ball_mesh.faces))
    assert 2 * len(edges(ball_mesh.faces)) == 3 * len(ball_mesh.faces)


def test_half_a_ball_is_open_along_one_ring(ball_mesh):
    upper = np.flatnonzero(ball_mesh.vertices[ball_mesh.faces].mean(1)[:, 1] > 0)
    half, was = submesh(ball_mesh, upper)
    rim = boundary_edges(half.faces)
    assert np.array_equal(half.vertices, ball_mesh.vertices[was])
    assert np.abs(half.vertices[rim][..., 1]).max() < 1e-12
    assert sorted(rim[:, 0]) == sorted(rim[:, 1])


def test_welding_puts_a_torn_ball_together_again(ball_mesh):
    whole, number = weld(torn(ball_mesh), 1e-6)
    assert len(whole.vertices) == len(ball_mesh.vertices)
    assert len(boundary_edges(whole.faces)) == 0
    assert np.allclose(whole.vertices[number], torn(ball_mesh).vertices)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10**6))
def test_welding_twice_changes_nothing_more(seed):
    points = np.random.default_rng(seed).integers(0, 4, (30, 3)).astype(float)
    once, _ = weld(Mesh.of(points, np.arange(30)), 1e-9)
    twice, number = weld(once, 1e-9)
    assert np.array_equal(once.vertices, twice.vertices)
    assert np.array_equal(once.faces, twice.faces)
    assert np.array_equal(number, np.arange(len(once.vertices)))
    assert len(np.unique(points, axis=0)) == len(once.vertices)


def test_the_largest_of_two_pieces_is_kept(ball_mesh):
    small = Mesh.of([[5, 0, 0], [6, 0, 0], [5, 1, 0]], [[0, 1, 2]])
    both = Mesh.of(np.concatenate([small.vertices, ball_mesh.vertices]),
                   np.concatenate([small.faces, ball_mesh.faces + 3]))
    assert components(len(both.vertices), edges(both.faces)).max() == 1
    kept, was = largest_component(both)
    assert len(kept.faces) == len(ball_mesh.faces)
    assert np.array_equal(kept.vertices, both.vertices[was])


def test_subdividing_keeps_shape_and_carries_what_vertices_hold(ball_mesh):
    part = np.arange(len(ball_mesh.vertices), dtype=np.int8)
    finer, (place, label) = subdivide(ball_mesh, [ball_mesh.vertices, part])
    assert len(finer.faces) == 4 * len(ball_mesh.faces)
    assert np.isclose(face_areas(finer).sum(), face_areas(ball_mesh).sum())
    assert (np.sum(face_normals(finer) * np.repeat(face_normals(ball_mesh)[None], 4, 0)
                   .reshape(-1, 3), axis=1) > 0.999).all()
    assert np.allclose(place, finer.vertices)
    assert label.dtype == np.int8
    assert np.array_equal(label[:len(part)], part)
