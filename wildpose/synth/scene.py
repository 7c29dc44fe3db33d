"""A take: one camera, one place, some bodies on their ways; drawn from a seed, rendered with truth.

Everything follows from settings and seed. The place is drawn once, with depth, so that plants cover
animals where they stand in front; bodies are rendered for every frame and laid over it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path as FilePath

import numpy as np

from wildpose.synth.artefacts import Recording, draw_recording, exposure
from wildpose.synth.background import (
    PLACES,
    picture_stage,
    plants_in_front,
    procedural_stage,
)
from wildpose.synth.builds import Build
from wildpose.synth.camera import Camera, camera_on_a_tree
from wildpose.synth.cast import PERSON, Character, Sources, dressed, load_character
from wildpose.synth.compose import Shot, shoot
from wildpose.synth.empty_pictures import find_pictures, is_grey, read_picture
from wildpose.synth.light import Flash, Light, daylight, flash
from wildpose.synth.paths import Anchor, Path, body_at, draw_path
from wildpose.synth.shading import Body
from wildpose.synth.stage_light import LitStage, already_lit, light_stage
from wildpose.synth.truth import TruthFrame
from wildpose.types import Array

Seed = tuple[int, ...]
_HOW_MANY = ((0, 0.03), (1, 0.55), (2, 0.25), (3, 0.12), (5, 0.05))
_NEAREST_M, _FARTHEST_M = 0.8, 45.0
_ATTEMPTS = 8


@dataclass(frozen=True)
class SceneSettings:
    """What takes are made of.

    Attributes
    ----------
    species : tuple of str
        Names of bodies that may appear.
    size : (width, height)
        Pixels.
    seconds : float
        Length of a clip.
    rate : float
        Frames per second.
    night : float
        Share of takes by infra-red flash.
    sources : Sources
    backgrounds : tuple of Path
        Folders of pictures without animals.
    """

    species: tuple[str, ...]
    size: tuple[int, int] = (640, 480)
    seconds: float = 6.0
    rate: float = 15.0
    night: float = 0.5
    sources: Sources = field(default_factory=Sources)
    backgrounds: tuple[FilePath, ...] = ()


@dataclass(frozen=True)
class Role:
    """A body on its way through a take.

    Attributes
    ----------
    character : Character
    body : Body
        In its coat.
    scale : float
    path : Path
    build : Build or None
        Proportions of its own.
    """

    character: Character
    body: Body
    scale: float
    path: Path
    build: Build | None = None

    def vertices_at(self, time_s: float) -> Array:
        """Where its skin is at a time, float64 [V, 3], world, metres."""
        return body_at(self.character.rig, self.path, self.scale, time_s, self.build)


@dataclass(frozen=True)
class Take:
    """One camera at one place for some seconds.

    Attributes
    ----------
    settings : SceneSettings
    seed : tuple of int
    place : str
        A key of ``PLACES``, or the name of a user's picture.
    camera : Camera
    light : Light
    lit : LitStage
    roles : tuple of Role
        The first has track number 1.
    recording : Recording
    exposure : float
        Factor on all light, so that the place is well exposed.
    """

    settings: SceneSettings
    seed: Seed
    place: str
    camera: Camera
    light: Light
    lit: LitStage
    roles: tuple[Role, ...]
    recording: Recording
    exposure: float

    @property
    def night(self) -> bool:
        """Whether it is lit by infra-red flash."""
        return isinstance(self.light, Flash)

    @property
    def credits(self) -> tuple[str, ...]:
        """Whom to name for the bodies in it."""
        return tuple(sorted({r.character.rig.credit for r in self.roles} - {""}))


def plan_take(settings: SceneSettings, seed: Seed) -> Take:
    """Draw a take.

    Parameters
    ----------
    settings : SceneSettings
    seed : tuple of int
        The same settings and seed give the same take.

    Returns
    -------
    Take

    Raises
    ------
    UsageError
        A picture or an asset can't be read.
    """
    rng = np.random.default_rng(seed)
    night = bool(rng.random() < settings.night)
    camera = camera_on_a_tree(rng, settings.size)
    light: Light = flash(rng) if night else daylight(rng)
    lit, place = _draw_place(rng, settings, camera, light)
    recording = draw_recording(rng, night=night, height=settings.size[1])
    depths = lit.stage.depth[np.isfinite(lit.stage.depth)]
    reach = min(_FARTHEST_M, 0.85 * float(depths.max(initial=8.0)))
    roles = _draw_roles(rng, settings, camera, reach)
    factor = exposure(lit.radiance, 0.13 if night else 0.22)
    return Take(settings, seed, place, camera, light, lit, roles, recording, factor)


def take_frames(take: Take) -> Iterator[TruthFrame]:
    """Render a clip frame by frame.

    Parameters
    ----------
    take : Take

    Yields
    ------
    TruthFrame
        ``round(seconds * rate)`` of them.
    """
    for index in range(round(take.settings.seconds * take.settings.rate)):
        yield take_still(take, index / take.settings.rate, index)


def take_still(take: Take, time_s: float, index: int = 0) -> TruthFrame:
    """Render one moment of a take.

    Parameters
    ----------
    take : Take
    time_s : float
        From the clip's start.
    index : int
        Of the frame, for its noise and its record.
    """
    return shoot(Shot(take.camera, take.light, take.lit, take.recording, take.exposure),
                 take.roles, time_s, index, (*take.seed, index))


def moment_of_interest(take: Take, rng: np.random.Generator) -> float:
    """Draw a time for a still: most often one when somebody is in view."""
    times = np.linspace(0, take.settings.seconds, 13)
    seen = [t for t in times if any(_in_view(r, take.camera, float(t)) for r in take.roles)]
    return float(rng.choice(seen if seen else times))


def _draw_place(
    rng: np.random.Generator, settings: SceneSettings, camera: Camera, light: Light
) -> tuple[LitStage, str]:
    name = str(rng.choice(list(PLACES)))
    place = PLACES[name]
    if settings.backgrounds:
        chosen = _draw_picture(rng, settings, isinstance(light, Flash))
        if chosen is not None:
            things = plants_in_front(rng, camera, place) if rng.random() < 0.5 else []
            picture = read_picture(chosen, settings.size)
            stage = picture_stage(picture, camera, things)
            return already_lit(stage, camera, 0.5), chosen.name
    stage = procedural_stage(rng, camera, place)
    return light_stage(stage, camera, light, rng, place.canopy), name


def _draw_picture(
    rng: np.random.Generator, settings: SceneSettings, night: bool
) -> FilePath | None:
    """A picture taken in the same kind of light, None if the folders seem to have none."""
    pictures = [path for folder in settings.backgrounds for path in find_pictures(folder)]
    for number in rng.permutation(len(pictures))[:_ATTEMPTS]:
        picture: FilePath = pictures[int(number)]
        if is_grey(read_picture(picture, (64, 48))) == night:
            return picture
    return None


def _draw_roles(
    rng: np.random.Generator, settings: SceneSettings, camera: Camera, reach_m: float
) -> tuple[Role, ...]:
    numbers, weights = zip(*_HOW_MANY, strict=True)
    count = int(rng.choice(numbers, p=weights))
    roles: list[Role] = []
    anchors: list[Anchor] = []
    name = _draw_name(rng, settings.species)
    for number in range(count):
        if number and rng.random() < 0.2:
            name = _draw_name(rng, settings.species)
        character = load_character(name, rng, settings.sources)
        scale = float(np.clip(rng.normal(1, 0.08), 0.75, 1.25))
        path = _draw_way(rng, (camera, settings.seconds, reach_m), character, scale, anchors)
        roles.append(Role(character, dressed(character, rng, settings.sources), scale, path))
    return tuple(roles)


def _draw_name(rng: np.random.Generator, species: Sequence[str]) -> str:
    """People are rarer than animals, where there are both."""
    animals = [n for n in species if n != PERSON]
    if PERSON in species and (not animals or rng.random() < 0.1):
        return PERSON
    return str(rng.choice(animals))


def _draw_way(
    rng: np.random.Generator, view: tuple[Camera, float, float], character: Character,
    scale: float, anchors: list[Anchor],
) -> Path:
    """Draw a path that does not lead through the camera; some cross that of the one before."""
    seconds = view[1]
    keep_off = 0.3 + 0.35 * character.length_m * scale
    farther = 1.0
    for _ in range(_ATTEMPTS):
        if anchors and rng.random() < 0.6:
            anchor = _crossing(rng, anchors[-1], character.length_m * scale)
        else:
            anchor = _draw_anchor(rng, view, character.height_m * scale, farther)
        path = draw_path(rng, character.rig.motions, scale, anchor, seconds)
        inside = (path.times >= 0) & (path.times <= seconds)
        if np.hypot(*path.place[inside].T).min(initial=np.inf) > keep_off:
            break
        farther *= 1.3
    anchors.append(anchor)
    return path


def _draw_anchor(
    rng: np.random.Generator, view: tuple[Camera, float, float], height_m: float, farther: float
) -> Anchor:
    """Draw where the camera sees the body at the size that was drawn first.

    Half of the bodies set off the camera when they were at that place: the clip begins after the
    camera's delay.
    """
    camera, seconds, reach_m = view
    size_px = camera.height * math.exp(rng.uniform(math.log(0.025), math.log(1.1)))
    distance = farther * camera.focal_px * height_m / size_px
    distance = min(max(distance, _NEAREST_M), reach_m)
    bearing = rng.uniform(-0.85, 0.85) * math.atan(camera.width / 2 / camera.focal_px)
    across = bearing + rng.choice([-1, 1]) * math.pi / 2 + rng.normal(0, 0.4)
    heading = across if rng.random() < 0.6 else rng.uniform(-math.pi, math.pi)
    delayed = rng.random() < 0.5
    time_s = -rng.uniform(0.1, 1.2) if delayed else rng.uniform(0, seconds)
    return Anchor(float(time_s), distance * math.sin(bearing), distance * math.cos(bearing),
                  float(heading))


def _crossing(rng: np.random.Generator, other: Anchor, length_m: float) -> Anchor:
    """Draw an anchor before or behind another one, facing the other way at about the same time."""
    distance = math.hypot(other.x, other.z)
    apart = max(0.4 * length_m, distance * rng.uniform(0.08, 0.3)) * rng.choice([-1, 1])
    factor = max(distance + apart, _NEAREST_M) / max(distance, 1e-6)
    return Anchor(other.time_s + float(rng.normal(0, 0.4)), other.x * factor, other.z * factor,
                  other.heading_rad + math.pi + float(rng.normal(0, 0.3)))


def _in_view(role: Role, camera: Camera, time_s: float) -> bool:
    at = role.path.at(time_s)
    middle = np.array([at.x, 0.5 * role.character.height_m * role.scale, at.z])
    pixel, depth = camera.project(middle)
    return bool(depth > 0 and 0 <= pixel[0] < camera.width and 0 <= pixel[1] < camera.height)
