"""A human body of any shape on the reference surface: skin, joints, weights, bones that turn.

The vertices are those of the reference surface, so dense pose of a rendered person is exact.
Frame: metres, x to the subject's left, y up, z forward, ground y = 0.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from wildpose.errors import DataError
from wildpose.surface.reference import load_reference_body
from wildpose.synth.rotations import transform
from wildpose.types import Array

BODY_FILE = Path(__file__).parent / "assets" / "body.npz"
STEP_M = 0.00025
"""Unit of the stored shapes."""


@dataclass(frozen=True, eq=False)
class BodyModel:
    """What ``assets/body.npz`` holds, N = 13,348 vertices of the package's body.

    Attributes
    ----------
    vertices : float64 [N, 3]
        The average grown-up in the A-pose.
    shapes : mapping of str to float64 [N, 3]
        Offsets of the sliders' ends.
    bones : tuple of str
    parents : int [B]
        Row of the bone above; -1 for the root. A parent comes before its children.
    bone_index, bone_weight : int32, float32 [V, K]
        On the vertices of the reference surface.
    joint_index, joint_share : int64, float64 [B, 60]
        A joint is that weighted mean of skin vertices.
    """

    vertices: Array
    shapes: Mapping[str, Array]
    bones: tuple[str, ...]
    parents: Array
    bone_index: Array
    bone_weight: Array
    joint_index: Array
    joint_share: Array


@dataclass(frozen=True, eq=False)
class Figure:
    """A body of one shape at rest.

    Attributes
    ----------
    vertices : float64 [V, 3]
        On the reference surface.
    joints : float64 [B, 3]
        Heads of the bones.
    """

    vertices: Array
    joints: Array


@cache
def load_body() -> BodyModel:
    """The body that ships with wildpose, read once.

    Raises
    ------
    DataError
        When the installation lacks the file.
    """
    if not BODY_FILE.is_file():
        raise DataError(f"{BODY_FILE}: the body is missing.", "Install wildpose again.")
    with np.load(BODY_FILE) as stored:
        bones = tuple(str(bone) for bone in stored["bones"])
        weight = np.zeros((len(stored["vertices"]), len(bones)))
        rows = np.arange(len(weight))[:, None]
        weight[rows, stored["bone_index"]] = stored["bone_weight"]
        index, share = _few(load_reference_body().carried(weight))
        return BodyModel(
            vertices=stored["vertices"].astype(np.float64),
            shapes={
                str(name): offsets * STEP_M
                for name, offsets in zip(stored["shape_names"], stored["shapes"], strict=True)
            },
            bones=bones,
            parents=stored["parents"].astype(np.int64),
            bone_index=index,
            bone_weight=share,
            joint_index=stored["joint_index"].astype(np.int64),
            joint_share=stored["joint_share"].astype(np.float64),
        )


def _few(weight: Array, count: int = 6) -> tuple[Array, Array]:
    index = np.argsort(-weight, axis=1, kind="stable")[:, :count]
    share = np.take_along_axis(weight, index, axis=1)
    share /= share.sum(axis=1, keepdims=True)
    return index.astype(np.int32), share.astype(np.float32)


def figure(sliders: Mapping[str, float]) -> Figure:
    """The body with some share of some shapes.

    Parameters
    ----------
    sliders : mapping of str to float
        Names of ``load_body().shapes``; 0 is the average, 1 the end. ``male`` goes from -1
        (female) to 1.
    """
    body = load_body()
    skin = body.vertices + sum(share * body.shapes[name] for name, share in sliders.items())
    joints = np.einsum("bn,bnc->bc", body.joint_share, skin[body.joint_index])
    root = joints[body.bones.index("root")] * (1, 0, 1)
    ground = np.array([0, skin[:, 1].min(), 0]) + root
    return Figure(load_reference_body().carried(skin - ground), joints - ground)


def stretched(rest: Figure, length: Mapping[str, float], girth: Mapping[str, float]) -> Figure:
    """Other proportions: bones made longer and limbs thicker.

    Parameters
    ----------
    rest : Figure
    length, girth : mapping of bone to factor
        Along the bone toward its first child, and across it; for bones left out, 1.
    """
    body = load_body()
    joints = np.zeros_like(rest.joints)
    scale = np.zeros((len(joints), 3, 3))
    for bone, name in enumerate(body.bones):
        child = next((c for c, parent in enumerate(body.parents) if parent == bone), None)
        along = rest.joints[child] - rest.joints[bone] if child is not None else np.array([0, 1, 0])
        along = along / max(float(np.linalg.norm(along)), 1e-9)
        wide = girth.get(name, 1.0)
        scale[bone] = wide * np.eye(3) + (length.get(name, 1.0) - wide) * np.outer(along, along)
        above = body.parents[bone]
        joints[bone] = rest.joints[bone] if above < 0 else (
            joints[above] + scale[above] @ (rest.joints[bone] - rest.joints[above])
        )
    skin = np.zeros_like(rest.vertices)
    for column in range(body.bone_index.shape[1]):
        bone_of = body.bone_index[:, column]
        moved = joints[bone_of] + np.einsum(
            "vij,vj->vi", scale[bone_of], rest.vertices - rest.joints[bone_of]
        )
        skin += body.bone_weight[:, column, None] * moved
    ground = np.array([0, skin[:, 1].min(), 0])
    return Figure(skin - ground, joints - ground)


def turned(
    rest: Figure, local: Mapping[str, Array], world: Mapping[str, Array], count: int
) -> Array:
    """Bone transforms from rotations (forward kinematics), float64 [T, B, 4, 4].

    Parameters
    ----------
    rest : Figure
    local : mapping of bone to float [T, 3, 3] or [3, 3]
        Rotation relative to the bone above, about the axes of the body at rest.
    world : mapping of bone to float [T, 3, 3] or [3, 3]
        Rotation from rest in the body's frame, whatever the bone above does.
    count : int
        T.
    """
    body = load_body()
    turn = np.zeros((count, len(body.bones), 3, 3))
    place = np.zeros((count, len(body.bones), 3))
    for bone, name in enumerate(body.bones):
        above = body.parents[bone]
        before = turn[:, above] if above >= 0 else np.eye(3)
        if name in world:
            turn[:, bone] = world[name]
        else:
            turn[:, bone] = before @ local.get(name, np.eye(3))
        place[:, bone] = rest.joints[bone]
        if above >= 0:
            reach = rest.joints[bone] - rest.joints[above]
            place[:, bone] = place[:, above] + turn[:, above] @ reach
    return transform(place, turn)


def bind_inverse(rest: Figure) -> Array:
    """Inverse bind transforms float32 [B, 4, 4]: bones stand at their joints, not turned."""
    inverse = np.eye(4)[None].repeat(len(rest.joints), axis=0)
    inverse[:, :3, 3] = -rest.joints
    return inverse.astype(np.float32)
