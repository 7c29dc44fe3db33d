"""Dense pose as two small pictures of a frame: which part of the body is where, and how doubtful.

The App shows a picture over a frame quickly where it is small. So the grids of all animals are laid
onto one canvas: one picture of the parts, each in its colour and chequered by u and v as on the
contact sheets, and one of the doubt, the probability that another part is right.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from wildpose.drawing.dense_pose import SQUARES, chequered
from wildpose.drawing.palette import CHART_COLOURS
from wildpose.results.dense_pose import read_dense_pose
from wildpose.surface.charts import CHARTS
from wildpose.types import Array, DensePose

MAP_SIDE_PX = 480
"""Longer side of the pictures; the App stretches them over the frame."""
_KINDS = len(CHART_COLOURS)
_DOUBT_STEP = 16


@dataclass(frozen=True)
class Tile:
    """The dense pose of one detection as it is painted.

    Attributes
    ----------
    box_xyxy : float64 [4]
        What the grid covers, in pixels of the frame.
    code : uint8 [h, w]
        Row of :data:`PART_COLOURS`: the chart, or 25 more in a dark square; 0 for no body.
    doubt : uint8 [h, w]
        1 to 255 times the probability that the chart is another one, in steps of 1/16; 0 for no
        body.
    chart_confidence, uv_sigma : float
        Means over the body; see :class:`wildpose.types.DensePose`.
    """

    box_xyxy: Array
    code: Array
    doubt: Array
    chart_confidence: float
    uv_sigma: float


def _part_colours() -> Array:
    chart = np.arange(_KINDS, dtype=np.uint8)
    light = chequered(chart, np.zeros((2, _KINDS)))
    dark = chequered(chart, np.stack([np.full(_KINDS, 1.5 / SQUARES), np.zeros(_KINDS)]))
    colours: Array = np.concatenate([light, dark]).round().astype(np.uint8)
    colours[[0, _KINDS]] = 0
    return colours


PART_COLOURS = _part_colours()
"""RGB of each code of a tile, uint8 [50, 3]; black for no body."""


def part_names() -> dict[str, str]:
    """Name of the part that each colour stands for, by the colour as ``#rrggbb``.

    Examples
    --------
    >>> len(part_names()), part_names()["#13d2e1"]
    (48, 'torso back')
    """
    return {"#" + bytes(PART_COLOURS[code]).hex(): CHARTS[code % _KINDS]
            for code in range(2 * _KINDS) if code % _KINDS}


def tile_of(pose: DensePose) -> Tile:
    """Reduce a dense pose to what is painted of it."""
    body = pose.chart > 0
    square = np.floor(np.asarray(pose.uv, np.float32) * SQUARES).astype(np.int64).sum(axis=0)
    code = np.where(body, pose.chart + np.where(square % 2 == 1, _KINDS, 0), 0).astype(np.uint8)
    doubt = np.round((1 - pose.chart_confidence.astype(np.float32)) * 255 / _DOUBT_STEP)
    shown = np.clip(doubt * _DOUBT_STEP, 1, 255)
    some = bool(body.any())
    return Tile(
        pose.box_xyxy.astype(np.float64), code, np.where(body, shown, 0).astype(np.uint8),
        float(pose.chart_confidence[body].mean(dtype=np.float64)) if some else 0.0,
        float(pose.uv_sigma[body].mean(dtype=np.float64)) if some else 0.0)


def read_tiles(path: Path | None) -> dict[int, Tile]:
    """Read the tiles of a clip, by position of the detection among the clip's rows."""
    if path is None:
        return {}
    return {position: tile_of(pose) for position, pose in read_dense_pose(path)}


def carried(box_xyxy: Array, start_xyxy: Array, end_xyxy: Array) -> Array:
    """Move and stretch a box as another one was moved and stretched.

    Parameters
    ----------
    box_xyxy : float [4]
    start_xyxy, end_xyxy : float [4]
        The other one before and after.

    Returns
    -------
    float64 [4]

    Examples
    --------
    >>> first, then = np.array([0, 0, 10, 10]), np.array([5, 0, 25, 10])
    >>> carried(np.array([1, 1, 9, 9]), first, then).tolist()
    [7.0, 1.0, 23.0, 9.0]
    """
    box, start, end = (np.asarray(b, np.float64).reshape(2, 2) for b in
                       (box_xyxy, start_xyxy, end_xyxy))
    stretch = (end[1] - end[0]) / np.maximum(start[1] - start[0], 1e-9)
    moved: Array = (end[0] + (box - start[0]) * stretch).reshape(4)
    return moved


def paint(tiles: Sequence[tuple[Tile, Array]], width: int, height: int) -> tuple[Array, Array]:
    """Lay the tiles of one frame onto a canvas; a smaller animal lies over a larger one.

    Parameters
    ----------
    tiles : sequence of (Tile, float [4])
        With the box that each covers in this frame, in pixels.
    width, height : int
        Of the frame, in pixels.

    Returns
    -------
    parts : uint8 [h, w, 3]
        RGB; black where no body is. At most :data:`MAP_SIDE_PX` wide or high.
    doubt : uint8 [h, w]
    """
    scale = min(1.0, MAP_SIDE_PX / max(width, height))
    size = max(1, round(height * scale)), max(1, round(width * scale))
    code, doubt = np.zeros(size, np.uint8), np.zeros(size, np.uint8)
    for tile, box in sorted(tiles, key=lambda pair: -_area(pair[1])):
        rows, top = _cells(box[1] * scale, box[3] * scale, tile.code.shape[0], size[0])
        columns, left = _cells(box[0] * scale, box[2] * scale, tile.code.shape[1], size[1])
        here = np.ix_(rows, columns)
        at = (slice(top, top + len(rows)), slice(left, left + len(columns)))
        body = tile.code[here] > 0
        code[at][body] = tile.code[here][body]
        doubt[at][body] = tile.doubt[here][body]
    return PART_COLOURS[code], doubt


def _area(box_xyxy: Array) -> float:
    return float((box_xyxy[2] - box_xyxy[0]) * (box_xyxy[3] - box_xyxy[1]))


def _cells(low: float, high: float, count: int, most: int) -> tuple[Array, int]:
    """Cell under the middle of each pixel that a span covers, and the first such pixel."""
    first = int(np.clip(np.ceil(low - 0.5), 0, most))
    last = int(np.clip(np.ceil(high - 0.5), first, most))
    share = (np.arange(first, last) + 0.5 - low) / max(high - low, 1e-9)
    return np.clip(np.floor(share * count).astype(np.int64), 0, count - 1), first
