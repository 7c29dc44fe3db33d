"""Quaternions, matrices and in-betweens agree with scipy and with each other."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation, Slerp

from wildpose.synth.rotations import (
    between,
    matrix_quaternion,
    nearest_rotation,
    quaternion_matrix,
    rotation_about,
    slerp,
    transform,
)

seeds = st.integers(0, 2**32 - 1)


def random_quaternions(seed: int, count: int = 20) -> np.ndarray:
    q = np.random.default_rng(seed).normal(size=(count, 4))
    return q / np.linalg.norm(q, axis=1, keepdims=True)


@given(seeds)
def test_quaternions_and_matrices_are_those_of_scipy_and_come_back(seed):
    q = random_quaternions(seed)
    matrix = quaternion_matrix(q)
    assert np.allclose(matrix, Rotation.from_quat(q).as_matrix(), atol=1e-9)
    back = matrix_quaternion(matrix)
    assert np.allclose(np.abs(np.sum(back * q, axis=1)), 1, atol=1e-9)


def test_half_turns_come_back_too():
    for axis in np.eye(3):
        q = np.append(axis, 0.0)
        assert np.abs(matrix_quaternion(quaternion_matrix(q)) @ q) > 1 - 1e-9


@given(seeds, st.floats(0, 1))
def test_slerp_is_that_of_scipy(seed, share):
    first, second = random_quaternions(seed, 2)
    ours = quaternion_matrix(slerp(first, second, share))
    theirs = Slerp([0, 1], Rotation.from_quat([first, second]))(share).as_matrix()
    assert np.allclose(ours, theirs, atol=1e-6)


@given(seeds, st.floats(0.05, 2.5))
def test_halfway_between_two_turns_nothing_shrinks(seed, angle):
    axis = np.random.default_rng(seed).normal(size=3)
    turns = transform(np.zeros((2, 3)), rotation_about(axis, np.array([0.0, angle])), 1.7)
    middle = between(turns[0], turns[1], 0.5)
    assert np.allclose(middle[:3, :3], 1.7 * rotation_about(axis, angle / 2), atol=1e-6)


def test_the_nearest_rotation_is_the_polar_factor():
    matrix = np.random.default_rng(1).normal(size=(8, 3, 3)) + 3 * np.eye(3)
    u, _, vt = np.linalg.svd(matrix)
    assert np.allclose(nearest_rotation(matrix), u @ vt, atol=1e-6)
