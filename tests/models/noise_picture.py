"""A picture without any picture in it: soft coloured noise from a seeded generator."""

from __future__ import annotations

import numpy as np

SIDE = 416


def noise_picture() -> np.ndarray:
    """uint8 [416, 416, 3]: noise at five scales, so that every level of a pyramid answers.

    Random bytes and integer arithmetic only: the same on every machine and version of numpy.
    """
    source = np.random.Generator(np.random.PCG64(17))
    total = np.zeros((SIDE, SIDE, 3), np.int64)
    for cell in (2, 8, 26, 52, 208):
        cells = SIDE // cell
        raw = np.frombuffer(source.bytes(cells * cells * 3), np.uint8)
        coarse = raw.reshape(cells, cells, 3).astype(np.int64)
        total += coarse.repeat(cell, 0).repeat(cell, 1)
    return (total // 5).astype(np.uint8)
