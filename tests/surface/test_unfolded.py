"""The unfolded reference: points on it come back, and skin that touches skin is far apart."""

from __future__ import annotations

from functools import cache

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from wildpose.surface.matching import unfolded_reference
from wildpose.surface.parts import PARTS
from wildpose.surface.reference import load_reference_body
from wildpose.surface.sampling import sample_points
from wildpose.surface.unfolded import projected


@cache
def everywhere() -> np.ndarray:
    return np.ones(len(load_reference_body().part), bool)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10**6))
def test_a_point_of_the_surface_is_its_own_projection(seed):
    surface, space = load_reference_body().surface, unfolded_reference(load_reference_body())
    points = sample_points(surface, 20, np.random.default_rng(seed))
    corners = space.coordinates[surface.faces[points.face]]
    place = np.einsum("nk,nkc->nc", points.barycentric, corners)
    _, back = projected(space, place, everywhere())
    # A point in the middle of a long face may be nearest to a vertex that is none of its corners.
    assert np.median(np.linalg.norm(back - place, axis=1)) < 1e-6
    assert np.linalg.norm(back - place, axis=1).max() < 0.03


def test_mirroring_is_a_change_of_signs():
    body = load_reference_body()
    space = unfolded_reference(body)
    mirrored = space.coordinates[body.surface.mirror]
    np.testing.assert_allclose(mirrored, space.coordinates * space.sign, atol=0.01)


def test_shanks_are_farther_apart_than_in_space():
    body = load_reference_body()
    space = unfolded_reference(body)
    left = np.flatnonzero(body.part == PARTS.index("shank_left"))
    apart = space.coordinates[left] - space.coordinates[body.surface.mirror[left]]
    in_space = np.linalg.norm(apart[:, :3], axis=1)
    assert np.median(np.linalg.norm(apart, axis=1) / in_space) > 1.2


def test_only_allowed_vertices_are_landed_near():
    body = load_reference_body()
    space = unfolded_reference(body)
    head = body.part == PARTS.index("crown")
    points, _ = projected(space, space.coordinates[::200], head)
    assert head[body.surface.faces[points.face]].any(1).all()
