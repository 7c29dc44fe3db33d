"""A still that stands in the App where a clip has no picture to show."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from PIL import Image, ImageDraw

from wildpose.drawing.text import Font, clean, fit, font
from wildpose.types import Array

CARD_SIZE = (640, 360)
"""Width and height in pixels."""


def card_image(clip: str, reason: str) -> Array:
    """Write the name of a clip and the reason on grey.

    Parameters
    ----------
    clip : str
        Key of the clip.
    reason : str

    Returns
    -------
    uint8 [360, 640, 3]
    """
    width, height = CARD_SIZE
    image = Image.new("RGB", CARD_SIZE, (46, 46, 46))
    draw = ImageDraw.Draw(image)
    draw.text((24, 40), "no picture", font=font(34, bold=True), fill=(240, 200, 90))
    draw.text((24, 110), fit(clip, width - 48, font(20)), font=font(20), fill=(255, 255, 255))
    for i, line in enumerate(_lines(clean(reason), width - 48, font(18))):
        if 150 + 26 * i < height - 30:
            draw.text((24, 150 + 26 * i), line, font=font(18), fill=(220, 220, 220))
    return np.asarray(image)


def _lines(text: str, width_px: float, used: Font) -> Iterator[str]:
    line = ""
    for word in text.split():
        longer = f"{line} {word}".strip()
        if line and used.getlength(longer) > width_px:
            yield line
            line = word
        else:
            line = longer
    if line:
        yield line
