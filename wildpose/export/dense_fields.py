"""Dense pose of a run as the fields of a DensePose-COCO annotation."""

from __future__ import annotations

from typing import Any

import numpy as np

from wildpose.formats.densepose import dense_pose_fields
from wildpose.types import Array, DensePose


def dense_fields(pose: DensePose, box_xyxy: Array, rng: np.random.Generator) -> dict[str, Any]:
    """Draw points and parts from the grid of a detection's dense pose.

    Points are centres of cells, at most 14 for each of the 14 parts; it is all done on the grid,
    so that it takes the same time for large pictures as for small ones.

    Parameters
    ----------
    pose : DensePose
    box_xyxy : float [4]
        The annotation's box in pixels. Cells outside of it are left out.
    rng : numpy.random.Generator

    Returns
    -------
    dict
        As :func:`wildpose.formats.densepose.dense_pose_fields` gives them; empty where no cell
        within the box shows a body.
    """
    height, width = pose.chart.shape
    x1, y1, x2, y2 = (float(v) for v in pose.box_xyxy)
    cell = np.array([(x2 - x1) / width, (y2 - y1) / height])
    left, top, right, bottom = (np.asarray(box_xyxy, np.float64).reshape(2, 2) - [x1, y1]).ravel()
    box = np.array([left, top, right, bottom]) / np.tile(cell, 2)
    columns, rows = np.arange(width) + 0.5, np.arange(height) + 0.5
    inside = (((rows >= box[1]) & (rows <= box[3]))[:, None]
              & ((columns >= box[0]) & (columns <= box[2]))[None, :])
    # A border of background: where the box is larger than the grid there is no body.
    chart = np.pad(np.where(inside, pose.chart, 0).astype(np.uint8), 1)
    uv = np.pad(pose.uv.astype(np.float64).transpose(1, 2, 0), ((1, 1), (1, 1), (0, 0)))
    return dense_pose_fields(chart, uv, box + 1, rng)
