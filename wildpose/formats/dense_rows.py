"""Dense pose of one detection as JSON: what a predictions file keeps of it.

Chart, u and v go as a PNG of three channels in base64, the compressed form of DensePose's result
files, with its shape ``[3, h, w]``; u and v are kept to 1/255. Probability and standard deviation
go as a second PNG of 16 bits, the bits of their half floats, one below the other: lossless.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping
from typing import Any

import numpy as np
from PIL import Image

from wildpose.errors import DataError
from wildpose.types import Array, DensePose

Row = dict[str, Any]
LEVELS = 255


def dense_row(dense: DensePose) -> Row:
    """Write dense pose as an object for JSON.

    Parameters
    ----------
    dense : DensePose

    Returns
    -------
    dict
        ``bbox`` [x, y, w, h] in pixels of the picture, ``shape`` [3, h, w], ``iuv`` and ``doubt``
        (PNG, base64), ``cut_by``.
    """
    x1, y1, x2, y2 = (float(v) for v in dense.box_xyxy)
    levels = np.clip(dense.uv.astype(np.float32) * LEVELS, 0, LEVELS).round().astype(np.uint8)
    iuv = np.concatenate([dense.chart.astype(np.uint8)[None], levels])
    doubt = np.concatenate([dense.chart_confidence, dense.uv_sigma]).astype(np.float16)
    return {
        "bbox": [x1, y1, x2 - x1, y2 - y1],
        "shape": list(iuv.shape),
        "iuv": _coded(Image.fromarray(np.ascontiguousarray(iuv.transpose(1, 2, 0)))),
        "doubt": _coded(Image.fromarray(doubt.view(np.uint16))),
        "cut_by": dense.cut_by,
    }


def dense_of(row: Mapping[str, Any]) -> DensePose:
    """Read dense pose back.

    Parameters
    ----------
    row : mapping
        As :func:`dense_row` writes it.

    Returns
    -------
    DensePose
        u and v to within half of 1/255 of what was written.

    Raises
    ------
    DataError
        Something is missing, is no PNG, or has another shape.
    """
    try:
        iuv = _pixels(row["iuv"]).transpose(2, 0, 1)
        doubt = _pixels(row["doubt"]).astype(np.uint16).view(np.float16)
        x, y, width, height = (float(v) for v in row["bbox"])
        if list(iuv.shape) != list(row["shape"]) or len(doubt) != 2 * iuv.shape[1]:
            raise ValueError(f"shape {list(iuv.shape)} in place of {row['shape']}")
        return DensePose(
            box_xyxy=np.array([x, y, x + width, y + height], np.float32),
            chart=iuv[0].copy(),
            uv=(iuv[1:].astype(np.float32) / LEVELS).astype(np.float16),
            chart_confidence=doubt[: iuv.shape[1]],
            uv_sigma=doubt[iuv.shape[1] :],
            cut_by=row["cut_by"],
        )
    except (KeyError, TypeError, ValueError, OSError) as error:
        raise DataError(f"The dense pose of a detection can't be read ({error}).",
                        "Write the predictions again.") from error


def _coded(picture: Image.Image) -> str:
    store = io.BytesIO()
    picture.save(store, "PNG", compress_level=6)
    return base64.b64encode(store.getvalue()).decode("ascii")


def _pixels(code: str) -> Array:
    with Image.open(io.BytesIO(base64.b64decode(code))) as picture:
        return np.asarray(picture)
