"""Foreground of dense pose and of its truth as masks of the picture, for GPSm.

Both are laid on whole pixels as the published evaluator does (detectron2, projects/DensePose):
truth is the union of ``dp_masks``, stretched to the box by linear interpolation, or else the
``segmentation``; a detection is where a chart was said.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from scipy.ndimage import zoom

from wildpose.evaluation.truth import Annotation, Image
from wildpose.formats.densepose import read_part_map
from wildpose.masks import encode, from_coco
from wildpose.types import Array, DensePose, Rle


def true_body(annotation: Annotation, image: Image) -> Rle:
    """Mask of the body that the annotation describes; empty where it describes none.

    Parameters
    ----------
    annotation : Annotation
        With ``dp_masks`` or ``segmentation``.
    image : Image

    Returns
    -------
    Rle
    """
    if "dp_masks" in annotation:
        body = (read_part_map(dict(annotation)) > 0).astype(np.float64)
        _, _, width, height = annotation["bbox"]
        scale = [max(height, 1) / body.shape[0], max(width, 1) / body.shape[1]]
        stretched = zoom(body, scale, order=1, prefilter=False) > 0.5
        return _laid(stretched, annotation["bbox"], image)
    if annotation.get("segmentation"):
        return from_coco(annotation["segmentation"], image["height"], image["width"])
    return _laid(np.zeros((0, 0), bool), annotation["bbox"], image)


def said_body(dense: DensePose, image: Image) -> Rle:
    """Mask of the pixels of a dense pose that have a chart.

    Parameters
    ----------
    dense : DensePose
    image : Image

    Returns
    -------
    Rle
    """
    x1, y1, x2, y2 = (float(v) for v in dense.box_xyxy)
    row = _cells(int(y2 - y1), dense.chart.shape[0])
    column = _cells(int(x2 - x1), dense.chart.shape[1])
    body = dense.chart[row[:, None], column[None, :]] > 0
    return _laid(body, [x1, y1, x2 - x1, y2 - y1], image)


def _cells(pixels: int, cells: int) -> Array:
    """The cell under the middle of each pixel of the box."""
    place = (np.arange(max(pixels, 0)) + 0.5) / max(pixels, 1) * cells
    return np.asarray(np.floor(place).astype(np.int64))


def _laid(mask: Array, box_xywh: Any, image: Mapping[str, Any]) -> Rle:
    """Put the mask of a box into the picture; box and picture cut what reaches out."""
    x, y, width, height = (float(v) for v in box_xywh)
    left, top = int(x), int(y)
    whole = np.zeros((image["height"], image["width"]), bool)
    x0, y0 = max(left, 0), max(top, 0)
    x1 = max(x0, min(int(x + width), whole.shape[1], left + mask.shape[1]))
    y1 = max(y0, min(int(y + height), whole.shape[0], top + mask.shape[0]))
    whole[y0:y1, x0:x1] = mask[y0 - top : y1 - top, x0 - left : x1 - left]
    return encode(whole)
