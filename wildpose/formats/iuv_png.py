"""Dense pose of a picture as a PNG: chart, u and v in the three channels.

Red holds the chart (0 where there is no body, 1 to 24), green ``u`` and blue ``v``, both times 255.
OpenCV reads the channels in the other order.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from wildpose.errors import DataError
from wildpose.types import Array

CHARTS = 24


def write_iuv_png(path: Path, chart: Array, uv: Array) -> None:
    """Write a dense map.

    Parameters
    ----------
    path : Path
    chart : uint8 [H, W]
        0 to 24.
    uv : float [H, W, 2]
        In [0, 1]; what lies outside the body is written as 0.
    """
    body = (chart > 0)[..., None]
    levels = np.where(body, np.clip(np.nan_to_num(uv), 0, 1) * 255.0, 0.0).round()
    picture = np.concatenate([chart[..., None], levels], axis=2).astype(np.uint8)
    Image.fromarray(picture).save(path, format="PNG", compress_level=6)


def read_iuv_png(path: Path) -> tuple[Array, Array]:
    """Read a dense map back.

    Parameters
    ----------
    path : Path

    Returns
    -------
    chart : uint8 [H, W]
    uv : float32 [H, W, 2]
        To within half of 1/255 of what was written.

    Raises
    ------
    DataError
        The file is no picture, has no three channels, or a chart above 24.
    """
    levels = read_iuv_levels(path)
    return levels[..., 0].copy(), levels[..., 1:].astype(np.float32) / 255.0


def read_iuv_levels(path: Path) -> Array:
    """Read a dense map as it is stored: chart, 255 u and 255 v, uint8 [H, W, 3].

    Raises
    ------
    DataError
        As :func:`read_iuv_png`.
    """
    try:
        with Image.open(path) as picture:
            mode, levels = picture.mode, np.asarray(picture)
    except OSError as error:
        raise DataError(f"{path}: can't be read as a picture ({error}).") from error
    if mode != "RGB" or levels[..., 0].max(initial=0) > CHARTS:
        raise DataError(f"{path}: not a dense map: it needs three channels and charts up to 24.",
                        "Give a PNG as written by wildpose synth --iuv.")
    return levels
