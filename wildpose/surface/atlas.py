"""All 24 charts side by side in one texture: six columns, four rows, chart 1 first.

A cell is square. Its first row of texels is v = 0 and its first column u = 0 (as in DensePose's
texture files); texel centres lie at (i + 0.5) pixels, and u = 0 and u = 1 fall on the centres of
the first and last texel. Texels outside a chart repeat its nearest point, so that nothing bleeds
in from the neighbouring cell or from the background.
"""

from __future__ import annotations

import numpy as np

from wildpose.surface.points import points_of, positions
from wildpose.surface.surface import Surface, SurfacePoints
from wildpose.types import Array

COLUMNS, ROWS = 6, 4


def texel_of(chart: Array, uv: Array, cell_px: int) -> Array:
    """Where a chart point lies in the texture.

    Parameters
    ----------
    chart : int [N]
        1 to 24.
    uv : float [N, 2]
    cell_px : int
        Width and height of a cell.

    Returns
    -------
    float64 [N, 2]
        x and y in pixels of the texture, continuous.
    """
    number = np.asarray(chart).astype(np.int64) - 1
    corner = np.stack([number % COLUMNS, number // COLUMNS], axis=1) * cell_px
    return np.asarray(corner + 0.5 + np.clip(uv, 0, 1) * (cell_px - 1.0))


def texel_points(surface: Surface, cell_px: int) -> SurfacePoints:
    """The point of the surface that each texel shows, length ``ROWS * COLUMNS * cell_px ** 2``.

    Row by row through the texture; none in the cells of charts that the surface lacks.
    """
    y, x = np.indices((ROWS * cell_px, COLUMNS * cell_px)).reshape(2, -1)
    chart = 1 + x // cell_px + COLUMNS * (y // cell_px)
    chart = np.where(np.isin(chart, surface.chart), chart, 0)
    uv = np.stack([x % cell_px, y % cell_px], axis=1) / (cell_px - 1)
    return points_of(surface, chart, uv)


def bake(surface: Surface, field: Array, cell_px: int) -> Array:
    """A field on the vertices as a texture.

    Parameters
    ----------
    surface : Surface
    field : float [V, C]
    cell_px : int

    Returns
    -------
    float32 [ROWS * cell_px, COLUMNS * cell_px, C]
        NaN in the cells of charts that the surface lacks.
    """
    values = positions(surface, texel_points(surface, cell_px), np.asarray(field))
    return np.asarray(values.reshape(ROWS * cell_px, COLUMNS * cell_px, -1).astype(np.float32))


def sample(texture: Array, chart: Array, uv: Array) -> Array:
    """Values of a texture at chart points, between texels by their distance (bilinear).

    Parameters
    ----------
    texture : [ROWS * cell, COLUMNS * cell, C]
    chart : int [N]
        1 to 24.
    uv : float [N, 2]

    Returns
    -------
    float64 [N, C]
    """
    cell_px = texture.shape[1] // COLUMNS
    place = texel_of(chart, uv, cell_px) - 0.5
    # The last texel of a cell has no right neighbour of its own: step back by one instead.
    first = np.minimum(np.floor(place), place // cell_px * cell_px + cell_px - 2).astype(np.int64)
    share = place - first
    (x, y), (s, t) = first.T, share.T[..., None]
    top = (1 - s) * texture[y, x] + s * texture[y, x + 1]
    bottom = (1 - s) * texture[y + 1, x] + s * texture[y + 1, x + 1]
    return np.asarray((1 - t) * top + t * bottom)
