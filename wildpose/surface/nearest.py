"""The point of a triangle mesh nearest to a point in space, compiled.

A tree of boxes over the triangles, searched depth first; each search starts with the answer of the
one before as its bound, so that rows of neighbouring pixels are cheap.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar, cast

import numba
import numpy as np

from wildpose.types import Array

LEAF_FACES = 4

Function = TypeVar("Function", bound=Callable[..., object])


def _compiled(function: Function) -> Function:
    """The function compiled at its first call and kept on disk, with its type for checkers."""
    return cast(Function, numba.njit(cache=True, nogil=True)(function))


@dataclass(frozen=True, eq=False)
class Tree:
    """Boxes round triangles, as a heap: the children of node n are 2n + 1 and 2n + 2.

    Attributes
    ----------
    box : float64 [N, 6]
        Lowest and highest corner of each node.
    order : int32 [M]
        Faces leaf by leaf, ``LEAF_FACES`` per leaf, -1 where a leaf is not full.
    corners : float64 [F, 3, 3]
        The triangles.
    first_leaf : int
        Number of the first node that is a leaf.
    """

    box: Array
    order: Array
    corners: Array
    first_leaf: int


def tree_of(corners: Array) -> Tree:
    """The tree of triangles float [F, 3, 3]."""
    corners = np.ascontiguousarray(corners, np.float64)
    leaves = 1
    while leaves * LEAF_FACES < len(corners):
        leaves *= 2
    order = np.full(leaves * LEAF_FACES, -1, np.int32)
    _halve(corners.mean(1), np.arange(len(corners), dtype=np.int32), order)
    low = np.where(order[:, None] < 0, np.inf, corners.min(1)[order])
    high = np.where(order[:, None] < 0, -np.inf, corners.max(1)[order])
    box = np.empty((2 * leaves - 1, 6))
    box[leaves - 1:, :3] = low.reshape(leaves, LEAF_FACES, 3).min(1)
    box[leaves - 1:, 3:] = high.reshape(leaves, LEAF_FACES, 3).max(1)
    for node in range(leaves - 2, -1, -1):
        one, two = box[2 * node + 1], box[2 * node + 2]
        box[node, :3] = np.minimum(one[:3], two[:3])
        box[node, 3:] = np.maximum(one[3:], two[3:])
    return Tree(box, order, corners, leaves - 1)


def nearest_on(tree: Tree, points: Array) -> tuple[Array, Array, Array]:
    """Nearest points on the triangles.

    Parameters
    ----------
    tree : Tree
    points : float [N, 3]

    Returns
    -------
    int32 [N]
        The triangle.
    float64 [N, 3]
        Barycentric coordinates in it, non-negative, summing to 1.
    float64 [N]
        Distance.
    """
    points = np.ascontiguousarray(points, np.float64).reshape(-1, 3)
    face = np.zeros(len(points), np.int32)
    barycentric = np.zeros((len(points), 3))
    square = np.zeros(len(points))
    _search_all(tree.box, tree.order, tree.corners, tree.first_leaf, points,
                (face, barycentric, square))
    return face, barycentric, np.sqrt(square)


def _halve(middle: Array, faces: Array, out: Array) -> None:
    """Fill ``out`` with faces so that each half of it holds one half of them in space."""
    if len(out) == LEAF_FACES:
        out[:len(faces)] = faces
        return
    axis = int(np.argmax(np.ptp(middle[faces], axis=0))) if len(faces) > 1 else 0
    faces = faces[np.argsort(middle[faces, axis], kind="stable")]
    half = (len(faces) + 1) // 2
    _halve(middle, faces[:half], out[:len(out) // 2])
    _halve(middle, faces[half:], out[len(out) // 2:])


@_compiled
def nearest_in_triangle(px: float, py: float, pz: float, t: Array, out: Array) -> float:
    """Barycentric coordinates into ``out`` [3]; returns the squared distance.

    By the regions of the plane round a triangle (Ericson, Real-Time Collision Detection, 5.1.5).
    """
    abx, aby, abz = t[1, 0] - t[0, 0], t[1, 1] - t[0, 1], t[1, 2] - t[0, 2]
    acx, acy, acz = t[2, 0] - t[0, 0], t[2, 1] - t[0, 1], t[2, 2] - t[0, 2]
    apx, apy, apz = px - t[0, 0], py - t[0, 1], pz - t[0, 2]
    d1 = abx * apx + aby * apy + abz * apz
    d2 = acx * apx + acy * apy + acz * apz
    g11 = abx * abx + aby * aby + abz * abz
    g12 = abx * acx + aby * acy + abz * acz
    g22 = acx * acx + acy * acy + acz * acz
    vb = d1 * g22 - d2 * g12
    vc = d2 * g11 - d1 * g12
    det = g11 * g22 - g12 * g12
    if det > 0 and vb >= 0 and vc >= 0 and vb + vc <= det:
        b, c = vb / det, vc / det
    else:  # outside: the nearest of three segments
        best, b, c = np.inf, 0.0, 0.0
        for k in range(3):
            if k == 0:
                s = min(max(d1 / g11, 0.0), 1.0) if g11 > 0 else 0.0
                u, v = s, 0.0
            elif k == 1:
                s = min(max(d2 / g22, 0.0), 1.0) if g22 > 0 else 0.0
                u, v = 0.0, s
            else:
                length = g11 - 2 * g12 + g22
                s = (g11 - g12 - d1 + d2) / length if length > 0 else 0.0
                s = min(max(s, 0.0), 1.0)
                u, v = 1 - s, s
            square = (u * u * g11 + 2 * u * v * g12 + v * v * g22 - 2 * u * d1 - 2 * v * d2)
            if square < best:
                best, b, c = square, u, v
    out[0], out[1], out[2] = 1 - b - c, b, c
    dx, dy, dz = apx - b * abx - c * acx, apy - b * aby - c * acy, apz - b * abz - c * acz
    return float(dx * dx + dy * dy + dz * dz)


@_compiled
def _box_distance(box: Array, px: float, py: float, pz: float) -> float:
    dx = max(box[0] - px, 0.0, px - box[3])
    dy = max(box[1] - py, 0.0, py - box[4])
    dz = max(box[2] - pz, 0.0, pz - box[5])
    return float(dx * dx + dy * dy + dz * dz)


@_compiled
def _search_all(box: Array, order: Array, corners: Array, first_leaf: int, points: Array,
                result: tuple[Array, Array, Array]) -> None:
    faces, barycentric, square = result
    stack = np.empty(128, np.int32)
    trial = np.empty(3)
    last = 0
    for i in range(len(points)):
        px, py, pz = points[i, 0], points[i, 1], points[i, 2]
        best = nearest_in_triangle(px, py, pz, corners[last], barycentric[i])
        face = last
        stack[0] = 0
        depth = 1
        while depth > 0:
            depth -= 1
            node = stack[depth]
            if _box_distance(box[node], px, py, pz) >= best:
                continue
            if node >= first_leaf:
                start = (node - first_leaf) * LEAF_FACES
                for f in order[start:start + LEAF_FACES]:
                    if f >= 0:
                        found = nearest_in_triangle(px, py, pz, corners[f], trial)
                        if found < best:
                            best, face = found, f
                            barycentric[i] = trial
                continue
            one, two = 2 * node + 1, 2 * node + 2
            if _box_distance(box[one], px, py, pz) < _box_distance(box[two], px, py, pz):
                one, two = two, one
            stack[depth], stack[depth + 1] = one, two
            depth += 2
        faces[i], square[i] = face, best
        last = face
