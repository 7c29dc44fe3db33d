"""Draw the mask of a region into the picture that the region was cut from."""

from __future__ import annotations

from typing import Literal

import numpy as np

from wildpose import masks
from wildpose.types import Array, Rle

Edge = Literal["held", "faded"]
"""Beyond the centres of the outermost cells a mask holds their values, or fades to 0."""


def paste_mask(
    probability: Array, box_xyxy: Array, size: tuple[int, int], edge: Edge = "held"
) -> tuple[Rle, float]:
    """Draw a mask of a region into a picture.

    Parameters
    ----------
    probability : float [S, S]
        Foreground probability; cell (i, j) covers its share of the box.
    box_xyxy : float [4]
        The region, in pixels of the picture.
    size : (int, int)
        Height and width of the picture.
    edge : {"held", "faded"}

    Returns
    -------
    (Rle, float)
        The mask at probability 0.5 and the mean probability inside; NaN where nothing is inside.
    """
    far = [size[1], size[0]]
    x1, y1 = np.clip(np.floor(box_xyxy[:2]).astype(int), 0, far)
    x2, y2 = np.clip(np.ceil(box_xyxy[2:]).astype(int), 0, far)
    cells, box = len(probability), [float(side) for side in box_xyxy]
    rows = _sampling(_centres(y1, y2, box[1], box[3], cells), cells, edge)
    columns = _sampling(_centres(x1, x2, box[0], box[2], cells), cells, edge)
    patch = rows @ probability @ columns.T
    full = np.zeros(size, bool)
    inside = patch >= 0.5
    full[y1:y2, x1:x2] = inside
    confidence = float(patch[inside].mean()) if inside.any() else float("nan")
    return masks.encode(full), confidence


def _centres(first: int, last: int, low: float, high: float, cells: int) -> Array:
    """Where the centres of pixels ``first .. last - 1`` lie among the cells of a side."""
    centre: Array = (np.arange(first, last) + 0.5 - low) / (high - low) * cells - 0.5
    return centre


def _sampling(centre: Array, cells: int, edge: Edge) -> Array:
    """Linear interpolation at such centres as a matrix [pixels, cells]."""
    if edge == "faded":
        near: Array = np.maximum(1 - np.abs(centre[:, None] - np.arange(cells)), 0)
        return near.astype(np.float32)
    centre = np.clip(centre, 0, cells - 1)
    left = np.minimum(np.floor(centre).astype(int), cells - 2)
    weight = np.zeros((len(centre), cells), np.float32)
    index = np.arange(len(centre))
    weight[index, left] = 1 - (centre - left)
    weight[index, left + 1] += centre - left
    return weight
