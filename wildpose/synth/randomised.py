"""Takes for training dense pose: everything but the body is drawn at random, and quickly.

Whole scenes look right and cost seconds each; a network learns more from many pictures in which
coat, light, background, camera and what stands before the animal say nothing about its shape
(Mu et al., Learning from Synthetic Animals, CVPR 2020, 3.2). A picture holds one to three bodies
in a moment of a motion, seen from anywhere, some cut by the border or hidden by one another.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from wildpose.synth.any_coat import any_coat
from wildpose.synth.artefacts import Recording, draw_recording, exposure
from wildpose.synth.backdrops import Photograph, draw_backdrop, photographs_in
from wildpose.synth.background import FAR_M, ground_depth
from wildpose.synth.builds import draw_build
from wildpose.synth.camera import Camera, focal_of_view, looking_at
from wildpose.synth.canvas import Stage, painted
from wildpose.synth.cast import APE, PERSON, Character, from_pool, photographs_of, wearing
from wildpose.synth.families import family_of
from wildpose.synth.light import Light, daylight, flash
from wildpose.synth.obstacles import obstacles
from wildpose.synth.paths import Anchor, standing
from wildpose.synth.scene import Role, SceneSettings, Seed, Take
from wildpose.synth.stage_light import already_lit

BOX_PX = (60.0, 520.0)
"""Longest side of the bodies, drawn by its logarithm."""
COAT_SAMPLES = (4_000, 30_000)
_HOW_MANY = (0.45, 0.35, 0.20)
_PEOPLE, _APES = 0.12, 0.08
_SMALLEST = 0.78
"""Pictures are at least so wide and high, as shares of the size that was asked for."""
_ATTEMPTS = 8


@dataclass(frozen=True)
class View:
    """Camera and what it aims at.

    Attributes
    ----------
    camera : Camera
    target : Anchor
        Where the first body stands.
    distance_m : float
        From the lens.
    """

    camera: Camera
    target: Anchor
    distance_m: float


def plan_picture(settings: SceneSettings, seed: Seed, *, plain: bool = False) -> Take:
    """Draw a picture.

    Parameters
    ----------
    settings : SceneSettings
        Species, the largest size, share of nights, sources and folders of backgrounds.
    seed : tuple of int
    plain : bool
        Bodies keep their own look and backgrounds are real: to test with, not to train from.

    Returns
    -------
    Take
        Its only moment is 0 s.
    """
    rng = np.random.default_rng(seed)
    night = bool(rng.random() < settings.night)
    size = _draw_size(rng, settings.size)
    character = from_pool(draw_name(rng, settings.species), rng, settings.sources)
    view = _draw_view(rng, character, size)
    roles = _draw_roles(rng, settings, view, character, plain=plain)
    stage = _draw_stage(rng, settings, view, roles, night=night, real=1.0 if plain else 0.75)
    lit = already_lit(stage, view.camera, float(rng.uniform(0.2, 0.7)))
    factor = exposure(lit.radiance, float(rng.uniform(0.05, 0.18) if night else
                                          rng.uniform(0.14, 0.28)))
    return Take(settings, seed, "randomised", view.camera, _draw_light(rng, view, factor, night),
                lit, roles, _draw_recording(rng, size[1], night=night), factor)


def draw_name(rng: np.random.Generator, species: Sequence[str]) -> str:
    """Draw a body: people and apes by fixed shares, families by the root of their number.

    Parameters
    ----------
    rng : numpy.random.Generator
    species : sequence of str

    Returns
    -------
    str
    """
    draw = float(rng.random())
    animals = [n for n in species if n not in (PERSON, APE)]
    if PERSON in species and (draw < _PEOPLE or len(species) == 1):
        return PERSON
    if APE in species and (draw < _PEOPLE + _APES or not animals):
        return APE
    families: dict[str, list[str]] = {}
    for name in animals:
        families.setdefault(family_of(name), []).append(name)
    weight = np.sqrt([_bodies_of(names) for names in families.values()])
    family = str(rng.choice(list(families), p=weight / weight.sum()))
    return str(rng.choice(families[family]))


def _bodies_of(names: Sequence[str]) -> int:
    return 16 if names == ["quadruped"] else len(names)


def _draw_size(rng: np.random.Generator, largest: tuple[int, int]) -> tuple[int, int]:
    wide, high = (2 * round(side * float(rng.uniform(_SMALLEST, 1.0)) / 2) for side in largest)
    return wide, high


def _draw_view(rng: np.random.Generator, character: Character, size: tuple[int, int]) -> View:
    """Aim so that the body has the size, the place and the elevation that were drawn."""
    focal = focal_of_view(size[0], float(rng.uniform(28, 75)))
    extent = max(character.height_m, character.length_m)
    longest = math.exp(rng.uniform(*np.log(BOX_PX)))
    distance = max(focal * extent / longest, 0.75 * extent + 0.1)
    elevation = math.radians(float(np.clip(rng.normal(9, 11), -8, 55)))
    middle = 0.5 * character.height_m
    height = max(middle + distance * math.sin(elevation), 0.12)
    away = math.sqrt(max(distance**2 - (height - middle) ** 2, 0.04))
    x, y = rng.uniform(0.1, 0.9) * size[0], rng.uniform(0.2, 0.8) * size[1]
    bearing = math.atan((x - size[0] / 2) / focal)
    down = math.atan2(height - middle, away) - math.atan((y - size[1] / 2) / focal)
    position = np.array([0.0, height, 0.0])
    aim = position + np.array([0.0, -math.sin(down), math.cos(down)])
    camera = looking_at(position, aim, size, focal, float(rng.normal(0, 3)))
    # the world's x grows to the left of somebody who looks along +z
    target = Anchor(0.0, -away * math.sin(bearing), away * math.cos(bearing),
                    float(rng.uniform(-math.pi, math.pi)))
    return View(camera, target, distance)


def _draw_roles(
    rng: np.random.Generator, settings: SceneSettings, view: View, first: Character, *,
    plain: bool,
) -> tuple[Role, ...]:
    anchors = [view.target]
    roles = [_draw_role(rng, settings, view, (first, view.target), plain=plain)]
    for _ in range(int(rng.choice(len(_HOW_MANY), p=_HOW_MANY))):
        character = first
        if rng.random() < 0.6:
            character = from_pool(draw_name(rng, settings.species), rng, settings.sources)
        anchor = _place_beside(rng, view, character, anchors)
        if anchor is not None:
            anchors.append(anchor)
            roles.append(_draw_role(rng, settings, view, (character, anchor), plain=plain))
    return tuple(roles)


def _draw_role(
    rng: np.random.Generator, settings: SceneSettings, view: View,
    who: tuple[Character, Anchor], *, plain: bool,
) -> Role:
    character, anchor = who
    motions = character.rig.motions
    name = str(rng.choice(sorted(motions))) if motions else ""
    offset = float(rng.uniform(0, motions[name].duration_s)) if name else 0.0
    away = float(np.linalg.norm(np.array([anchor.x, 0, anchor.z]) - view.camera.position))
    longest = view.camera.focal_px * max(character.height_m, character.length_m) / away
    samples = int(np.clip(0.3 * longest**2, *COAT_SAMPLES))
    painter = any_coat(character, rng, photographs_of(settings.sources), plain=plain)
    build = draw_build(rng, upright=character.name in (PERSON, APE))
    return Role(character, wearing(character, painter, samples),
                float(np.clip(rng.normal(1, 0.08), 0.8, 1.2)),
                standing(name, offset, anchor), build)


def _place_beside(
    rng: np.random.Generator, view: View, character: Character, others: Sequence[Anchor]
) -> Anchor | None:
    """A place in view for another body, often partly before or behind the last one."""
    camera, last = view.camera, others[-1]
    extent = max(character.height_m, character.length_m)
    for _ in range(_ATTEMPTS):
        if rng.random() < 0.6:
            factor = float(np.exp(rng.normal(0, 0.35)))
            x = last.x * factor + rng.normal(0, 0.7) * extent
            z = last.z * factor
        else:
            away = camera.focal_px * extent / math.exp(rng.uniform(*np.log(BOX_PX)))
            x = float(rng.uniform(-0.5, 0.5)) * away * camera.width / camera.focal_px
            z = away
        middle = np.array([x, 0.5 * character.height_m, z])
        pixel, depth = camera.project(middle)
        apart = min(math.hypot(x - o.x, z - o.z) for o in others)
        inside = bool((pixel > 0).all() and (pixel < [camera.width, camera.height]).all())
        near = 0.8 * extent < depth < camera.focal_px * extent / 45
        if inside and near and apart > 0.45 * extent:
            return Anchor(0.0, float(x), float(z), float(rng.uniform(-math.pi, math.pi)))
    return None


def _draw_stage(
    rng: np.random.Generator, settings: SceneSettings, view: View, roles: Sequence[Role], *,
    night: bool, real: float,
) -> Stage:
    camera = view.camera
    size = (camera.width, camera.height)
    photographs: tuple[Photograph, ...] = ()
    for folder in settings.backgrounds:
        photographs += photographs_in(folder)
    picture = draw_backdrop(rng, photographs, size, night=night, real=real)
    depth = np.minimum(ground_depth(camera), FAR_M)
    things = []
    if rng.random() < 0.45:
        role = roles[int(rng.integers(len(roles)))]
        at = role.path.at(0.0)
        middle = np.array([at.x, 0.5 * role.character.height_m, at.z])
        pixel, away = camera.project(middle)
        usual = camera.focal_px * role.character.length_m / max(float(away), 0.1)
        around = (float(pixel[0]), float(pixel[1]), min(usual, 1.5 * camera.width))
        things = obstacles(rng, photographs, size, around, int(rng.integers(1, 5)))
    return painted(picture, depth, things, 1)


def _draw_light(rng: np.random.Generator, view: View, factor: float, night: bool) -> Light:
    """Sun and sky, or a lamp that reaches about as far as the first body."""
    strength = float(rng.lognormal(0, 0.35)) / factor
    if night:
        lamp = flash(rng)
        white = float(np.exp(rng.uniform(math.log(0.35), math.log(1.5))))
        return replace(lamp, reach_m=view.distance_m * math.sqrt(white / factor),
                       ambient=lamp.ambient / factor)
    day = daylight(rng)
    return replace(day, sun=day.sun * strength, sky=day.sky * strength,
                   bounce=day.bounce * strength)


def _draw_recording(rng: np.random.Generator, height: int, *, night: bool) -> Recording:
    """Half of the cameras have all faults, half next to none: trainers add faults of their own."""
    whole = draw_recording(rng, night=night, height=height)
    if rng.random() < 0.5:
        return whole
    return Recording(gain=whole.gain, cast=whole.cast, grey=night, saturation=whole.saturation,
                     blur_px=0.3 * height / 480, jpeg_quality=int(rng.integers(80, 96)))


