"""The semantic descriptor of eq. 1: how far a point of a body is from each of its 32 parts.

Sanakoyeu et al. 2020, 3.1: ``d_l(p)`` is the mean geodesic distance from ``p`` to the vertices of
part ``l``. Two bodies are matched by nearest descriptors once both are normalised.
"""

from __future__ import annotations

import numpy as np

from wildpose.surface.parted_body import PartedBody
from wildpose.surface.parts import MIRROR, PARTS
from wildpose.types import Array

SOURCES_PER_PART = 5
"""Distances are averaged over so many points of a part: the mean hardly changes with more."""
RANGE_PERCENT = (2.0, 98.0)
"""Standardising looks at this range of a descriptor within a part, so that no tip rules it."""


class GeodesicSolver:
    """Geodesic distances on one mesh by the heat method (Crane et al. 2013), by potpourri3d."""

    def __init__(self, body: PartedBody) -> None:
        from potpourri3d import MeshHeatMethodDistanceSolver

        self._solver = MeshHeatMethodDistanceSolver(body.mesh.vertices, body.mesh.faces)

    def to_vertices(self, sources: Array) -> Array:
        """Distance float64 [V] of every vertex to the nearest of ``sources`` int [N]."""
        found = self._solver.compute_distance_multisource([int(v) for v in sources])
        return np.asarray(np.maximum(np.asarray(found), 0))


def sources_of_part(body: PartedBody, part: int, count: int) -> Array:
    """Vertices int64 [<= count] of a part, spread evenly over its area in the mesh's order."""
    own: Array = np.flatnonzero(body.part == part)
    if len(own) <= count:
        return own
    passed = np.cumsum(body.area[own])
    wanted = (np.arange(count) + 0.5) / count * passed[-1]
    return np.asarray(own[np.minimum(np.searchsorted(passed, wanted), len(own) - 1)])


def part_distances(
    body: PartedBody, solver: GeodesicSolver, sources_per_part: int = SOURCES_PER_PART
) -> Array:
    """Mean geodesic distance from every vertex to every part (eq. 1, not normalised).

    Parameters
    ----------
    body : PartedBody
    solver : GeodesicSolver
        Of the same body.
    sources_per_part : int
        The mean is taken over so many points of a part.

    Returns
    -------
    float64 [V, 32]
        In the unit of the mesh; NaN for parts that the body lacks.
    """
    distance = np.full((len(body.part), len(PARTS)), np.nan)
    for part in range(len(PARTS)):
        sources = sources_of_part(body, part, sources_per_part)
        if len(sources):
            columns = [solver.to_vertices(sources[k : k + 1]) for k in range(len(sources))]
            distance[:, part] = np.mean(columns, axis=0)
    return distance


def normalised_by_part(distance: Array, part: Array) -> Array:
    """Eq. 1 as printed: each d_l divided by its mean over the vertices of part l itself.

    Parameters
    ----------
    distance : float64 [V, 32]
    part : int [V]

    Returns
    -------
    float64 [V, 32]
    """
    mean = np.full(distance.shape[1], np.nan)
    for number in range(distance.shape[1]):
        own = distance[part == number, number]
        if len(own):
            mean[number] = own.mean()
    return np.asarray(distance / np.where(mean > 0, mean, np.nan))


def sums_and_differences(distance: Array) -> Array:
    """Replace each pair (left, right) of columns by its mean and half its difference.

    The difference says on which side a point lies. Within eq. 1 it drowns among 32 numbers that
    are nearly the same left and right, so heads change sides; standardised on its own it does not.
    """
    mixed = distance.copy()
    for part, other in enumerate(MIRROR):
        if part < other:
            left, right = distance[:, part], distance[:, other]
            mixed[:, part], mixed[:, other] = (left + right) / 2, (left - right) / 2
    return mixed


def standardised(values: Array, target: Array) -> Array:
    """Stretch each column of one body's part so that its range becomes that of the other body.

    Parameters
    ----------
    values : float64 [N, K]
        Descriptors of one part of the animal.
    target : float64 [M, K]
        Of the same part of the reference.

    Returns
    -------
    float64 [N, K]
        In the reference's unit.
    """
    low, high = np.percentile(values, RANGE_PERCENT, axis=0)
    target_low, target_high = np.percentile(target, RANGE_PERCENT, axis=0)
    width = high - low
    share = np.divide(values - low, width, out=np.full_like(values, 0.5),
                      where=width > 1e-9 * np.abs(high).max(initial=1e-12))
    return np.asarray(target_low + share * (target_high - target_low))
