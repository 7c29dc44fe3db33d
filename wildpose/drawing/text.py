"""Letters on pictures: one font, found the same way on every machine.

The font is DejaVu Sans as matplotlib ships it (read from its folder, matplotlib is not imported);
it covers Latin, Greek and Cyrillic. Letters that it lacks (Chinese, emoji) show as hollow boxes.
"""

from __future__ import annotations

import importlib.util
from functools import cache
from pathlib import Path

from PIL import ImageDraw, ImageFont

from wildpose.drawing.palette import Rgb

Font = ImageFont.FreeTypeFont | ImageFont.ImageFont
Box = tuple[float, float, float, float]

_ELLIPSIS = "\u2026"
_PAD = 3


@cache
def font(size_px: int, *, bold: bool = False) -> Font:
    """Find the font at a height in pixels.

    Parameters
    ----------
    size_px : int
        Nominal height of the letters.
    bold : bool

    Returns
    -------
    Font
        Pillow's own small font where matplotlib's folder is missing.
    """
    spec = importlib.util.find_spec("matplotlib")
    name = "DejaVuSans-Bold.ttf" if bold else "DejaVuSans.ttf"
    if spec is not None and spec.origin is not None:
        path = Path(spec.origin).parent / "mpl-data" / "fonts" / "ttf" / name
        if path.is_file():
            return ImageFont.truetype(str(path), size_px)
    return ImageFont.load_default(size_px)


def clean(text: str) -> str:
    """Text that any font engine and any UTF-8 writer accepts.

    File names may hold bytes that are no text; they become U+FFFD. Line breaks become spaces.
    """
    decoded = text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    return " ".join(decoded.split())


def fit(text: str, width_px: float, used: Font) -> str:
    """``text``, its middle left out where it is wider than ``width_px``.

    The middle goes because file names differ at their ends.

    Examples
    --------
    >>> fit("short", 500, font(12))
    'short'
    """
    text = clean(text)
    if used.getlength(text) <= width_px:
        return text
    for kept in range(len(text) - 1, 0, -1):
        head = (kept + 1) // 2
        short = text[:head] + _ELLIPSIS + text[len(text) - (kept - head) :]
        if used.getlength(short) <= width_px:
            return short
    return _ELLIPSIS


def label_box(size: tuple[int, int], corner_xy: tuple[float, float], text: str, used: Font) -> Box:
    """Find the ground of a label, moved to lie inside the picture.

    Parameters
    ----------
    size : (width, height)
        Of the picture.
    corner_xy : (float, float)
        Where the label's lower left corner should be, pixels.
    text : str
    used : Font

    Returns
    -------
    (float, float, float, float)
        ``(x1, y1, x2, y2)``.
    """
    left, top, right, bottom = used.getbbox(text)
    width, height = right - left + 2 * _PAD, bottom - top + 2 * _PAD
    x = max(0.0, min(corner_xy[0], size[0] - width))
    y = max(0.0, min(corner_xy[1] - height, size[1] - height))
    return x, y, x + width, y + height


def draw_label(
    draw: ImageDraw.ImageDraw, box: Box, text: str, *, used: Font, ground: Rgb, ink: Rgb
) -> None:
    """Write ``text`` on a filled rectangle.

    Parameters
    ----------
    draw : ImageDraw
        Of the picture.
    box : (float, float, float, float)
        From :func:`label_box`.
    text : str
    used : Font
    ground, ink : (int, int, int)
        Colours of the rectangle and the letters.
    """
    left, top, _, _ = used.getbbox(text)
    draw.rectangle(box, fill=ground)
    draw.text((box[0] + _PAD - left, box[1] + _PAD - top), text, font=used, fill=ink)
