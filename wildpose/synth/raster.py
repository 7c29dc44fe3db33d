"""Which triangle each pixel sees: a z-buffer, compiled.

Triangles are drawn in homogeneous coordinates (Olano and Greer 1997, "Triangle scan conversion
using 2D homogeneous coordinates"): with the pixel's ray ``d`` and the corners ``a, b, c`` in the
camera's frame, the weights ``d . (b x c)``, ``d . (c x a)``, ``d . (a x b)`` over ``a . (b x c)``
are the perspective-correct barycentrics divided by depth. They need no division by the corners'
depth, so that a triangle that reaches behind the lens is drawn as far as the near plane without
being cut up, and two triangles that share an edge leave neither gap nor overlap there.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeVar, cast

import numba
import numpy as np

from wildpose.synth.camera import Camera
from wildpose.types import Array

NEAR_M = 0.05
"""Nothing nearer to the lens than this is drawn."""

Function = TypeVar("Function", bound=Callable[..., object])
Vector = tuple[float, float, float]


def compiled(function: Function) -> Function:
    """Compile a function over arrays and numbers; kept on disk, and free of the interpreter's lock.

    The results do not depend on the machine: no fast-math, no threads.
    """
    # Division by zero gives infinity, as in numpy: checks for it would cost a branch each.
    return cast(Function, numba.njit(cache=True, nogil=True, error_model="numpy")(function))


def inlined(function: Function) -> Function:
    """Compile a function into its callers: for those that are handed many arrays for each pixel.

    Handing an array to a function that stays one counts a reference up and down, which costs more
    than reading it.
    """
    inside = numba.njit(cache=True, nogil=True, error_model="numpy", inline="always")
    return cast(Function, inside(function))


@dataclass(frozen=True)
class Raster:
    """What the centre of each pixel sees.

    Attributes
    ----------
    face : int32 [H, W]
        Row of the faces; -1 where there is nothing.
    barycentric : float32 [H, W, 3]
        Weights of the face's corners, perspective-correct, summing to 1; 0 where there is nothing.
    depth : float32 [H, W]
        Metres along the camera's axis; infinite where there is nothing.
    """

    face: Array
    barycentric: Array
    depth: Array


class Lens(NamedTuple):
    """What the compiled loops need of a camera: pixels."""

    focal: float
    middle_x: float
    middle_y: float


def lens_of(camera: Camera) -> Lens:
    """The part of a camera that maps its own frame to pixels."""
    return Lens(float(camera.focal_px), camera.width / 2, camera.height / 2)


def rasterise(
    vertices: Array, faces: Array, camera: Camera, hidden_backs: bool = False
) -> Raster:
    """Draw triangles into a z-buffer.

    Parameters
    ----------
    vertices : float [V, 3]
        World, metres.
    faces : int32 [F, 3]
        Counter-clockwise from outside.
    camera : Camera
    hidden_backs : bool
        Leave out triangles that are seen from behind. For closed bodies alone, where it saves
        time; a mane or an ear that is a single sheet has two sides.

    Returns
    -------
    Raster
        Of the camera's size. Where two triangles are equally deep the first one stays.
    """
    inverse_depth, face = visible_faces(vertices, faces, camera, hidden_backs)
    barycentric = np.zeros((*face.shape, 3), np.float32)
    corners = np.ascontiguousarray(camera.to_camera(vertices))
    _fill_barycentric(corners, _rows(faces), lens_of(camera), face, barycentric)
    with np.errstate(divide="ignore"):
        depth = np.float32(1.0) / inverse_depth
    return Raster(face, barycentric, depth)


def visible_faces(
    vertices: Array, faces: Array, camera: Camera, hidden_backs: bool = False
) -> tuple[Array, Array]:
    """The z-buffer alone, as :func:`rasterise` fills it.

    Returns
    -------
    inverse_depth : float32 [H, W]
        1 / metres; 0 where there is nothing.
    face : int32 [H, W]
        -1 where there is nothing.
    """
    inverse_depth = np.zeros((camera.height, camera.width), np.float32)
    face = np.full((camera.height, camera.width), -1, np.int32)
    corners = np.ascontiguousarray(camera.to_camera(vertices))
    _draw(corners, _rows(faces), lens_of(camera), hidden_backs, inverse_depth, face)
    return inverse_depth, face


def joined(meshes: Sequence[tuple[Array, Array]]) -> tuple[Array, Array, Array]:
    """Several meshes as one, so that they hide each other in one buffer.

    Parameters
    ----------
    meshes : sequence of (vertices [V, 3], faces [F, 3])

    Returns
    -------
    vertices : float64 [sum V, 3]
    faces : int32 [sum F, 3]
    first_face : int64 [M + 1]
        The faces of mesh m are the rows ``first_face[m]`` to ``first_face[m + 1]``.
    """
    counts = np.cumsum([0, *(len(v) for v, _ in meshes)])
    first_face = np.cumsum([0, *(len(f) for _, f in meshes)])
    if not meshes:
        return np.zeros((0, 3)), np.zeros((0, 3), np.int32), first_face
    vertices = np.concatenate([np.asarray(v, np.float64) for v, _ in meshes])
    faces = np.concatenate(
        [np.asarray(f, np.int32) + np.int32(c) for (_, f), c in zip(meshes, counts, strict=False)]
    )
    return vertices, faces, first_face


def _rows(faces: Array) -> Array:
    return np.ascontiguousarray(faces, np.int32)


@compiled
def corner(vertices: Array, index: int) -> Vector:
    """Row of an array [N, 3] as three numbers (compiled code makes no array for them)."""
    return vertices[index, 0], vertices[index, 1], vertices[index, 2]


@compiled
def cross(a: Vector, b: Vector) -> Vector:
    """Vector product."""
    return a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]


@compiled
def dot(a: Vector, b: Vector) -> float:
    """Scalar product."""
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]


@compiled
def edge_planes(a: Vector, b: Vector, c: Vector) -> tuple[Vector, Vector, Vector, float]:
    """Planes through the pinhole and each edge, and the corners' determinant (< 0: seen from out).

    The module's text says what they are for.
    """
    bc = cross(b, c)
    return bc, cross(c, a), cross(a, b), dot(a, bc)


@compiled
def _widen(box: tuple[float, float, float, float], point: Vector, lens: Lens) -> tuple[
        float, float, float, float]:
    x = point[0] / point[2] * lens.focal + lens.middle_x
    y = point[1] / point[2] * lens.focal + lens.middle_y
    return min(box[0], x), max(box[1], x), min(box[2], y), max(box[3], y)


@compiled
def _box_of_edge(box: tuple[float, float, float, float], a: Vector, b: Vector, lens: Lens) -> tuple[
        float, float, float, float]:
    """Widen a box of pixels by the part of an edge that lies before the near plane."""
    if a[2] >= NEAR_M:
        box = _widen(box, a, lens)
    if (a[2] >= NEAR_M) != (b[2] >= NEAR_M):
        t = (NEAR_M - a[2]) / (b[2] - a[2])
        box = _widen(box, (a[0] + t * (b[0] - a[0]), a[1] + t * (b[1] - a[1]), NEAR_M), lens)
    return box


@compiled
def _pixels_of(a: Vector, b: Vector, c: Vector, lens: Lens, size: tuple[int, int]) -> tuple[
        int, int, int, int]:
    """Columns and rows (half open) whose centres can lie in the triangle."""
    box = (np.inf, -np.inf, np.inf, -np.inf)
    box = _box_of_edge(box, a, b, lens)
    box = _box_of_edge(box, b, c, lens)
    box = _box_of_edge(box, c, a, lens)
    if not (box[0] < size[1] and box[1] > 0 and box[2] < size[0] and box[3] > 0):
        return 0, 0, 0, 0
    return (
        int(np.ceil(max(box[0], 0.0) - 0.5)), int(np.floor(min(box[1], size[1] - 0.5) - 0.5)) + 1,
        int(np.ceil(max(box[2], 0.0) - 0.5)), int(np.floor(min(box[3], size[0] - 0.5) - 0.5)) + 1,
    )


@compiled
def _draw(
    vertices: Array, faces: Array, lens: Lens, hidden_backs: bool, inverse_depth: Array,
    face: Array,
) -> None:
    farthest = np.float32(1.0 / NEAR_M)
    step = 1.0 / lens.focal
    for f in range(len(faces)):
        a, b, c = (corner(vertices, faces[f, 0]), corner(vertices, faces[f, 1]),
                   corner(vertices, faces[f, 2]))
        first, last, top, bottom = _pixels_of(a, b, c, lens, face.shape)
        if first >= last or top >= bottom:
            continue
        p, q, r, volume = edge_planes(a, b, c)
        if volume == 0.0 or (hidden_backs and volume > 0.0):
            continue
        scale = 1.0 / volume
        for y in range(top, bottom):
            v = (y + 0.5 - lens.middle_y) * step
            row_p = p[1] * v + p[2]
            row_q = q[1] * v + q[2]
            row_r = r[1] * v + r[2]
            for x in range(first, last):
                u = (x + 0.5 - lens.middle_x) * step
                wp = (p[0] * u + row_p) * scale
                wq = (q[0] * u + row_q) * scale
                wr = (r[0] * u + row_r) * scale
                if wp >= 0.0 and wq >= 0.0 and wr >= 0.0:
                    near = np.float32(wp + wq + wr)
                    if inverse_depth[y, x] < near <= farthest:
                        inverse_depth[y, x] = near
                        face[y, x] = f


@compiled
def weights_at(
    a: Vector, b: Vector, c: Vector, u: float, v: float
) -> tuple[float, float, float]:
    """Barycentrics of where the ray ``(u, v, 1)`` meets the plane of a triangle."""
    p, q, r, _ = edge_planes(a, b, c)
    ray = (u, v, 1.0)
    wp, wq, wr = dot(p, ray), dot(q, ray), dot(r, ray)
    total = wp + wq + wr
    return wp / total, wq / total, wr / total


@compiled
def _fill_barycentric(
    vertices: Array, faces: Array, lens: Lens, face: Array, barycentric: Array
) -> None:
    height, width = face.shape
    for y in range(height):
        v = (y + 0.5 - lens.middle_y) / lens.focal
        for x in range(width):
            f = face[y, x]
            if f >= 0:
                u = (x + 0.5 - lens.middle_x) / lens.focal
                wa, wb, wc = weights_at(corner(vertices, faces[f, 0]),
                                        corner(vertices, faces[f, 1]),
                                        corner(vertices, faces[f, 2]), u, v)
                barycentric[y, x, 0] = wa
                barycentric[y, x, 1] = wb
                barycentric[y, x, 2] = wc
