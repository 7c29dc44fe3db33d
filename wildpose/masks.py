"""Masks as COCO run-length codes, and overlap of masks and boxes.

Masks travel as compressed RLE (a few hundred bytes) and become arrays only where pixels are
needed. pycocotools does the coding.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from pycocotools import mask as coco_mask

from wildpose.types import Array, Rle


def encode(mask: Array) -> Rle:
    """Run-length code of a binary mask.

    Parameters
    ----------
    mask : bool or uint8 [H, W]

    Returns
    -------
    Rle
        With ``counts`` as ``str``, so that it can be written as JSON.

    Examples
    --------
    >>> encode(np.eye(2, dtype=bool))["size"]
    [2, 2]
    """
    code = coco_mask.encode(np.asfortranarray(mask.astype(np.uint8)))
    return {"size": [int(v) for v in code["size"]], "counts": code["counts"].decode("ascii")}


def decode(rle: Rle) -> Array:
    """The mask as bool [H, W]."""
    decoded: Array = coco_mask.decode(rle)
    return decoded.astype(bool)


def area(rle: Rle) -> int:
    """Number of foreground pixels."""
    return int(coco_mask.area(rle))


def box_of_mask(rle: Rle) -> Array:
    """Tight box of the foreground, float32 ``(x1, y1, x2, y2)``; zeros for an empty mask."""
    x, y, w, h = (float(v) for v in coco_mask.toBbox(rle))
    return np.array([x, y, x + w, y + h], np.float32)


def from_polygons(polygons: Sequence[Sequence[float]], height: int, width: int) -> Rle:
    """Mask of a COCO ``segmentation`` given as polygons ``[[x, y, x, y, ...], ...]`` in pixels."""
    code = coco_mask.merge(coco_mask.frPyObjects([list(p) for p in polygons], height, width))
    return {"size": [height, width], "counts": code["counts"].decode("ascii")}


def from_coco(segmentation: Rle | Sequence[Sequence[float]], height: int, width: int) -> Rle:
    """Mask of a COCO ``segmentation``: polygons, uncompressed or compressed RLE."""
    if not isinstance(segmentation, dict):
        return from_polygons(segmentation, height, width)
    if isinstance(segmentation["counts"], str):
        return segmentation
    code = coco_mask.frPyObjects(segmentation, height, width)
    return {"size": [height, width], "counts": code["counts"].decode("ascii")}


def mask_iou(first: Sequence[Rle], second: Sequence[Rle]) -> Array:
    """Intersection over union of every pair, float64 [N, M]."""
    if not first or not second:
        return np.zeros((len(first), len(second)))
    values: Array = coco_mask.iou(list(first), list(second), [0] * len(second))
    return values


def box_iou(first_xyxy: Array, second_xyxy: Array) -> Array:
    """Intersection over union of every pair of boxes.

    Parameters
    ----------
    first_xyxy : float [N, 4]
    second_xyxy : float [M, 4]

    Returns
    -------
    float64 [N, M]
        0 where either box has no area.

    Examples
    --------
    >>> box_iou(np.array([[0, 0, 2, 2]]), np.array([[1, 0, 3, 2]])).round(3)
    array([[0.333]])
    """
    a = np.asarray(first_xyxy, np.float64).reshape(-1, 1, 4)
    b = np.asarray(second_xyxy, np.float64).reshape(1, -1, 4)
    side = np.clip(np.minimum(a[..., 2:], b[..., 2:]) - np.maximum(a[..., :2], b[..., :2]), 0, None)
    shared = side[..., 0] * side[..., 1]
    union = box_area(a) + box_area(b) - shared
    iou: Array = np.divide(shared, union, out=np.zeros_like(shared), where=union > 0)
    return iou


def box_area(box_xyxy: Array) -> Array:
    """Area of boxes, shape of the input without its last axis; 0 for boxes turned inside out."""
    side = np.clip(box_xyxy[..., 2:] - box_xyxy[..., :2], 0, None)
    area_px: Array = side[..., 0] * side[..., 1]
    return area_px
