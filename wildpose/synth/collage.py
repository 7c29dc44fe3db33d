"""Clips assembled from cut-outs, with exact boxes, masks, track numbers and visibility.

An actor stands on a point of the picture: the middle of its foot line. Who stands lower in the
picture stands nearer to the camera and covers the others. Everything follows from the scene and
its seed: the same scene gives the same pixels.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from scipy import ndimage

from wildpose import masks
from wildpose.synth.cutouts import Cutout
from wildpose.synth.looks import Look, apply_look, bar_height, swayed
from wildpose.synth.sprites import placed, sized, walking
from wildpose.synth.truth import Instance, TruthFrame
from wildpose.types import Array, Frame

_OPAQUE = 0.5


@dataclass(frozen=True)
class Waypoint:
    """Where an actor stands at a time.

    Attributes
    ----------
    time_s : float
    x, y : float
        Middle of the foot line, pixels; may lie outside the picture.
    width : float
        Width of the cut-out in pixels of the scene.
    """

    time_s: float
    x: float
    y: float
    width: float


@dataclass(frozen=True)
class Actor:
    """A cut-out with its way through the scene.

    Attributes
    ----------
    cutout : Cutout
    path : tuple of Waypoint
        Ascending times; straight between them, still before the first and after the last.
    flip : bool
        Mirror the cut-out left to right.
    bob : float
        Up and down of the body while walking, as a share of its height.
    stride : float
        Swing of the legs, as a share of the width: the lower third is sheared to and fro, fore
        and hind part against each other.
    steps_hz : float
        Strides in a second.
    sink : float
        Share of the height that grass hides from below, with a ragged edge.
    """

    cutout: Cutout
    path: tuple[Waypoint, ...]
    flip: bool = False
    bob: float = 0.015
    stride: float = 0.04
    steps_hz: float = 1.1
    sink: float = 0.0


@dataclass(frozen=True)
class Occluder:
    """A part of the background that covers actors standing behind it.

    Attributes
    ----------
    mask : bool [H, W]
    ground_y : float
        Actors whose foot line is above (smaller y) are behind it.
    """

    mask: Array
    ground_y: float


@dataclass(frozen=True)
class Scene:
    """A clip to be rendered.

    Attributes
    ----------
    background : uint8 [H, W, 3]
        RGB; its size is that of the clip.
    actors : tuple of Actor
        The first has track number 1.
    duration_s : float
    rate : float
        Frames per second.
    look : Look
    occluders : tuple of Occluder
    seed : int
    """

    background: Array
    actors: tuple[Actor, ...] = ()
    duration_s: float = 5.0
    rate: float = 15.0
    look: Look = field(default_factory=Look)
    occluders: tuple[Occluder, ...] = ()
    seed: int = 0


def render(scene: Scene) -> Iterator[TruthFrame]:
    """Render a scene frame by frame.

    Parameters
    ----------
    scene : Scene

    Yields
    ------
    TruthFrame
        ``round(duration_s * rate)`` of them.
    """
    background = scene.background.astype(np.float32)
    edge = _grass_edge(scene)
    for index in range(round(scene.duration_s * scene.rate)):
        time_s = index / scene.rate
        stage = swayed(background, scene.look, time_s)
        layers = [_layer(scene, i, time_s, edge) for i in range(len(scene.actors))]
        composed, shown = _compose(scene, stage, layers)
        image = apply_look(composed, scene.look, time_s, (scene.seed, index))
        instances = tuple(_instance(layer, alpha)
                          for layer, alpha in zip(layers, shown, strict=True)
                          if (alpha > _OPAQUE).any())
        yield TruthFrame(Frame(image, index, time_s), instances)


def position(path: Sequence[Waypoint], time_s: float) -> Waypoint:
    """Where an actor is at a time: linear between waypoints, held at both ends.

    Examples
    --------
    >>> position((Waypoint(0, 0, 10, 50), Waypoint(2, 8, 10, 50)), 1.0).x
    4.0
    """
    times = [p.time_s for p in path]
    x, y, width = (float(np.interp(time_s, times, values)) for values in
                   ([p.x for p in path], [p.y for p in path], [p.width for p in path]))
    return Waypoint(time_s, x, y, width)


@dataclass(frozen=True)
class _Layer:
    """An actor drawn alone on the frame: colour times alpha, alpha, and what it needs later."""

    track_id: int
    class_id: int
    colour: Array
    alpha: Array
    whole_area: float
    ground: Waypoint
    height: float


def _layer(scene: Scene, number: int, time_s: float, edge: Array) -> _Layer:
    actor = scene.actors[number]
    at = position(actor.path, time_s)
    speed = position(actor.path, time_s + 0.05).x - position(actor.path, time_s - 0.05).x
    moving = min(1.0, abs(speed) / 0.1 / max(at.width, 1.0) * 8)
    phase = 2 * math.pi * actor.steps_hz * time_s + number
    sprite = walking(sized(actor.cutout, at.width, flip=actor.flip), actor.stride * moving, phase)
    height = sprite.shape[0]
    top = at.y - height - actor.bob * moving * height * (0.5 + 0.5 * math.sin(2 * phase))
    size = (scene.background.shape[1], scene.background.shape[0])
    shown = placed(sprite, at.x - sprite.shape[1] / 2, top, size)
    if actor.sink > 0:
        shown = _above_grass(shown, at.y - actor.sink * height * edge)
    return _Layer(number + 1, actor.cutout.class_id, shown[..., :3], shown[..., 3],
                  float((sprite[..., 3] > _OPAQUE).sum()), at, height)


def _grass_edge(scene: Scene) -> Array:
    """Height of the grass per column, around 1; it belongs to the place, not to the animal."""
    rng = np.random.default_rng((scene.seed, 7))
    width = scene.background.shape[1]
    tufts = ndimage.gaussian_filter1d(rng.normal(0, 1, width), 9) * 3.0
    blades = ndimage.gaussian_filter1d(rng.normal(0, 1, width), 0.8)
    edge: Array = np.clip(1 + 0.25 * tufts + 0.3 * blades, 0.1, 2.0)
    return edge


def _above_grass(layer: Array, edge_y: Array) -> Array:
    rows = np.arange(layer.shape[0], dtype=np.float32)[:, None]
    keep = np.clip((edge_y[None, :] - rows) / 3.0 + 0.5, 0, 1)
    shown: Array = layer * keep[..., None]
    return shown


def _compose(scene: Scene, stage: Array, layers: Sequence[_Layer]) -> tuple[Array, list[Array]]:
    """Paint from far to near; returns the picture and what is seen of each layer's alpha."""
    picture = stage.copy()
    shown = [layer.alpha.copy() for layer in layers]
    things: list[tuple[float, int, int | Occluder]] = [
        (layer.ground.y, i, i) for i, layer in enumerate(layers)]
    things += [(cover.ground_y, len(layers) + i, cover) for i, cover in enumerate(scene.occluders)]
    drawn: list[int] = []
    for _, _, thing in sorted(things, key=lambda item: item[:2]):
        if isinstance(thing, Occluder):
            picture[thing.mask] = stage[thing.mask]
            cover = thing.mask.astype(np.float32)
        else:
            layer = layers[thing]
            picture *= 1 - _shadow(layer, scene.look)[..., None]
            picture = picture * (1 - layer.alpha[..., None]) + layer.colour
            cover = layer.alpha
        for i in drawn:
            shown[i] *= 1 - cover
        if not isinstance(thing, Occluder):
            drawn.append(thing)
    rows = bar_height(scene.look, picture.shape[0])
    for alpha in shown:
        alpha[alpha.shape[0] - rows :] = 0
    return picture, shown


def _shadow(layer: _Layer, look: Look) -> Array:
    height, width = layer.alpha.shape
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    half_width, half_height = 0.45 * layer.ground.width, max(2.0, 0.07 * layer.height)
    away = ((x - layer.ground.x) / half_width) ** 2 + ((y - layer.ground.y) / half_height) ** 2
    shadow: Array = look.shadow * np.exp(-away)
    return shadow


def _instance(layer: _Layer, shown: Array) -> Instance:
    seen = shown > _OPAQUE
    rle = masks.encode(seen)
    visibility = min(1.0, float(seen.sum()) / max(layer.whole_area, 1.0))
    return Instance(layer.track_id, layer.class_id, masks.box_of_mask(rle), rle, visibility)
