"""Joints, bones and flesh of a quadruped of given proportions.

Frame: metres, x to the animal's left, y up, z forward; the ground is y = 0, hip and shoulder
joints lie equally far behind and before z = 0.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from wildpose.synth.capsules import Capsule
from wildpose.synth.proportions import Proportions
from wildpose.types import Array

FORE_LEG = ("shoulder", "upper_arm", "forearm", "palm", "fingers")
HIND_LEG = ("thigh", "shank", "instep", "toes")
TAIL = ("tail1", "tail2", "tail3", "tail4")
SIDES = ("left", "right")
BONE_OF_CAPSULE: Mapping[str, str] = {"muzzle": "head", "brow": "head"}
"""Bones of the capsules that are not called like one."""
_PAIRED = (*FORE_LEG, *HIND_LEG, "ear")
_PARENTS: Mapping[str, str] = {
    "loin": "pelvis", "chest": "loin", "neck1": "chest", "neck2": "neck1", "head": "neck2",
    "ear": "head", "tail1": "pelvis", "tail2": "tail1", "tail3": "tail2", "tail4": "tail3",
    "shoulder": "chest", "upper_arm": "shoulder", "forearm": "upper_arm", "palm": "forearm",
    "fingers": "palm", "thigh": "pelvis", "shank": "thigh", "instep": "shank", "toes": "instep",
}
_LOWEST_TAIL = 0.14


@dataclass(frozen=True)
class Skeleton:
    """Bones in the rest pose; parents stand before their children.

    Attributes
    ----------
    names : tuple of str, length B
        Paired ones end in ``_left`` or ``_right``.
    parents : tuple of int, length B
        -1 for the root, the pelvis.
    heads : float64 [B, 3]
        The joint that each bone turns about, metres.
    tips : mapping of str to float64 [3]
        Ends of the bones without children: ``head`` (the nose), ``fingers_left``, ...
    """

    names: tuple[str, ...]
    parents: tuple[int, ...]
    heads: Array
    tips: Mapping[str, Array]

    def row(self, name: str) -> int:
        """Row of a bone by its name."""
        return self.names.index(name)

    def head(self, name: str) -> Array:
        """Joint of a bone, float64 [3]."""
        joint: Array = self.heads[self.row(name)]
        return joint


Joints = dict[str, Array]


def joints_of(p: Proportions) -> Joints:
    """Place the joints of the middle line and of the left side, in metres.

    Parameters
    ----------
    p : Proportions

    Returns
    -------
    dict of str to float64 [3]
        ``X`` is where bone X begins, ``X_tip`` where the outermost end.
    """
    joints = {**_trunk_joints(p), **_head_joints(p), **_tail_joints(p),
              **_fore_joints(p), **_hind_joints(p)}
    return {name: p.withers_m * np.asarray(joint, np.float64) for name, joint in joints.items()}


def skeleton_of(p: Proportions) -> Skeleton:
    """Bones of both sides, by the joints of :func:`joints_of`."""
    joints = joints_of(p)
    names, parents, heads = ["pelvis"], [-1], [joints["pelvis"]]
    for bone, parent in _PARENTS.items():
        for side in (SIDES if bone in _PAIRED else ("",)):
            names.append(_sided(bone, side))
            parents.append(names.index(_sided(parent, side) if parent in _PAIRED else parent))
            heads.append(_mirrored(joints[bone], side))
    tips = {_sided(bone, side): _mirrored(joints[f"{bone}_tip"], side)
            for bone in ("head", "tail4", "ear", "fingers", "toes")
            for side in (SIDES if bone in _PAIRED else ("",))}
    return Skeleton(tuple(names), tuple(parents), np.array(heads), tips)


def capsules_of(p: Proportions, thinnest_m: float = 0.0) -> list[Capsule]:
    """Flesh round the joints, the trunk first, then what melts into it.

    Parameters
    ----------
    p : Proportions
    thinnest_m : float
        No radius is smaller: what a grid can still resolve.

    Returns
    -------
    list of Capsule
    """
    joints = {name: joint / p.withers_m for name, joint in joints_of(p).items()}
    shapes = [*_trunk(p, joints), *_neck_and_head(p, joints), *_legs(p, joints),
              *_tail(p, joints)]
    return [_sized(shape, p.withers_m, thinnest_m) for shape in shapes]


def _sided(bone: str, side: str) -> str:
    return f"{bone}_{side}" if side else bone


def _mirrored(joint: Array, side: str) -> Array:
    return joint * np.array([-1.0, 1.0, 1.0]) if side == "right" else joint


def _half_widths(p: Proportions) -> tuple[float, float]:
    return p.trunk_width * p.chest_depth / 2, p.trunk_width * p.rump_depth / 2


def _elbow_height(p: Proportions) -> float:
    return 1 - 1.03 * p.chest_depth


def _trunk_joints(p: Proportions) -> Joints:
    hip_y = p.rump_height - 0.42 * p.rump_depth
    chest_y = 1 - 0.45 * p.chest_depth
    return {"pelvis": np.array([0, hip_y, -0.42 * p.trunk_length]),
            "loin": np.array([0, (hip_y + chest_y) / 2 + p.back_arch, -0.2 * p.trunk_length]),
            "chest": np.array([0, chest_y + p.back_arch, 0.08 * p.trunk_length])}


def _head_joints(p: Proportions) -> Joints:
    rise, droop = np.radians(p.neck_rise_deg), np.radians(p.head_droop_deg)
    root = np.array([0, 1 - 0.40 * p.chest_depth, p.trunk_length / 2 - 0.12 * p.chest_depth])
    reach = p.neck_length + 0.22 * p.chest_depth
    # the neck leaves flatter than it arrives
    first = np.array([0, np.sin(rise - 0.2), np.cos(rise - 0.2)])
    second = np.array([0, np.sin(rise + 0.2), np.cos(rise + 0.2)])
    middle = root + 0.5 * reach * first
    nape = middle + 0.5 * reach * second
    forward = np.array([0, -np.sin(droop), np.cos(droop)])
    brow = nape + 0.75 * p.skull_length * forward
    nose = brow + (0.25 * p.skull_length + p.muzzle_length) * forward
    spread = np.radians(p.ear_spread_deg)
    side = np.array([np.sin(spread), np.cos(spread), -0.15])
    ear = nape + 0.22 * p.skull_length * forward + 0.78 * p.skull_radius * side
    return {"neck1": root, "neck2": middle, "head": nape, "brow": brow, "head_tip": nose,
            "ear": ear, "ear_tip": ear + p.ear_length * side}


def _tail_joints(p: Proportions) -> Joints:
    root = np.array([0, p.rump_height - 0.22 * p.rump_depth,
                     -p.trunk_length / 2 - 0.22 * p.rump_depth])
    # bend a hanging tail backward just so much that it stays off the ground
    for bend_deg in np.linspace(4, 60, 29):
        points = [root]
        for number in range(len(TAIL)):
            angle = np.radians(min(p.tail_rise_deg + bend_deg * number, 8 + p.tail_rise_deg / 4))
            step = np.array([0, np.sin(angle), -np.cos(angle)]) * p.tail_length / len(TAIL)
            points.append(points[-1] + step)
        if points[-1][1] > _LOWEST_TAIL:
            break
    return dict(zip((*TAIL, "tail4_tip"), points, strict=True))


def _fore_joints(p: Proportions) -> Joints:
    depth, half = p.chest_depth, _half_widths(p)[0]
    z = p.trunk_length / 2
    elbow_y = _elbow_height(p)
    wrist_y = p.wrist_height * elbow_y
    feet_x = max(0.62 * half, 1.7 * p.foot_radius)
    elbow_z = z - 0.26 * depth
    wrist_z = elbow_z + 0.03
    ball_z = wrist_z + 0.02 + 0.45 * max(0.0, 0.3 * elbow_y - wrist_y)
    return {"shoulder": np.array([0.45 * half, 1 - 0.10 * depth, z - 0.36 * depth]),
            "upper_arm": np.array([0.66 * half, 1 - 0.64 * depth, z]),
            "forearm": np.array([0.74 * half, elbow_y, elbow_z]),
            "palm": np.array([(feet_x + 0.7 * half) / 2, wrist_y, wrist_z]),
            "fingers": np.array([feet_x, 0.95 * p.foot_radius, ball_z]),
            "fingers_tip": np.array([feet_x, 0.75 * p.foot_radius, ball_z + p.foot_length])}


def _hind_joints(p: Proportions) -> Joints:
    half = _half_widths(p)[1]
    hip = np.array([0.5 * half, p.rump_height - 0.42 * p.rump_depth, -p.trunk_length / 2])
    knee_y = 1.10 * _elbow_height(p)
    knee = np.array([0.80 * half, knee_y, hip[2] + 0.52 * (hip[1] - knee_y)])
    hock_y = p.hock_height * knee_y
    feet_x = max(0.66 * half, 1.7 * p.foot_radius)
    hock = np.array([feet_x, hock_y, knee[2] - 0.95 * (knee_y - hock_y)])
    ball_z = hock[2] + 0.10 * hock_y + 0.9 * p.foot_length * max(0.0, 1 - hock_y / 0.3)
    return {"thigh": hip, "shank": knee, "instep": hock,
            "toes": np.array([feet_x, 0.95 * p.foot_radius, ball_z]),
            "toes_tip": np.array([feet_x, 0.75 * p.foot_radius, ball_z + 0.95 * p.foot_length])}


@dataclass(frozen=True)
class _Shape:
    """A capsule in shares of the height of the withers."""

    name: str
    start: Array
    end: Array
    radii: tuple[float, float]
    blend: float
    stretch: tuple[float, float, float] = (1.0, 1.0, 1.0)


def _sized(shape: _Shape, scale: float, thinnest_m: float) -> Capsule:
    first, last = (max(scale * r, thinnest_m) for r in shape.radii)
    start, end = (tuple(float(v) for v in scale * joint) for joint in (shape.start, shape.end))
    # a flat shape is made rounder before it is made larger
    flattest = min(thinnest_m / min(first, last), 1.0)
    wide, high, deep = (max(v, flattest) for v in shape.stretch)
    return Capsule(shape.name, (start[0], start[1], start[2]), (end[0], end[1], end[2]), first,
                   last, scale * shape.blend, shape.name in (*_PAIRED, "brow"),
                   (wide, high, deep))


def _trunk(p: Proportions, joints: Joints) -> list[_Shape]:
    wide = (p.trunk_width, 1.0, 1.0)
    chest, belly, rump = p.chest_depth / 2, p.belly_depth / 2, p.rump_depth / 2
    middle_top = (1 + p.rump_height) / 2 + p.back_arch
    loin_top = 0.3 + 0.7 * p.rump_height + 0.7 * p.back_arch
    length = p.trunk_length
    front = np.array([0, 1 - chest - 0.02, length / 2 - 0.75 * chest])
    middle = np.array([0, middle_top - (chest + belly) / 2, 0.02 * length])
    loin = np.array([0, loin_top - belly, -0.28 * length])
    hip = np.array([0, p.rump_height - rump, -length / 2 + 0.35 * rump])
    back = np.array([0, p.rump_height - 1.08 * rump, -length / 2 - 0.02 * length])
    return [_Shape("chest", front, middle, (chest, (chest + belly) / 2), 0.0, wide),
            _Shape("loin", middle, loin, ((chest + belly) / 2, belly), 0.06, wide),
            _Shape("pelvis", hip, back, (rump, 0.80 * rump), 0.10, wide),
            _Shape("shoulder", joints["shoulder"], joints["upper_arm"],
                   (0.16 * p.chest_depth, 0.24 * p.chest_depth), 0.10, (0.7, 1.0, 1.0))]


def _neck_and_head(p: Proportions, joints: Joints) -> list[_Shape]:
    middle = 0.45 * p.neck_root + 0.55 * p.neck_tip
    nape, brow, nose = joints["head"], joints["brow"], joints["head_tip"]
    narrow = (0.78, 1.0, 1.0)
    drop = np.array([0, -0.18 * p.skull_radius, 0])
    eye = nape + 0.62 * (brow - nape) + p.skull_radius * np.array([0.52, 0.42, 0])
    ear_middle, leaf = 0.55 * joints["ear"] + 0.45 * joints["ear_tip"], (1.0, 1.0, 0.45)
    return [_Shape("neck1", joints["neck1"], joints["neck2"], (p.neck_root, middle), 0.14, narrow),
            _Shape("neck2", joints["neck2"], nape, (middle, p.neck_tip), 0.04, narrow),
            _Shape("head", nape + 0.1 * (brow - nape), brow, (p.skull_radius,
                   0.72 * p.skull_radius), 0.05, (0.88, 1.0, 1.0)),
            _Shape("muzzle", brow + drop, nose + drop / 2 + np.array([0, 0, -p.muzzle_radius]),
                   (0.58 * p.skull_radius, p.muzzle_radius), 0.05, (0.86, 1.0, 1.0)),
            _Shape("brow", eye, eye + 0.12 * (brow - nape),
                   (0.22 * p.skull_radius, 0.2 * p.skull_radius), 0.03),
            _Shape("ear", joints["ear"], ear_middle, (0.7 * p.ear_width, p.ear_width), 0.02, leaf),
            _Shape("ear", ear_middle, joints["ear_tip"], (p.ear_width, 0.25 * p.ear_width), 0.0,
                   leaf)]


def _legs(p: Proportions, joints: Joints) -> list[_Shape]:
    def bone(name: str, end: str, radii: tuple[float, float], blend: float,
             stretch: tuple[float, float, float] = (1.0, 1.0, 1.0)) -> _Shape:
        return _Shape(name, joints[name], joints[end], radii, blend, stretch)

    knee, foot = 0.52 * p.thigh, (0.95 * p.foot_radius, 0.75 * p.foot_radius)
    flat = (0.75, 1.0, 1.0)
    return [bone("upper_arm", "forearm", (1.35 * p.upper_leg, p.upper_leg), 0.07, flat),
            bone("forearm", "palm", (0.95 * p.upper_leg, p.lower_leg), 0.02),
            bone("palm", "fingers", (p.lower_leg, p.cannon), 0.01),
            bone("fingers", "fingers_tip", foot, 0.015),
            bone("thigh", "shank", (p.thigh, knee), 0.09, (0.62, 1.0, 1.0)),
            bone("shank", "instep", (0.95 * knee, 1.02 * p.lower_leg), 0.025),
            bone("instep", "toes", (1.05 * p.lower_leg, p.cannon), 0.01),
            bone("toes", "toes_tip", foot, 0.015)]


def _tail(p: Proportions, joints: Joints) -> list[_Shape]:
    root, brush = p.tail_root, p.tail_brush
    radii = (root, 0.6 * root + 0.4 * brush, brush, 0.95 * brush, 0.45 * brush)
    ends = (*TAIL, "tail4_tip")
    return [_Shape(name, joints[name], joints[ends[i + 1]], (radii[i], radii[i + 1]),
                   0.05 if i == 0 else 0.01) for i, name in enumerate(TAIL)]
