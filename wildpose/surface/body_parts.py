"""The 32 semantic parts on the MakeHuman body, from its bones and its shape.

The table is the one of `parts.py`: what a quadruped has and a person lacks gets a declared home
(the tail on the coccyx, the withers on the upper back).
"""

from __future__ import annotations

import numpy as np

from wildpose.surface.half_body import Sourced
from wildpose.surface.makehuman import Body
from wildpose.surface.parts import PARTS
from wildpose.types import Array

_LIMB_OF_CHART = {15: "upper_arm", 17: "upper_arm", 19: "forearm", 21: "forearm", 4: "palm",
                  10: "thigh", 8: "thigh", 14: "shank", 12: "shank", 5: "instep"}
_ROOT_ABOVE_M = 0.03
_SHOULDER_M = 0.1
_TAIL_HALF_WIDTH_M, _TAIL_HEIGHT_M = 0.025, 0.07


def parts_of(half: Sourced, chart: Array, body: Body) -> Array:
    """Part of each vertex of the left half, int8 [V]: a row of ``PARTS``.

    Limbs begin and end with their charts (a border vertex belongs to the outer one), so that a
    part that is mapped whole fills its charts.

    Parameters
    ----------
    half : Sourced
        Cut along the chart borders.
    chart : int [F]
    body : Body
        1.7 m tall on y = 0.
    """
    points = half.mesh.vertices
    neck, head, fingers, toes = (_carried(half, weight) for weight in _weights(body))
    part = np.where(neck + head > 0.5, np.where(neck > head, _neck(points, body),
                                                _head(points, body)), _trunk(points, body))
    for number in (15, 17, 19, 21, 4, 10, 8, 14, 12, 5):  # outward, so that the outer one stays
        part[half.mesh.faces[chart == number]] = f"{_LIMB_OF_CHART[number]}_left"
    part[(part == "palm_left") & (fingers > 0.5)] = "fingers_left"
    part[(part == "instep_left") & (toes > 0.5)] = "toes_left"
    return np.array([PARTS.index(name) for name in part], np.int8)


def _weights(body: Body) -> tuple[Array, Array, Array, Array]:
    """Skinning weights of neck, head, fingers and toes on the body's vertices."""
    neck = body.weight_of("neck")
    others = body.weight_of("upper", "lower", "wrist", "metacarpal", "finger", "foot", "toe",
                            "root", "pelvis", "spine", "breast", "clavicle", "shoulder")
    return neck, 1 - neck - others, body.weight_of("finger"), body.weight_of("toe")


def _carried(half: Sourced, field: Array) -> Array:
    first, second = field[half.source].T
    return np.asarray((1 - half.weight) * first + half.weight * second)


def _head(points: Array, body: Body) -> Array:
    """Muzzle in front below the eyes, ears at the sides, crown elsewhere."""
    x, y, z = points.T
    eye_y, jaw_z = body.heads["eye.L"][1], body.heads["jaw"][2]
    part = np.full(len(x), "crown", object)
    part[(y < eye_y - 0.01) & (z > jaw_z + 0.02)] = "muzzle"
    ear = ((np.abs(x) > 0.067) & (np.abs(y - eye_y + 0.017) < 0.035)
           & (np.abs(z - jaw_z + 0.008) < 0.024))
    part[ear] = "ear_left"
    return part


def _neck(points: Array, body: Body) -> Array:
    """Throat in front of the neck's axis, nape behind."""
    _, y, z = points.T
    low, high = body.heads["neck01"], body.heads["head"]
    axis = np.interp(y, [low[1], high[1]], [low[2], high[2]])
    return np.where(z > axis, "throat", "nape").astype(object)


def _trunk(points: Array, body: Body) -> Array:
    """Chest and belly in front; withers, loin, rump and tail behind; groin below; shoulders."""
    x, y, z = points.T
    root, waist = body.heads["spine05"], body.heads["spine02"]
    axis = np.interp(y, [root[1], body.heads["neck01"][1]], [root[2] - 0.01, -0.01])
    front = z > axis
    low = y < root[1] + np.where(front, 0, _ROOT_ABOVE_M)
    part = np.where(front, np.where(y > waist[1], "chest", "belly"),
                    np.where(y > waist[1], "withers", "loin")).astype(object)
    joint = body.heads["upperarm01.L"]
    part[np.linalg.norm(points - joint, axis=1) < _SHOULDER_M] = "shoulder_left"
    part[front & low] = "groin"
    part[~front & low] = "rump_left"
    part[~front & low & (np.abs(x) < 0.01)] = "groin"
    coccyx = (np.abs(x) < _TAIL_HALF_WIDTH_M) & ~front
    part[coccyx & (np.abs(y - root[1]) < _TAIL_HEIGHT_M / 2)] = "tail"
    return part
