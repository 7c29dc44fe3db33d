"""The 32 semantic parts on the MakeHuman body, from its bones and its shape.

The table is the one of `parts.py`: what a quadruped has and a person lacks gets a declared home
(the tail on the coccyx, the withers on the upper back).
"""

from __future__ import annotations

import numpy as np

from wildpose.surface.makehuman import Body
from wildpose.surface.parts import PARTS
from wildpose.types import Array

_LIMBS = {
    "upper_arm": ("upperarm",), "forearm": ("lowerarm",),
    "palm": ("wrist", "metacarpal"), "fingers": ("finger",),
    "thigh": ("upperleg",), "shank": ("lowerleg",), "instep": ("foot",), "toes": ("toe",),
}
_TRUNK = ("root", "pelvis", "spine", "breast")
_SHOULDER = ("clavicle", "shoulder")
_NECK = ("neck",)
_ROOT_ABOVE_M = 0.03
_TAIL_HALF_WIDTH_M, _TAIL_HEIGHT_M = 0.025, 0.07


def part_of_body(body: Body) -> Array:
    """Part of each vertex, int8 [V]: a row of ``PARTS``. The body is 1.7 m tall on y = 0."""
    limbs = {name: body.weight_of(*bones) for name, bones in _LIMBS.items()}
    trunk, shoulder, neck = (body.weight_of(*bones) for bones in (_TRUNK, _SHOULDER, _NECK))
    head = np.maximum(1 - sum(limbs.values()) - trunk - shoulder - neck, 0)
    names = [*limbs, "trunk", "shoulder", "neck", "head"]
    region = np.argmax([*limbs.values(), trunk, shoulder, neck, head], axis=0)
    x = body.vertices[:, 0]
    side = np.where(x >= 0, "_left", "_right")
    part = np.full(len(x), "", object)
    for number, name in enumerate(names):
        own = region == number
        if name in limbs:
            part[own] = [f"{name}{s}" for s in side[own]]
    part[region == names.index("head")] = _head(body)[region == names.index("head")]
    part[region == names.index("neck")] = _neck(body)[region == names.index("neck")]
    torso = _trunk(body, side)
    lateral = np.abs(x) > abs(body.heads["shoulder01.L"][0])
    is_shoulder = (region == names.index("shoulder")) & lateral
    part[is_shoulder] = [f"shoulder{s}" for s in side[is_shoulder]]
    rest = part == ""
    part[rest] = torso[rest]
    return np.array([PARTS.index(name) for name in part], np.int8)


def _head(body: Body) -> Array:
    """Muzzle in front below the eyes, ears at the sides, crown elsewhere."""
    x, y, z = body.vertices.T
    eye_y, jaw_z = body.heads["eye.L"][1], body.heads["jaw"][2]
    part = np.full(len(x), "crown", object)
    part[(y < eye_y - 0.01) & (z > jaw_z + 0.02)] = "muzzle"
    ear = (np.abs(x) > 0.066) & (np.abs(y - eye_y) < 0.05) & (z < jaw_z + 0.03)
    part[ear] = np.where(x[ear] > 0, "ear_left", "ear_right")
    return part


def _neck(body: Body) -> Array:
    """Throat in front of the neck's axis, nape behind."""
    _, y, z = body.vertices.T
    low, high = body.heads["neck01"], body.heads["head"]
    axis = np.interp(y, [low[1], high[1]], [low[2], high[2]])
    return np.where(z > axis, "throat", "nape").astype(object)


def _trunk(body: Body, side: Array) -> Array:
    """Chest and belly in front; withers, loin, rump and tail behind; groin below."""
    x, y, z = body.vertices.T
    root, waist = body.heads["spine05"], body.heads["spine02"]
    axis = np.interp(y, [root[1], body.heads["neck01"][1]], [root[2] - 0.01, -0.01])
    front = z > axis
    low = y < root[1] + np.where(front, 0, _ROOT_ABOVE_M)
    part = np.where(front, np.where(y > waist[1], "chest", "belly"),
                    np.where(y > waist[1], "withers", "loin")).astype(object)
    part[front & low] = "groin"
    part[~front & low] = [f"rump{s}" for s in side[~front & low]]
    coccyx = (np.abs(x) < _TAIL_HALF_WIDTH_M) & ~front
    part[coccyx & (np.abs(y - root[1]) < _TAIL_HEIGHT_M / 2)] = "tail"
    return part
