"""Cutting a mesh along a line: straight, nothing lost, every vertex on an old edge."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wildpose.surface.half_body import Sourced
from wildpose.surface.mesh import Mesh, boundary_edges, components, face_areas, face_neighbours
from wildpose.surface.splitting import region, split

SIZE = 8


def sheet() -> Sourced:
    """A square of 8 x 8 cells of two triangles each, in the plane z = 0."""
    x, y = np.meshgrid(np.arange(SIZE + 1.0), np.arange(SIZE + 1.0))
    vertices = np.stack([x.ravel() + 1, y.ravel(), 0 * x.ravel()], axis=1)
    first = (np.arange(SIZE)[:, None] * (SIZE + 1) + np.arange(SIZE)).ravel()
    one = np.stack([first, first + 1, first + SIZE + 2], axis=1)
    two = np.stack([first, first + SIZE + 2, first + SIZE + 1], axis=1)
    number = np.arange(len(vertices))
    return Sourced(Mesh.of(vertices, np.concatenate([one, two])),
                   np.stack([number, number], axis=1), np.zeros(len(number)))


def everywhere(half: Sourced) -> np.ndarray:
    return np.ones(len(half.mesh.faces), bool)


def line(angle: float, offset: float):
    def field(points):
        return (points[:, 0] - 5) * np.cos(angle) + (points[:, 1] - 4) * np.sin(angle) - offset

    return field


def between_sources(half: Sourced, original: np.ndarray) -> np.ndarray:
    first, second = original[half.source[:, 0]], original[half.source[:, 1]]
    return (1 - half.weight[:, None]) * first + half.weight[:, None] * second


angles = st.floats(0, 6.28)
offsets = st.floats(-2, 2)


@settings(max_examples=40, deadline=None)
@given(angles, offsets)
def test_a_cut_is_straight_and_loses_nothing(angle, offset):
    half = sheet()
    cut, _, side = split(half, np.zeros(len(half.mesh.faces), int), line(angle, offset),
                         everywhere(half))
    on_line = side == 0
    inner = (cut.mesh.vertices[:, :2] > (1.01, 0.01)).all(1)
    inner &= (cut.mesh.vertices[:, :2] < (8.99, 7.99)).all(1)
    assert np.abs(line(angle, offset)(cut.mesh.vertices))[on_line & inner].max() < 1e-9
    sides = side[cut.mesh.faces]
    assert not ((sides > 0).any(1) & (sides < 0).any(1)).any()
    assert np.allclose(between_sources(cut, half.mesh.vertices), cut.mesh.vertices)
    assert len(boundary_edges(cut.mesh.faces)) >= 4 * SIZE
    assert np.isclose(face_areas(cut.mesh).sum(), SIZE * SIZE, rtol=0.01)
    assert (np.cross(*(np.diff(cut.mesh.vertices[cut.mesh.faces], axis=1)[:, k]
                       for k in (0, 1)))[:, 2] > 0).all()


@settings(max_examples=40, deadline=None)
@given(angles, offsets, angles, offsets)
def test_after_a_second_cut_vertices_still_lie_between_two_old_ones(angle, offset, turn, other):
    half = sheet()
    label = np.arange(len(half.mesh.faces))
    cut, label, _ = split(half, label, line(angle, offset), everywhere(half))
    cut, label, side = split(cut, label, line(turn, other), everywhere(cut))
    assert np.allclose(between_sources(cut, half.mesh.vertices), cut.mesh.vertices)
    sides = side[cut.mesh.faces]
    assert not ((sides > 0).any(1) & (sides < 0).any(1)).any()
    assert set(label.tolist()) == set(range(len(half.mesh.faces)))
    assert np.isclose(face_areas(cut.mesh).sum(), SIZE * SIZE, rtol=0.02)


def test_only_the_faces_within_are_cut():
    half = sheet()
    left = half.mesh.vertices[half.mesh.faces].mean(1)[:, 0] < 4
    cut, label, _ = split(half, left.astype(int), line(1.57, 0.4), left)
    assert (label == 1).sum() > left.sum()
    # Neighbours of a cut face that share a cut edge are split too, so that no gap opens.
    assert (label == 0).sum() <= (~left).sum() + 2
    assert len(boundary_edges(cut.mesh.faces)) == 4 * SIZE + 1


@pytest.mark.parametrize("seed", [0, 30])
def test_a_region_ends_at_the_barrier(seed):
    half = sheet()
    cut, _, side = split(half, np.zeros(len(half.mesh.faces), int), line(0.3, 0.2),
                         everywhere(half))
    faces = cut.mesh.faces
    found = region(faces, np.ones(len(faces), bool), side == 0, seed)
    lean = np.sign(side[faces].sum(1))
    assert np.array_equal(found, lean == lean[seed])
    assert components(len(faces), face_neighbours(faces)).max() == 0
