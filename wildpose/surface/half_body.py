"""The left half of the body as clean triangles: cavities out, holes closed, even density.

Only the left half is ever cut and flattened; the right one is made from it by mirroring, so that
both agree to the last bit. Used to build the reference surface only.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass

import numpy as np

from wildpose.surface.makehuman import Body
from wildpose.surface.mesh import Mesh, boundary_edges, face_areas, submesh
from wildpose.types import Array


@dataclass(frozen=True, eq=False)
class Sourced:
    """A mesh each of whose vertices lies between two vertices of the body.

    Attributes
    ----------
    mesh : Mesh
    source : int32 [V, 2]
        The two vertices; the same twice for a vertex of the body itself.
    weight : float64 [V]
        ``position = (1 - weight) * first + weight * second``.
    """

    mesh: Mesh
    source: Array
    weight: Array


def left_half(body: Body) -> Sourced:
    """Triangles of the left half, eyes, mouth and other openings closed by flat pieces."""
    inside = body.vertices[:, 0] >= 0
    quads = body.quads[inside[body.quads].all(1) & ~body.cavity[body.quads].all(1)]
    faces = _triangles(body.vertices, quads)
    middle = body.mirror == np.arange(len(body.vertices))
    for loop in _loops(faces, middle):
        faces = np.concatenate([faces, _closed(body.vertices, loop)])
    mesh, used = submesh(Mesh.of(body.vertices, faces), np.arange(len(faces)))
    return Sourced(mesh, np.stack([used, used], axis=1).astype(np.int32), np.zeros(len(used)))


def _triangles(vertices: Array, quads: Array) -> Array:
    """Quads cut along their shorter diagonals."""
    a, b, c, d = quads.T
    first = (np.linalg.norm(vertices[a] - vertices[c], axis=1)
             <= np.linalg.norm(vertices[b] - vertices[d], axis=1))
    one = np.where(first[:, None], np.stack([a, b, c], 1), np.stack([a, b, d], 1))
    two = np.where(first[:, None], np.stack([a, c, d], 1), np.stack([b, c, d], 1))
    return np.concatenate([one, two])


def _loops(faces: Array, middle: Array) -> list[list[int]]:
    """Openings as closed walks against the direction of their faces; the body's middle is none.

    An opening that the middle line cuts (the mouth) is a path between two middle vertices, closed
    along the middle.
    """
    edge = boundary_edges(faces)
    edge = edge[~middle[edge].all(1)]
    follow = {int(b): int(a) for a, b in edge}
    starts = sorted(set(follow) - set(follow.values())) + sorted(follow)
    loops, seen = [], set()
    for start in starts:
        walk = [start]
        while walk[-1] in follow and walk[-1] not in seen:
            seen.add(walk[-1])
            walk.append(follow[walk[-1]])
        if len(walk) > 3:
            loops.append(walk[:-1] if walk[0] == walk[-1] else walk)
    return loops


def _closed(vertices: Array, loop: list[int]) -> Array:
    """Triangles over an opening, as a strip: always the shortest of the two next diagonals."""
    points = vertices[loop]
    if vertices[loop[0], 0] > 0 or vertices[loop[-1], 0] > 0:  # closed: begin at its sharpest end
        widest = int(np.argmax(np.linalg.norm(points - points.mean(0), axis=1)))
        loop = loop[widest:] + loop[:widest]
    low, high, faces = 0, len(loop) - 1, []
    while high - low > 1:
        next_low = vertices[loop[low + 1]] - vertices[loop[high]]
        next_high = vertices[loop[low]] - vertices[loop[high - 1]]
        if np.linalg.norm(next_low) <= np.linalg.norm(next_high):
            faces.append([loop[low], loop[low + 1], loop[high]])
            low += 1
        else:
            faces.append([loop[low], loop[high - 1], loop[high]])
            high -= 1
    return np.array(faces)


def thinned(half: Sourced, spacing_m: float) -> Sourced:
    """Fewer vertices where edges are much shorter than ``spacing_m``.

    Vertices are merged into a neighbour, shortest edges first, as long as no edge grows beyond
    ``spacing_m``, no face turns by more than 60 degrees and the mesh stays a manifold. Those that
    stay do not move. Vertices of the middle line merge along it only.
    """
    work = _Collapse(half.mesh, spacing_m)
    work.run()
    mesh, used = submesh(Mesh.of(half.mesh.vertices, np.array(sorted(work.faces.values()))),
                         np.arange(len(work.faces)))
    return Sourced(mesh, half.source[used], half.weight[used])


class _Collapse:
    """Half-edge collapses in the order of a cost: edge length plus distance from the planes."""

    def __init__(self, mesh: Mesh, spacing_m: float) -> None:
        self.points = mesh.vertices
        self.spacing_m = spacing_m
        self.faces = {i: tuple(int(v) for v in face) for i, face in enumerate(mesh.faces)}
        self.around: list[set[int]] = [set() for _ in mesh.vertices]
        for i, face in self.faces.items():
            for v in face:
                self.around[v].add(i)
        self.border = np.zeros(len(mesh.vertices), bool)
        self.border[boundary_edges(mesh.faces).ravel()] = True
        area = face_areas(mesh)
        self.normal = {i: self._normal(f) for i, f in self.faces.items() if area[i] > 0}

    def _normal(self, face: tuple[int, ...]) -> Array:
        a, b, c = self.points[list(face)]
        return np.array(_cross(b - a, c - a))

    def _neighbours(self, v: int) -> set[int]:
        return {w for i in self.around[v] for w in self.faces[i]} - {v}

    def _cost(self, gone: int, kept: int) -> float:
        """Square metres: squared edge, and much more for leaving the surface."""
        step = self.points[kept] - self.points[gone]
        off = 0.0
        for i in self.around[gone]:
            normal = self.normal.get(i)
            if normal is not None:
                length = float(np.sqrt(normal @ normal)) or 1.0
                off = max(off, abs(float(normal @ step)) / length)
        return float(step @ step) + 400 * off * off

    def run(self) -> None:
        """Collapse until nothing cheap is left."""
        queue = [(self._cost(v, w), v, w) for v in range(len(self.points))
                 for w in self._neighbours(v)]
        heapq.heapify(queue)
        while queue:
            cost, gone, kept = heapq.heappop(queue)
            if cost > self.spacing_m ** 2 or not self.around[gone] or not self.around[kept]:
                continue
            if self._allowed(gone, kept):
                self._collapse(gone, kept)
                for w in self._neighbours(kept):
                    heapq.heappush(queue, (self._cost(kept, w), kept, w))
                    heapq.heappush(queue, (self._cost(w, kept), w, kept))

    def _allowed(self, gone: int, kept: int) -> bool:
        shared = self.around[gone] & self.around[kept]
        if not shared or (self.border[gone] and not (self.border[kept] and len(shared) == 1)):
            return False
        common = self._neighbours(gone) & self._neighbours(kept)
        if len(common) != len(shared) or (self.border[kept] and len(shared) == 2
                                          and self.border[gone]):
            return False
        far = [self.points[w] - self.points[kept] for w in self._neighbours(gone) - {kept}]
        if max(float(d @ d) for d in far) > (1.4 * self.spacing_m) ** 2:
            return False
        return all(self._keeps_facing(i, gone, kept) for i in self.around[gone] - shared)

    def _keeps_facing(self, i: int, gone: int, kept: int) -> bool:
        before = self.normal.get(i)
        after = self._normal(tuple(kept if v == gone else v for v in self.faces[i]))
        size = float(np.sqrt(after @ after))
        if before is None or size < 1e-9:
            return False
        a, b, c = self.points[[kept if v == gone else v for v in self.faces[i]]]
        longest = max(float((a - b) @ (a - b)), float((b - c) @ (b - c)), float((c - a) @ (c - a)))
        return bool(before @ after > 0.5 * size * np.sqrt(before @ before)
                    and size > 0.15 * longest)

    def _collapse(self, gone: int, kept: int) -> None:
        for i in list(self.around[gone]):
            face = tuple(kept if v == gone else v for v in self.faces[i])
            for v in self.faces[i]:
                self.around[v].discard(i)
            if len(set(face)) < 3:
                del self.faces[i]
                self.normal.pop(i, None)
                continue
            self.faces[i] = face
            self.normal[i] = self._normal(face)
            for v in face:
                self.around[v].add(i)


def _cross(a: Array, b: Array) -> tuple[float, float, float]:
    """np.cross of two single vectors, without its overhead."""
    return (a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0])
