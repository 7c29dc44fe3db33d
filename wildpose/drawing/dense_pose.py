"""Dense pose over a frame: each chart in its colour, chequered by its coordinates."""

from __future__ import annotations

import numpy as np

from wildpose.drawing.palette import CHART_COLOURS
from wildpose.types import Array, DensePose

SQUARES = 4
"""Chequers along each side of a chart."""
_DARK = 0.72
_SHARE = 0.5


def chequered(chart: Array, uv: Array, squares: int = SQUARES) -> Array:
    """Colours of places on the reference: the chart's colour in a chequered pattern of u and v.

    Parameters
    ----------
    chart : uint8 [...]
        0: no body.
    uv : float [2, ...]
    squares : int
        Along each side of a chart.

    Returns
    -------
    float32 [..., 3]
        RGB, 0 to 255.
    """
    square = np.floor(np.asarray(uv, np.float32) * squares).astype(np.int64).sum(axis=0)
    shade = np.where((square % 2 == 1) & (chart > 0), _DARK, 1).astype(np.float32)
    colours: Array = CHART_COLOURS[chart].astype(np.float32) * shade[..., None]
    return colours


def paint_dense_pose(
    image: Array, pose: DensePose, scale_xy: tuple[float, float] = (1.0, 1.0)
) -> Array:
    """Paint the charts of one detection over a copy of a picture; each pixel takes its cell's.

    Parameters
    ----------
    image : uint8 [H, W, 3]
        RGB.
    pose : DensePose
    scale_xy : (float, float)
        Pixels of ``image`` per pixel of the frame that ``pose`` refers to.

    Returns
    -------
    uint8 [H, W, 3]
        Changed only where a chart lies.
    """
    painted = image.copy()
    x1, y1, x2, y2 = (float(v) for v in pose.box_xyxy * np.array(scale_xy * 2))
    columns, left = _cells(x1, x2, pose.chart.shape[1], image.shape[1])
    rows, top = _cells(y1, y2, pose.chart.shape[0], image.shape[0])
    at = np.ix_(rows, columns)
    chart = pose.chart[at]
    body = chart > 0
    colours = chequered(chart, pose.uv[:, at[0], at[1]])[body]
    part = painted[top : top + len(rows), left : left + len(columns)]
    part[body] = (part[body] * (1 - _SHARE) + colours * _SHARE + 0.5).astype(np.uint8)
    return painted


def _cells(low: float, high: float, count: int, most: int) -> tuple[Array, int]:
    """Cell under the middle of each pixel from the first that a span covers, and that first."""
    first = int(np.clip(np.ceil(low - 0.5), 0, most))
    last = int(np.clip(np.ceil(high - 0.5), first, most))
    middle = np.arange(first, last) + 0.5
    cell = np.floor((middle - low) / max(high - low, 1e-9) * count).astype(np.int64)
    return np.clip(cell, 0, count - 1), first
