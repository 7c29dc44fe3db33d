"""Put a picture of any size on one of the canvases that the network sees."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from wildpose.types import Array

PADDING = 114


@dataclass(frozen=True)
class Letterbox:
    """How a picture was put on the network's canvas: scaled by ``scale``, top left.

    Attributes
    ----------
    canvas : (int, int)
        Height and width.
    inner : (int, int)
        Height and width of the scaled picture.
    scale_xy : (float, float)
        Canvas pixels per picture pixel.
    """

    canvas: tuple[int, int]
    inner: tuple[int, int]
    scale_xy: tuple[float, float]


def choose_letterbox(
    size: tuple[int, int], canvases: Sequence[tuple[int, int]]
) -> Letterbox:
    """The canvas that shows a picture (height, width) largest, and where it lands on it."""
    scale, canvas = max((min(c[0] / size[0], c[1] / size[1]), c) for c in canvases)
    inner = (max(1, min(canvas[0], round(size[0] * scale))),
             max(1, min(canvas[1], round(size[1] * scale))))
    return Letterbox(canvas, inner, (inner[1] / size[1], inner[0] / size[0]))


def on_canvas(image: Array, box: Letterbox) -> Tensor:
    """The picture on its canvas, uint8 [3, H, W]; grey where it does not reach."""
    height, width = box.inner
    canvas = np.full((*box.canvas, 3), PADDING, np.uint8)
    small = Image.fromarray(image).resize((width, height), Image.Resampling.BILINEAR)
    canvas[:height, :width] = np.asarray(small)
    return torch.from_numpy(canvas).permute(2, 0, 1)
