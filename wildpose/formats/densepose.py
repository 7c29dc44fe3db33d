"""The dense-pose fields of a COCO annotation (DensePose-COCO, Güler et al. 2018, section 2).

Points: ``dp_x``, ``dp_y`` in the annotation's box stretched to 256 x 256, origin at its top left
corner; ``dp_I`` chart 1 to 24; ``dp_U``, ``dp_V`` in [0, 1]. Parts: ``dp_masks``, a list of 14
run-length masks of 256 x 256 pixels of that box, or ``[]`` where a part is absent.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from wildpose import masks
from wildpose.errors import DataError
from wildpose.surface.charts import COARSE_PART, MIRROR_COARSE_PART
from wildpose.surface.points import chart_uv_of, mirrored, points_of
from wildpose.surface.surface import Surface
from wildpose.types import Array, Rle

GRID = 256
"""Side of the square that the box is stretched to."""
PARTS = 14
CHART_NUMBERS = np.arange(1, 25)
POINTS_PER_PART = 14
"""The most points that an annotator of DensePose-COCO was given for a part."""

Fields = dict[str, Any]


@dataclass(frozen=True)
class DensePoints:
    """Annotated points of one body.

    Attributes
    ----------
    xy : float64 [N, 2]
        Pixels of the picture.
    chart : uint8 [N]
    uv : float64 [N, 2]
    """

    xy: Array
    chart: Array
    uv: Array


def dense_pose_fields(
    chart: Array, uv: Array, box_xyxy: Array, rng: np.random.Generator,
    *, points_per_part: int = POINTS_PER_PART,
) -> Fields:
    """Draw points from a dense map and write its fields.

    Points lie on pixel centres and are spread evenly over each visible part: its pixels are put in
    an order that keeps neighbours together, and taken at equal steps from a random start.

    Parameters
    ----------
    chart : uint8 [H, W]
        Of one body in the whole picture; 0 where it is not seen or has no point.
    uv : float [H, W, 2]
    box_xyxy : float [4]
        The annotation's box in pixels.
    rng : numpy.random.Generator
    points_per_part : int
        The most for each of the 14 parts.

    Returns
    -------
    dict
        ``dp_x dp_y dp_I dp_U dp_V dp_masks``; empty where the body shows no chart at all, since a
        reader takes points or nothing.
    """
    part = np.asarray(COARSE_PART, np.uint8)[chart]
    chosen = [_spread(np.argwhere(part == p), points_per_part, rng) for p in range(1, PARTS + 1)]
    rows, columns = np.concatenate(chosen).T
    if len(rows) == 0:
        return {}
    x1, y1, x2, y2 = (float(v) for v in box_xyxy)
    u, v = np.clip(uv[rows, columns].astype(np.float64), 0, 1).T
    return {
        "dp_x": _rounded((columns + 0.5 - x1) * GRID / (x2 - x1)),
        "dp_y": _rounded((rows + 0.5 - y1) * GRID / (y2 - y1)),
        "dp_I": [int(c) for c in chart[rows, columns]],
        "dp_U": _rounded(u), "dp_V": _rounded(v),
        "dp_masks": part_masks(part, box_xyxy),
    }


def part_masks(part: Array, box_xyxy: Array) -> list[Any]:
    """Cut the parts out of the box, stretched to 256 x 256.

    Parameters
    ----------
    part : uint8 [H, W]
        1 to 14, 0 for no body.
    box_xyxy : float [4]

    Returns
    -------
    list of 14
        An :data:`wildpose.types.Rle` each, or ``[]``.
    """
    x1, y1, x2, y2 = (float(v) for v in box_xyxy)
    centres = (np.arange(GRID) + 0.5) / GRID
    columns = np.clip(np.floor(x1 + centres * (x2 - x1)).astype(int), 0, part.shape[1] - 1)
    rows = np.clip(np.floor(y1 + centres * (y2 - y1)).astype(int), 0, part.shape[0] - 1)
    square = part[rows[:, None], columns[None, :]]
    present = np.bincount(square.ravel(), minlength=PARTS + 1) > 0
    return [masks.encode(square == p) if present[p] else [] for p in range(1, PARTS + 1)]


def read_points(annotation: Fields) -> DensePoints:
    """Read the points of an annotation, in pixels of its picture.

    Parameters
    ----------
    annotation : dict
        With ``bbox`` and the fields of dense pose.

    Returns
    -------
    DensePoints
        None of them where the annotation has no such fields.

    Raises
    ------
    DataError
        Lists of different length, a chart outside 1 to 24, or u and v outside [0, 1].
    """
    names = ("dp_x", "dp_y", "dp_I", "dp_U", "dp_V")
    try:
        columns = [np.asarray(annotation.get(name, []), np.float64) for name in names]
    except (TypeError, ValueError):
        columns = []
    if len({c.shape for c in columns}) != 1 or columns[0].ndim != 1:
        raise DataError(f"annotation {annotation.get('id')}: dp_x, dp_y, dp_I, dp_U and dp_V are "
                        "not lists of one length.")
    x, y, chart, u, v = columns
    if not np.isfinite([x, y]).all():
        raise DataError(f"annotation {annotation.get('id')}: dp_x and dp_y must be numbers.")
    if not np.isin(chart, CHART_NUMBERS).all() or not (np.abs([u - 0.5, v - 0.5]) <= 0.5).all():
        raise DataError(f"annotation {annotation.get('id')}: dp_I must be 1 to 24, dp_U and dp_V "
                        "between 0 and 1.")
    left, top, width, height = annotation["bbox"]
    xy = np.stack([left + x * width / GRID, top + y * height / GRID], axis=1)
    return DensePoints(xy, chart.astype(np.uint8), np.stack([u, v], axis=1))


def read_part_map(annotation: Fields) -> Array:
    """Read ``dp_masks`` as one map of the box.

    Parameters
    ----------
    annotation : dict

    Returns
    -------
    uint8 [256, 256]
        1 to 14, 0 for no body; later parts lie over earlier ones.

    Raises
    ------
    DataError
        No list of 14, or a mask of another size.
    """
    given = annotation.get("dp_masks")
    if not isinstance(given, list) or len(given) != PARTS:
        raise DataError(f"annotation {annotation.get('id')}: dp_masks is no list of {PARTS}.")
    whole = np.zeros((GRID, GRID), np.uint8)
    for number, rle in enumerate(given, start=1):
        if not rle:
            continue
        if list(rle["size"]) != [GRID, GRID]:
            raise DataError(f"annotation {annotation.get('id')}: a mask of {rle['size']} pixels, "
                            f"not {GRID} x {GRID}.")
        whole[masks.decode(rle)] = number
    return whole


def body_mask(annotation: Fields, size: tuple[int, int]) -> Rle:
    """Put the parts together as one mask of the picture.

    Parameters
    ----------
    annotation : dict
        With ``bbox`` and ``dp_masks``.
    size : (int, int)
        Height and width of the picture.

    Raises
    ------
    DataError
        As :func:`read_part_map`.
    """
    part = read_part_map(annotation)
    (x, y, width, height), whole = annotation["bbox"], np.zeros(size, bool)
    row = np.floor((np.arange(size[0]) + 0.5 - y) / height * GRID).astype(int)
    column = np.floor((np.arange(size[1]) + 0.5 - x) / width * GRID).astype(int)
    down, across = (np.flatnonzero((k >= 0) & (k < GRID)) for k in (row, column))
    whole[np.ix_(down, across)] = part[np.ix_(row[down], column[across])] > 0
    return masks.encode(whole)


def mirrored_fields(annotation: Fields, surface: Surface) -> Fields:
    """Write the fields of the same body in the mirrored picture.

    Left and right change places: a point goes to the other side of the body, and with it chart, u
    and v; parts swap their numbers.

    Parameters
    ----------
    annotation : dict
        With the fields of dense pose.
    surface : Surface
        The reference that the points lie on.

    Returns
    -------
    dict
        The fields alone; the box has to be mirrored, too.

    Raises
    ------
    DataError
        As :func:`read_points` and :func:`read_part_map`.
    """
    read_points(annotation)
    charts = np.asarray(annotation["dp_I"], np.uint8)
    uv = np.stack([annotation["dp_U"], annotation["dp_V"]], 1).astype(np.float32)
    chart, other_uv = chart_uv_of(surface, mirrored(surface, points_of(surface, charts, uv)))
    part = np.asarray(MIRROR_COARSE_PART, np.uint8)[read_part_map(annotation)[:, ::-1]]
    present = [(part == p).any() for p in range(1, PARTS + 1)]
    return {
        "dp_x": _rounded(GRID - np.asarray(annotation["dp_x"], np.float64)),
        "dp_y": list(annotation["dp_y"]), "dp_I": [int(c) for c in chart],
        "dp_U": _rounded(other_uv[:, 0]), "dp_V": _rounded(other_uv[:, 1]),
        "dp_masks": [masks.encode(part == p) if there else []
                     for p, there in enumerate(present, start=1)],
    }


def _spread(pixels: Array, most: int, rng: np.random.Generator) -> Array:
    """At most ``most`` of the pixels, int [n, 2], evenly over their area."""
    if len(pixels) <= most:
        return pixels
    order = np.argsort(_interleaved(pixels), kind="stable")
    step = len(pixels) / most
    index = ((np.arange(most) + rng.random()) * step).astype(int)
    chosen: Array = pixels[order[np.minimum(index, len(pixels) - 1)]]
    return chosen


def _interleaved(pixels: Array) -> Array:
    """Bits of row and column in turn (Morton order): near in the list is near in the picture."""
    code = np.zeros(len(pixels), np.int64)
    for bit in range(13):
        code |= ((pixels[:, 0].astype(np.int64) >> bit) & 1) << (2 * bit + 1)
        code |= ((pixels[:, 1].astype(np.int64) >> bit) & 1) << (2 * bit)
    return code


def _rounded(values: Array) -> list[float]:
    return [round(float(v), 5) for v in values]
