"""How far apart two points of the body are, along its surface."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Protocol

import numpy as np

from wildpose.types import Array

if TYPE_CHECKING:
    from pathlib import Path

    from wildpose.surface.surface import Surface

BLOCK = 50_000
"""Points at a time: memory stays below about 100 MB."""


class ChartDistance(Protocol):
    """Metres between pairs of points that are given by chart and (u, v)."""

    def __call__(self, chart_a: Array, uv_a: Array, chart_b: Array, uv_b: Array) -> Array:
        """Distances float64 [N] of int [N], float [N, 2] twice; infinite where a chart is 0."""
        ...


class SurfaceDistance:
    """Geodesic distance on a surface.

    The published evaluator takes the vertex of the chart that is nearest in (u, v); we take the
    point of the surface itself, so that no distance is rounded to the mesh.

    Parameters
    ----------
    surface : Surface
    folder : Path, optional
        Where the table of distances is kept (:class:`wildpose.surface.geodesics.Geodesics`).
    """

    def __init__(self, surface: Surface, folder: Path | None = None) -> None:
        from wildpose.surface.geodesics import Geodesics

        self.surface = surface
        self._geodesics = Geodesics(surface, folder)

    def __call__(self, chart_a: Array, uv_a: Array, chart_b: Array, uv_b: Array) -> Array:
        """Metres between the points of each pair, float64 [N]; infinite where a chart is 0."""
        from wildpose.surface.points import points_of

        distance = np.full(len(chart_a), np.inf)
        there = np.flatnonzero((np.asarray(chart_a) > 0) & (np.asarray(chart_b) > 0))
        for start in range(0, len(there), BLOCK):
            rows = there[start : start + BLOCK]
            first = points_of(self.surface, chart_a[rows], uv_a[rows])
            second = points_of(self.surface, chart_b[rows], uv_b[rows])
            distance[rows] = self._geodesics.between(first, second)
        return distance


@cache
def reference_distance() -> SurfaceDistance:
    """Distance on the built-in reference body, made once."""
    from wildpose.surface.reference import load_reference

    return SurfaceDistance(load_reference())
