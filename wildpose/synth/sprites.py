"""A cut-out brought to size, set walking and placed on a frame; colours times alpha throughout."""

from __future__ import annotations

import math

import numpy as np
from PIL import Image
from scipy import ndimage

from wildpose.synth.cutouts import Cutout
from wildpose.types import Array


def sized(cutout: Cutout, width: float, *, flip: bool = False) -> Array:
    """Bring a cut-out to its size in the scene.

    Parameters
    ----------
    cutout : Cutout
    width : float
        Pixels of the scene.
    flip : bool
        Mirror it left to right.

    Returns
    -------
    float32 [h, w, 4]
        Colours times alpha (0 to 255), alpha (0 to 1).
    """
    rgba = cutout.rgba[:, ::-1] if flip else cutout.rgba
    size = (max(1, round(width)), max(1, round(rgba.shape[0] * width / rgba.shape[1])))
    picture = Image.fromarray(np.ascontiguousarray(rgba))
    sprite = np.asarray(picture.resize(size, Image.Resampling.LANCZOS), np.float32)
    alpha = sprite[..., 3:] / 255
    return np.concatenate([sprite[..., :3] * alpha, alpha], axis=2)


def walking(sprite: Array, swing: float, phase: float) -> Array:
    """Shear the lower part to and fro, fore and hind legs against each other.

    Parameters
    ----------
    sprite : float32 [h, w, 4]
    swing : float
        Largest way of a foot, as a share of the width; 0 leaves the sprite as it is.
    phase : float
        Of the stride, radians.

    Returns
    -------
    float32 [h, w + margins, 4]
        Wider on both sides by the same margin.
    """
    if swing <= 0:
        return sprite
    height, width = sprite.shape[:2]
    margin = math.ceil(swing * width) + 1
    wide = np.pad(sprite, ((0, 0), (margin, margin), (0, 0)))
    y, x = np.mgrid[0:height, 0 : width + 2 * margin].astype(np.float32)
    low = np.clip((y / height - 0.6) / 0.4, 0, 1) ** 1.5
    side = np.tanh((x - margin - width / 2) / (0.12 * width))
    source = x - swing * width * low * side * math.sin(phase)
    planes = [ndimage.map_coordinates(wide[..., c], [y, source], order=1) for c in range(4)]
    return np.stack(planes, axis=-1)


def placed(sprite: Array, left: float, top: float, size: tuple[int, int]) -> Array:
    """Put a sprite on an empty frame, to a part of a pixel.

    Parameters
    ----------
    sprite : float32 [h, w, 4]
    left, top : float
        Of the sprite's corner, pixels of the frame; may lie outside.
    size : (width, height)
        Of the frame.

    Returns
    -------
    float32 [height, width, 4]
    """
    whole_x, whole_y = math.floor(left), math.floor(top)
    shifted = ndimage.shift(np.pad(sprite, ((0, 1), (0, 1), (0, 0))),
                            (top - whole_y, left - whole_x, 0), order=1)
    canvas = np.zeros((size[1], size[0], 4), np.float32)
    height, width = shifted.shape[:2]
    x1, y1 = max(0, whole_x), max(0, whole_y)
    x2, y2 = min(size[0], whole_x + width), min(size[1], whole_y + height)
    if x1 < x2 and y1 < y2:
        canvas[y1:y2, x1:x2] = shifted[y1 - whole_y : y2 - whole_y, x1 - whole_x : x2 - whole_x]
    return canvas
