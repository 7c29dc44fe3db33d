"""Light on what stands round the bodies: their shadows on the ground, a lamp's fall with distance.

The bodies' shadow is cast by the same buffer that shades them. What they keep from the sky is
estimated from how high above a patch of ground their underside is: near paws it is dark even on an
overcast day, and an animal without it seems to float.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy import ndimage

from wildpose.synth.camera import Camera, looking_at
from wildpose.synth.light import Lamp, Light, Shadow, lamp_of, light_at, lit_share, shadow_of
from wildpose.synth.raster import Vector, compiled, joined, visible_faces
from wildpose.synth.shading import PosedBody
from wildpose.types import Array

_BELOW_M = 300.0
_CELLS = 96
_MARGIN_M = 0.5
_DARKEST = 0.75


class Contact(NamedTuple):
    """How much of the sky's light reaches the ground, on a square grid.

    Attributes
    ----------
    open_share : float32 [N, N]
        Rows along z, columns along x.
    low_x, low_z : float
        Centre of the first cell, metres.
    cell_m : float
    """

    open_share: Array
    low_x: float
    low_z: float
    cell_m: float


def light_on_stage(
    bodies: Sequence[PosedBody], camera: Camera, light: Light, depth: Array, ground: Array
) -> Array:
    """Light that falls on the background, with the shadows of the bodies on it.

    Parameters
    ----------
    bodies : sequence of PosedBody
    camera : Camera
    light : Light
    depth : float32 [H, W]
        Metres along the axis to what is behind the bodies; where it is infinite the light is that
        of the sky by day, and what a lamp leaves: nothing but the ambient light.
    ground : bool [H, W]
        True where that is level ground; all else stands upright and faces the camera.

    Returns
    -------
    float32 [H, W, 3]
        To be multiplied by the share that the background sends back.
    """
    vertices, faces, _ = joined([(b.vertices, b.body.faces) for b in bodies])
    shadow = shadow_of(light, camera, vertices, faces)
    shone = np.zeros((*depth.shape, 3), np.float32)
    towards = -camera.rotation[2] * np.array([1.0, 0.0, 1.0])
    towards /= max(float(np.linalg.norm(towards)), 1e-9)
    facing = (float(towards[0]), float(towards[1]), float(towards[2]))
    scene = _Stage(lamp_of(light, camera), shadow, contact_of(vertices, faces), facing)
    rays = np.ascontiguousarray(camera.rays())
    _shine(scene, np.asarray(camera.position, np.float64), rays, depth, ground, shone)
    return shone


def contact_of(vertices: Array, faces: Array) -> Contact:
    """How far bodies keep the sky from the ground under and beside them.

    Parameters
    ----------
    vertices : float [V, 3]
        World, metres; the ground is y = 0.
    faces : int32 [F, 3]
    """
    if not len(vertices):
        return Contact(np.ones((2, 2), np.float32), 0.0, 0.0, 1.0)
    low, high = vertices.min(axis=0), vertices.max(axis=0)
    middle = (low + high) / 2
    side = float(max(high[0] - low[0], high[2] - low[2])) + 2 * _MARGIN_M
    below = np.array([middle[0], -_BELOW_M, middle[2]])
    camera = looking_at(below, middle, (_CELLS, _CELLS), _CELLS * _BELOW_M / side)
    inverse_depth, face = visible_faces(vertices, faces, camera)
    height = np.where(face >= 0, 1 / np.maximum(inverse_depth, 1e-9) - _BELOW_M, np.inf)
    tall = max(float(high[1]), 0.05)
    kept = np.exp(-np.maximum(height, 0) / (0.35 * tall)).astype(np.float32)
    cell = side / _CELLS
    blurred = (0.5 * ndimage.gaussian_filter(kept, 0.04 * tall / cell)
               + 0.5 * ndimage.gaussian_filter(kept, 0.15 * tall / cell))
    # Rows and columns of a picture from below may run against z and x.
    if camera.rotation[0, 0] < 0:
        blurred = blurred[:, ::-1]
    if camera.rotation[1, 2] < 0:
        blurred = blurred[::-1]
    first = -side / 2 + cell / 2
    return Contact(np.ascontiguousarray(1 - _DARKEST * blurred, np.float32),
                   float(middle[0]) + first, float(middle[2]) + first, cell)


class _Stage(NamedTuple):
    lamp: Lamp
    shadow: Shadow
    contact: Contact
    facing: Vector


@compiled
def open_share_at(contact: Contact, x: float, z: float) -> float:
    """Share of the sky's light at a place of the ground, interpolated; 1 far from bodies."""
    u, v = (x - contact.low_x) / contact.cell_m, (z - contact.low_z) / contact.cell_m
    rows, columns = contact.open_share.shape
    if not (0.0 <= u < columns - 1 and 0.0 <= v < rows - 1):
        return 1.0
    i, j = int(u), int(v)
    fu, fv = u - i, v - j
    top = contact.open_share[j, i] * (1 - fu) + contact.open_share[j, i + 1] * fu
    bottom = contact.open_share[j + 1, i] * (1 - fu) + contact.open_share[j + 1, i + 1] * fu
    return float(top * (1 - fv) + bottom * fv)


@compiled
def _shine(
    stage: _Stage, position: Array, rays: Array, depth: Array, ground: Array, shone: Array
) -> None:
    lamp = stage.lamp
    for y in range(depth.shape[0]):
        for x in range(depth.shape[1]):
            z = depth[y, x]
            if not np.isfinite(z):
                for k in range(3):
                    shone[y, x, k] = lamp.above[k]
                continue
            place = (position[0] + z * rays[y, x, 0], position[1] + z * rays[y, x, 1],
                     position[2] + z * rays[y, x, 2])
            normal = stage.facing
            share = 1.0
            if ground[y, x]:
                normal = (0.0, 1.0, 0.0)
                share = open_share_at(stage.contact, place[0], place[2])
            lit = lit_share(stage.shadow, place[0], place[1], place[2])
            light = light_at(lamp, place, normal, lit, share)
            for k in range(3):
                shone[y, x, k] = light[k]
