"""Paint the still part of a scene from far to near: colour, depth and soft edges.

Everything is painted on a canvas several times larger than the picture and made smaller at the end,
so that blades of grass have soft edges.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw
from scipy import ndimage

from wildpose.types import Array

DISPLAY_GAMMA = 2.2
_LINEAR = (np.arange(256, dtype=np.float32) / 255) ** DISPLAY_GAMMA


@dataclass(frozen=True)
class Stage:
    """What a camera sees before anybody walks in.

    Attributes
    ----------
    albedo : float32 [H, W, 3]
        Share of the light that is sent back, linear, 0 to 1.
    depth : float32 [H, W]
        Metres along the camera's axis to the nearest thing; infinite for the sky.
    cover : float32 [H, W]
        Share of the pixel that the nearest thing covers, 0 to 1: below 1 on soft edges, where the
        colour is already mixed with what is behind.
    ground : bool [H, W]
        Where the bare ground is seen, on which shadows fall.
    """

    albedo: Array
    depth: Array
    cover: Array
    ground: Array


@dataclass(frozen=True)
class Flat:
    """A polygon of one colour at one depth.

    Attributes
    ----------
    depth_m : float
    outline : float [K, 2]
        Pixels of the picture.
    colour : (int, int, int)
        As displayed, 0 to 255.
    """

    depth_m: float
    outline: Array
    colour: tuple[int, int, int]


@dataclass(frozen=True)
class Patch:
    """A textured thing at one depth.

    Attributes
    ----------
    depth_m : float
    left, top : int
        Of its corner, pixels of the enlarged canvas.
    colour : uint8 [h, w, 3]
        As displayed.
    alpha : uint8 [h, w]
    """

    depth_m: float
    left: int
    top: int
    colour: Array
    alpha: Array


def display_to_linear(colour: Array) -> Array:
    """Linear light, 0 to 1, of displayed colours, 0 to 255."""
    if getattr(colour, "dtype", None) == np.uint8:
        return np.asarray(_LINEAR[colour])
    linear: Array = (np.clip(np.asarray(colour, np.float32), 0, 255) / 255) ** DISPLAY_GAMMA
    return linear


def painted(
    colour: Array, depth: Array, things: Iterable[Flat | Patch], factor: int
) -> Stage:
    """Paint things over a backdrop, the farthest first.

    Parameters
    ----------
    colour : uint8 [H * factor, W * factor, 3]
        Ground, sky and far wall, as displayed.
    depth : float32 [H * factor, W * factor]
        Theirs; infinite for the sky.
    things : iterable of Flat or Patch
        In any order.
    factor : int
        How many times larger the canvas is than the picture, along each side.

    Returns
    -------
    Stage
    """
    canvas = Image.fromarray(np.ascontiguousarray(colour))
    far = Image.fromarray(np.ascontiguousarray(depth, np.float32))
    cover = Image.new("L", canvas.size)
    pens = tuple(ImageDraw.Draw(image) for image in (canvas, far, cover))
    for thing in sorted(things, key=lambda one: -one.depth_m):
        if isinstance(thing, Patch):
            _paste((canvas, far, cover), thing)
        else:
            outline = (np.asarray(thing.outline) * factor).ravel().tolist()
            pens[0].polygon(outline, fill=thing.colour)
            pens[1].polygon(outline, fill=float(thing.depth_m))
            pens[2].polygon(outline, fill=255)
    return _reduced(np.asarray(canvas), np.asarray(far), np.asarray(cover), factor)


def over(stage: Stage, near: Stage, blur_px: float) -> Stage:
    """Lay things right before the lens, out of focus, over a stage.

    Parameters
    ----------
    stage : Stage
    near : Stage
        Only what it covers counts.
    blur_px : float
        Standard deviation of the lens's blur so close.

    Returns
    -------
    Stage
    """
    painted_over = (near.cover > 0).astype(np.float32) * near.cover
    alpha = ndimage.gaussian_filter(painted_over, blur_px)
    weighted = ndimage.gaussian_filter(near.albedo * painted_over[..., None],
                                       (blur_px, blur_px, 0))
    colour = weighted / np.maximum(alpha, 1e-4)[..., None]
    seen = alpha > 0.02
    depth = np.where(seen, np.float32(near.depth[near.cover > 0].min(initial=np.inf)), stage.depth)
    albedo = stage.albedo * (1 - alpha[..., None]) + colour * alpha[..., None]
    return Stage(albedo.astype(np.float32), depth.astype(np.float32),
                 np.where(seen, alpha, stage.cover).astype(np.float32),
                 stage.ground & (alpha < 0.5))


def _paste(images: tuple[Image.Image, ...], patch: Patch) -> None:
    canvas, far, cover = images
    if min(patch.alpha.shape) == 0:
        return
    alpha = Image.fromarray(patch.alpha)
    corner = (patch.left, patch.top)
    box = (*corner, patch.left + alpha.width, patch.top + alpha.height)
    canvas.paste(Image.fromarray(patch.colour), corner, alpha)
    solid = Image.fromarray(np.where(patch.alpha > 127, 255, 0).astype(np.uint8))
    far.paste(float(patch.depth_m), box, solid)
    cover.paste(255, box, solid)


def _reduced(colour: Array, depth: Array, cover: Array, factor: int) -> Stage:
    """Bring the canvas down to the picture's size."""
    if factor == 1:
        return Stage(display_to_linear(colour), np.array(depth), np.ones(depth.shape, np.float32),
                     cover == 0)
    height, width = depth.shape[0] // factor, depth.shape[1] // factor
    tiles = (height, factor, width, factor)
    linear = display_to_linear(colour).reshape(*tiles, 3).mean(axis=(1, 3))
    thing = (cover > 0).reshape(tiles)
    share = thing.mean(axis=(1, 3))
    nearest = np.where(thing, depth.reshape(tiles), np.inf).min(axis=(1, 3))
    behind = depth.reshape(tiles).mean(axis=(1, 3))
    covered = share > 0
    return Stage(linear.astype(np.float32), np.where(covered, nearest, behind).astype(np.float32),
                 np.where(covered, share, 1.0).astype(np.float32), share < 0.5)
