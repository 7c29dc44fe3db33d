"""Samples spread over the triangles of a mesh, each triangle as finely as it is large.

The layout is that of mesh colours (Yuksel, Keyser and House 2010): a triangle with n steps along
each edge has (n + 1)(n + 2) / 2 samples at the barycentrics (i, j, n - i - j) / n. No unwrapping is
needed, and neighbours meet without a seam where what is sampled depends on the place alone.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from wildpose.synth.raster import compiled, inlined
from wildpose.types import Array


class Lattice(NamedTuple):
    """Where the samples of each triangle stand in one long list.

    Attributes
    ----------
    first : int32 [F]
        Row of a triangle's first sample.
    steps : int32 [F]
        Intervals along each of its edges.
    """

    first: Array
    steps: Array


def lattice_over(corners: Array, spacing: float, most_steps: int = 64) -> Lattice:
    """Lay out samples so that neighbours are at most ``spacing`` apart.

    Parameters
    ----------
    corners : float [F, 3, 3]
        Corner positions of the triangles.
    spacing : float
        In the unit of the corners.
    most_steps : int
        Bound for very long triangles.

    Returns
    -------
    Lattice
    """
    edges = np.linalg.norm(corners - np.roll(corners, 1, axis=1), axis=2).max(axis=1, initial=0.0)
    steps = np.clip(np.ceil(edges / spacing), 1, most_steps).astype(np.int32)
    counts = (steps + 1) * (steps + 2) // 2
    first = np.concatenate([[0], np.cumsum(counts)[:-1]]).astype(np.int32)
    return Lattice(first[: len(steps)], steps)


def sample_places(lattice: Lattice) -> tuple[Array, Array]:
    """The triangle and the barycentrics of every sample.

    Returns
    -------
    face : int32 [S]
    barycentric : float32 [S, 3]
    """
    total = int(((lattice.steps + 1) * (lattice.steps + 2) // 2).sum())
    face = np.zeros(total, np.int32)
    barycentric = np.zeros((total, 3), np.float32)
    _fill_places(lattice, face, barycentric)
    return face, barycentric


@compiled
def _fill_places(lattice: Lattice, face: Array, barycentric: Array) -> None:
    row = 0
    for f in range(len(lattice.steps)):
        steps = lattice.steps[f]
        for i in range(steps + 1):
            for j in range(steps + 1 - i):
                face[row] = f
                barycentric[row, 0] = i / steps
                barycentric[row, 1] = j / steps
                barycentric[row, 2] = (steps - i - j) / steps
                row += 1


@compiled
def row_of(first: int, steps: int, i: int, j: int) -> int:
    """Row of sample (i, j) of a triangle."""
    return first + i * (steps + 1) - i * (i - 1) // 2 + j


@inlined
def nearest_row(lattice: Lattice, face: int, b0: float, b1: float) -> int:
    """Row of the sample next to a place in a triangle, given by its first two barycentrics."""
    steps = lattice.steps[face]
    i = min(max(int(b0 * steps + 0.5), 0), steps)
    j = min(max(int(b1 * steps + 0.5), 0), steps - i)
    return row_of(lattice.first[face], steps, i, j)


@inlined
def three_rows(lattice: Lattice, face: int, b0: float, b1: float) -> tuple[
        int, int, int, float, float, float]:
    """Rows and weights of the three samples round a place in a triangle: linear interpolation."""
    steps = lattice.steps[face]
    first = lattice.first[face]
    x = min(max(b0, 0.0), 1.0) * steps
    y = min(max(b1, 0.0), 1.0) * steps
    i = min(int(x), steps - 1)
    j = min(int(y), steps - 1 - i)
    x -= i
    y -= j
    if x + y <= 1.0 or i + j + 2 > steps:
        return (row_of(first, steps, i, j), row_of(first, steps, i + 1, j),
                row_of(first, steps, i, j + 1), 1.0 - x - y, x, y)
    return (row_of(first, steps, i + 1, j + 1), row_of(first, steps, i, j + 1),
            row_of(first, steps, i + 1, j), x + y - 1.0, 1.0 - x, 1.0 - y)
