"""Lines as a picture: what is drawn is there, in its colour."""

import io

import numpy as np
from PIL import Image

from wildpose.drawing.plots import Axes, Line, line_plot


def pixels(*lines: Line) -> np.ndarray:
    axes = Axes("t", "x", "y", (0.0, 1.0), marks=((0.5, "half"),))
    return np.asarray(Image.open(io.BytesIO(line_plot(axes, lines))).convert("RGB")).astype(int)


def test_a_line_has_its_colour_and_place():
    x = np.array([0.0, 1.0])
    high = pixels(Line("", x, np.array([0.9, 0.9]), (255, 0, 0)))
    assert high.shape == (480, 720, 3)
    rows = np.flatnonzero((np.abs(high - [255, 0, 0]).max(-1) < 40).sum(1) > 300)
    assert len(rows)
    assert rows.max() < 150  # y = 0.9 is near the top


def test_gaps_and_dashes_draw_less():
    x, y = np.linspace(0, 1, 5), np.full(5, 0.4)
    gap = y.copy()
    gap[2] = np.nan

    def red(**how) -> int:
        line = Line("", x, how.pop("y", y), (255, 0, 0), **how)
        return int((np.abs(pixels(line) - [255, 0, 0]).max(-1) < 40).sum())

    assert 0 < red(y=gap) < red()
    assert red(dashed=True) < red() < red(dots=True)
