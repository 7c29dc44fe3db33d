"""Plants, wood and stones of a scene, as things to be painted.

Each function takes a place in the world (metres; y up, ground at 0) and gives polygons or textured
patches with their depth. Colours are as displayed, 0 to 255.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from wildpose.synth.camera import Camera
from wildpose.synth.canvas import Flat, Patch
from wildpose.synth.noise import fractal_noise
from wildpose.types import Array

Colour = tuple[int, int, int]
NEAREST_M = 0.25
_LEAF_OUTLINE = np.array([[-1, 0], [-0.4, 0.5], [0.3, 0.45], [1, 0], [0.3, -0.45], [-0.4, -0.5]])


@dataclass(frozen=True)
class Leaves:
    """How the leaves of a plant look.

    Attributes
    ----------
    count : int
    length_m : float
        Half of a leaf's length.
    slender : float
        Width as a share of the length.
    colour : (int, int, int)
        Of a leaf in full light.
    """

    count: int
    length_m: float
    slender: float
    colour: Colour


def grass(
    rng: np.random.Generator, camera: Camera, roots: Array, height_m: float, colour: Colour
) -> list[Flat]:
    """Tufts of grass.

    Parameters
    ----------
    rng : numpy.random.Generator
    camera : Camera
    roots : float [N, 2]
        x and z of the blades' tufts; each has some blades.
    height_m : float
        Of the longest blades.
    colour : (int, int, int)

    Returns
    -------
    list of Flat
        One for each blade in front of the camera.
    """
    blades = 11
    tall = height_m * rng.uniform(0.35, 1.0, (len(roots), 1)) * rng.uniform(
        0.4, 1.0, (len(roots), blades))
    base = roots[:, None, :] + rng.normal(0, 0.25 * height_m * 0.5, (len(roots), blades, 2))
    lean = rng.normal(0, 0.45, (len(roots), blades, 2)) * tall[..., None]
    low = np.stack([base[..., 0], np.zeros_like(tall), base[..., 1]], -1)
    middle = low + np.stack([0.3 * lean[..., 0], 0.62 * tall, 0.3 * lean[..., 1]], -1)
    tip = low + np.stack([lean[..., 0], tall * 0.95, lean[..., 1]], -1)
    lines = np.stack([low, middle, tip], 2).reshape(-1, 3, 3)
    width = rng.uniform(0.0012, 0.0035, len(lines)) * (0.6 + height_m)
    return _ribbons(camera, lines, width, _tinted(rng, colour, len(lines), 0.3))


def leafy_plant(
    rng: np.random.Generator, camera: Camera, centre: Array, radius_m: float, leaves: Leaves
) -> list[Flat]:
    """A bush, or a bunch of leaves in the air: leaves around a centre, lighter on top.

    Parameters
    ----------
    rng : numpy.random.Generator
    camera : Camera
    centre : float [3]
    radius_m : float
    leaves : Leaves

    Returns
    -------
    list of Flat
    """
    count = leaves.count
    away = rng.normal(0, 1, (count, 3))
    away *= (rng.random((count, 1)) ** 0.4) / np.linalg.norm(away, axis=1, keepdims=True)
    places = centre + away * radius_m * np.array([1.15, 0.8, 1.0])
    along = rng.normal(0, 1, (count, 3)) * np.array([1, 0.5, 1])
    along /= np.linalg.norm(along, axis=1, keepdims=True)
    across = np.cross(along, rng.normal(0, 1, (count, 3)))
    across /= np.linalg.norm(across, axis=1, keepdims=True)
    size = leaves.length_m * rng.uniform(0.6, 1.3, (count, 1, 1))
    outline = (places[:, None] + size * (_LEAF_OUTLINE[:, :1] * along[:, None]
               + 2 * leaves.slender * _LEAF_OUTLINE[:, 1:] * across[:, None]))
    light = 0.5 + 0.3 * (away[:, 1] + 0.6) + rng.normal(0, 0.14, count)
    colours = _tinted(rng, leaves.colour, count, 0.0) * np.clip(light, 0.25, 1.35)[:, None]
    return _polygons(camera, outline, places, colours)


def twigs(
    rng: np.random.Generator, camera: Camera, root: Array, height_m: float, colour: Colour
) -> list[Flat]:
    """A bare sapling: a crooked stem with bent twigs that fork.

    Parameters
    ----------
    rng : numpy.random.Generator
    camera : Camera
    root : float [3]
    height_m : float
    colour : (int, int, int)

    Returns
    -------
    list of Flat
    """
    bends = rng.normal(0, 0.07, (6, 3)) + np.array([0, 1 / 6, 0])
    steps = np.cumsum(np.vstack([np.zeros(3), bends]), 0)
    stem = root + steps * height_m
    lines, widths = [stem[:4], stem[3:]], [0.018 * height_m, 0.01 * height_m]
    for _ in range(int(rng.integers(6, 16))):
        place = float(rng.uniform(0.8, 5.9))
        low = int(place)
        start = stem[low] + (stem[low + 1] - stem[low]) * (place - low)
        twig = _curved(rng, start, rng.normal(0, 1, 3) * [1, 0.5, 1] + [0, 0.5, 0],
                       height_m * float(rng.uniform(0.08, 0.26)))
        lines.append(twig)
        widths.append(0.005 * height_m)
        for joint in rng.integers(1, 5, int(rng.integers(0, 4))):
            way = twig[joint] - twig[joint - 1] + rng.normal(0, 0.03, 3) * height_m
            reach = height_m * float(rng.uniform(0.03, 0.1))
            lines.append(_curved(rng, twig[joint], way, reach))
            widths.append(0.003 * height_m)
    flats: list[Flat] = []
    for line, width in zip(lines, widths, strict=True):
        tint = _tinted(rng, colour, 1, 0.15)
        flats += _ribbons(camera, line[None], np.array([width]), tint)
    return flats


def wood(
    rng: np.random.Generator, camera: Camera, factor: int, ends: Array, radius_m: Array,
    colour: Colour,
) -> list[Patch]:
    """A round piece of wood with bark: a trunk, a log, a thick branch.

    Parameters
    ----------
    rng : numpy.random.Generator
    camera : Camera
    factor : int
        Of the canvas.
    ends : float [2, 3]
        Axis from the thick to the thin end; for a trunk from the ground up.
    radius_m : float [2]
        At both ends.
    colour : (int, int, int)

    Returns
    -------
    list of Patch
        None where it is not seen.
    """
    pixels, depth = camera.project(ends)
    if depth.min() < NEAREST_M:
        return []
    pixels = pixels * factor
    radius = np.asarray(radius_m) * camera.focal_px * factor / depth
    window = _window(pixels, 1.7 * radius.max(), camera, factor)
    if window is None:
        return []
    y, x = np.mgrid[window].astype(np.float32) + 0.5
    axis = pixels[1] - pixels[0]
    length = float(np.hypot(*axis))
    along = ((x - pixels[0, 0]) * axis[0] + (y - pixels[0, 1]) * axis[1]) / length
    aside = ((y - pixels[0, 1]) * axis[0] - (x - pixels[0, 0]) * axis[1]) / length
    t = along / length
    flare = 1 + 0.5 * np.exp(-np.clip(along, 0, None) / (1.2 * radius[0]))
    half = (radius[0] + (radius[1] - radius[0]) * np.clip(t, 0, 1)) * flare
    bark = fractal_noise(rng, 0.22, 4, 0.75)
    unit_m = float(radius_m[0] / radius[0])
    round_it = np.arcsin(np.clip(aside / half, -1, 1))
    rough = bark.at(round_it * radius_m[0] * 3.0, along * unit_m * 0.45, unit_m * 2)
    edge = 1 + 0.05 * rough
    inside = (np.abs(aside) < half * edge) & (t > -0.02) & (t < 1)
    side = np.clip(0.75 * np.cos(round_it * 0.95) + 0.15 * np.sign(aside) * np.sin(round_it), 0, 1)
    light = (0.35 + 0.65 * side) * np.clip(1 + 0.28 * rough, 0.25, 1.8)
    moss = np.clip(bark.at(x * unit_m * 0.5, y * unit_m * 0.5) - 0.8, 0, 1)[..., None]
    tint = np.array(colour) * (1 - 0.6 * moss) + np.array([90, 105, 60]) * 0.6 * moss
    return [Patch(float(depth.min()), window[1].start, window[0].start,
                  np.clip(light[..., None] * tint, 0, 255).astype(np.uint8),
                  (inside * 255).astype(np.uint8))]


def stone(
    rng: np.random.Generator, camera: Camera, factor: int, place: Array, radius_m: float,
    colour: Colour,
) -> list[Patch]:
    """A stone half sunk in the ground, lit from above.

    Parameters
    ----------
    rng : numpy.random.Generator
    camera : Camera
    factor : int
        Of the canvas.
    place : float [2]
        x and z.
    radius_m : float
    colour : (int, int, int)

    Returns
    -------
    list of Patch
        None where it is not seen.
    """
    pixel, depth = camera.project(np.array([place[0], 0.15 * radius_m, place[1]]))
    if depth < NEAREST_M:
        return []
    pixel, radius = pixel * factor, radius_m * camera.focal_px * factor / float(depth)
    window = _window(pixel[None], 1.4 * radius, camera, factor)
    if window is None:
        return []
    y, x = np.mgrid[window].astype(np.float32) + 0.5
    flat = rng.uniform(0.45, 0.85)
    across, up = (x - pixel[0]) / radius, (pixel[1] - y) / (radius * flat)
    rough = fractal_noise(rng, 0.9, 5, 0.65)
    bumps = rough.at(across + 7, up * flat + 3, 2 / radius)
    reach = np.hypot(across, up) * (1 + 0.10 * bumps)
    inside = (reach < 1) & (up > -0.45 + 0.08 * bumps)
    top = np.clip(0.55 + 0.5 * up + 0.18 * rng.choice([-1, 1]) * across, 0.15, 1.1)
    light = top * np.clip(1 + 0.22 * bumps, 0.4, 1.5)
    shade = np.clip(light[..., None] * np.array(colour), 0, 255).astype(np.uint8)
    return [Patch(float(depth), window[1].start, window[0].start, shade,
                  (inside * 255).astype(np.uint8))]


def _curved(rng: np.random.Generator, start: Array, way: Array, length_m: float) -> Array:
    """Five points of a twig that bends a little and seeks the light."""
    way = way / max(float(np.linalg.norm(way)), 1e-9)
    points = [np.asarray(start, np.float64)]
    for _ in range(4):
        way = way + rng.normal(0, 0.22, 3) + [0, 0.08, 0]
        way /= np.linalg.norm(way)
        points.append(points[-1] + way * length_m / 4)
    return np.stack(points)


def _window(
    pixels: Array, margin: float, camera: Camera, factor: int
) -> tuple[slice, slice] | None:
    """Rows and columns of the canvas around some points, None where they miss it."""
    low = np.floor(np.nanmin(pixels, 0) - margin)
    high = np.ceil(np.nanmax(pixels, 0) + margin)
    size = np.array([camera.width, camera.height]) * factor
    low, high = np.clip(low, 0, size).astype(int), np.clip(high, 0, size).astype(int)
    if (high - low).min() <= 0:
        return None
    return slice(int(low[1]), int(high[1])), slice(int(low[0]), int(high[0]))


def _ribbons(camera: Camera, lines: Array, width_m: Array, colours: Array) -> list[Flat]:
    """Tapering strips along lines of three or more world points, float [N, K, 3]."""
    pixels, depth = camera.project(lines)
    keep = depth.min(1) > NEAREST_M
    pixels, depth, width_m, colours = pixels[keep], depth[keep], width_m[keep], colours[keep]
    half = 0.5 * width_m * camera.focal_px / depth.mean(1)
    taper = np.linspace(1, 0.15, pixels.shape[1])
    way = np.gradient(pixels, axis=1)
    normal = np.stack([-way[..., 1], way[..., 0]], -1)
    normal /= np.maximum(np.hypot(normal[..., 0], normal[..., 1]), 1e-9)[..., None]
    offset = normal * (half[:, None] * taper)[..., None]
    outlines = np.concatenate([pixels + offset, (pixels - offset)[:, ::-1]], 1)
    return _flats(camera, outlines, depth.mean(1), colours)


def _polygons(camera: Camera, outline: Array, centres: Array, colours: Array) -> list[Flat]:
    pixels, depth = camera.project(outline)
    keep = depth.min(1) > NEAREST_M
    return _flats(camera, pixels[keep], camera.project(centres[keep])[1], colours[keep])


def _flats(camera: Camera, outlines: Array, depth: Array, colours: Array) -> list[Flat]:
    """Polygons that touch the picture."""
    low, high = outlines.min(1), outlines.max(1)
    seen = ((high > 0) & (low < [camera.width, camera.height])).all(1)
    levels = np.clip(colours, 0, 255).astype(int).tolist()
    return [Flat(float(depth[i]), outlines[i], (levels[i][0], levels[i][1], levels[i][2]))
            for i in np.flatnonzero(seen)]


def _tinted(rng: np.random.Generator, colour: Colour, count: int, spread: float) -> Array:
    """The colour with some variety in tone and brightness, float [count, 3]."""
    tone = rng.normal(0, 9, (count, 3)) * [1.0, 0.6, 1.0]
    light = rng.uniform(1 - spread, 1 + spread, (count, 1)) if spread else 1.0
    return np.asarray((np.array(colour) + tone) * light)


def scattered(
    rng: np.random.Generator, count: int, camera: Camera, near_m: float, far_m: float
) -> Array:
    """Places on the ground that the camera sees, more of them close by.

    Parameters
    ----------
    rng : numpy.random.Generator
    count : int
    camera : Camera
        Looking along +z from above the origin.
    near_m, far_m : float
        Range of the distance.

    Returns
    -------
    float64 [count, 2]
        x and z.
    """
    distance = near_m * (far_m / near_m) ** rng.random(count)
    half = math.atan(camera.width / 2 / camera.focal_px) * 1.1
    bearing = rng.uniform(-half, half, count)
    return np.stack([distance * np.sin(bearing), distance * np.cos(bearing)], 1)
