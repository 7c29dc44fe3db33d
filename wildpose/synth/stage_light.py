"""Light on the still part of a scene: what the sun, the sky or the lamp make of a stage."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from wildpose.synth.camera import Camera
from wildpose.synth.canvas import Stage
from wildpose.synth.light import Daylight, Flash, Light, Shadow, lit_share
from wildpose.synth.noise import Noise, fractal_noise
from wildpose.synth.raster import Lens, compiled, lens_of
from wildpose.types import Array

PLANTS_FACE_SUN = 0.55
"""Leaves hang at all angles: the share of direct light that they catch on average."""
_NEAR_BODY_M = 0.3
PLANTS_IN_INFRARED = 1.5
"""Leaves and dry grass send back more infra-red than visible light."""


@dataclass(frozen=True)
class LitStage:
    """A stage in its light, in linear radiance.

    Attributes
    ----------
    stage : Stage
    direct, ambient : float32 [H, W, 3]
        From sun or lamp, which a body may shade, and from all round.
    place : float32 [H, W, 3]
        World position of what is seen, metres; NaN for the sky.
    canopy : Canopy or None
        What the leaves overhead let through.
    """

    stage: Stage
    direct: Array
    ambient: Array
    place: Array
    canopy: Canopy | None

    @property
    def radiance(self) -> Array:
        """Without anybody in it, float32 [H, W, 3]."""
        total: Array = self.direct + self.ambient
        return total


@dataclass(frozen=True)
class Canopy:
    """Spots of sun on the forest floor.

    Attributes
    ----------
    noise : Noise
        Over the ground, along the sun's rays.
    towards_sun : float [3]
    share : float
        Of the ground that lies in shade.
    """

    noise: Noise
    towards_sun: Array
    share: float

    def lets_through(self, place: Array) -> Array:
        """Share of the sunlight that reaches places [..., 3] of the world, float32 [...]."""
        sun = self.towards_sun / max(float(self.towards_sun[1]), 0.2)
        ground = place - place[..., 1:2] * sun
        known = np.nan_to_num(ground, nan=0.0, posinf=0.0, neginf=0.0)
        spots = self.noise.at(known[..., 0], known[..., 2])
        edge = 2.2 * (self.share - 0.5)
        shown: Array = np.clip((spots - edge) * 2.0 + 0.5, 0.06, 1.0)
        return shown


def light_stage(
    stage: Stage, camera: Camera, light: Light, rng: np.random.Generator, canopy_share: float
) -> LitStage:
    """Put a stage into its light.

    Parameters
    ----------
    stage : Stage
    camera : Camera
    light : Daylight or Flash
    rng : numpy.random.Generator
        Draws the canopy.
    canopy_share : float
        Of the ground that lies in shade on a sunny day.

    Returns
    -------
    LitStage
    """
    place = _places(stage, camera)
    if isinstance(light, Flash):
        direct, ambient = _by_flash(stage, camera, light, place)
        return LitStage(stage, direct, ambient, place, None)
    canopy = None
    if canopy_share > 0:
        canopy = Canopy(fractal_noise(rng, 2.4, 5, 0.75), light.towards_sun, canopy_share)
    direct, ambient = _by_day(stage, light, place, canopy)
    return LitStage(stage, direct, ambient, place, canopy)


def already_lit(stage: Stage, camera: Camera, direct_share: float) -> LitStage:
    """Take a photograph's stage as it is; a body takes away ``direct_share`` of its light."""
    lit = stage.albedo * direct_share
    return LitStage(stage, lit, stage.albedo - lit, _places(stage, camera), None)


def shaded(lit: LitStage, hard: Shadow, overhead: Shadow, bodies: Array) -> Array:
    """Radiance of a stage with the shadows of bodies on it.

    Parameters
    ----------
    lit : LitStage
    hard : Shadow
        Of sun or lamp.
    overhead : Shadow
        From straight above: stands for the sky that bodies hide from the ground below them.
    bodies : float [V, 3]
        Vertices of all bodies in the world.

    Returns
    -------
    float32 [H, W, 3]
    """
    size = lit.place.shape[:2]
    direct, ambient = np.ones(size, np.float32), np.ones(size, np.float32)
    bounds = (*(bodies.min(axis=0)[[0, 2]] - _NEAR_BODY_M),
              *(bodies.max(axis=0)[[0, 2]] + _NEAR_BODY_M))
    _fill_shares(lit.place, hard, overhead, bounds, (direct, ambient))
    total: Array = lit.direct * direct[..., None] + lit.ambient * ambient[..., None]
    return total


@compiled
def _fill_shares(
    place: Array, hard: Shadow, overhead: Shadow, bounds: tuple[float, float, float, float],
    out: tuple[Array, Array],
) -> None:
    direct, ambient = out
    left, near, right, far = bounds
    for row in range(place.shape[0]):
        for column in range(place.shape[1]):
            x, y, z = place[row, column, 0], place[row, column, 1], place[row, column, 2]
            if not (abs(x) < 100.0 and abs(z) < 100.0):
                continue
            direct[row, column] = lit_share(hard, x, y, z)
            if not (left < x < right and near < z < far):
                continue
            hidden = 0.0
            for dx, dz in ((0.0, 0.0), (0.07, 0.03), (-0.07, -0.03), (0.03, -0.07),
                           (-0.03, 0.07), (0.16, 0.1), (-0.16, -0.1), (0.1, -0.16),
                           (-0.1, 0.16)):
                hidden += 1.0 - lit_share(overhead, x + dx, y, z + dz)
            ambient[row, column] = 1.0 - 0.8 * hidden / 9.0


def _places(stage: Stage, camera: Camera) -> Array:
    place = np.empty((camera.height, camera.width, 3), np.float32)
    _fill_places(stage.depth, lens_of(camera), np.asarray(camera.rotation, np.float64),
                 np.asarray(camera.position, np.float64), place)
    return place


@compiled
def _fill_places(depth: Array, lens: Lens, turn: Array, position: Array, place: Array) -> None:
    for row in range(depth.shape[0]):
        v = (row + 0.5 - lens.middle_y) / lens.focal
        for column in range(depth.shape[1]):
            u = (column + 0.5 - lens.middle_x) / lens.focal
            z = depth[row, column] if depth[row, column] < np.inf else np.nan
            for k in range(3):
                along = u * turn[0, k] + v * turn[1, k] + turn[2, k]
                place[row, column, k] = position[k] + z * along


def _by_day(
    stage: Stage, light: Daylight, place: Array, canopy: Canopy | None
) -> tuple[Array, Array]:
    sky = ~np.isfinite(stage.depth)
    facing = np.where(stage.ground, max(float(light.towards_sun[1]), 0.0), PLANTS_FACE_SUN)
    through = canopy.lets_through(place) if canopy is not None else np.float32(1)
    direct = stage.albedo * (facing * through)[..., None] * light.sun.astype(np.float32)
    under = 1.0 - 0.45 * (canopy.share if canopy is not None else 0.0)
    ambient = stage.albedo * (light.sky * under + 0.3 * light.bounce).astype(np.float32)
    direct[sky] = 0
    ambient[sky] = stage.albedo[sky] * 1.1
    return direct.astype(np.float32), ambient.astype(np.float32)


def _by_flash(stage: Stage, camera: Camera, light: Flash, place: Array) -> tuple[Array, Array]:
    grey = stage.albedo @ np.array([0.4, 0.45, 0.15], np.float32)
    pale = np.where(stage.ground, 1.0, PLANTS_IN_INFRARED).astype(np.float32)
    albedo = np.clip(grey + light.paleness * (0.75 * np.sqrt(grey) - 0.6 * grey), 0, 1) * pale
    towards = camera.to_world(light.offset) - place
    squared = np.maximum((towards**2).sum(-1), 0.04)
    distance = np.sqrt(squared)
    # Rough ground faces a lamp near the lens better than its mean slope does.
    facing = np.where(stage.ground, 0.35 + 0.65 * np.abs(towards[..., 1]) / distance, 0.85)
    along = np.clip(-(towards @ camera.rotation[2]) / distance, 0, 1)
    power = np.log(0.5) / np.log(np.cos(np.radians(light.beam_deg)))
    strength = light.reach_m**2 * along**power * facing / squared
    direct = np.nan_to_num(albedo * strength)[..., None].repeat(3, -1)
    ambient = (albedo * light.ambient)[..., None].repeat(3, -1)
    return direct.astype(np.float32), ambient.astype(np.float32)
