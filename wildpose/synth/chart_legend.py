"""The picture that says which colour is which part: an animal and the reference body.

``python -m wildpose.synth.chart_legend wildpose/drawing/charts.jpg`` draws it anew, which is only
needed when the palette or the reference changes.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from wildpose.drawing.palette import INK
from wildpose.drawing.text import font
from wildpose.surface.reference import load_reference
from wildpose.surface.remap import remapping
from wildpose.synth.remap_sheets import animal_views, by_checks, reference_views
from wildpose.synth.remap_subjects import subject
from wildpose.types import Array

ANIMAL = "wolf"
VIEWS = {"left": "left side", "right": "right side", "front left": "from the front",
         "back right": "from behind"}
"""Sides of :func:`wildpose.synth.portraits.portraits` and what is written below them."""
_ANIMAL_TILE, _REFERENCE_TILE = (270, 190), (270, 240)
_CAPTION_PX = 24
_QUALITY = 85


def chart_legend() -> Array:
    """Draw the animal above the reference body, each from all :data:`VIEWS`, uint8 [H, W, 3]."""
    animal = subject(ANIMAL)
    remapped = remapping(animal.mesh, animal.part)
    surface = load_reference()
    return np.concatenate([
        animal_views(remapped, surface, by_checks, tuple(VIEWS), _ANIMAL_TILE), _captions(),
        reference_views(surface, by_checks, tuple(VIEWS), _REFERENCE_TILE)])


def _captions() -> Array:
    width = _ANIMAL_TILE[0]
    strip = Image.new("RGB", (width * len(VIEWS), _CAPTION_PX), "white")
    draw, letters = ImageDraw.Draw(strip), font(14)
    for i, words in enumerate(VIEWS.values()):
        draw.text((width * (i + 0.5) - letters.getlength(words) / 2, 3), words, font=letters,
                  fill=INK)
    return np.asarray(strip)


if __name__ == "__main__":
    Image.fromarray(chart_legend()).save(Path(sys.argv[1]), quality=_QUALITY, optimize=True)
