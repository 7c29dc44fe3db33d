"""The z-buffer against ray casting, one ray at a time, and on what usually goes wrong."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wildpose.synth.camera import camera_on_a_tree, looking_at
from wildpose.synth.raster import NEAR_M, joined, rasterise

SIZE = (48, 32)
seeds = st.integers(0, 2**32 - 1)


def ahead(size=SIZE, focal_px=40.0):
    return looking_at(np.zeros(3), np.array([0.0, 0, 1]), size, focal_px)


def cast(vertices, faces, camera, hidden_backs=False):
    """Moeller and Trumbore's intersection of every ray with every triangle, in plain numpy."""
    rays = camera.rays().reshape(-1, 3)
    a, b, c = (vertices[faces[:, k]] for k in range(3))
    e, g, off = b - a, c - a, camera.position - a
    p = np.cross(rays[:, None], g[None])
    det = (p * e).sum(-1)
    q = np.cross(off, e)
    with np.errstate(divide="ignore", invalid="ignore"):
        u = (p * off).sum(-1) / det
        v = (rays[:, None] * q[None]).sum(-1) / det
        t = (q * g).sum(-1)[None] / det
    hit = (u >= 0) & (v >= 0) & (u + v <= 1) & (t >= NEAR_M)
    if hidden_backs:
        hit &= det > 0
    t = np.where(hit, t, np.inf)
    face = np.where(hit.any(1), t.argmin(1), -1)
    row = np.arange(len(rays))
    weights = np.stack([1 - u - v, u, v], -1)[row, face]
    shape = (camera.height, camera.width)
    return face.reshape(shape), t.min(1).reshape(shape), weights.reshape(*shape, 3)


def heap_of_triangles(rng, count=80):
    """Triangles all round the origin: some behind, some through the near plane, some edge-on."""
    middle = rng.uniform(-4, 4, (count, 1, 3))
    vertices = (middle + rng.normal(0, 1.5, (count, 3, 3))).reshape(-1, 3)
    return vertices, np.arange(3 * count, dtype=np.int32).reshape(-1, 3)


@given(seeds, st.booleans())
@settings(max_examples=25, deadline=None)
def test_faces_depths_and_weights_are_those_of_ray_casting(seed, hidden_backs):
    rng = np.random.default_rng(seed)
    camera = camera_on_a_tree(rng, SIZE)
    vertices, faces = heap_of_triangles(rng)
    seen = rasterise(vertices, faces, camera, hidden_backs)
    face, depth, weights = cast(vertices, faces, camera, hidden_backs)
    same = seen.face == face
    assert same.mean() > 0.998  # a ray through an edge may fall to either side
    hit = same & (face >= 0)
    assert seen.depth[hit] == pytest.approx(depth[hit], rel=1e-4)
    assert seen.barycentric[hit] == pytest.approx(weights[hit], abs=2e-3)


def test_weights_put_the_corners_back_on_the_pixel():
    rng = np.random.default_rng(3)
    camera = camera_on_a_tree(rng, SIZE)
    vertices, faces = heap_of_triangles(rng)
    seen = rasterise(vertices, faces, camera)
    y, x = np.nonzero(seen.face >= 0)
    corners = vertices[faces[seen.face[y, x]]]
    points = np.einsum("nk,nkx->nx", seen.barycentric[y, x].astype(np.float64), corners)
    pixels, depth = camera.project(points)
    assert pixels == pytest.approx(np.stack([x + 0.5, y + 0.5], -1), abs=0.02)
    assert depth == pytest.approx(seen.depth[y, x], rel=1e-4)


@pytest.mark.parametrize("split", [0.25, 0.5, 0.71])
def test_triangles_that_share_an_edge_leave_no_gap(split):
    corner = np.array([[-3, -2, 2], [3, -2, 2], [3, 2, 2], [-3, 2, 2]], float)
    inside = corner[0] * (1 - split) + corner[2] * split + np.array([0, 0, 0.4])
    vertices = np.vstack([corner, inside])
    faces = np.array([[0, 1, 4], [1, 2, 4], [2, 3, 4], [3, 0, 4]], np.int32)
    seen = rasterise(vertices, faces, ahead((200, 100), 60.0))
    inner = seen.face[20:80, 20:180]
    assert (inner >= 0).all()
    assert len(np.unique(inner)) == 4


def test_a_floor_that_reaches_behind_the_lens_is_drawn_to_the_horizon():
    floor = np.array([[-500, -1, -500], [500, -1, -500], [0, -1, 5000]], float)
    seen = rasterise(floor, np.array([[0, 1, 2]], np.int32), ahead((64, 64), 32.0))
    assert (seen.face[:32] == -1).all()
    assert (seen.face[33:] == 0).all()
    assert seen.depth[48, 10] == pytest.approx(32 / 16.5, rel=1e-5)


def test_what_is_behind_or_at_the_lens_is_not_drawn():
    one = np.array([[0, 1, 2]], np.int32)
    flat = np.array([[-1, -1, 0], [1, -1, 0], [0, 2, 0]], float)
    for z in (-3.0, NEAR_M / 2):
        assert (rasterise(flat + np.array([0, 0, z]), one, ahead()).face == -1).all()
    assert (rasterise(flat + np.array([0, 0, 2 * NEAR_M]), one, ahead()).face == 0).any()


def test_backs_are_seen_unless_told_otherwise():
    sheet = np.array([[-1, -1, 3], [1, -1, 3], [0, 1, 3]], float)
    for faces in ([[0, 1, 2]], [[0, 2, 1]]):
        assert (rasterise(sheet, np.array(faces, np.int32), ahead()).face == 0).any()
    # The camera looks along z: counter-clockwise from its side is x to the right reversed.
    front = rasterise(sheet, np.array([[0, 2, 1]], np.int32), ahead(), hidden_backs=True)
    back = rasterise(sheet, np.array([[0, 1, 2]], np.int32), ahead(), hidden_backs=True)
    assert (front.face == 0).any() != (back.face == 0).any()
    outward = np.cross(sheet[2] - sheet[0], sheet[1] - sheet[0])
    assert (front.face == 0).any() == (outward[2] < 0)


def test_the_nearer_mesh_hides_the_farther_one_in_either_order():
    big = np.array([[-2, -2, 5], [2, -2, 5], [0, 2, 5]], float)
    small = big * 0.3
    one = np.array([[0, 1, 2]], np.int32)
    for meshes, near in (([(big, one), (small, one)], 1), ([(small, one), (big, one)], 0)):
        vertices, faces, first_face = joined(meshes)
        seen = rasterise(vertices, faces, ahead())
        mesh = np.searchsorted(first_face, seen.face[16, 24], side="right") - 1
        assert mesh == near
        assert seen.depth[16, 24] == pytest.approx(1.5)


def test_nothing_at_all_is_an_empty_picture():
    vertices, faces, _ = joined([])
    seen = rasterise(vertices, faces, ahead())
    assert (seen.face == -1).all()
    assert np.isinf(seen.depth).all()
    assert not seen.barycentric.any()
