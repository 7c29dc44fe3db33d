"""Light on a scene: sun and sky, or the infra-red lamp of a trail camera, and the shadows of both.

All light is linear. A white surface that faces a light of strength 1 has radiance 1, which
:func:`displayed` shows as nearly white.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from wildpose.synth.camera import Camera, looking_at
from wildpose.synth.raster import Vector, compiled, inlined, visible_faces
from wildpose.types import Array

DISPLAY_GAMMA = 2.2
SHADOW_SIZE_PX = 384
SUN_AWAY_M = 400.0
WRAP = 0.25
"""Fur scatters light past the edge of its shadow: how far, as a share of the full light."""
_WHITE_POINT = 1.6


@dataclass(frozen=True)
class Daylight:
    """Sun and sky.

    Attributes
    ----------
    towards_sun : float64 [3]
        Unit vector in the world.
    sun, sky, bounce : float64 [3]
        RGB strength of direct light, of the sky above, and of what the ground sends back up.
    """

    towards_sun: Array
    sun: Array
    sky: Array
    bounce: Array


@dataclass(frozen=True)
class Flash:
    """The infra-red lamp beside the lens; pictures by it are grey.

    Attributes
    ----------
    offset : float64 [3]
        Of the lamp from the lens, in the camera's frame, metres.
    reach_m : float
        Where a white surface that faces the lamp has radiance 1; the light falls with distance
        squared.
    beam_deg : float
        Angle from the axis at which the beam has half its strength.
    paleness : float
        0 to 1: how far dark furs and patterns fade, as most furs send infra-red back.
    ambient : float
        Moon and stray light.
    """

    offset: Array
    reach_m: float
    beam_deg: float
    paleness: float
    ambient: float = 0.004


Light = Daylight | Flash


def daylight(rng: np.random.Generator, cloud: float | None = None) -> Daylight:
    """Draw a time of day and a sky.

    Parameters
    ----------
    rng : numpy.random.Generator
    cloud : float, optional
        0 (clear, hard shadows) to 1 (overcast, none); drawn where not given.
    """
    cover = float(rng.uniform()) if cloud is None else cloud
    height_deg = float(rng.uniform(12, 75))
    around = float(rng.uniform(0, 2 * math.pi))
    up = math.sin(math.radians(height_deg))
    flat = math.cos(math.radians(height_deg))
    towards = np.array([flat * math.cos(around), up, flat * math.sin(around)])
    warm = math.exp(-height_deg / 18)
    colour = np.array([1.0, 0.96 - 0.25 * warm, 0.90 - 0.50 * warm])
    sun = colour * (1 - cover) * float(rng.uniform(0.75, 1.1))
    sky = np.array([0.80 + 0.2 * cover, 0.90 + 0.1 * cover, 1.05]) * (0.28 + 0.42 * cover)
    ground = np.array([0.30, 0.27, 0.20]) * float(rng.uniform(0.5, 1.1))
    return Daylight(towards, sun, sky, ground * (sun * up + sky))


def flash(rng: np.random.Generator) -> Flash:
    """Draw a lamp: a few centimetres above or below the lens, some stronger, some narrower."""
    above = float(rng.choice([-1, 1])) * float(rng.uniform(0.03, 0.08))
    offset = np.array([rng.normal(0, 0.01), above, 0.0])
    return Flash(offset, float(rng.uniform(2.5, 6.0)), float(rng.uniform(18, 40)),
                 float(rng.uniform(0.2, 0.7)))


def displayed(radiance: Array) -> Array:
    """What a screen shows of linear light: highlights roll off instead of clipping.

    Parameters
    ----------
    radiance : float [..., 3]
        Linear.

    Returns
    -------
    uint8 [..., 3]
    """
    light = np.maximum(np.asarray(radiance, np.float32), 0)
    squared = np.float32(1 / _WHITE_POINT**2)
    rolled = np.minimum(light * (1 + light * squared) / (1 + 0.35 * light), 1.0)
    shown: Array = (rolled ** np.float32(1 / DISPLAY_GAMMA) * 255 + 0.5).astype(np.uint8)
    return shown


class Lamp(NamedTuple):
    """A light as the compiled loops take it."""

    is_flash: bool
    place: Vector
    """Of the lamp; of the sun, the direction towards it."""
    axis: Vector
    direct: Vector
    above: Vector
    below: Vector
    beam_power: float
    paleness: float


def lamp_of(light: Light, camera: Camera) -> Lamp:
    """Put a light into the world for one camera."""
    if isinstance(light, Daylight):
        return Lamp(False, _three(light.towards_sun), (0.0, 0.0, 1.0), _three(light.sun),
                    _three(light.sky), _three(light.bounce), 0.0, 0.0)
    power = light.reach_m**2
    halves_at = math.cos(math.radians(light.beam_deg))
    return Lamp(True, _three(camera.to_world(light.offset)), _three(camera.rotation[2]),
                (power, power, power), (light.ambient,) * 3, (light.ambient * 0.5,) * 3,
                math.log(0.5) / math.log(halves_at), light.paleness)


def _three(values: Array) -> Vector:
    return float(values[0]), float(values[1]), float(values[2])


class Shadow(NamedTuple):
    """What a lamp sees: a z-buffer from its place.

    Attributes
    ----------
    inverse_depth : float32 [S, S]
    rotation : float64 [3, 3]
    position : float64 [3]
    focal : float
    bias_m : float
        How far behind the lit surface shadow begins.
    """

    inverse_depth: Array
    rotation: Array
    position: Array
    focal: float
    bias_m: float


def shadow_of(light: Light, camera: Camera, vertices: Array, faces: Array) -> Shadow:
    """Draw the bodies as the light sees them.

    Parameters
    ----------
    light : Light
    camera : Camera
        Carries the lamp of a flash.
    vertices : float [V, 3]
        World; all bodies (:func:`wildpose.synth.raster.joined`).
    faces : int32 [F, 3]
    """
    seen_from = _camera_of_light(light, camera, vertices)
    inverse_depth, _ = visible_faces(vertices, faces, seen_from)
    size_m = float(np.ptp(vertices, axis=0).max()) if len(vertices) else 1.0
    return Shadow(inverse_depth, seen_from.rotation, seen_from.position, seen_from.focal_px,
                  0.01 + 0.012 * size_m)


def _camera_of_light(light: Light, camera: Camera, vertices: Array) -> Camera:
    size = (SHADOW_SIZE_PX, SHADOW_SIZE_PX)
    if not len(vertices):
        return looking_at(np.array([0.0, SUN_AWAY_M, 0.0]), np.zeros(3), size, 1.0)
    if isinstance(light, Flash):
        widest = max(camera.width, camera.height)
        return Camera(*size, camera.focal_px * SHADOW_SIZE_PX / widest / 1.1, camera.rotation,
                      camera.to_world(light.offset))
    low, high = vertices.min(axis=0), vertices.max(axis=0)
    middle = (low + high) / 2
    radius = float(np.linalg.norm(high - low)) / 2 + 0.05
    away = SUN_AWAY_M + radius
    return looking_at(middle + light.towards_sun * away, middle, size,
                      SHADOW_SIZE_PX / 2 * away / radius)


@compiled
def infrared_albedo(red: float, green: float, blue: float, paleness: float) -> float:
    """Share of infra-red that a fur of this (linear) colour sends back."""
    grey = 0.4 * red + 0.45 * green + 0.15 * blue
    return grey + paleness * 0.7 * (math.sqrt(grey) - grey)


@inlined
def lit_share(shadow: Shadow, x: float, y: float, z: float) -> float:
    """Share of a lamp's light that reaches a place of the world: four taps, interpolated."""
    dx, dy, dz = x - shadow.position[0], y - shadow.position[1], z - shadow.position[2]
    r = shadow.rotation
    depth = r[2, 0] * dx + r[2, 1] * dy + r[2, 2] * dz
    if depth <= shadow.bias_m:
        return 1.0
    size = shadow.inverse_depth.shape[0]
    scale = shadow.focal / depth
    u = (r[0, 0] * dx + r[0, 1] * dy + r[0, 2] * dz) * scale + size / 2 - 0.5
    v = (r[1, 0] * dx + r[1, 1] * dy + r[1, 2] * dz) * scale + size / 2 - 0.5
    if not (0.0 <= u < size - 1 and 0.0 <= v < size - 1):
        return 1.0
    i, j = int(u), int(v)
    fu, fv = u - i, v - j
    hidden = 1.0 / (depth - shadow.bias_m)
    top = (1 - fu) * (shadow.inverse_depth[j, i] <= hidden) + fu * (
        shadow.inverse_depth[j, i + 1] <= hidden)
    bottom = (1 - fu) * (shadow.inverse_depth[j + 1, i] <= hidden) + fu * (
        shadow.inverse_depth[j + 1, i + 1] <= hidden)
    return float((1 - fv) * top + fv * bottom)


@compiled
def direct_share(lamp: Lamp, place: Vector, normal: Vector, wrap: float) -> float:
    """Strength of a lamp on a surface, of its ``direct`` colour, without shadows."""
    if not lamp.is_flash:
        facing = (normal[0] * lamp.place[0] + normal[1] * lamp.place[1]
                  + normal[2] * lamp.place[2])
        return max((facing + wrap) / (1 + wrap), 0.0)
    lx, ly, lz = lamp.place[0] - place[0], lamp.place[1] - place[1], lamp.place[2] - place[2]
    squared = max(lx * lx + ly * ly + lz * lz, 0.04)
    distance = math.sqrt(squared)
    facing = (normal[0] * lx + normal[1] * ly + normal[2] * lz) / distance
    along = -(lx * lamp.axis[0] + ly * lamp.axis[1] + lz * lamp.axis[2]) / distance
    beam = max(along, 0.0) ** lamp.beam_power
    return float(max((facing + wrap) / (1 + wrap), 0.0) * beam / squared)


@compiled
def light_at(lamp: Lamp, place: Vector, normal: Vector, lit: float, open_share: float) -> Vector:
    """Light on a furry surface: direct (as far as ``lit``), and from above and below."""
    direct = direct_share(lamp, place, normal, WRAP) * lit
    up = (0.5 + 0.5 * normal[1]) * open_share
    down = (0.5 - 0.5 * normal[1]) * open_share
    return (lamp.direct[0] * direct + lamp.above[0] * up + lamp.below[0] * down,
            lamp.direct[1] * direct + lamp.above[1] * up + lamp.below[1] * down,
            lamp.direct[2] * direct + lamp.above[2] * up + lamp.below[2] * down)
