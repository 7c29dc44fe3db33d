"""Make parts of pictures unrecognisable: what :mod:`wildpose.drawing.people` says shows people.

Each region is reduced to a few fields of its mean colour and drawn smooth again: of a whole body a
head is then one field, and of a face that fills the box nothing finer than a sixth of it is left.
What a mask leaves out (hair, hands, a foot) still tells people apart, so the whole box goes,
whatever the mask says.
"""

from __future__ import annotations

import numpy as np
from PIL import Image

from wildpose.types import Array

FIELDS = 6
"""So many fields are left along the longer side of a region."""


def blurred(image: Array, regions: Array) -> Array:
    """Blur regions of a picture beyond recognition.

    Parameters
    ----------
    image : uint8 [H, W, 3]
        RGB; stays as it is.
    regions : float [M, 4]
        ``(x1, y1, x2, y2)`` in shares of width and height; what lies outside is cut off.

    Returns
    -------
    uint8 [H, W, 3]
        A copy. Pixels that no region touches are the same; of each region the mean colours of
        at most :data:`FIELDS` by :data:`FIELDS` fields are left, which go over into each other.

    Examples
    --------
    >>> noise = np.random.default_rng(1).integers(0, 256, (60, 60, 3), np.uint8)
    >>> hidden = blurred(noise, np.array([[0.5, 0.0, 1.0, 1.0]]))
    >>> bool((hidden[:, :30] == noise[:, :30]).all()), float(hidden[:, 30:].std()) < 15
    (True, True)
    """
    result = np.array(image)
    height, width = result.shape[:2]
    for region in np.asarray(regions, np.float64).reshape(-1, 4):
        x1, y1 = np.floor(region[:2] * [width, height]).clip(0, [width, height]).astype(int)
        x2, y2 = np.ceil(region[2:] * [width, height]).clip(0, [width, height]).astype(int)
        if x2 > x1 and y2 > y1:
            result[y1:y2, x1:x2] = _smeared(result[y1:y2, x1:x2])
    return result


def _smeared(part: Array) -> Array:
    height, width = part.shape[:2]
    field_px = max(height, width) / FIELDS
    fields = (max(1, round(width / field_px)), max(1, round(height / field_px)))
    coarse = Image.fromarray(part).resize(fields, Image.Resampling.BOX)
    return np.asarray(coarse.resize((width, height), Image.Resampling.BILINEAR))
