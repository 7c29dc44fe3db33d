"""The 32 semantic parts on the MakeHuman body, from its bones and its shape.

The table is the one of `parts.py`: what a quadruped has and a person lacks gets a declared home
(the tail on the coccyx, the withers on the upper back).
"""

from __future__ import annotations

import numpy as np

from wildpose.surface.makehuman import Body
from wildpose.surface.parts import MIRROR, PARTS
from wildpose.types import Array

_LIMBS = {
    "upper_arm": ("upperarm",), "forearm": ("lowerarm",),
    "palm": ("wrist", "metacarpal"), "fingers": ("finger",),
    "thigh": ("upperleg",), "shank": ("lowerleg",), "instep": ("foot",), "toes": ("toe",),
}
_TRUNK = ("root", "pelvis", "spine", "breast", "clavicle", "shoulder")
_NECK = ("neck",)
_ROOT_ABOVE_M = 0.03
_SHOULDER_M = 0.1
_TAIL_HALF_WIDTH_M, _TAIL_HEIGHT_M = 0.025, 0.07


def part_of_body(body: Body) -> Array:
    """Part of each vertex, int8 [V]: a row of ``PARTS``. The body is 1.7 m tall on y = 0."""
    limbs = {name: body.weight_of(*bones) for name, bones in _LIMBS.items()}
    trunk, neck = body.weight_of(*_TRUNK), body.weight_of(*_NECK)
    head = np.maximum(1 - sum(limbs.values()) - trunk - neck, 0)
    region = np.argmax([*limbs.values(), trunk, neck, head], axis=0)
    part = np.full(len(region), "", object)
    for number, name in enumerate(_LIMBS):
        part[region == number] = f"{name}_left"
    for offset, choose in enumerate((_trunk, _neck, _head)):
        own = region == len(_LIMBS) + offset
        part[own] = choose(body)[own]
    left = np.array([PARTS.index(name) for name in part], np.int8)
    # Decided on the left side alone, so that the right one is its mirror image for certain.
    return np.where(body.vertices[:, 0] >= 0, left, np.array(MIRROR, np.int8)[left[body.mirror]])


def _head(body: Body) -> Array:
    """Muzzle in front below the eyes, ears at the sides, crown elsewhere."""
    x, y, z = body.vertices.T
    eye_y, jaw_z = body.heads["eye.L"][1], body.heads["jaw"][2]
    part = np.full(len(x), "crown", object)
    part[(y < eye_y - 0.01) & (z > jaw_z + 0.02)] = "muzzle"
    ear = ((np.abs(x) > 0.067) & (np.abs(y - eye_y + 0.017) < 0.035)
           & (np.abs(z - jaw_z + 0.008) < 0.024))
    part[ear] = "ear_left"
    return part


def _neck(body: Body) -> Array:
    """Throat in front of the neck's axis, nape behind."""
    _, y, z = body.vertices.T
    low, high = body.heads["neck01"], body.heads["head"]
    axis = np.interp(y, [low[1], high[1]], [low[2], high[2]])
    return np.where(z > axis, "throat", "nape").astype(object)


def _trunk(body: Body) -> Array:
    """Chest and belly in front; withers, loin, rump and tail behind; groin below; shoulders."""
    x, y, z = body.vertices.T
    root, waist = body.heads["spine05"], body.heads["spine02"]
    axis = np.interp(y, [root[1], body.heads["neck01"][1]], [root[2] - 0.01, -0.01])
    front = z > axis
    low = y < root[1] + np.where(front, 0, _ROOT_ABOVE_M)
    part = np.where(front, np.where(y > waist[1], "chest", "belly"),
                    np.where(y > waist[1], "withers", "loin")).astype(object)
    joint = body.heads["upperarm01.L"]
    part[np.linalg.norm(body.vertices - joint, axis=1) < _SHOULDER_M] = "shoulder_left"
    part[front & low] = "groin"
    part[~front & low] = "rump_left"
    part[~front & low & (np.abs(x) < 0.01)] = "groin"
    coccyx = (np.abs(x) < _TAIL_HALF_WIDTH_M) & ~front
    part[coccyx & (np.abs(y - root[1]) < _TAIL_HEIGHT_M / 2)] = "tail"
    return part
