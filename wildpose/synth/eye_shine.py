"""Eyes that send a lamp's light straight back, as those of most mammals do at night."""

from __future__ import annotations

import numpy as np

from wildpose.surface.parts import PARTS
from wildpose.synth.camera import Camera
from wildpose.synth.rig import Rig
from wildpose.types import Array

EYE_RADIUS_M = 0.011
SHINE = 4.0
"""Radiance in the middle, when the eye looks into the lens: far beyond white, so that it blooms."""
BLACK = 34
"""Eyes, noses and hooves of flat-coloured bodies are darker than this, of 255."""
_BLOOM = 2.2
_HIDDEN_M = 0.06


def eye_vertices(rig: Rig) -> Array:
    """The vertices where the eyes are, int32 [2], or none where the head is not known.

    The black spots on both sides of a flat-coloured head; where there are none, the usual place:
    high on the sides of the head, where the muzzle begins.
    """
    crown = np.flatnonzero(rig.part == PARTS.index("crown"))
    if len(crown) < 8:
        return np.zeros(0, np.int32)
    places = rig.vertices[crown].astype(np.float64)
    low, size = places.min(axis=0), np.ptp(places, axis=0)
    middle = low[0] + size[0] / 2
    head = np.flatnonzero(np.isin(rig.part, (PARTS.index("crown"), PARTS.index("muzzle"))))
    away = (rig.vertices[head] - [middle, low[1] + 0.6 * size[1], low[2] + size[2]]) / size
    painted = _black_spots(rig)[head]
    found = []
    for side in (1.0, -1.0):
        spots = painted & (side * away[:, 0] > 0.12) & (np.abs(away[:, 1]) < 0.5)
        aim = away[spots].mean(axis=0) if spots.any() else np.array([side * 0.3, 0.0, -0.05])
        found.append(head[int(np.linalg.norm(away - aim, axis=1).argmin())])
    return np.array(found, np.int32)


def _black_spots(rig: Rig) -> Array:
    """Vertices of nearly black triangles of a flat-coloured body, bool [V]."""
    black = np.zeros(len(rig.vertices), bool)
    if rig.texture is None and rig.face_colour is not None:
        black[rig.faces[rig.face_colour.max(axis=1) < BLACK]] = True
    return black


def add_eye_shine(
    eyes: tuple[Array, Array], camera: Camera, depth: Array, radiance: Array
) -> None:
    """Let the eyes of one body shine into a lens with a lamp beside it.

    Parameters
    ----------
    eyes : (float [E, 3], float [E, 3])
        Their places in the world and the directions they look in.
    camera : Camera
    depth : float32 [H, W]
        Of the bodies, metres: an eye behind something does not shine.
    radiance : float32 [H, W, 3]
        Changed in place.
    """
    pixels, away = camera.project(eyes[0])
    for (x, y), z, place, gaze in zip(pixels, away, *eyes, strict=True):
        if not (z > 0 and 0 <= x < camera.width and 0 <= y < camera.height):
            continue
        towards = camera.position - place
        facing = float(gaze @ towards) / float(np.linalg.norm(towards))
        if facing > 0.15 and z <= depth[int(y), int(x)] + _HIDDEN_M:
            radius_px = max(EYE_RADIUS_M * camera.focal_px / z, 0.55)
            _add_glow(radiance, (float(x), float(y)), radius_px, SHINE * (facing - 0.15))


def _add_glow(
    radiance: Array, at: tuple[float, float], radius_px: float, strength: float
) -> None:
    reach = 3.0 * _BLOOM * radius_px + 1
    top, bottom = max(int(at[1] - reach), 0), int(at[1] + reach) + 1
    left, right = max(int(at[0] - reach), 0), int(at[0] + reach) + 1
    window = radiance[top:bottom, left:right]
    y = np.arange(top, top + window.shape[0])[:, None] + 0.5 - at[1]
    x = np.arange(left, left + window.shape[1])[None, :] + 0.5 - at[0]
    squared = (x**2 + y**2) / radius_px**2
    glow = np.exp(-squared / 1.2) + 0.04 * np.exp(-squared / (2 * _BLOOM**2))
    window += (strength * glow)[..., None].astype(np.float32)
