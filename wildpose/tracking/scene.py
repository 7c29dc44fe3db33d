"""Whether two neighbouring frames show the same scene.

A camera trap does not move, so a cut is rare: clips joined into one file, or web videos. After a
cut no track goes on, since a place in the old picture says nothing of the new one. The test is
blunt on purpose: an animal that fills the picture, a swaying branch or a flash must not look like
a cut, since a false one breaks a track. It compares coarse structure and not brightness.
"""

from __future__ import annotations

import numpy as np
from PIL import Image

from wildpose.types import Array

GRID = (32, 18)
TILES = (4, 3)
CUT_CORRELATION = 0.1
SAME_TILE_CORRELATION = 0.8
SAME_TILES = 2
"""A cut: the whole picture correlates less than the first, and fewer than two of twelve tiles
more than the second. Chosen on 395 neighbouring pictures of training sequences, moving cameras
among them: none counts as a cut (lowest correlation .17). Of pairs of different scenes 41 % do;
the others go unnoticed."""


def thumbnail(image: Array) -> Array:
    """Coarse structure of a picture.

    Parameters
    ----------
    image : uint8 [H, W, 3]

    Returns
    -------
    float64 [576]
        Grey levels on a grid of 32 x 18, mean 0 and length 1 (all 0 for an even picture).
    """
    # two samples a side of each cell are plenty, and save most of the time
    step = max(min(image.shape[0] // (2 * GRID[1]), image.shape[1] // (2 * GRID[0])), 1)
    small = Image.fromarray(np.ascontiguousarray(image[::step, ::step])).convert("L")
    grey = np.asarray(small.resize(GRID, Image.Resampling.BOX), np.float64).reshape(-1)
    grey -= grey.mean()
    length = float(np.linalg.norm(grey))
    return grey / length if length > 1e-6 else np.zeros_like(grey)


def is_cut(previous: Array, current: Array) -> bool:
    """Whether the scene changed between two thumbnails; never beside an even (black) picture.

    Parameters
    ----------
    previous, current : float64 [576]
        As :func:`thumbnail` gives them.

    Returns
    -------
    bool
        False also where an animal hides most of an unchanged scene.
    """
    if not previous.any() or not current.any():
        return False
    if float(previous @ current) >= CUT_CORRELATION:
        return False
    first, second = _tiles(previous), _tiles(current)
    lengths = np.linalg.norm(first, axis=1) * np.linalg.norm(second, axis=1)
    alike = (first * second).sum(axis=1) >= SAME_TILE_CORRELATION * np.maximum(lengths, 1e-9)
    return int(alike.sum()) < SAME_TILES


def _tiles(scene: Array) -> Array:
    """Cells of each tile without their mean, float64 [12, 48]."""
    (columns, rows), (across, down) = GRID, TILES
    blocks = scene.reshape(down, rows // down, across, columns // across).swapaxes(1, 2)
    flat = blocks.reshape(across * down, -1)
    return np.asarray(flat - flat.mean(axis=1, keepdims=True))
