"""Draw the mask of a region into the picture that the region was cut from."""

from __future__ import annotations

import numpy as np

from wildpose import masks
from wildpose.types import Array, Rle


def paste_mask(
    probability: Array, box_xyxy: Array, size: tuple[int, int]
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

    Returns
    -------
    (Rle, float)
        The mask at probability 0.5 and the mean probability inside; NaN where nothing is inside.
    """
    far = [size[1], size[0]]
    x1, y1 = np.clip(np.floor(box_xyxy[:2]).astype(int), 0, far)
    x2, y2 = np.clip(np.ceil(box_xyxy[2:]).astype(int), 0, far)
    rows = _sampling(y1, y2, float(box_xyxy[1]), float(box_xyxy[3]), len(probability))
    columns = _sampling(x1, x2, float(box_xyxy[0]), float(box_xyxy[2]), len(probability))
    patch = rows @ probability @ columns.T
    full = np.zeros(size, bool)
    inside = patch >= 0.5
    full[y1:y2, x1:x2] = inside
    confidence = float(patch[inside].mean()) if inside.any() else float("nan")
    return masks.encode(full), confidence


def _sampling(first: int, last: int, low: float, high: float, cells: int) -> Array:
    """Linear interpolation at pixel centres ``first .. last - 1`` as a matrix [pixels, cells]."""
    centre = (np.arange(first, last) + 0.5 - low) / (high - low) * cells - 0.5
    centre = np.clip(centre, 0, cells - 1)
    left = np.minimum(np.floor(centre).astype(int), cells - 2)
    weight = np.zeros((len(centre), cells), np.float32)
    index = np.arange(len(centre))
    weight[index, left] = 1 - (centre - left)
    weight[index, left + 1] += centre - left
    return weight
