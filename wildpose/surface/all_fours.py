"""Where a place of the reference lies on a body that stands on all fours, and where it looks.

The reference stands upright as people do. Laid down, its limbs hung from shoulders and hips and its
face lifted, it is a plain four-legged animal: good enough to tell from which side one is seen.

Frame of the body: x to its left, y up, z ahead (rear to head), about one trunk long.
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import numpy as np

from wildpose.surface.reference import load_reference
from wildpose.surface.surface import Surface
from wildpose.types import Array

STEPS = 24
"""Cells of the table along each side of a chart."""

TRUNK, HEAD = (1, 2), (23, 24)
FORELEG, HIND_LEG = (3, 4, *range(15, 23)), tuple(range(5, 15))

_LAID = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, -1.0], [0.0, 1.0, 0.0]])
"""Upright to prone: the head goes ahead, the belly down."""
_MIDDLE_M = np.array([0.0, 1.12, 0.03])
_TRUNK_SCALE = np.array([0.85, 0.95, 1.44])
"""Left, up, ahead: a quadruped is longer and narrower than a person (measured on the animals that
ship with wildpose, as all numbers here)."""
_NECK_M, _NECK_AT, _HEAD_SCALE = (0.0, 1.47, 0.02), (0.0, 0.06, 0.60), (1.2, 1.1, 1.2)
_LIMBS_M = {FORELEG: ((0.19, 1.37, -0.01), (0.45, 1.03, 0.20), 0.8),
            HIND_LEG: ((0.10, 0.90, 0.03), (0.19, 0.05, 0.03), 0.8)}
"""Upper and lower end of the left limbs on the reference, and how near the joint is moved in."""
_LIMB_LENGTH = 0.6
_CHART_SPACING = 8.0


class AllFours(NamedTuple):
    """The table, one row for each cell of each chart (see :func:`rows_of`).

    Attributes
    ----------
    place : float64 [25 * STEPS * STEPS, 3]
    normal : float64 [25 * STEPS * STEPS, 3]
        Unit vectors that point outward.
    """

    place: Array
    normal: Array


def rows_of(chart: Array, uv: Array) -> Array:
    """Rows of the table for charts int [N] (1 to 24) and coordinates float [2, N]."""
    step = np.clip((uv * STEPS).astype(np.int64), 0, STEPS - 1)
    rows: Array = (chart.astype(np.int64) * STEPS + step[0]) * STEPS + step[1]
    return rows


@cache
def all_fours() -> AllFours:
    """The table, made at the first call (about 0.1 s)."""
    from scipy.spatial import cKDTree

    surface = load_reference()
    place, normal = _posed_corners(surface)
    known = surface.uv.reshape(-1, 2) + _CHART_SPACING * np.repeat(surface.chart, 3)[:, None]
    middle = (np.arange(STEPS) + 0.5) / STEPS
    cells = np.stack(np.meshgrid(middle, middle, indexing="ij"), axis=-1).reshape(-1, 2)
    asked = (_CHART_SPACING * np.arange(25.0)[:, None, None] + cells).reshape(-1, 2)
    nearest = cKDTree(known).query(asked)[1]
    return AllFours(place[nearest], normal[nearest])


def _posed_corners(surface: Surface) -> tuple[Array, Array]:
    """Places and normals of the faces' corners on all fours, [3F, 3] each."""
    upright = surface.vertices[surface.faces].astype(np.float64)
    normal = _vertex_normals(surface)[surface.faces]
    place, turned = np.zeros_like(upright), np.zeros_like(normal)
    trunk, head = np.isin(surface.chart, TRUNK), np.isin(surface.chart, HEAD)
    place[trunk], turned[trunk] = _laid(upright[trunk]), normal[trunk] @ _LAID.T
    place[head] = (upright[head] - _NECK_M) * _HEAD_SCALE + _NECK_AT
    turned[head] = normal[head]
    left = upright.mean(axis=1)[:, 0] > 0
    for charts, (joint, end, inward) in _LIMBS_M.items():
        for side in (1, -1):
            limb = np.isin(surface.chart, charts) & (left == (side > 0))
            start = np.array(joint) * (side, 1, 1)
            hung = _turn(np.array(end) * (side, 1, 1) - start, np.array([0.0, 0.0, 1.0]))
            along = (upright[limb] - start) @ hung.T * (1, 1, _LIMB_LENGTH)
            place[limb] = _laid(along + start * (inward, 1, 1))
            turned[limb] = normal[limb] @ hung.T @ _LAID.T
    return place.reshape(-1, 3), turned.reshape(-1, 3)


def _laid(upright: Array) -> Array:
    prone: Array = (upright - _MIDDLE_M) @ _LAID.T * _TRUNK_SCALE
    return prone


def _turn(start: Array, end: Array) -> Array:
    """The smallest rotation that takes one direction to another (Rodrigues' formula)."""
    a, b = start / np.linalg.norm(start), end / np.linalg.norm(end)
    x, y, z = np.cross(a, b)
    skew = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    turn: Array = np.eye(3) + skew + skew @ skew / (1 + a @ b)
    return turn


def _vertex_normals(surface: Surface) -> Array:
    corners = surface.vertices[surface.faces].astype(np.float64)
    across = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    normal = np.zeros(surface.vertices.shape)
    for k in range(3):
        np.add.at(normal, surface.faces[:, k], across)
    return np.asarray(normal / np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-12))
