"""What an animal looks like, as a short vector: grey levels and colours inside its mask.

Most camera-trap clips at night have no colour; the grey half still tells a dark animal from a
pale one. The vector is only asked where boxes alone leave a doubt.
"""

from __future__ import annotations

import numpy as np

from wildpose import masks
from wildpose.types import Array, Rle

GREY_BINS = 16
COLOUR_BINS = 8
SAMPLES_PER_SIDE = 32
_MIDDLE_SHARE = 0.6  # of the box's sides, where there is no mask: corners are background


def appearance(image: Array, box_xyxy: Array, mask: Rle | None) -> Array | None:
    """Describe the pixels of one detection.

    Parameters
    ----------
    image : uint8 [H, W, 3]
        RGB.
    box_xyxy : float [4], pixels
    mask : Rle or None
        Mask of the whole image.

    Returns
    -------
    float64 [32] or None
        Square roots of three histograms (grey, red minus green, yellow minus blue), of unit
        length; None where the box holds no pixel of the image.
    """
    height, width = image.shape[:2]
    box = np.asarray(box_xyxy, np.float64)
    if mask is None:
        middle, half = (box[:2] + box[2:]) / 2, (box[2:] - box[:2]) / 2 * _MIDDLE_SHARE
        box = np.concatenate([middle - half, middle + half])
    x1, y1 = np.floor(np.clip(box[:2], 0, [width, height])).astype(int)
    x2, y2 = np.ceil(np.clip(box[2:], 0, [width, height])).astype(int)
    if x2 <= x1 or y2 <= y1:
        return None
    rows = np.arange(y1, y2, max((y2 - y1) // SAMPLES_PER_SIDE, 1))
    columns = np.arange(x1, x2, max((x2 - x1) // SAMPLES_PER_SIDE, 1))
    pixels = image[np.ix_(rows, columns)].reshape(-1, 3).astype(np.float64)
    if mask is not None:
        inside = masks.decode(mask)[np.ix_(rows, columns)].reshape(-1)
        pixels = pixels[inside] if inside.any() else pixels
    return _describe(pixels)


def likeness(first: Array | None, second: Array | None) -> float | None:
    """Bhattacharyya coefficient of two descriptions in [0, 1]; None where one is missing."""
    return None if first is None or second is None else float(first @ second)


def blend(old: Array | None, new: Array | None, share: float) -> Array | None:
    """Mix a share of a new description into an old one; a missing one counts nothing."""
    if old is None or new is None:
        return new if old is None else old
    mixed = (1 - share) * old**2 + share * new**2
    root: Array = np.sqrt(mixed)
    return root


def _describe(pixels: Array) -> Array:
    red, green, blue = pixels.T
    grey = (red + green + blue) / 3
    parts = [
        np.histogram(grey, GREY_BINS, (0, 256))[0],
        np.histogram(red - green, COLOUR_BINS, (-64, 64))[0],
        np.histogram((red + green) / 2 - blue, COLOUR_BINS, (-64, 64))[0],
    ]
    # strong colours beyond the range leave a histogram short; each part keeps its third
    shares = [part / max(part.sum(), 1) / len(parts) for part in parts]
    root: Array = np.sqrt(np.concatenate(shares))
    return root
