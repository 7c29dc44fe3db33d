"""Things before the animals that are no plants: shapes of any outline, cut from photographs.

They hide parts of bodies, so that a network learns what a leg without its body looks like. Labels
end where they begin.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw

from wildpose.synth.backdrops import Photograph
from wildpose.synth.canvas import Patch
from wildpose.types import Array

_NEAREST_M = 0.06
"""Before every body."""
_LARGEST = 0.45
"""Share of the picture's smaller side: no one thing hides everything."""


def obstacles(
    rng: np.random.Generator, photographs: Sequence[Photograph], size: tuple[int, int],
    around: tuple[float, float, float], count: int,
) -> list[Patch]:
    """Draw some.

    Parameters
    ----------
    rng : numpy.random.Generator
    photographs : sequence of Photograph
        To cut them from; without any they have one colour.
    size : (width, height)
        Of the picture.
    around : (float, float, float)
        x and y of a place that they gather round, and their usual size, pixels.
    count : int

    Returns
    -------
    list of Patch
        On a canvas of the picture's size.
    """
    things = []
    for _ in range(count):
        usual = around[2] * float(np.exp(rng.normal(-1.1, 0.45)))
        alpha = _outline(rng, int(np.clip(usual, 6, _LARGEST * min(size))))
        high, wide = alpha.shape
        left = int(around[0] + rng.normal(0, 0.45 * around[2]) - wide / 2)
        top = int(around[1] + rng.normal(0, 0.35 * around[2]) - high / 2)
        colour = _surface(rng, photographs, (wide, high))
        things.append(Patch(_NEAREST_M, left, top, colour, alpha))
    return things


def _outline(rng: np.random.Generator, usual_px: int) -> Array:
    """A stem, a blob or a polygon, uint8 [h, w]."""
    kind = rng.random()
    if kind < 0.4:
        long = int(usual_px * rng.uniform(1.5, 5))
        thin = max(2, int(usual_px * rng.uniform(0.05, 0.3)))
        return _stem(rng, long, thin)
    corners = int(rng.integers(4, 9)) if kind < 0.7 else 24
    angle = np.sort(rng.uniform(0, 2 * np.pi, corners))
    radius = 0.5 * usual_px * np.exp(rng.normal(0, 0.25, corners))
    if corners == 24:
        lobes = np.sin(angle * rng.integers(2, 6) + rng.uniform(0, 6))
        radius = 0.5 * usual_px * (1 + 0.25 * lobes)
    shape = np.stack([np.cos(angle) * np.exp(rng.normal(0, 0.3)), np.sin(angle)], 1)
    return _filled(shape * radius[:, None])


def _stem(rng: np.random.Generator, long: int, thin: int) -> Array:
    """A bar at any angle, most often upright, thinner at one end."""
    tilt = float(rng.normal(0, 0.35)) + (np.pi / 2 if rng.random() < 0.25 else 0.0)
    along = np.array([np.sin(tilt), -np.cos(tilt)]) * long / 2
    across = np.array([np.cos(tilt), np.sin(tilt)]) * thin / 2
    taper = rng.uniform(0.2, 1.0)
    return _filled(np.array([along + across * taper, along - across * taper,
                             -along - across, -along + across]))


def _filled(outline: Array) -> Array:
    """A polygon with soft edges on the smallest canvas that holds it, uint8 [h, w]."""
    low = np.floor(outline.min(axis=0)) - 1
    wide, high = (np.ceil(outline.max(axis=0)) + 1 - low).astype(int)
    large = Image.new("L", (2 * int(wide), 2 * int(high)))
    ImageDraw.Draw(large).polygon(((outline - low) * 2).ravel().tolist(), fill=255)
    return np.asarray(large.resize((int(wide), int(high)), Image.Resampling.BOX))


def _surface(
    rng: np.random.Generator, photographs: Sequence[Photograph], size: tuple[int, int]
) -> Array:
    if not photographs or rng.random() < 0.25:
        return np.tile(rng.integers(10, 220, 3).astype(np.uint8), (size[1], size[0], 1))
    pixels = photographs[int(rng.integers(len(photographs)))].pixels
    height, width = pixels.shape[:2]
    side = float(rng.uniform(0.2, 0.9))
    left, top = rng.uniform(0, 1 - side, 2) * [width, height]
    window = (left, top, left + side * width, top + side * height)
    return np.asarray(Image.fromarray(pixels).resize(size, Image.Resampling.BILINEAR, box=window))
