"""Bones in motion: turns of the trunk, neck and tail, and legs that reach for their footholds.

Each leg is solved in closed form: the foot's place and pitch are given, the lowest joint but one
follows from the pitch, and the two bones above it bend in the plane in which they bend at rest
(law of cosines). All arrays run over the frames T of a motion at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

from wildpose.synth.anatomy import Skeleton
from wildpose.types import Array

LEGS: Mapping[str, tuple[str, str, str, str]] = {
    f"{end}_{side}": (f"{a}_{side}", f"{b}_{side}", f"{c}_{side}", f"{d}_{side}")
    for end, (a, b, c, d) in {"fore": ("upper_arm", "forearm", "palm", "fingers"),
                              "hind": ("thigh", "shank", "instep", "toes")}.items()
    for side in ("left", "right")
}
"""The four bones of each leg, from the trunk down: two that bend, one that leads, the foot."""


@dataclass(frozen=True)
class Footing:
    """Where a foot is, relative to a body that stands still, over T frames.

    Attributes
    ----------
    ball : float64 [T, 3]
        Joint at the back of the toes, metres.
    lean_rad : float64 [T]
        Turn about x of the bone above, from rest; positive lifts the heel.
    toe_rad : float64 [T]
        Turn about x of the toes; 0 is flat on the ground, positive points down.
    """

    ball: Array
    lean_rad: Array
    toe_rad: Array


@dataclass(frozen=True)
class Carriage:
    """What a body does over T frames.

    Attributes
    ----------
    shift : float64 [T, 3]
        Of the pelvis from rest, metres.
    feet : mapping of str to Footing
        For each of :data:`LEGS`.
    turns : mapping of str to float64 [T, 3, 3]
        Rotations of bones against their parents; those not named do not turn.
    """

    shift: Array
    feet: Mapping[str, Footing]
    turns: Mapping[str, Array] = field(default_factory=dict)


def turn(axis: str, angle_rad: Array) -> Array:
    """Rotations about one axis.

    Parameters
    ----------
    axis : str
        ``x`` (nod: positive lowers what lies in front), ``y`` (positive turns to the left) or
        ``z`` (roll).
    angle_rad : float64 [T]

    Returns
    -------
    float64 [T, 3, 3]
    """
    angle = np.asarray(angle_rad, np.float64)
    first, second = {"x": (1, 2), "y": (2, 0), "z": (0, 1)}[axis]
    matrix = np.tile(np.eye(3), (len(angle), 1, 1))
    matrix[:, first, first] = matrix[:, second, second] = np.cos(angle)
    matrix[:, second, first], matrix[:, first, second] = np.sin(angle), -np.sin(angle)
    return matrix


def posed_bones(skeleton: Skeleton, carriage: Carriage) -> tuple[Array, float]:
    """Transforms of all bones.

    Parameters
    ----------
    skeleton : Skeleton
    carriage : Carriage

    Returns
    -------
    float64 [T, B, 4, 4]
        From a bone's coordinates (rest axes, origin at its joint) to the body's frame.
    float
        Longest reach that was asked of a leg, as a share of its length; above 1 a foot is off
        its place.
    """
    frames = len(carriage.shift)
    turned = np.tile(np.eye(3), (frames, len(skeleton.names), 1, 1))
    place = np.zeros((frames, len(skeleton.names), 3))
    in_leg = {bone for leg in LEGS.values() for bone in leg}
    for row, (name, parent) in enumerate(zip(skeleton.names, skeleton.parents, strict=True)):
        if name in in_leg:
            continue
        own = carriage.turns.get(name, np.eye(3))
        if parent < 0:
            turned[:, row], place[:, row] = own, skeleton.heads[row] + carriage.shift
        else:
            turned[:, row] = turned[:, parent] @ own
            place[:, row] = _carried(skeleton, turned, place, row)
    reach = 0.0
    for leg, footing in carriage.feet.items():
        reach = max(reach, _step(skeleton, LEGS[leg], footing, (turned, place)))
    bones = np.tile(np.eye(4), (frames, len(skeleton.names), 1, 1))
    bones[..., :3, :3], bones[..., :3, 3] = turned, place
    return bones, reach


def _carried(skeleton: Skeleton, turned: Array, place: Array, row: int) -> Array:
    """Where a joint is carried to by its parent, [T, 3]."""
    parent = skeleton.parents[row]
    offset = skeleton.heads[row] - skeleton.heads[parent]
    carried: Array = place[:, parent] + turned[:, parent] @ offset
    return carried


def _step(
    skeleton: Skeleton, leg: tuple[str, ...], footing: Footing, out: tuple[Array, Array]
) -> float:
    """Fill in the four bones of one leg; returns the longest reach."""
    turned, place = out
    upper, lower, lead, foot = (skeleton.row(name) for name in leg)
    rest = skeleton.heads
    turned[:, foot], place[:, foot] = turn("x", footing.toe_rad), footing.ball
    turned[:, lead] = turn("x", footing.lean_rad)
    ankle = footing.ball - turned[:, lead] @ (rest[foot] - rest[lead])
    place[:, lead] = ankle
    top = _carried(skeleton, turned, place, upper)
    place[:, upper] = top
    bend, reach = _bent(top, ankle, (rest[upper], rest[lower], rest[lead]))
    place[:, lower] = bend
    rest_normal = np.cross(rest[lower] - rest[upper], rest[lead] - rest[lower])
    normal = np.cross(bend - top, ankle - bend)
    turned[:, upper] = _aligned((rest[lower] - rest[upper], rest_normal), (bend - top, normal))
    turned[:, lower] = _aligned((rest[lead] - rest[lower], rest_normal), (ankle - bend, normal))
    return reach


def _bent(top: Array, ankle: Array, rest: tuple[Array, Array, Array]) -> tuple[Array, float]:
    """Elbow or knee between two joints, [T, 3], and the longest reach."""
    first, second = (float(np.linalg.norm(b - a)) for a, b in pairwise(rest))
    line = ankle - top
    wanted = np.linalg.norm(line, axis=1)
    reach = float((wanted / (first + second)).max())
    distance = np.clip(wanted, abs(first - second) * 1.001, (first + second) * 0.9999)
    direction = line / wanted[:, None]
    along = (first**2 - second**2 + distance**2) / (2 * distance)
    aside = np.sqrt(np.maximum(first**2 - along**2, 0.0))
    pole = rest[1] - (rest[0] + rest[2]) / 2
    pole = pole - (direction @ pole)[:, None] * direction
    pole /= np.linalg.norm(pole, axis=1)[:, None]
    return top + along[:, None] * direction + aside[:, None] * pole, reach


def _aligned(rest: tuple[Array, Array], posed: tuple[Array, Array]) -> Array:
    """Rotation that takes a direction and the normal of its plane to others, [T, 3, 3]."""
    return _axes(*posed) @ _axes(*rest).swapaxes(-1, -2)


def _axes(direction: Array, normal: Array) -> Array:
    first = direction / np.linalg.norm(direction, axis=-1, keepdims=True)
    third = normal / np.linalg.norm(normal, axis=-1, keepdims=True)
    return np.stack([first, np.cross(third, first), third], axis=-1)
