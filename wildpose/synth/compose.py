"""One frame of a take: bodies laid over the place, shadows, what covers them, and the truth."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import ndimage

from wildpose import masks
from wildpose.synth.artefacts import Recording, caption_mask, record, smeared
from wildpose.synth.builds import facing_of
from wildpose.synth.camera import Camera
from wildpose.synth.cast import reference_ground
from wildpose.synth.families import family_of
from wildpose.synth.light import Daylight, Light, shadow_of
from wildpose.synth.raster import joined, visible_faces
from wildpose.synth.shading import PosedBody, Rendered, render
from wildpose.synth.stage_light import LitStage, shaded
from wildpose.synth.truth import Instance, TruthFrame
from wildpose.types import Array, ClassId, Frame, Rle

if TYPE_CHECKING:
    from wildpose.synth.scene import Role

_COVERED = 0.5
_OVERHEAD = np.array([0.02, 1.0, 0.01])
_VELOCITY_S = 0.02


@dataclass(frozen=True)
class Shot:
    """What stays the same through a take.

    Attributes
    ----------
    camera : Camera
    light : Light
    lit : LitStage
    recording : Recording
    exposure : float
        Factor on all light.
    """

    camera: Camera
    light: Light
    lit: LitStage
    recording: Recording
    exposure: float


@dataclass(frozen=True)
class _Seen:
    """Bodies of a frame as rendered, and what of the place stands before them."""

    rendered: Rendered
    depth: Array
    """As rendered, carried one pixel past the outlines."""
    covered: Array
    """Share of each pixel that plants in front take, 0 to 1."""


def shoot(
    shot: Shot, roles: Sequence[Role], time_s: float, index: int, noise_seed: tuple[int, ...]
) -> TruthFrame:
    """Render one frame with its truth.

    Parameters
    ----------
    shot : Shot
    roles : sequence of Role
        The first has track number 1.
    time_s : float
    index : int
        Of the frame in its clip.
    noise_seed : tuple of int

    Returns
    -------
    TruthFrame
    """
    bodies = [PosedBody(role.body, role.vertices_at(time_s), n)
              for n, role in enumerate(roles, start=1)]
    bodies = [b for b in bodies if _touches(b, shot.camera)]
    if not bodies:
        image = record(shot.lit.radiance * np.float32(shot.exposure), shot.recording, time_s,
                       noise_seed)
        size = image.shape[:2]
        return TruthFrame(Frame(image, index, time_s), (), np.zeros(size, np.uint8),
                          np.zeros((*size, 2), np.float32))
    seen = _seen(shot, bodies)
    light = _composed(shot, roles, bodies, seen, time_s) * np.float32(shot.exposure)
    image = record(light, shot.recording, time_s, noise_seed)
    return _with_truth(shot, roles, bodies, seen, Frame(image, index, time_s))


def _touches(body: PosedBody, camera: Camera) -> bool:
    """Whether the body's surroundings reach into the picture."""
    pixels, depth = camera.project(body.vertices)
    front = depth > 0.05
    if not front.any():
        return False
    low, high = pixels[front].min(0), pixels[front].max(0)
    return bool((high > 0).all() and (low < [camera.width, camera.height]).all())


def _seen(shot: Shot, bodies: Sequence[PosedBody]) -> _Seen:
    rendered = render(bodies, shot.camera, shot.light, reference_ground())
    depth = ndimage.minimum_filter(rendered.depth, 3)
    stage = shot.lit.stage
    before = (stage.depth < depth) & ~stage.ground & np.isfinite(depth)
    return _Seen(rendered, depth, np.where(before, stage.cover, 0).astype(np.float32))


def _composed(
    shot: Shot, roles: Sequence[Role], bodies: Sequence[PosedBody], seen: _Seen, time_s: float
) -> Array:
    """Light of the whole picture, float32 [H, W, 3]."""
    vertices, faces, _ = joined([(b.vertices, b.body.faces) for b in bodies])
    overhead = Daylight(_OVERHEAD / np.linalg.norm(_OVERHEAD), *(np.zeros(3),) * 3)
    picture = shaded(shot.lit, seen.rendered.shadow,
                     shadow_of(overhead, shot.camera, vertices, faces), vertices)
    open_share = (1 - seen.covered)[..., None]
    spots = _canopy_share(shot, seen)[..., None]
    layer = np.concatenate([seen.rendered.radiance * spots * open_share,
                            seen.rendered.coverage[..., None] * open_share], 2)
    for own, body in _far_to_near(seen, bodies):
        way = _way_px(shot, roles[body.instance - 1], time_s)
        window = _window(own, way)
        part = smeared(layer[window] * own[window][..., None], way)
        picture[window] = picture[window] * (1 - part[..., 3:]) + part[..., :3]
    return picture


def _window(own: Array, way_px: tuple[float, float]) -> tuple[slice, slice]:
    """Rows and columns that a body may touch while the shutter is open."""
    found = []
    for axis, way in ((1, way_px[1]), (0, way_px[0])):
        there, reach = np.flatnonzero(own.any(axis=axis)), math.ceil(abs(way)) + 1
        found.append(slice(max(int(there[0]) - reach, 0), int(there[-1]) + 1 + reach))
    return found[0], found[1]


def _canopy_share(shot: Shot, seen: _Seen) -> Array:
    """How much of the day's light the leaves overhead leave to each pixel of the bodies."""
    share = np.ones(seen.depth.shape, np.float32)
    if shot.lit.canopy is None or not isinstance(shot.light, Daylight):
        return share
    rows, columns = np.nonzero(np.isfinite(seen.depth))
    pixels = np.stack([columns + 0.5, rows + 0.5], 1)
    place = shot.camera.unproject(pixels, seen.depth[rows, columns])
    through = shot.lit.canopy.lets_through(place)
    sun, sky = float(shot.light.sun.mean()), float(shot.light.sky.mean())
    share[rows, columns] = (sky + sun * through) / (sky + sun)
    return share


def _far_to_near(seen: _Seen, bodies: Sequence[PosedBody]) -> list[tuple[Array, PosedBody]]:
    """Each body with its pixels, soft outline included."""
    near = seen.rendered.instance
    owner = np.where(near > 0, near, ndimage.maximum_filter(near, 3))
    found = [(owner == body.instance, body) for body in bodies]
    found = [(own, body) for own, body in found if own.any()]
    return sorted(found, key=lambda item: -float(np.median(seen.depth[item[0]])))


def _way_px(shot: Shot, role: Role, time_s: float) -> tuple[float, float]:
    """How far a body moves in the picture while the shutter is open."""
    ends = []
    for moment in (time_s - _VELOCITY_S, time_s + _VELOCITY_S):
        at = role.path.at(moment)
        middle = np.array([at.x, 0.5 * role.character.height_m * role.scale, at.z])
        ends.append(shot.camera.project(middle)[0])
    way = np.nan_to_num(ends[1] - ends[0]) / (2 * _VELOCITY_S) * shot.recording.shutter_s
    limit = np.clip(way, -shot.camera.width / 8, shot.camera.width / 8)
    return float(limit[0]), float(limit[1])


def _with_truth(
    shot: Shot, roles: Sequence[Role], bodies: Sequence[PosedBody], seen: _Seen, frame: Frame
) -> TruthFrame:
    height, width = frame.image.shape[:2]
    open_to_view = (seen.covered < _COVERED) & ~caption_mask(shot.recording.caption, height, width)
    instance = np.where(open_to_view, seen.rendered.instance, 0)
    nearest_first = sorted(bodies, key=lambda body: _median_depth(seen, body.instance))
    rank = {body.instance: number for number, body in enumerate(nearest_first)}
    found = []
    for body in bodies:
        mask = instance == body.instance
        if mask.any():
            role = roles[body.instance - 1]
            share = _visibility(shot, body, int(mask.sum()))
            found.append(_instance(shot.camera, role, masks.encode(mask), (
                body.instance, share, rank[body.instance], frame.time_s)))
    chart = np.where(instance > 0, seen.rendered.chart, 0).astype(np.uint8)
    uv = np.where((chart > 0)[..., None], seen.rendered.uv, 0).astype(np.float32)
    return TruthFrame(frame, tuple(found), chart, uv)


def _instance(
    camera: Camera, role: Role, mask: Rle, facts: tuple[int, float, int, float]
) -> Instance:
    number, share, rank, time_s = facts
    character, at = role.character, role.path.at(time_s)
    facing = ""
    if character.class_id == ClassId.ANIMAL:
        facing = facing_of(at.heading_rad, np.array([at.x, 0.0, at.z]) - camera.position)
    return Instance(number, int(character.class_id), masks.box_of_mask(mask), mask, share,
                    character.rig.species, rank, family_of(character.name), facing)


def _median_depth(seen: _Seen, instance: int) -> float:
    own = seen.rendered.instance == instance
    return float(np.median(seen.rendered.depth[own])) if own.any() else np.inf


def _visibility(shot: Shot, body: PosedBody, visible_px: int) -> float:
    """Visible share of the body's silhouette; what the border cuts off counts as hidden.

    The part outside is taken from the share of the body's vertices there.
    """
    _, face = visible_faces(body.vertices, body.body.faces, shot.camera)
    alone = int((face >= 0).sum())
    pixels, depth = shot.camera.project(body.vertices)
    with np.errstate(invalid="ignore"):
        inside = ((depth > 0) & (pixels >= 0).all(1)
                  & (pixels < [shot.camera.width, shot.camera.height]).all(1))
    return min(1.0, visible_px / max(alone, 1) * float(inside.mean()))
