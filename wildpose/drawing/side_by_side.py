"""Two models on the same pictures, one beside the other."""

from __future__ import annotations

import io
from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw

from wildpose.drawing.detections import default_labels, draw_detections
from wildpose.drawing.palette import INK, PAPER
from wildpose.drawing.text import fit, font
from wildpose.types import Array, Detections

MOST_ROWS = 12
WIDTH = 1600
TALLEST = 620
QUALITY = 85
_GAP = 8
_TITLE_HEIGHT = 40
_LETTERS = 22


def side_by_side(
    pictures: Sequence[tuple[Array, Detections, Detections]],
    titles: tuple[str, str] = ("teacher", "student"),
) -> bytes:
    """Draw each picture twice in one row, with what each of two models found.

    What the left model found is blue and what the right one found orange; people as everywhere.

    Parameters
    ----------
    pictures : sequence of (uint8 [H, W, 3], Detections, Detections)
        RGB, what the left model found, and what the right one found; at most
        :data:`MOST_ROWS`.
    titles : (str, str)
        Over the left and the right column.

    Returns
    -------
    bytes
        A JPEG, 1600 pixels wide.

    Raises
    ------
    ValueError
        With no picture or more than :data:`MOST_ROWS`.
    """
    if not 0 < len(pictures) <= MOST_ROWS:
        raise ValueError(f"a page takes 1 to {MOST_ROWS} pictures, not {len(pictures)}")
    cell = (WIDTH - 3 * _GAP) // 2
    sizes = [_size(image, cell) for image, _, _ in pictures]
    height = _TITLE_HEIGHT + sum(h + _GAP for _, h in sizes)
    page = Image.new("RGB", (WIDTH, height), PAPER)
    draw, letters = ImageDraw.Draw(page), font(_LETTERS, bold=True)
    columns = (_GAP, 2 * _GAP + cell)
    for left, title in zip(columns, titles, strict=True):
        draw.text((left + 2, _GAP), fit(title, cell - 4, letters), font=letters, fill=INK)
    top = _TITLE_HEIGHT
    for (image, *found), size in zip(pictures, sizes, strict=True):
        for column, (left, detections) in enumerate(zip(columns, found, strict=True), 1):
            # by default what is not tracked is grey, and lost in pictures of the night
            drawn = draw_detections(image, _coloured(detections, column), size=size,
                                    labels=default_labels(detections))
            page.paste(Image.fromarray(drawn), (left + (cell - size[0]) // 2, top))
        top += size[1] + _GAP
    store = io.BytesIO()
    page.save(store, "JPEG", quality=QUALITY)
    return store.getvalue()


def _coloured(detections: Detections, column: int) -> Detections:
    """All in the colour of one track, the same throughout a column."""
    return detections.with_track_id(np.full(len(detections), column))


def _size(image: Array, width: int) -> tuple[int, int]:
    """Width and height on the page: as wide as the column, or as tall as a row may be."""
    scale = min(width / image.shape[1], TALLEST / image.shape[0])
    return max(1, round(image.shape[1] * scale)), max(1, round(image.shape[0] * scale))
