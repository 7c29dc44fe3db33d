"""The nearest point of triangles, against trying many."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from wildpose.surface.nearest import nearest_on, tree_of

STEPS = 40


def grid() -> np.ndarray:
    """Barycentric coordinates all over a triangle."""
    i, j = np.indices((STEPS + 1, STEPS + 1)).reshape(2, -1)
    inside = i + j <= STEPS
    return np.stack([i, j, STEPS - i - j], axis=1)[inside] / STEPS


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10**6), st.sampled_from([1, 3, 5, 60]), st.booleans())
def test_no_tried_point_is_nearer(seed, count, flat):
    rng = np.random.default_rng(seed)
    corners = rng.normal(size=(count, 3, 3))
    if flat:
        corners[:, 2] = corners[:, 1]  # triangles without area
    points = rng.normal(size=(20, 3)) * 2
    face, barycentric, distance = nearest_on(tree_of(corners), points)
    found = np.einsum("nk,nkc->nc", barycentric, corners[face])
    assert np.allclose(np.linalg.norm(found - points, axis=1), distance)
    assert np.allclose(barycentric.sum(1), 1)
    assert barycentric.min() > -1e-12
    tried = np.einsum("gk,fkc->fgc", grid(), corners).reshape(-1, 3)
    nearest = np.linalg.norm(tried[None] - points[:, None], axis=2).min(1)
    longest = np.linalg.norm(corners - np.roll(corners, 1, axis=1), axis=2).max()
    assert (distance <= nearest + 1e-9).all()
    assert (distance >= nearest - longest / STEPS).all()


def test_the_order_of_the_questions_does_not_matter(ball_mesh):
    points = np.random.default_rng(0).normal(size=(200, 3))
    tree = tree_of(ball_mesh.vertices[ball_mesh.faces])
    _, _, forward = nearest_on(tree, points)
    _, _, backward = nearest_on(tree, points[::-1])
    assert np.allclose(forward, backward[::-1], atol=1e-12)
