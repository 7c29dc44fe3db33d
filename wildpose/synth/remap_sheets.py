"""Pictures of the reference and of what was carried onto it, in matching colours."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from wildpose.drawing.palette import CHART_COLOURS, NO_POINT_COLOUR
from wildpose.surface.points import chart_uv_of, nearest_points, positions
from wildpose.surface.remap import Remapping
from wildpose.surface.surface import Surface, SurfacePoints
from wildpose.synth.portraits import FOUR_SIDES, checks, portraits, ramp
from wildpose.types import Array

Colouring = Callable[[Surface, SurfacePoints], Array]
"""From points of a surface to colours uint8 [N, 3]."""

MAP_SIDES = ("left", "front left", "back right", "below")
_TILE = (300, 250)
_SHEET_TILE = (220, 170)
_DARKEST, _LIGHTEST = 35, 235
_NAME_PX = 16


def by_chart(surface: Surface, points: SurfacePoints) -> Array:
    """Colour of the chart."""
    return np.asarray(CHART_COLOURS[chart_uv_of(surface, points)[0]])


def by_checks(surface: Surface, points: SurfacePoints) -> Array:
    """Colour of the chart, chequered by u and v."""
    return checks(*chart_uv_of(surface, points))


def by_coordinate(axis: int) -> Colouring:
    """Colour of u (0) or v (1)."""

    def colour(surface: Surface, points: SurfacePoints) -> Array:
        chart, uv = chart_uv_of(surface, points)
        return np.where(chart[:, None] > 0, ramp(uv[:, axis]), NO_POINT_COLOUR).astype(np.uint8)

    return colour


def by_place(surface: Surface, points: SurfacePoints) -> Array:
    """Colour of the place in space: red from right to left, green up, blue forward."""
    low, high = surface.vertices.min(0), surface.vertices.max(0)
    share = (positions(surface, points) - low) / (high - low)
    colour = _DARKEST + np.nan_to_num(share) * (_LIGHTEST - _DARKEST)
    return np.where(points.face[:, None] >= 0, colour, NO_POINT_COLOUR).astype(np.uint8)


def reference_sheet(surface: Surface) -> Array:
    """Charts, u and v of a surface from four sides, uint8 [H, W, 3]: one row each."""
    return np.concatenate([
        reference_views(surface, colouring, FOUR_SIDES, (230, 360))
        for colouring in (by_chart, by_coordinate(0), by_coordinate(1), by_checks)])


def map_picture(remapped: Remapping, surface: Surface) -> Array:
    """An animal above, the reference below, the same colour at the same place.

    Columns: charts from four sides, chequered u and v, the place in space.

    Parameters
    ----------
    remapped : Remapping
    surface : Surface
        That it maps to.

    Returns
    -------
    uint8 [H, W, 3]
    """
    columns: Sequence[tuple[Colouring, Sequence[str]]] = (
        (by_chart, MAP_SIDES), (by_checks, ("left",)), (by_place, ("left", "back right")))
    animal = [animal_views(remapped, surface, *column, _TILE) for column in columns]
    below = [reference_views(surface, *column, _TILE) for column in columns]
    return np.concatenate([np.concatenate(animal, axis=1), np.concatenate(below, axis=1)])


def sheet(named: Sequence[tuple[str, Remapping]], surface: Surface, columns: int = 3) -> Array:
    """Many animals in matching colours, with their names: charts from two sides, and the place.

    Parameters
    ----------
    named : sequence of (name, Remapping)
    surface : Surface
    columns : int
        Animals per row.

    Returns
    -------
    uint8 [H, W, 3]
    """
    tiles = []
    for name, remapped in named:
        views = [animal_views(remapped, surface, by_chart, ("left", "back right"), _SHEET_TILE),
                 animal_views(remapped, surface, by_place, ("left",), _SHEET_TILE)]
        tiles.append(np.concatenate([_title(name, 3 * _SHEET_TILE[0]),
                                     np.concatenate(views, axis=1)]))
    blank = np.full_like(tiles[0], 255)
    tiles += [blank] * (-len(tiles) % columns)
    rows = [np.concatenate(tiles[k : k + columns], axis=1) for k in range(0, len(tiles), columns)]
    return np.concatenate(rows)


def reference_views(surface: Surface, colouring: Colouring, sides: Sequence[str],
                    size: tuple[int, int]) -> Array:
    """Draw a surface from several sides, side by side, as portraits do, uint8 [H, W, 3]."""
    def paint(face: Array, barycentric: Array) -> Array:
        return colouring(surface, SurfacePoints(face, barycentric))

    return portraits(surface.vertices, surface.faces, paint, sides, size)


def animal_views(remapped: Remapping, surface: Surface, colouring: Colouring,
                 sides: Sequence[str], size: tuple[int, int]) -> Array:
    """Draw an animal; each pixel's place is interpolated in space and put back on the surface."""
    place = positions(surface, remapped.points)
    mesh = remapped.body.mesh

    def paint(face: Array, barycentric: Array) -> Array:
        xyz = np.einsum("nk,nkc->nc", barycentric, place[mesh.faces[face]])
        return colouring(surface, nearest_points(surface, xyz))

    return portraits(mesh.vertices, mesh.faces, paint, sides, size)


def _title(text: str, width: int) -> Array:
    from PIL import Image, ImageDraw

    strip = Image.new("RGB", (width, _NAME_PX), "white")
    ImageDraw.Draw(strip).text((6, 2), text, fill=(40, 40, 40))
    return np.asarray(strip)
