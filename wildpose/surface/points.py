"""Points of a surface: from (I, u, v) and back, in space, mirrored, nearest to something.

A point without a face (``face == -1``) stands for "nowhere on the surface": its position is NaN,
its chart 0.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from wildpose.errors import DataError
from wildpose.surface.surface import Surface, SurfacePoints
from wildpose.types import Array

if TYPE_CHECKING:
    from wildpose.surface.nearest import Tree

_CHART_SPACING = 8.0
"""Charts lie this far apart in the plane in which (I, u, v) are looked up."""


def points_of(surface: Surface, chart: Array, uv: Array) -> SurfacePoints:
    """The points of the surface that have these chart coordinates.

    Parameters
    ----------
    surface : Surface
    chart : int [N]
        1 to 24; 0 gives no point.
    uv : float [N, 2]
        Where the chart does not reach, its nearest point in the (u, v) plane is taken.

    Returns
    -------
    SurfacePoints
        Length N.

    Raises
    ------
    DataError
        For a chart that the surface lacks.
    """
    from wildpose.surface.nearest import nearest_on

    chart = np.asarray(chart).reshape(-1).astype(np.int64)
    there = chart != 0
    lacking = np.setdiff1d(chart[there], surface.chart)
    if len(lacking):
        raise DataError(f"surface {surface.name} has no chart {lacking[0]}.",
                        "Charts are numbered from 1 to 24; 0 is background.")
    place = np.zeros((int(there.sum()), 3))
    place[:, :2] = np.clip(np.asarray(uv, np.float64).reshape(-1, 2)[there], -1, 2)
    place[:, 0] += _CHART_SPACING * chart[there]
    face, barycentric, _ = nearest_on(_flat_tree(surface), place)
    return _filled(there, face, barycentric)


def chart_uv_of(surface: Surface, points: SurfacePoints) -> tuple[Array, Array]:
    """Chart and coordinates of points: uint8 [N] and float32 [N, 2]; 0 where there is no point."""
    there = points.face >= 0
    face = points.face[there]
    chart = np.zeros(len(points), np.uint8)
    chart[there] = surface.chart[face]
    uv = np.zeros((len(points), 2), np.float32)
    uv[there] = np.einsum("nk,nkc->nc", points.barycentric[there], surface.uv[face])
    return chart, uv


def positions(surface: Surface, points: SurfacePoints, vertices: Array | None = None) -> Array:
    """Points in space.

    Parameters
    ----------
    surface : Surface
    points : SurfacePoints
    vertices : float [V, 3], optional
        Another pose or shape of the surface's vertices, or any field [V, ...] on them.

    Returns
    -------
    float64 [N, 3]
        NaN where there is no point.
    """
    field = surface.vertices if vertices is None else vertices
    there = points.face >= 0
    corners = field[surface.faces[points.face[there]]]
    place = np.full((len(points), *field.shape[1:]), np.nan)
    place[there] = np.einsum("nk,nk...->n...", points.barycentric[there].astype(np.float64),
                             corners.astype(np.float64))
    return place


def nearest_points(surface: Surface, xyz: Array) -> SurfacePoints:
    """The points of the surface nearest to float [N, 3] in space; none for NaN."""
    from wildpose.surface.nearest import nearest_on

    xyz = np.asarray(xyz, np.float64).reshape(-1, 3)
    there = np.asarray(np.isfinite(xyz).all(1))
    face, barycentric, _ = nearest_on(_tree(surface), xyz[there])
    return _filled(there, face, barycentric)


def mirrored(surface: Surface, points: SurfacePoints) -> SurfacePoints:
    """The points on the other side of the body.

    Exact where the mirror image of the face is a face; elsewhere (a mesh that is not symmetric)
    the point nearest to the mirrored position.
    """
    face_mirror, corner = _mirror_faces(surface)
    there = points.face >= 0
    face = np.where(there, face_mirror[points.face], -1).astype(np.int32)
    order = corner[np.where(there, points.face, 0)]
    barycentric = np.take_along_axis(points.barycentric, order, axis=1)
    odd = np.flatnonzero(there & (face < 0))
    if len(odd):
        part = SurfacePoints(points.face[odd], points.barycentric[odd])
        other = nearest_points(surface, positions(surface, part) * (-1, 1, 1))
        face[odd], barycentric[odd] = other.face, other.barycentric
    return SurfacePoints(face, barycentric)


def at_vertices(surface: Surface) -> SurfacePoints:
    """The vertices as points, length V; none for a vertex without a face."""
    count = len(surface.vertices)
    face, corner = np.full(count, -1, np.int32), np.zeros(count, np.int64)
    for k in range(3):
        face[surface.faces[:, k]] = np.arange(len(surface.faces))
        corner[surface.faces[:, k]] = k
    return SurfacePoints(face, np.eye(3, dtype=np.float32)[corner])


def _filled(there: Array, face: Array, barycentric: Array) -> SurfacePoints:
    faces = np.full(len(there), -1, np.int32)
    weights = np.zeros((len(there), 3), np.float32)
    faces[there], weights[there] = face, barycentric
    return SurfacePoints(faces, weights)


@lru_cache(maxsize=8)
def _tree(surface: Surface) -> Tree:
    from wildpose.surface.nearest import tree_of

    return tree_of(surface.vertices[surface.faces])


@lru_cache(maxsize=8)
def _flat_tree(surface: Surface) -> Tree:
    from wildpose.surface.nearest import tree_of

    corners = np.zeros((len(surface.faces), 3, 3))
    corners[..., :2] = surface.uv
    corners[..., 0] += _CHART_SPACING * surface.chart[:, None]
    return tree_of(corners)


@lru_cache(maxsize=8)
def _mirror_faces(surface: Surface) -> tuple[Array, Array]:
    """Mirror face int32 [F] (-1: none) and, per corner of it, the corner it mirrors [F, 3]."""
    images = surface.mirror[surface.faces]
    rows = {tuple(face): i for i, face in enumerate(np.sort(surface.faces, axis=1).tolist())}
    found = np.array([rows.get(tuple(face), -1) for face in np.sort(images, axis=1).tolist()],
                     np.int32)
    target = surface.faces[found]
    corner = np.argmax(target[:, :, None] == images[:, None, :], axis=2)
    return found, corner
