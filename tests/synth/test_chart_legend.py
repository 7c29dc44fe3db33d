"""The legend of charts that is shipped is the one that the palette and the reference give."""

from __future__ import annotations

import numpy as np
from PIL import Image

from wildpose.drawing.legend import PICTURE
from wildpose.synth.chart_legend import VIEWS, chart_legend


def test_the_picture_is_up_to_date():
    drawn = chart_legend()
    assert drawn.shape[1] % len(VIEWS) == 0
    with Image.open(PICTURE) as picture:
        shipped = np.asarray(picture.convert("RGB"))
    assert shipped.shape == drawn.shape
    error = np.abs(shipped.astype(float) - drawn).mean()
    assert error < 3, f"draw it again: python -m wildpose.synth.chart_legend {PICTURE}"
