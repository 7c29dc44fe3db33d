"""Whether a picture has colour: camera traps take grey ones by infra-red light when it is dark."""

from __future__ import annotations

import numpy as np
from PIL import Image

from wildpose.types import Array

NO_COLOUR = 10.0
"""Levels between the lowest and the highest channel that 9 of 10 pixels of a grey picture keep.

On 1,100 labelled pictures: 86 % of those by night fall below (the others were lit by a white
flash and have colour) and 3 % of those by day, most of them without colour indeed.
"""

_SIDES = (64, 36)


def is_grey(image: Array) -> bool:
    """Whether a picture, uint8 [H, W, 3], has no colour.

    A small copy is looked at, in which noise and the coloured letters of a camera's logo are gone.
    """
    small = Image.fromarray(image).resize(_SIDES, Image.Resampling.BOX, reducing_gap=2.0)
    levels = np.asarray(small, np.float32)
    return bool(np.percentile(levels.max(2) - levels.min(2), 90) < NO_COLOUR)
