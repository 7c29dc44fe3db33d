"""Which point of the reference surface each pixel of a body sees, as chart and (u, v).

A vertex of a body carries a point of the reference. Inside a triangle the three points are
interpolated in space and the result is put back onto the reference: the nearest place of its
surface, found from a start nearby by walking over the reference's triangles. Chart and (u, v) are
read there, so that borders between charts are as clean as on the reference itself, however coarse
the body is.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from wildpose.surface.nearest import nearest_on, tree_of
from wildpose.surface.surface import Surface, SurfacePoints
from wildpose.synth.lattice import Lattice, lattice_over, nearest_row, sample_places
from wildpose.synth.raster import Vector, compiled, cross, dot, inlined
from wildpose.types import Array

START_SPACING_M = 0.02
"""Distance, on the reference, between the stored starts of the walk."""
WIDEST_FACE_M = 0.4
"""Triangles whose corners lie farther apart on the reference are torn: they show no point."""
_MOST_STEPS = 64


class Ground(NamedTuple):
    """The reference surface as the walk needs it.

    Attributes
    ----------
    corners : float64 [F, 3, 3]
        Positions of the triangles' corners.
    plane : float64 [F, 9]
        The first corner, and the two vectors whose products with the way from there are the
        second and third barycentric.
    across : int32 [F, 3]
        The triangle behind the edge that faces each corner; -1 at an open border.
    ring : int32 [R]
        For every triangle, those that share a corner with it, one list after the other.
    ring_first : int32 [F + 1]
        Where each triangle's list begins in ``ring``.
    chart : uint8 [F]
    uv : float32 [F, 3, 2]
    """

    corners: Array
    plane: Array
    across: Array
    ring: Array
    ring_first: Array
    chart: Array
    uv: Array


class Lookup(NamedTuple):
    """What a body's triangles show of the reference; made once for each body.

    Attributes
    ----------
    points : float64 [F, 3, 3]
        Reference positions of the triangles' corners.
    known : bool [F]
        Triangles whose corners all have a point.
    lattice : Lattice
        Over the triangles, as they lie on the reference.
    start : int32 [S]
        Triangle of the reference nearest to each of the lattice's samples.
    """

    points: Array
    known: Array
    lattice: Lattice
    start: Array


def ground_of(surface: Surface) -> Ground:
    """Prepare a reference surface: which triangles touch which."""
    from scipy.sparse import csr_matrix

    rows = np.repeat(np.arange(len(surface.faces)), 3)
    touch = csr_matrix((np.ones(len(rows), np.int32), (rows, surface.faces.ravel())),
                       (len(surface.faces), len(surface.vertices)))
    near = (touch @ touch.T).tocsr()
    near.setdiag(0)
    near.eliminate_zeros()
    near.sort_indices()
    corners = np.ascontiguousarray(surface.vertices[surface.faces], np.float64)
    return Ground(corners, _planes(corners), _across(surface.faces),
                  near.indices.astype(np.int32), near.indptr.astype(np.int32),
                  np.ascontiguousarray(surface.chart, np.uint8),
                  np.ascontiguousarray(surface.uv, np.float32))


def _planes(corners: Array) -> Array:
    to_b, to_c = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    normal = np.cross(to_b, to_c)
    size = np.maximum(np.einsum("fx,fx->f", normal, normal), 1e-300)[:, None]
    both = np.cross(to_c, normal) / size, np.cross(normal, to_b) / size
    return np.ascontiguousarray(np.concatenate([corners[:, 0], *both], axis=1))


def _across(faces: Array) -> Array:
    """Neighbours over edges, int32 [F, 3]; at an edge of three triangles some pair of them."""
    edges = np.stack([faces[:, [1, 2]], faces[:, [2, 0]], faces[:, [0, 1]]], axis=1)
    keys = np.sort(edges.reshape(-1, 2).astype(np.int64), axis=1)
    order = np.lexsort((keys[:, 1], keys[:, 0]))
    pair = np.flatnonzero((keys[order[1:]] == keys[order[:-1]]).all(axis=1))
    across = np.full(len(keys), -1, np.int32)
    across[order[pair]] = order[pair + 1] // 3
    across[order[pair + 1]] = order[pair] // 3
    return across.reshape(-1, 3)


def lookup_of(faces: Array, points: SurfacePoints, ground: Ground) -> Lookup:
    """Prepare a body.

    Parameters
    ----------
    faces : int32 [F, 3]
        Of the body.
    points : SurfacePoints [V]
        The reference point of each of its vertices; face -1 where there is none.
    ground : Ground
        Of the surface that the points lie on.

    Returns
    -------
    Lookup
    """
    there = points.face >= 0
    safe = np.where(there, points.face, 0)
    weights = np.where(there[:, None], points.barycentric, 0).astype(np.float64)
    at = np.einsum("vk,vkx->vx", weights, ground.corners[safe])
    corners = np.ascontiguousarray(at[faces])
    widest = np.linalg.norm(corners - np.roll(corners, 1, axis=1), axis=2).max(axis=1, initial=0)
    known = there[faces].all(axis=1) & (widest <= WIDEST_FACE_M)
    laid = np.where(known[:, None, None], corners, 0.0)
    lattice = lattice_over(laid, START_SPACING_M)
    face, barycentric = sample_places(lattice)
    places = np.einsum("sk,skx->sx", barycentric.astype(np.float64), laid[face])
    start = nearest_on(tree_of(ground.corners), places)[0]
    return Lookup(corners, known, lattice, start.astype(np.int32))


def fill_iuv(
    seen: tuple[Array, Array], first_face: int, lookup: Lookup, ground: Ground,
    into: tuple[Array, Array],
) -> None:
    """Write chart and (u, v) of the pixels that see one body.

    Parameters
    ----------
    seen : (int32 [H, W], float32 [H, W, 3])
        Faces and barycentrics of a :class:`wildpose.synth.raster.Raster`.
    first_face : int
        Row of the body's first triangle among the raster's.
    lookup : Lookup
        Of the body.
    ground : Ground
    into : (uint8 [H, W], float32 [H, W, 2])
        Chart (0: no point) and (u, v), changed in place.
    """
    _fill(seen[0], seen[1], first_face, lookup, ground, into[0], into[1])


@compiled
def _on_segment(p: Vector, a: Vector, b: Vector) -> tuple[float, float]:
    """Place along a segment, 0 to 1, that is nearest to p, and its squared distance."""
    along = (b[0] - a[0], b[1] - a[1], b[2] - a[2])
    off = (p[0] - a[0], p[1] - a[1], p[2] - a[2])
    length = dot(along, along)
    t = min(max(dot(off, along) / length, 0.0), 1.0) if length > 0.0 else 0.0
    rest = (off[0] - t * along[0], off[1] - t * along[1], off[2] - t * along[2])
    return t, dot(rest, rest)


@compiled
def _nearest_edge(p: Vector, a: Vector, b: Vector, c: Vector) -> tuple[float, float, float, float]:
    t, ab = _on_segment(p, a, b)
    s, bc = _on_segment(p, b, c)
    r, ca = _on_segment(p, c, a)
    if ab <= bc and ab <= ca:
        return 1.0 - t, t, 0.0, ab
    if bc <= ca:
        return 0.0, 1.0 - s, s, bc
    return r, 0.0, 1.0 - r, ca


@compiled
def foot(p: Vector, a: Vector, b: Vector, c: Vector) -> tuple[float, float, float, float]:
    """Barycentrics of the place of a triangle that is nearest to p, and its squared distance."""
    e = (b[0] - a[0], b[1] - a[1], b[2] - a[2])
    g = (c[0] - a[0], c[1] - a[1], c[2] - a[2])
    off = (p[0] - a[0], p[1] - a[1], p[2] - a[2])
    normal = cross(e, g)
    size = dot(normal, normal)
    if size > 0.0:
        wc = dot(cross(e, off), normal) / size
        wb = dot(cross(off, g), normal) / size
        if wb >= 0.0 and wc >= 0.0 and wb + wc <= 1.0:
            away = dot(off, normal)
            return 1.0 - wb - wc, wb, wc, away * away / size
    return _nearest_edge(p, a, b, c)


@compiled
def _foot_on(ground: Ground, face: int, p: Vector) -> tuple[float, float, float, float]:
    t = ground.corners[face]
    return foot(p, (t[0, 0], t[0, 1], t[0, 2]), (t[1, 0], t[1, 1], t[1, 2]),
                (t[2, 0], t[2, 1], t[2, 2]))


@inlined
def walk(ground: Ground, start: int, p: Vector) -> tuple[int, float, float, float]:
    """Go from a triangle to the nearest place of the surface round it; face and barycentrics.

    As long as the foot of the perpendicular lies outside a triangle, step over the edge it lies
    behind. Where that leads back, the nearest place is on a ridge: there all neighbours are tried.
    """
    face, came = start, -1
    for _ in range(_MOST_STEPS):
        t = ground.plane[face]
        x, y, z = p[0] - t[0], p[1] - t[1], p[2] - t[2]
        wb = x * t[3] + y * t[4] + z * t[5]
        wc = x * t[6] + y * t[7] + z * t[8]
        wa = 1.0 - wb - wc
        if wa >= 0.0 and wb >= 0.0 and wc >= 0.0:
            return face, wa, wb, wc
        behind = 0 if wa <= wb and wa <= wc else (1 if wb <= wc else 2)
        onward = ground.across[face, behind]
        if onward < 0 or onward == came:
            break
        came, face = face, onward
    return _downhill(ground, face, p)


@compiled
def _downhill(ground: Ground, start: int, p: Vector) -> tuple[int, float, float, float]:
    face = start
    best = _foot_on(ground, face, p)
    for _ in range(_MOST_STEPS):
        came = face
        for row in range(ground.ring_first[came], ground.ring_first[came + 1]):
            other = _foot_on(ground, ground.ring[row], p)
            if other[3] < best[3]:
                face, best = ground.ring[row], other
        if face == came:
            break
    return face, best[0], best[1], best[2]


@compiled
def _fill(
    face: Array, barycentric: Array, first_face: int, lookup: Lookup, ground: Ground,
    chart: Array, uv: Array,
) -> None:
    for y in range(face.shape[0]):
        for x in range(face.shape[1]):
            f = face[y, x] - first_face
            if f < 0 or f >= len(lookup.known) or not lookup.known[f]:
                continue
            a, b, c = barycentric[y, x, 0], barycentric[y, x, 1], barycentric[y, x, 2]
            t = lookup.points[f]
            p = (a * t[0, 0] + b * t[1, 0] + c * t[2, 0],
                 a * t[0, 1] + b * t[1, 1] + c * t[2, 1],
                 a * t[0, 2] + b * t[1, 2] + c * t[2, 2])
            start = lookup.start[nearest_row(lookup.lattice, f, a, b)]
            at, wa, wb, wc = walk(ground, start, p)
            chart[y, x] = ground.chart[at]
            for k in range(2):
                uv[y, x, k] = (wa * ground.uv[at, 0, k] + wb * ground.uv[at, 1, k]
                               + wc * ground.uv[at, 2, k])
