"""Rotations and rigid transforms as arrays: quaternions (x, y, z, w), matrices, in-betweens."""

from __future__ import annotations

import numpy as np

from wildpose.types import Array


def quaternion_matrix(quaternion: Array) -> Array:
    """Rotation matrices [..., 3, 3] of quaternions [..., 4] as (x, y, z, w), of any length."""
    q = np.asarray(quaternion, np.float64)
    x, y, z, w = np.moveaxis(q / np.linalg.norm(q, axis=-1, keepdims=True), -1, 0)
    rows = [
        [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
        [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
        [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
    ]
    return np.stack([np.stack(row, axis=-1) for row in rows], axis=-2)


def matrix_quaternion(matrix: Array) -> Array:
    """Unit quaternions [..., 4] as (x, y, z, w) of rotation matrices [..., 3, 3].

    The largest eigenvector of the symmetric 4 x 4 matrix of Bar-Itzhack (2000), which stays exact
    near half turns, where formulas with the trace divide by nearly nothing.
    """
    m = np.asarray(matrix, np.float64)
    (a, b, c), (d, e, f), (g, h, i) = (
        (m[..., row, 0], m[..., row, 1], m[..., row, 2]) for row in range(3)
    )
    rows = [
        [a - e - i, d + b, g + c, h - f],
        [d + b, e - a - i, h + f, c - g],
        [g + c, h + f, i - a - e, d - b],
        [h - f, c - g, d - b, a + e + i],
    ]
    symmetric = np.stack([np.stack(row, axis=-1) for row in rows], axis=-2)
    vectors: Array = np.linalg.eigh(symmetric)[1][..., -1]
    return vectors


def slerp(first: Array, second: Array, share: Array | float) -> Array:
    """Unit quaternions on the shorter arc between two, ``share`` of the way (Shoemake 1985).

    Parameters
    ----------
    first, second : float [..., 4]
        Unit quaternions.
    share : float or float [...]
        0 gives ``first``, 1 gives ``second`` (up to sign).
    """
    share = np.asarray(share, np.float64)[..., None]
    cosine = np.sum(first * second, axis=-1, keepdims=True)
    second = np.where(cosine < 0, -second, second)
    angle = np.arccos(np.clip(np.abs(cosine), 0, 1))
    sine = np.sin(angle)
    near = sine < 1e-6
    safe = np.where(near, 1, sine)
    start = np.where(near, 1 - share, np.sin((1 - share) * angle) / safe)
    end = np.where(near, share, np.sin(share * angle) / safe)
    mixed: Array = start * first + end * second
    return np.asarray(mixed / np.linalg.norm(mixed, axis=-1, keepdims=True))


def transform(translation: Array, rotation: Array, scale: Array | float = 1.0) -> Array:
    """Matrices [..., 4, 4] that scale, rotate, then move.

    Parameters
    ----------
    translation : float [..., 3]
    rotation : float [..., 3, 3]
    scale : float or float [..., 3]
    """
    matrix = np.zeros((*np.shape(rotation)[:-2], 4, 4))
    matrix[..., :3, :3] = rotation * np.asarray(scale)[..., None, :] if np.ndim(scale) else (
        rotation * scale
    )
    matrix[..., :3, 3] = translation
    matrix[..., 3, 3] = 1
    return matrix


def rotation_about(axis: Array | tuple[float, float, float], angle: Array | float) -> Array:
    """Rotation matrices [..., 3, 3] by ``angle`` [...] radians about one ``axis`` [3]."""
    unit = np.asarray(axis, np.float64) / np.linalg.norm(axis)
    half = np.asarray(angle, np.float64)[..., None] / 2
    return quaternion_matrix(np.concatenate([np.sin(half) * unit, np.cos(half)], axis=-1))


def nearest_rotation(matrix: Array) -> Array:
    """The rotations [..., 3, 3] nearest to matrices: their polar factor (Higham 1986, Newton)."""
    rotation = np.asarray(matrix, np.float64)
    for _ in range(12):
        following = (rotation + np.swapaxes(np.linalg.inv(rotation), -1, -2)) / 2
        if np.abs(following - rotation).max(initial=0) < 1e-9:
            return following
        rotation = following
    return rotation


def between(first: Array, second: Array, share: float) -> Array:
    """Transforms ``share`` of the way between two, without shrinking what turns.

    A plain mean of two matrices shrinks by the cosine of half the angle between them; here the
    rotations are the polar factor of the mean, and stretches and translations are averaged.

    Parameters
    ----------
    first, second : float [..., 4, 4]
        Invertible, with rotations less than half a turn apart.
    share : float
        0 gives ``first``, 1 gives ``second``.
    """
    mixed = (1 - share) * np.asarray(first, np.float64) + share * np.asarray(second, np.float64)
    start, end = nearest_rotation(first[..., :3, :3]), nearest_rotation(second[..., :3, :3])
    stretch = (1 - share) * np.swapaxes(start, -1, -2) @ first[..., :3, :3] + (
        share * np.swapaxes(end, -1, -2) @ second[..., :3, :3]
    )
    mixed[..., :3, :3] = nearest_rotation((1 - share) * start + share * end) @ stretch
    return mixed
