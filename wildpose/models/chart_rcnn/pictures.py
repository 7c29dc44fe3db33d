"""From a picture to what the network sees: scaled, normalised, padded."""

from __future__ import annotations

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.nn import functional

from wildpose.models.chart_rcnn.config import Config
from wildpose.types import Array

MULTIPLE = 32
"""Height and width of the network's input are multiples of this."""


def input_size(size: tuple[int, int], short_edge: int, long_edge: int) -> tuple[int, int]:
    """Height and width that a picture (height, width) is scaled to; its shape is kept.

    Examples
    --------
    >>> input_size((1080, 1920), 800, 1333)
    (750, 1333)
    >>> input_size((320, 480), 400, 1333)
    (400, 600)
    """
    scale = short_edge / min(size)
    height, width = (float(short_edge) if edge == min(size) else edge * scale for edge in size)
    shrink = min(1.0, long_edge / max(height, width))
    return int(height * shrink + 0.5), int(width * shrink + 0.5)


def scaled(image: Array, config: Config) -> Array:
    """A picture uint8 [H, W, 3] at the size that the network wants, bilinear."""
    height, width = input_size(image.shape[:2], config.short_edge, config.long_edge)
    if (height, width) == image.shape[:2]:
        return image
    small = Image.fromarray(image).resize((width, height), Image.Resampling.BILINEAR)
    return np.asarray(small)


def network_input(image: Array, config: Config) -> Tensor:
    """What the network gets of a picture that has its size.

    Parameters
    ----------
    image : uint8 [H, W, 3]
        RGB.
    config : Config

    Returns
    -------
    float [1, 3, H', W']
        Blue, green, red, normalised; zeros at the bottom and at the right.
    """
    shown = normalised(torch.from_numpy(image.copy()).permute(2, 0, 1)[None], config)
    below, right = (-edge % MULTIPLE for edge in image.shape[:2])
    return functional.pad(shown, (0, right, 0, below))


def normalised(pictures: Tensor, config: Config) -> Tensor:
    """Blue, green, red, normalised, float [B, 3, H, W], of RGB uint8 [B, 3, H, W]."""
    mean, deviation = (torch.tensor(values, device=pictures.device).view(3, 1, 1)
                       for values in (config.pixel_mean, config.pixel_std))
    return (pictures.flip(1).float() - mean) / deviation
