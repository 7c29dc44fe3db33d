"""Posing: the bind pose stays, rigid moves are rigid, loops close, finer meshes keep shapes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wildpose.synth.cc0_animals import load_committed
from wildpose.synth.rig import (
    Motion,
    bind_pose,
    body_vertices,
    bones_at,
    components,
    posed,
    subdivided,
    welded,
)
from wildpose.synth.rotations import rotation_about, transform


def test_bones_of_the_bind_pose_leave_the_body_as_it_was():
    fox = load_committed("fox")
    assert np.abs(posed(fox, bind_pose(fox)) - fox.vertices).max() < 1e-5
    assert np.array_equal(posed(fox, None), fox.vertices)


@given(st.floats(-3, 3), st.lists(st.floats(-5, 5), min_size=3, max_size=3))
def test_all_bones_moved_alike_move_the_body_rigidly(angle, move):
    fox = load_committed("fox")
    rigid = transform(np.array(move), rotation_about((0.3, 1, -0.2), angle))
    moved = posed(fox, Motion((rigid @ bind_pose(fox).bones).astype(np.float32), 1.0))
    expected = fox.vertices @ rigid[:3, :3].T + rigid[:3, 3]
    assert np.abs(moved - expected).max() < 1e-4


@pytest.mark.parametrize("name", ["walk", "run", "idle", "feed"])
def test_motions_are_continuous_also_where_they_loop(name):
    wolf = load_committed("wolf")
    motion = wolf.motions[name]
    times = np.arange(-2, len(motion.bones) * 2 + 2) / (2 * motion.rate)
    poses = np.array([posed(wolf, name, time) for time in times])
    steps = np.linalg.norm(np.diff(poses, axis=0), axis=2).max(axis=1)
    seam = steps[-4:].max()  # over the end of the clip
    assert seam <= 1.5 * np.median(np.sort(steps)[len(steps) // 2 :]) + 0.002
    later = posed(wolf, name, 0.1 + motion.duration_s)
    assert np.allclose(posed(wolf, name, 0.1), later, atol=2e-4)


def test_between_frames_bones_stay_rigid():
    wolf = load_committed("wolf")
    bones = bones_at(wolf.motions["run"], 0.5 / wolf.motions["run"].rate)
    squares = bones[:, :3, :3].swapaxes(1, 2) @ bones[:, :3, :3]
    assert np.allclose(squares, np.eye(3), atol=1e-4)


def test_welding_joins_split_vertices_and_keeps_looks():
    fox = load_committed("fox")
    split = replace(
        fox,
        vertices=fox.vertices[fox.faces.ravel()],
        faces=np.arange(3 * len(fox.faces), dtype=np.int32).reshape(-1, 3),
        bone_index=fox.bone_index[fox.faces.ravel()],
        bone_weight=fox.bone_weight[fox.faces.ravel()],
        part=fox.part[fox.faces.ravel()],
    )
    joined = welded(split)
    assert len(joined.vertices) == len(fox.vertices)
    assert np.array_equal(joined.vertices[joined.faces], fox.vertices[fox.faces])
    assert np.array_equal(joined.face_colour, fox.face_colour)


def test_cut_triangles_have_the_same_shape_area_and_colours_and_can_be_posed():
    fox = load_committed("fox")
    fine = subdivided(fox)
    assert len(fine.faces) == 4 * len(fox.faces)
    assert area(fine.vertices, fine.faces) == pytest.approx(area(fox.vertices, fox.faces), rel=1e-5)
    assert np.allclose(fine.bone_weight.sum(axis=1), 1, atol=1e-5)
    coarse, cut = posed(fox, "walk", 0.3), posed(fine, "walk", 0.3)
    assert np.abs(cut[: len(coarse)] - coarse).max() < 1e-5
    edge_middles = coarse[fox.faces].mean(axis=1)
    assert np.abs(edge_middles.mean(axis=0) - cut[fine.faces].mean(axis=(0, 1))).max() < 0.02


def area(vertices: np.ndarray, faces: np.ndarray) -> float:
    a, b, c = (vertices[faces[:, k]].astype(float) for k in range(3))
    return float(np.linalg.norm(np.cross(b - a, c - a), axis=1).sum() / 2)


def test_horns_are_pieces_of_their_own():
    bull = load_committed("bull")
    pieces = np.bincount(components(bull.faces, len(bull.vertices)))
    assert sorted(pieces) == [73, 73, len(body_vertices(bull))]
    assert (bull.part[np.setdiff1d(np.arange(len(bull.vertices)), body_vertices(bull))] == -1).all()
