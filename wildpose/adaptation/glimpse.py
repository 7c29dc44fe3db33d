"""Small copies of pictures, and what they tell: motion, whether two show the same.

A thumbnail of 64 x 36 costs 2 kB in grey, so those of a whole clip can be held where its pictures
can not. Averaging over so many pixels also takes out sensor noise and compression.
"""

from __future__ import annotations

from collections import defaultdict, deque

import numpy as np
from PIL import Image
from scipy import ndimage

from wildpose.types import Array

THUMBNAIL_WH = (64, 36)
"""Width and height; pictures of another shape are squeezed into it."""

SAME_PICTURE = 8.0
"""Levels by which the cells of two pictures may differ at most where both show the same.

Sample clips, frames a second apart: 2 to 6 levels where only wind moves, from 14 on where an
animal does.
"""

SAME_VIEW = 0.75
"""Correlation of two thumbnails from which they look the same way."""

MOVING = 8.0
"""Levels by which a cell of a thumbnail must leave its median to move; wind stays below."""

LEAST_FOR_MOTION = 3

REMEMBERED = 500
"""How many pictures of a place are looked back on for near-duplicates: the light moves on."""

_CELL = 4

Boxes = tuple[tuple[float, float, float, float], ...]
"""x1, y1, x2, y2 of places in a picture, in its pixels."""


def thumbnail(image: Array) -> Array:
    """Shrink a picture, uint8 [H, W, 3], to uint8 [36, 64, 3] by averaging."""
    small = Image.fromarray(image).resize(THUMBNAIL_WH, Image.Resampling.BOX, reducing_gap=2.0)
    return np.asarray(small)


def grey(small: Array) -> Array:
    """Lightness of a thumbnail, uint8 [36, 64, 3], with its mean taken away: float32 [36, 64].

    Without the mean a jump of the exposure is no motion.
    """
    levels = small.astype(np.float32) @ np.array([0.299, 0.587, 0.114], np.float32)
    centred: Array = levels - levels.mean()
    return centred


def motion_in(greys: Array) -> Array:
    """How far each picture of a clip is from what the clip shows most of the time.

    Parameters
    ----------
    greys : float [N, 36, 64]
        From :func:`grey`, of one clip.

    Returns
    -------
    float32 [N]
        Mean absolute difference from the pixelwise median, in 0..1; 0 for a lone picture.
    """
    if not len(greys):
        return np.zeros(0, np.float32)
    usual = np.median(greys, axis=0)
    moved: Array = np.abs(greys - usual).mean((1, 2)).astype(np.float32) / 255
    return moved


def moving_boxes(greys: Array, size: tuple[int, int]) -> list[Boxes] | None:
    """Where each picture of a clip differs from what the clip shows most of the time.

    Parameters
    ----------
    greys : float [N, 36, 64]
        From :func:`grey`, of one clip.
    size : (int, int)
        Height and width of the pictures.

    Returns
    -------
    list of tuple of (x1, y1, x2, y2), length N, or None
        Boxes in pixels of the picture, a cell wider on each side than what moves; none where all
        stands still. None for fewer than three pictures: of two nobody knows which one changed.
    """
    if len(greys) < LEAST_FOR_MOTION:
        return None
    change = np.abs(greys - np.median(greys, axis=0))
    # a noisy night differs everywhere: what moves stands out from that
    usual = 1.4826 * np.median(change)
    moves = change > max(MOVING, 3 * usual)
    return [_boxes(ndimage.binary_dilation(one, np.ones((3, 3), bool)), size) for one in moves]


def _boxes(moves: Array, size: tuple[int, int]) -> Boxes:
    width, height = THUMBNAIL_WH
    x, y = size[1] / width, size[0] / height
    parts, _ = ndimage.label(moves, np.ones((3, 3), int))
    return tuple((float(across.start * x), float(down.start * y),
                  float(across.stop * x), float(down.stop * y))
                 for down, across in ndimage.find_objects(parts))


def same_view(one: Array, other: Array) -> bool:
    """Whether two greys look at the same place: their correlation is at least ``SAME_VIEW``."""
    scale = float(np.sqrt((one**2).sum() * (other**2).sum()))
    return scale == 0 or float((one * other).sum()) / scale >= SAME_VIEW


class NearDuplicates:
    """Remembers the pictures of each place, to drop what was seen before.

    Two pictures are near-duplicates where no cell of a grid of 16 x 9 differs by more than
    ``SAME_PICTURE`` levels: a mean over the picture would pass over a small animal.
    """

    def __init__(self) -> None:
        self._kept: dict[str, deque[Array]] = defaultdict(lambda: deque(maxlen=REMEMBERED))

    def seen_before(self, place: str, small: Array) -> bool:
        """Say whether a grey [36, 64] was seen at this place; remembers it if not."""
        height, width = small.shape
        cells = small.reshape(height // _CELL, _CELL, width // _CELL, _CELL).mean((1, 3)).ravel()
        kept = self._kept[place]
        if kept and np.abs(np.stack(kept) - cells).max(1).min() <= SAME_PICTURE:
            return True
        kept.append(cells)
        return False
