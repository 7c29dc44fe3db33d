"""From a signed distance to an even, closed triangle mesh that is its own mirror image.

Naive surface nets: a vertex in each grid cell that the surface crosses, a quadrilateral round each
grid edge that it crosses (Gibson, Constrained Elastic Surface Nets, MICCAI 1998). The middle plane
runs through the centres of a layer of cells, so that no face straddles it and one half, mirrored,
gives the whole. The net is then relaxed along the surface and drawn back to the zero of the
distance.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from wildpose.types import Array

Distance = Callable[[Array], Array]
_RELAXATIONS = 8
_MOST_FILLINGS = 12
_FILLED_STEPS = 0.02
_CORNERS = np.array([[i, j, k] for i in (0, 1) for j in (0, 1) for k in (0, 1)])


@dataclass(frozen=True)
class MirroredMesh:
    """A closed mesh and which vertex is the mirror image of which.

    Attributes
    ----------
    vertices : float64 [V, 3]
        Metres; x is mirrored.
    faces : int32 [F, 3]
        Counter-clockwise seen from outside.
    mirror : int32 [V]
        Row of the mirror image; its own row in the middle plane.
    """

    vertices: Array
    faces: Array
    mirror: Array


def extract(distance: Distance, lower: Array, upper: Array, step: float) -> MirroredMesh:
    """Mesh of the surface where a distance is zero.

    Parameters
    ----------
    distance : callable
        float64 [N, 3] -> float64 [N], negative inside, the same at x and at -x.
    lower, upper : float64 [3]
        Corners of a box that holds the surface.
    step : float
        Side of a grid cell, about the length of the edges, in metres.

    Returns
    -------
    MirroredMesh
        Closed where no part is thinner than about two cells; :func:`is_sphere` tells.
    """
    half, quads = _half_net(distance, lower, upper, step)
    vertices, quads, mirror = _mirrored(half, quads)
    vertices = _relaxed(distance, vertices, quads, mirror, step)
    # split on one side and mirror the triangles: the diagonals then agree as well
    left = _split(vertices, quads[: len(quads) // 2])
    faces = np.concatenate([left, mirror[left[:, ::-1]]])
    return MirroredMesh(vertices, faces.astype(np.int32), mirror.astype(np.int32))


def count_faces(distance: Distance, lower: Array, upper: Array, step: float) -> int:
    """How many triangles :func:`extract` would give, without making them."""
    return 4 * len(_half_net(distance, lower, upper, step)[1])


def is_sphere(mesh: MirroredMesh) -> bool:
    """Whether a mesh is one closed piece without handles and without pinched vertices.

    In one piece with two faces at each edge the Euler characteristic is at most 2; a handle or a
    vertex where two sheets touch makes it smaller.
    """
    sides = np.sort(mesh.faces[:, [[0, 1], [1, 2], [2, 0]]].reshape(-1, 2), axis=1)
    edges, uses = np.unique(sides, axis=0, return_counts=True)
    count = len(mesh.vertices)
    links = sparse.coo_matrix((np.ones(len(edges)), edges.T), shape=(count, count))
    pieces = connected_components(links, directed=False, return_labels=False)
    return bool((uses == 2).all()) and pieces == 1 and count - len(edges) + len(mesh.faces) == 2


def neighbour_mean(edges: Array, count: int) -> sparse.csr_matrix:
    """Matrix that takes the mean over the neighbours of each vertex.

    Parameters
    ----------
    edges : int [E, 2]
        Each edge once, in either direction.
    count : int
        Number of vertices.
    """
    both = np.concatenate([edges, edges[:, ::-1]])
    links = sparse.coo_matrix((np.ones(len(both)), both.T), shape=(count, count)).tocsr()
    links.data[:] = 1.0
    degree = np.asarray(links.sum(axis=1)).ravel()
    return sparse.diags(1.0 / np.maximum(degree, 1.0)) @ links


def _half_net(
    distance: Distance, lower: Array, upper: Array, step: float
) -> tuple[Array, Array]:
    """Vertices [n, 3] and quadrilaterals [m, 4] of the half with x >= 0."""
    origin = np.array([-step / 2, lower[1] - 1.5 * step, lower[2] - 1.5 * step])
    size = np.ceil((upper - origin) / step).astype(int) + 2
    grid = np.stack(np.meshgrid(*(np.arange(n) for n in size), indexing="ij"), axis=-1)
    value = _unambiguous(distance(origin + step * grid.reshape(-1, 3)).reshape(*size), step)
    inside = value < 0
    corner_count = sum(inside[_block(corner, size)].astype(int) for corner in _CORNERS)
    cells = np.argwhere((corner_count > 0) & (corner_count < len(_CORNERS)))
    number = np.full(size - 1, -1)
    number[tuple(cells.T)] = np.arange(len(cells))
    vertices = origin + step * (cells + _crossing_mean(value, cells))
    vertices[cells[:, 0] == 0, 0] = 0.0
    quads = np.concatenate([_quads(inside, number, axis) for axis in range(3)])
    return vertices, quads


def _unambiguous(value: Array, step: float) -> Array:
    """Fill tight creases until no cell side has its inside corners on a diagonal.

    Where one has, four quadrilaterals would meet in one edge of the net.
    """
    for _ in range(_MOST_FILLINGS):
        fillings = [_outside_corners(value, axes) for axes in ((0, 1), (1, 2), (2, 0))]
        rows = np.concatenate(fillings)
        if len(rows) == 0:
            break
        value[tuple(rows.T)] = -_FILLED_STEPS * step
        value[0] = value[1] = np.minimum(value[0], value[1])
    return value


def _outside_corners(value: Array, axes: tuple[int, int]) -> Array:
    """For each ambiguous side of a cell, its outside corner that is nearest to the body, [n, 3]."""
    first, second = (np.eye(3, dtype=int)[axis] for axis in axes)
    size = np.array(value.shape) - first - second
    ring = np.stack([value[tuple(slice(o, o + n) for o, n in zip(offset, size, strict=True))]
                     for offset in (0 * first, first, first + second, second)])
    inside = ring < 0
    ambiguous = (inside[0] == inside[2]) & (inside[1] == inside[3]) & (inside[0] != inside[1])
    cells = np.argwhere(ambiguous)
    corners = np.where(inside, np.inf, ring)[:, *cells.T]
    offsets = np.stack([0 * first, first, first + second, second])
    return np.asarray(cells + offsets[np.argmin(corners, axis=0)])


def _block(corner: Array, size: Array) -> tuple[slice, ...]:
    return tuple(slice(c, n - 1 + c) for c, n in zip(corner, size, strict=True))


def _crossing_mean(value: Array, cells: Array) -> Array:
    """Mean of the points where the surface cuts the edges of each cell, in cells, [n, 3]."""
    total, count = np.zeros((len(cells), 3)), np.zeros((len(cells), 1))
    for axis in range(3):
        for corner in _CORNERS[_CORNERS[:, axis] == 0]:
            end = corner.copy()
            end[axis] = 1
            a, b = value[tuple((cells + corner).T)], value[tuple((cells + end).T)]
            cut = (a < 0) != (b < 0)
            share = np.where(cut, a / np.where(cut, a - b, 1.0), 0.0)
            total += np.where(cut[:, None], corner + share[:, None] * (end - corner), 0.0)
            count += cut[:, None]
    return total / np.maximum(count, 1)


def _quads(inside: Array, number: Array, axis: int) -> Array:
    """Quadrilaterals round the cut edges along one axis, in the half with x > 0."""
    low = np.take(inside, range(inside.shape[axis] - 1), axis)
    high = np.take(inside, range(1, inside.shape[axis]), axis)
    edges = np.argwhere(low != high)
    edges = edges[edges[:, 0] >= 1]
    b, c = (axis + 1) % 3, (axis + 2) % 3
    corners = []
    for step_b, step_c in ((-1, -1), (0, -1), (0, 0), (-1, 0)):
        cell = edges.copy()
        cell[:, b] += step_b
        cell[:, c] += step_c
        corners.append(number[tuple(cell.T)])
    quads = np.stack(corners, axis=1)
    outward = low[tuple(edges.T)]
    quads[~outward] = quads[~outward][:, ::-1]
    return quads


def _mirrored(half: Array, quads: Array) -> tuple[Array, Array, Array]:
    middle = half[:, 0] == 0
    mirror_of_half = np.arange(len(half))
    mirror_of_half[~middle] = len(half) + np.arange(int((~middle).sum()))
    mirror = np.concatenate([mirror_of_half, np.flatnonzero(~middle)])
    vertices = np.concatenate([half, half[~middle] * np.array([-1.0, 1.0, 1.0])])
    return vertices, np.concatenate([quads, mirror[quads[:, ::-1]]]), mirror


def _relaxed(
    distance: Distance, vertices: Array, quads: Array, mirror: Array, step: float
) -> Array:
    """Even out the net along the surface; the mirror image stays one."""
    edges = quads[:, [[0, 1], [1, 2], [2, 3], [3, 0]]].reshape(-1, 2)
    mean = neighbour_mean(edges, len(vertices))
    flip = np.array([-1.0, 1.0, 1.0])
    for _ in range(_RELAXATIONS):
        value, normal, slope = _normal(distance, vertices, step)
        shift = 0.6 * (mean @ vertices - vertices)
        shift -= np.einsum("ni,ni->n", shift, normal)[:, None] * normal
        back = np.clip(value / np.maximum(slope, 0.2), -step / 2, step / 2)
        moved = vertices + shift - back[:, None] * normal
        vertices = (moved + moved[mirror] * flip) / 2
    return vertices


def _normal(distance: Distance, points: Array, step: float) -> tuple[Array, Array, Array]:
    """Distance [N], unit direction of its growth [N, 3] and its slope [N]."""
    reach = 0.05 * step
    here = distance(points)
    gradient = np.stack([distance(points + reach * axis) - here for axis in np.eye(3)],
                        axis=1) / reach
    slope = np.linalg.norm(gradient, axis=1)
    return here, gradient / np.maximum(slope, 1e-9)[:, None], slope


def _split(vertices: Array, quads: Array) -> Array:
    """Two triangles for each quadrilateral, along its shorter diagonal."""
    corner = vertices[quads]
    first = np.linalg.norm(corner[:, 0] - corner[:, 2], axis=1)
    second = np.linalg.norm(corner[:, 1] - corner[:, 3], axis=1)
    turned = np.where((first <= second)[:, None], quads, np.roll(quads, -1, axis=1))
    return np.concatenate([turned[:, [0, 1, 2]], turned[:, [0, 2, 3]]])
