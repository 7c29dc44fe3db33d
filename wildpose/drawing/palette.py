"""Colours that stay with a track and that colour-blind readers can tell apart.

The seven hues are those of Okabe and Ito (Color Universal Design, 2008), in an order that puts
those first which stand out from brown animals and green plants. People have a style of
their own, without a hue, so that they are never taken for an animal.

The 24 charts of the body surface can't all be told apart by hue. The two of a pair share one, the
right one light and the left one dark, which every reader sees. The hues and depths were searched
for by simulated annealing: the largest distance in Oklab (Ottosson 2020) between charts that touch
on the body, as seen with full colour vision and, after Machado et al. (2009), without the long or
the middle wavelength cones.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from wildpose.types import Array, ClassId

Rgb = tuple[int, int, int]

HUES: tuple[Rgb, ...] = (
    (86, 180, 233),
    (230, 159, 0),
    (204, 121, 167),
    (240, 228, 66),
    (0, 114, 178),
    (213, 94, 0),
    (0, 158, 115),
)
UNTRACKED: Rgb = (190, 190, 190)
PERSON: Rgb = (255, 255, 255)
INK: Rgb = (20, 20, 20)
PAPER: Rgb = (255, 255, 255)
NO_POINT_COLOUR: Rgb = (205, 205, 205)
"""Of what has no place on the reference."""

CHART_COLOURS: Array = np.array((
    NO_POINT_COLOUR,
    (19, 210, 225), (110, 94, 151), (170, 176, 252), (105, 96, 241),
    (142, 15, 105), (255, 107, 200), (169, 116, 254), (83, 3, 152),
    (246, 94, 92), (161, 15, 31), (148, 244, 253), (9, 172, 184),
    (214, 245, 84), (140, 164, 3), (95, 66, 6), (177, 131, 44),
    (89, 129, 2), (153, 208, 65), (197, 127, 148), (255, 220, 229),
    (2, 82, 145), (52, 134, 212), (253, 154, 121), (202, 76, 28),
), np.uint8)
"""RGB of chart 0 (none) to 24, uint8 [25, 3]; left charts are the dark ones of each pair."""


@dataclass(frozen=True)
class Style:
    """How one detection is drawn.

    Attributes
    ----------
    colour : (int, int, int)
        Of the box, the mask's outline and the label's ground; RGB, 0 to 255.
    text : (int, int, int)
        Of the label's letters: black or white, whichever reads better on ``colour``.
    tint : float
        Share of ``colour`` inside the mask, 0 to 1.
    dashed : bool
        Whether the box is dashed (people).
    """

    colour: Rgb
    text: Rgb
    tint: float
    dashed: bool


def luminance(colour: Rgb) -> float:
    """Relative luminance of an sRGB colour, 0 (black) to 1 (white); WCAG 2.1."""
    linear = [
        v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4
        for v in (channel / 255 for channel in colour)
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def text_on(colour: Rgb) -> Rgb:
    """Black or white, whichever has the larger contrast on ``colour``."""
    ground = luminance(colour)
    return INK if (ground + 0.05) ** 2 > 0.05 * 1.05 else PAPER


def style_of(track_id: int, class_id: int) -> Style:
    """Choose the style of a detection; the same track has the same colour in every frame.

    Parameters
    ----------
    track_id : int
        From 1; 0 (not tracked) is grey.
    class_id : int
        A value of :class:`wildpose.types.ClassId`.

    Returns
    -------
    Style

    Examples
    --------
    >>> style_of(1, 1).colour == style_of(8, 1).colour
    True
    >>> style_of(1, 2).dashed
    True
    """
    if class_id == ClassId.PERSON:
        return Style(PERSON, INK, tint=0.0, dashed=True)
    colour = HUES[(track_id - 1) % len(HUES)] if track_id > 0 else UNTRACKED
    return Style(colour, text_on(colour), tint=0.25, dashed=False)
