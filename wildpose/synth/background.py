"""Places where a camera hangs: drawn by procedure, or a user's own pictures without animals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw
from scipy import ndimage

from wildpose.synth.camera import Camera
from wildpose.synth.canvas import Flat, Patch, Stage, over, painted
from wildpose.synth.noise import Noise, fractal_noise
from wildpose.synth.vegetation import (
    Colour,
    Leaves,
    grass,
    leafy_plant,
    scattered,
    stone,
    twigs,
    wood,
)
from wildpose.types import Array

ENLARGEMENT = 2
FAR_M = 60.0


@dataclass(frozen=True)
class Place:
    """What grows and lies at a kind of place; counts are the most that may be drawn.

    Attributes
    ----------
    soil, soil_2 : (int, int, int)
        Colours of the ground, as displayed.
    contrast : float
        Of the ground's light and dark spots.
    sky : float
        How much of the far wall is open sky, 0 to 1.
    wall : (int, int, int)
        Colour of the far vegetation.
    trunks, bushes, plants, tufts, saplings, stones, logs, litter : int
    leaf, blade, bark, fallen : (int, int, int)
        Colours of leaves, grass, bark and fallen leaves.
    grass_m : float
        Height of the grass.
    canopy : float
        Share of the sunlight that leaves overhead keep off, in patches.
    """

    soil: Colour
    soil_2: Colour
    contrast: float
    sky: float
    wall: Colour
    trunks: int
    bushes: int
    plants: int
    tufts: int
    saplings: int
    stones: int
    logs: int
    litter: int
    leaf: Colour
    blade: Colour
    bark: Colour
    fallen: Colour
    grass_m: float
    canopy: float


PLACES: dict[str, Place] = {
    "forest": Place((92, 78, 58), (70, 74, 46), 0.35, 0.25, (74, 96, 52), 22, 14, 10, 60, 10, 3, 3,
                    1400, (92, 128, 58), (104, 124, 62), (104, 92, 78), (150, 116, 74), 0.22, 0.7),
    "grass": Place((128, 122, 72), (98, 112, 58), 0.22, 0.9, (92, 108, 66), 4, 6, 3, 900, 3, 4, 0,
                   60, (96, 122, 60), (150, 150, 84), (112, 100, 84), (150, 130, 90), 0.5, 0.05),
    "snow": Place((228, 232, 240), (212, 220, 234), 0.07, 0.45, (112, 110, 108), 20, 3, 1, 40, 14,
                  5, 2, 60, (104, 106, 70), (150, 132, 92), (88, 80, 74), (112, 88, 66), 0.25, 0.3),
    "rocks": Place((128, 116, 100), (110, 104, 88), 0.3, 0.5, (116, 112, 84), 6, 8, 3, 120, 8, 60,
                   2, 300, (106, 120, 66), (148, 138, 86), (100, 90, 78), (136, 112, 80), 0.25,
                   0.2),
    "leaf_litter": Place((112, 86, 62), (92, 70, 50), 0.3, 0.35, (112, 104, 70), 26, 4, 4, 15, 18,
                         2, 4, 3200, (116, 124, 64), (120, 112, 70), (96, 88, 80), (168, 122, 80),
                         0.15, 0.5),
}
"""By the name that ``--place`` and the truth use."""


def procedural_stage(rng: np.random.Generator, camera: Camera, place: Place) -> Stage:
    """Draw a place: ground, far wall, trunks, plants, things right before the lens.

    Parameters
    ----------
    rng : numpy.random.Generator
    camera : Camera
        Above the world's origin, looking along +z.
    place : Place

    Returns
    -------
    Stage
    """
    large = camera.scaled(ENLARGEMENT)
    colour, depth = _backdrop(rng, large, place)
    stage = painted(_littered(rng, large, colour, place), depth,
                    _things(rng, camera, place), ENLARGEMENT)
    if rng.random() < 0.45:
        stage = _with_near_leaves(rng, camera, stage, place)
    return stage


def ground_depth(camera: Camera) -> Array:
    """Distance to flat ground along the camera's axis, float32 [H, W]; infinite above the horizon.

    Parameters
    ----------
    camera : Camera
    """
    x = (np.arange(camera.width) + 0.5 - camera.width / 2) / camera.focal_px
    y = (np.arange(camera.height) + 0.5 - camera.height / 2) / camera.focal_px
    right, below, forward = camera.rotation[:, 1]
    down = -(x[None, :] * right + y[:, None] * below + forward)
    depth = np.full(down.shape, np.inf)
    np.divide(camera.position[1], down, out=depth, where=down > 1e-6)
    return depth.astype(np.float32)


def picture_stage(picture: Array, camera: Camera, things: Sequence[Flat | Patch] = ()) -> Stage:
    """Take a picture without animals as the place.

    Its ground is taken to be flat and to end at the camera's horizon; plants may be added in front.

    Parameters
    ----------
    picture : uint8 [H, W, 3]
        Of the camera's size.
    camera : Camera
    things : sequence of Flat or Patch

    Returns
    -------
    Stage
        ``albedo`` is the picture in linear light: it is lit already.
    """
    depth = np.minimum(ground_depth(camera.scaled(ENLARGEMENT)), FAR_M)
    large = np.repeat(np.repeat(picture, ENLARGEMENT, 0), ENLARGEMENT, 1)
    return painted(large, depth, things, ENLARGEMENT)


def plants_in_front(rng: np.random.Generator, camera: Camera, place: Place) -> list[Flat | Patch]:
    """Draw a few plants between camera and animals, for pictures that have no depth of their own.

    Parameters
    ----------
    rng : numpy.random.Generator
    camera : Camera
    place : Place

    Returns
    -------
    list of Flat or Patch
    """
    things: list[Flat | Patch] = []
    things += grass(rng, camera, scattered(rng, int(rng.integers(0, 60)), camera, 0.8, 6),
                    place.grass_m, place.blade)
    for x, z in scattered(rng, int(rng.integers(0, 3)), camera, 1.0, 6):
        things += twigs(rng, camera, np.array([x, 0, z]), float(rng.uniform(0.6, 2)), place.bark)
    if rng.random() < 0.2:
        things += _trunk(rng, camera, place, scattered(rng, 1, camera, 1.5, 6)[0])
    return things


def _backdrop(rng: np.random.Generator, camera: Camera, place: Place) -> tuple[Array, Array]:
    """Ground, far wall and sky with their depth, on the enlarged canvas."""
    depth = ground_depth(camera)
    far = float(rng.uniform(14, 40)) if place.sky < 0.6 else FAR_M
    ground = depth < far
    colour = _wall(rng, camera, place)
    spots = (fractal_noise(rng, 1.6, 8, 0.86), fractal_noise(rng, 3.0, 4, 0.5))
    rows = ground.any(1)
    near_depth = np.where(ground, depth, 1.0)[rows]
    where = camera.position + camera.rays()[rows] * near_depth[..., None]
    footprint = near_depth * near_depth / (camera.focal_px * max(camera.position[1], 0.3)) * 0.6
    colour[rows] = np.where(ground[rows][..., None], _soil(where, footprint, spots, place),
                            colour[rows])
    horizon = ndimage.gaussian_filter(ground.astype(np.float32), 1.5)[..., None]
    haze = np.array(place.wall) * 0.8
    colour = np.where((horizon > 0.05) & (horizon < 0.95), 0.5 * colour + 0.5 * haze, colour)
    open_sky = ~ground & (colour.min(2) > 205)
    depth = np.where(ground, depth, np.where(open_sky, np.inf, far))
    return np.clip(colour, 0, 255).astype(np.uint8), depth.astype(np.float32)


def _soil(where: Array, footprint: Array, spots: tuple[Noise, Noise], place: Place) -> Array:
    fine = spots[0].at(where[..., 0], where[..., 2], footprint)
    broad = np.clip(0.5 + 0.6 * spots[1].at(where[..., 0], where[..., 2], footprint), 0, 1)
    mixed = np.array(place.soil) * broad[..., None] + np.array(place.soil_2) * (
        1 - broad[..., None])
    soil: Array = mixed * np.clip(1 + place.contrast * fine, 0.3, 1.8)[..., None]
    return soil


def _wall(rng: np.random.Generator, camera: Camera, place: Place) -> Array:
    """What stands behind everything, float32 [H, W, 3]: foliage with gaps, lighter upward."""
    height, width = camera.height, camera.width
    y, x = np.mgrid[0:height, 0:width].astype(np.float32) / width
    leaves, masses = fractal_noise(rng, 0.12, 6, 0.75), fractal_noise(rng, 0.5, 3, 0.6)
    stems = fractal_noise(rng, 0.08, 4, 0.8)
    foliage = leaves.at(x, y, 1 / width) * 0.3 + masses.at(x, y) * 0.25
    foliage -= 0.3 * np.clip(stems.at(x, y * 0.06) - 0.6, 0, 1.5)
    horizon = _horizon_row(camera) / width
    up = np.clip((horizon - y) / max(horizon, 0.1), 0, 1)
    sky = np.array(rng.choice([[222, 228, 236], [206, 222, 244], [234, 234, 232]]), np.float32)
    shade = np.clip(0.7 + 0.2 * up + foliage, 0.15, 1.6)[..., None]
    wall = np.array(place.wall, np.float32) * shade
    top = _tree_tops(rng, x, leaves, place.sky)
    gap = np.clip((up - top + 0.35 * foliage) * 12, 0, 1)[..., None]
    mixed: Array = (wall * (1 - gap) + sky * gap).astype(np.float32)
    return mixed


def _tree_tops(rng: np.random.Generator, x: Array, leaves: Noise, sky: float) -> Array:
    """Height of the far vegetation by column, as a share of the way to the upper border."""
    line = fractal_noise(rng, 0.35, 4, 0.6).at(x, np.zeros_like(x))
    mean = 1.25 - 1.15 * sky
    top: Array = np.clip(mean + 0.12 * line + 0.08 * leaves.at(x, x * 0), 0.05, 2.0)
    return top


def _horizon_row(camera: Camera) -> float:
    """Row of the horizon at the middle of the picture."""
    forward = camera.rotation[2]
    level = np.array([forward[0], 0, forward[2]])
    pixel, _ = camera.project(camera.position + level * 1000.0)
    return float(np.clip(np.nan_to_num(pixel[1]), -camera.height, 2 * camera.height))


def _littered(rng: np.random.Generator, camera: Camera, colour: Array, place: Place) -> Array:
    """Draw fallen leaves and sticks that lie flat on the ground."""
    picture = Image.fromarray(np.ascontiguousarray(colour))
    pen = ImageDraw.Draw(picture)
    count = int(rng.integers(place.litter // 3, place.litter + 1))
    where = scattered(rng, count, camera, 1.0, 14)
    where = where[np.argsort(-where[:, 1])]
    angle, size = rng.uniform(0, np.pi, count), rng.uniform(0.015, 0.055, count)
    slender = np.where(rng.random(count) < 0.12, 0.06, rng.uniform(0.3, 0.6, count))
    size = np.where(slender < 0.1, size * 4, size)
    shape = np.array([[-1, 0], [0, 1], [1, 0], [0, -1]])
    along = np.stack([np.cos(angle), np.sin(angle)], 1) * size[:, None]
    across = np.stack([-along[:, 1], along[:, 0]], 1) * slender[:, None]
    plan = (where[:, None] + shape[None, :, :1] * along[:, None]
            + shape[None, :, 1:] * across[:, None])
    tilt = rng.uniform(0, 0.5, (count, 1)) * size[:, None] * shape[:, 0]
    pixels, depth = camera.project(np.stack([plan[..., 0], np.abs(tilt), plan[..., 1]], -1))
    light = rng.uniform(0.5, 1.15, (count, 1))
    colours = np.clip((np.array(place.fallen) + rng.normal(0, 16, (count, 3))) * light, 0, 255)
    for outline, distance, tint in zip(pixels, depth, colours.astype(int).tolist(), strict=True):
        if distance.min() > 0.3:
            pen.polygon(outline.ravel().tolist(), fill=tuple(tint))
    return np.asarray(picture)


def _things(rng: np.random.Generator, camera: Camera, place: Place) -> list[Flat | Patch]:
    def some(most: int) -> int:
        return int(rng.integers(0, most + 1))

    things: list[Flat | Patch] = []
    for spot in scattered(rng, some(place.trunks), camera, 2.8, 30):
        things += _trunk(rng, camera, place, spot)
    for spot in scattered(rng, some(place.logs), camera, 2, 10):
        things += _log(rng, camera, place, spot)
    for spot in scattered(rng, some(place.stones), camera, 1.2, 14):
        things += stone(rng, camera, ENLARGEMENT, spot, float(rng.lognormal(-2.0, 0.6)),
                        _near(rng, (140, 134, 124), 14))
    for x, z in scattered(rng, some(place.bushes), camera, 3, 25):
        radius = float(rng.uniform(0.3, 1.1))
        leaves = Leaves(int(rng.integers(120, 320)), float(rng.uniform(0.03, 0.07)), 0.45,
                        _near(rng, place.leaf, 12))
        things += leafy_plant(rng, camera, np.array([x, 0.7 * radius, z]), radius, leaves)
    for x, z in scattered(rng, some(place.plants), camera, 1.3, 9):
        things += _herb(rng, camera, place, np.array([x, 0, z]))
    for x, z in scattered(rng, some(place.saplings), camera, 1.6, 14):
        things += twigs(rng, camera, np.array([x, 0, z]), float(rng.uniform(0.5, 3)), place.bark)
    things += grass(rng, camera, scattered(rng, some(place.tufts), camera, 0.9, 22),
                    place.grass_m * float(rng.uniform(0.4, 1.1)), place.blade)
    return things


def _trunk(
    rng: np.random.Generator, camera: Camera, place: Place, spot: Array
) -> list[Flat | Patch]:
    thick = float(np.clip(rng.lognormal(-2.5, 0.7), 0.025, 0.45))
    root = np.array([spot[0], -0.05, spot[1]])
    lean = rng.normal(0, 0.06, 3) * [1, 0, 1]
    reach = float(rng.uniform(6, 14))
    top = root + np.array([lean[0], 1, lean[2]]) * reach
    ends, radius = np.stack([root, top]), np.array([thick, thick * 0.5])
    things: list[Flat | Patch] = [*wood(rng, camera, ENLARGEMENT, ends, radius,
                                        _near(rng, place.bark, 12))]
    if rng.random() < 0.4:
        start = root + (top - root) * rng.uniform(0.1, 0.4)
        end = start + rng.normal(0, 1, 3) * [1.2, 0.2, 0.4] + [0, 0.8, 0]
        things += wood(rng, camera, ENLARGEMENT, np.stack([start, end]),
                       np.array([thick * 0.35, thick * 0.1]), place.bark)
    return things


def _log(rng: np.random.Generator, camera: Camera, place: Place, spot: Array) -> list[Patch]:
    thick = float(rng.uniform(0.05, 0.25))
    start = np.array([spot[0], thick * 0.8, spot[1]])
    way = np.array([rng.choice([-1, 1]), 0, rng.normal(0, 0.3)]) * rng.uniform(0.6, 3)
    end = np.array([1, 0, 1]) * (start + way) + [0, thick * 0.8, 0]
    return wood(rng, camera, ENLARGEMENT, np.stack([start, end]),
                np.array([thick, thick * 0.75]), _near(rng, place.bark, 14))


def _herb(rng: np.random.Generator, camera: Camera, place: Place, root: Array) -> list[Flat]:
    """A low plant with large leaves."""
    height = float(rng.uniform(0.15, 0.7))
    leaves = Leaves(int(rng.integers(8, 40)), float(rng.uniform(0.05, 0.16)),
                    float(rng.uniform(0.15, 0.5)), _near(rng, place.leaf, 14))
    centre = root + np.array([0, 0.6 * height, 0])
    stem = twigs(rng, camera, root, height, place.leaf)
    return [*stem, *leafy_plant(rng, camera, centre, 0.55 * height, leaves)]


def _with_near_leaves(
    rng: np.random.Generator, camera: Camera, stage: Stage, place: Place
) -> Stage:
    """Leaves or blades of grass right before the lens, out of focus, at one side or below."""
    distance = float(rng.uniform(0.35, 0.8))
    side = float(rng.choice([-1.0, 1.0])) * rng.uniform(0.25, 0.5) * camera.width
    pixel = np.array([camera.width / 2 + side, camera.height * rng.uniform(0.3, 1.0)])
    centre = camera.unproject(pixel, np.array(distance))
    if rng.random() < 0.5:
        roots = centre[[0, 2]] + rng.normal(0, 0.12, (int(rng.integers(1, 5)), 2))
        height = float(camera.position[1] * rng.uniform(0.7, 1.2))
        things = grass(rng, camera, roots, height, place.blade)
    else:
        leaves = Leaves(int(rng.integers(3, 12)), float(rng.uniform(0.025, 0.06)), 0.4, place.leaf)
        things = leafy_plant(rng, camera, centre, 0.15, leaves)
    size = (camera.height, camera.width)
    empty = np.zeros((*size, 3), np.uint8), np.full(size, np.inf, np.float32)
    near = painted(*empty, things, 1)
    near = Stage(near.albedo, near.depth, np.isfinite(near.depth).astype(np.float32), near.ground)
    return over(stage, near, float(camera.width / 640 * rng.uniform(1.0, 4.0) / distance * 0.5))


def _near(rng: np.random.Generator, colour: Colour, spread: float) -> Colour:
    """A colour like the given one: lighter or darker, hardly of another hue."""
    light = rng.normal(0, spread)
    red, green, blue = (int(np.clip(c + light + rng.normal(0, 0.25 * spread), 5, 250))
                        for c in colour)
    return red, green, blue
