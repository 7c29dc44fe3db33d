"""Cut a mesh along the zero line of a function on its vertices, so that borders are straight.

New vertices lie on edges of the mesh as it was before any cut, so that each stays a mixture of two
vertices of the body. Where a second cut meets the first inside one old triangle, it takes the
nearer vertex there instead.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from wildpose.surface.half_body import Sourced
from wildpose.surface.mesh import Mesh, components, edges, face_neighbours
from wildpose.types import Array

Field = Callable[[Array], Array]
"""A smooth function of position: float64 [N, 3] to float64 [N]."""
NEAR_END = 0.12
"""A crossing nearer to the end of its edge than this share moves that end onto the line."""


def split(half: Sourced, label: Array, field: Field, within: Array) -> tuple[
        Sourced, Array, Array]:
    """Split the faces ``within`` along ``field == 0``.

    Parameters
    ----------
    half : Sourced
    label : int [F]
        Carried from old to new faces.
    field : Field
    within : bool [F]
        Faces that may be split; the others are left alone.

    Returns
    -------
    Sourced
    int [F']
        Label of its faces.
    int8 [V']
        Side of each vertex: -1, 0 on the cut, 1.
    """
    half, value = _pulled(half, field(half.mesh.vertices), within)
    half, value, new = _with_crossings(half, value, within)
    faces, labels = [], []
    for face, name in zip(half.mesh.faces.tolist(), label.tolist(), strict=True):
        pieces = _pieces(face, new, half.mesh.vertices)
        faces += pieces
        labels += [name] * len(pieces)
    cut = Sourced(Mesh.of(half.mesh.vertices, np.array(faces)), half.source, half.weight)
    return cut, np.array(labels), np.sign(value).astype(np.int8)


def region(faces: Array, allowed: Array, barrier: Array, seed: int) -> Array:
    """Faces reached from ``seed`` without crossing an edge with both ends in ``barrier``.

    Parameters
    ----------
    faces : int [F, 3]
    allowed : bool [F]
        Where the walk may go.
    barrier : bool [V]
    seed : int
        A face.

    Returns
    -------
    bool [F]
    """
    pairs = face_neighbours(faces)
    one, other = faces[pairs[:, 0]], faces[pairs[:, 1]]
    shared = (one[:, :, None] == other[:, None, :]).any(2)
    open_ = ((barrier[one] & shared).sum(1) < 2) & allowed[pairs].all(1)
    label = components(len(faces), pairs[open_])
    return np.asarray(label == label[seed])


def _pulled(half: Sourced, value: Array, within: Array) -> tuple[Sourced, Array]:
    """Vertices close to the line are moved onto it along an edge (or count as on it)."""
    points, source, weight = (half.mesh.vertices.copy(), half.source.copy(), half.weight.copy())
    value = value.copy()
    value[np.abs(value) < 1e-9] = 0
    best: dict[int, tuple[float, int]] = {}
    for a, b in edges(half.mesh.faces[within]).tolist():
        if value[a] * value[b] < 0:
            t = value[a] / (value[a] - value[b])
            for v, w, share in ((a, b, t), (b, a, 1 - t)):
                if share < best.get(v, (NEAR_END, 0))[0]:
                    best[v] = (share, w)
    for v, (share, w) in best.items():
        whole = source[v, 0] == source[v, 1] and source[w, 0] == source[w, 1]
        keeps_middle = (points[v, 0] == 0) <= (points[w, 0] == 0)
        value[v] = 0
        if whole and keeps_middle and half.source[w, 0] == source[w, 0]:
            points[v] = (1 - share) * points[v] + share * half.mesh.vertices[w]
            source[v], weight[v] = (source[v, 0], half.source[w, 0]), share
    return Sourced(Mesh.of(points, half.mesh.faces), source, weight), value


def _with_crossings(half: Sourced, value: Array, within: Array) -> tuple[
        Sourced, Array, dict[tuple[int, int], int]]:
    """New vertices where edges cross the line; edges inside old triangles take an end instead."""
    crossing = edges(half.mesh.faces[within])
    value = value.copy()
    while True:
        crossed = crossing[value[crossing[:, 0]] * value[crossing[:, 1]] < 0]
        inner = [(a, b) for a, b in crossed.tolist() if _mixture(half, a, b, 0.5) is None]
        if not inner:
            break
        a, b = min(inner, key=lambda e: min(abs(value[e[0]]), abs(value[e[1]])))
        value[a if abs(value[a]) < abs(value[b]) else b] = 0
    points, source, weight = (list(half.mesh.vertices), list(half.source), list(half.weight))
    new = {}
    for a, b in crossed.tolist():
        t = value[a] / (value[a] - value[b])
        mixture = _mixture(half, a, b, t)
        if mixture is not None:
            new[a, b] = new[b, a] = len(points)
            points.append((1 - t) * half.mesh.vertices[a] + t * half.mesh.vertices[b])
            source.append(mixture[0])
            weight.append(mixture[1])
    value = np.concatenate([value, np.zeros(len(points) - len(value))])
    grown = Sourced(Mesh.of(np.array(points), half.mesh.faces), np.array(source, np.int32),
                    np.array(weight))
    return grown, value, new


def _mixture(half: Sourced, a: int, b: int, t: float) -> tuple[Array, float] | None:
    """The two body vertices and the weight of the point at ``t`` from a to b, or None."""
    ends = {*half.source[a].tolist(), *half.source[b].tolist()}
    if len(ends) != 2:
        return None
    first, second = sorted(ends)

    def share(v: int) -> float:
        if half.source[v, 0] == half.source[v, 1]:
            return float(half.source[v, 0] == second)
        w = float(half.weight[v])
        return w if half.source[v, 1] == second else 1 - w

    return np.array([first, second]), (1 - t) * share(a) + t * share(b)


def _pieces(face: list[int], new: dict[tuple[int, int], int], points: Array) -> list[list[int]]:
    """A face cut into one, two or three."""
    ring: list[int] = []
    for a, b in zip(face, face[1:] + face[:1], strict=True):
        ring.append(a)
        if (a, b) in new:
            ring.append(new[a, b])
    if len(ring) == 3:
        return [face]
    if len(ring) == 4:  # the line leaves through a corner
        cut = next(i for i, v in enumerate(ring) if v not in face)
        ring = ring[cut:] + ring[:cut]
        return [[ring[0], ring[1], ring[2]], [ring[0], ring[2], ring[3]]]
    alone = next(i for i in range(5) if ring[i] in face and ring[i - 1] not in face
                 and ring[(i + 1) % 5] not in face)
    tip, p, b, c, q = ring[alone:] + ring[:alone]
    along_p = np.linalg.norm(points[p] - points[c]) <= np.linalg.norm(points[q] - points[b])
    rest = [[p, b, c], [p, c, q]] if along_p else [[p, b, q], [b, c, q]]
    return [[tip, p, q], *rest]
