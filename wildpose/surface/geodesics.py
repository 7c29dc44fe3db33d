"""Distances along a surface in metres, as geodesic point similarity needs them.

The heat method (Crane et al. 2013; potpourri3d) gives the distance from a vertex to all others,
with an error of about one percent. On top of it, so that what comes out behaves like a distance:

- both directions are averaged, and no distance is shorter than the straight line;
- two points of one face, and the ends of one edge, are as far apart as the straight line says;
- between vertices, what is interpolated is the detour (distance minus straight line), which is
  smooth where the distance itself has a cusp: a point is 0 from itself.

A few distances cost a few milliseconds per vertex they touch. When many are asked for, those of
all pairs of vertices are worked out once (25 s for the reference) and kept on disk.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from wildpose.surface.mesh import Mesh, components, edges, submesh
from wildpose.surface.points import at_vertices, positions
from wildpose.surface.surface import Surface, SurfacePoints
from wildpose.types import Array

FEW = 1 / 6
"""From this share of the vertices on, all are worked out."""
MOST_VERTICES = 12_000
"""Larger meshes get no table of all pairs (2 bytes each); their distances are worked out anew."""
_BLOCK = 512
_VERSION = "1"


def cache_folder() -> Path:
    """Where results are kept: ``WILDPOSE_CACHE``, else the user's cache folder."""
    chosen = os.environ.get("WILDPOSE_CACHE")
    if chosen:
        return Path(chosen)
    base = os.environ.get("XDG_CACHE_HOME") or os.environ.get("LOCALAPPDATA")
    return (Path(base) if base else Path.home() / ".cache") / "wildpose"


class Geodesics:
    """Distances along one surface.

    Parameters
    ----------
    surface : Surface
    folder : Path, optional
        Where the table of all pairs is kept; by default :func:`cache_folder`.
    """

    def __init__(self, surface: Surface, folder: Path | None = None) -> None:
        self.surface = surface
        self.folder = cache_folder() if folder is None else folder
        whole = Mesh.of(surface.vertices, surface.faces)
        self._mesh, used = submesh(whole, np.arange(len(whole.faces)))
        self._number = np.full(len(surface.vertices), -1)
        self._number[used] = np.arange(len(used))
        pair = edges(self._mesh.faces).astype(np.int64)
        self._edge_keys = np.sort(pair[:, 0] * len(used) + pair[:, 1])
        self._component = components(len(used), pair)
        self._rows: dict[int, Array] = {}

    def between(self, points_a: SurfacePoints, points_b: SurfacePoints) -> Array:
        """Metres between the points of each pair.

        Parameters
        ----------
        points_a, points_b : SurfacePoints
            Of the same length N.

        Returns
        -------
        float64 [N]
            The same in both directions; infinite between separate pieces of the mesh; NaN where
            either is no point.
        """
        step = positions(self.surface, points_a) - positions(self.surface, points_b)
        straight = np.asarray(np.linalg.norm(step, axis=1))
        there = np.flatnonzero(np.isfinite(straight))
        one, other = self._corners(points_a, there), self._corners(points_b, there)
        apart = self._component[one[:, 0]] != self._component[other[:, 0]]
        straight[there[apart]] = np.inf
        there, one, other = there[~apart], one[~apart], other[~apart]
        detour = self._detours(one, other)
        straight[there] += np.einsum("ni,nj,nij->n", points_a.barycentric[there],
                                     points_b.barycentric[there], detour)
        return straight

    def from_point(self, point: SurfacePoints) -> Array:
        """Metres from one point to every vertex, float64 [V]; NaN for vertices without a face."""
        count = len(self.surface.vertices)
        repeated = SurfacePoints(np.repeat(point.face[:1], count),
                                 np.repeat(point.barycentric[:1], count, axis=0))
        return self.between(repeated, at_vertices(self.surface))

    def _corners(self, points: SurfacePoints, rows: Array) -> Array:
        return np.asarray(self._mesh.faces[points.face[rows]].astype(np.int64))

    def _detours(self, one: Array, other: Array) -> Array:
        """Distance minus straight line between corners, float64 [N, 3, 3] of int [N, 3] twice."""
        first = np.repeat(one[:, :, None], 3, axis=2)
        second = np.repeat(other[:, None, :], 3, axis=1)
        distance = self._distances(first, second)
        points = self._mesh.vertices
        straight = np.linalg.norm(points[first] - points[second], axis=3)
        detour = np.asarray(np.maximum(distance - straight, 0))
        low, high = np.minimum(first, second), np.maximum(first, second)
        key = low * len(points) + high
        place = np.minimum(np.searchsorted(self._edge_keys, key), len(self._edge_keys) - 1)
        detour[(low == high) | (self._edge_keys[place] == key)] = 0
        return detour

    def _distances(self, first: Array, second: Array) -> Array:
        wanted = np.unique(np.concatenate([first.ravel(), second.ravel()]))
        count = len(self._mesh.vertices)
        many = len(wanted) + len(self._rows) > FEW * count and count <= MOST_VERTICES
        if "_table" in self.__dict__ or many or self._file.is_file():
            return np.asarray(self._table[first, second].astype(np.float64))
        for vertex in set(wanted.tolist()) - self._rows.keys():
            self._rows[vertex] = self._one_way(vertex)
        block = np.stack([self._rows[vertex] for vertex in wanted.tolist()])
        row, column = np.searchsorted(wanted, first), np.searchsorted(wanted, second)
        both = block[row, second] + block[column, first]
        return np.asarray((both / 2).astype(np.float16).astype(np.float64))

    def _one_way(self, vertex: int) -> Array:
        """Heat distances float32 [V] from a vertex; infinite in other pieces."""
        row = self._solver.compute_distance(vertex).astype(np.float32)
        row[self._component != self._component[vertex]] = np.inf
        return np.asarray(row)

    @cached_property
    def _solver(self) -> Any:
        from potpourri3d import MeshHeatMethodDistanceSolver

        return MeshHeatMethodDistanceSolver(self._mesh.vertices, self._mesh.faces,
                                            use_robust=True)

    @cached_property
    def _file(self) -> Path:
        content = hashlib.sha256(_VERSION.encode())
        content.update(np.ascontiguousarray(self._mesh.vertices, np.float32).tobytes())
        content.update(np.ascontiguousarray(self._mesh.faces, np.int32).tobytes())
        return self.folder / "geodesics" / f"{content.hexdigest()[:24]}.npy"

    @cached_property
    def _table(self) -> Array:
        """Distances of all pairs of vertices, float16 [V, V], from disk or worked out."""
        stored = self._kept()
        if stored is not None:
            return stored
        count = len(self._mesh.vertices)
        table = np.stack([self._one_way(vertex) for vertex in range(count)])
        for start in range(0, count, _BLOCK):  # in place: two tables would take twice the memory
            stop = start + _BLOCK
            mean = (table[start:stop, start:] + table[start:, start:stop].T) / 2
            table[start:stop, start:] = mean
            table[start:, start:stop] = mean.T
        rounded = table.astype(np.float16)
        self._keep(rounded)
        return rounded

    def _kept(self) -> Array | None:
        """The table on disk, or None where there is none that can be read."""
        try:
            stored = np.load(self._file, mmap_mode="r")
        except (OSError, ValueError, EOFError):
            return None
        count = len(self._mesh.vertices)
        return np.asarray(stored) if stored.shape == (count, count) else None

    def _keep(self, table: Array) -> None:
        """Write the table beside and rename it, so that nobody reads half a file."""
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile(dir=self._file.parent, suffix=".part",
                                             delete=False) as part:
                np.save(part, table)
            Path(part.name).replace(self._file)
        except OSError:
            return  # a full or read-only disk costs time at the next run, and nothing else
