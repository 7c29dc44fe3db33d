"""How people walk, stand and crouch, and how apes walk on their knuckles: angles over one cycle.

Angles are degrees at equal steps of a cycle that begins with the left foot's touch-down; between
them runs a periodic cubic spline, and the right side is half a cycle late. The values are round
numbers of our own, drawn after the known shape of human and ape gait (hip and knee flexion in the
sagittal plane). Positive: hip and shoulder swing the limb forward, knee and elbow bend it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from wildpose.surface.parts import PARTS
from wildpose.surface.reference import load_reference_body
from wildpose.synth.body_model import Figure, bind_inverse, load_body, turned
from wildpose.synth.rig import Motion, Rig
from wildpose.synth.rotations import rotation_about
from wildpose.synth.strides import trajectories
from wildpose.types import Array

FRAMES = 24
"""Of one walking cycle."""
ARM_HANGS_DEG = 42.0
"""Turn about z that lets the arms of the A-pose hang down."""
X, Y, Z = (1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)
Angles = Mapping[str, Sequence[float]]
HUMAN_WALK: Angles = {
    "hip": (24, 20, 10, -4, -14, -10, 10, 24),
    "knee": (6, 16, 12, 6, 16, 48, 60, 22),
    "foot": (14, 0, 0, 0, -16, -50, -30, 6),
    "shoulder": (-22, -18, -4, 10, 18, 16, 4, -14),
    "elbow": (-25, -22, -16, -8, -6, -10, -16, -22),
}
APE_WALK: Angles = {
    "hip": (62, 55, 42, 28, 16, 22, 46, 64),
    "knee": (48, 58, 56, 50, 52, 78, 88, 62),
    "foot": (6, 0, 0, 0, -16, -46, -30, 4),
    "shoulder": (16, 12, 4, -6, -16, -12, 8, 18),
    "elbow": (-36, -38, -40, -40, -34, -8, -4, -30),
}
"""The elbow counts from the bend of the A-pose, about 43 degrees: -43 is straight."""


def cycle(angles: Sequence[float], late: float = 0.0, count: int = FRAMES) -> Array:
    """Angles over a cycle, float64 [count], degrees.

    Parameters
    ----------
    angles : sequence of float
        At equal steps from the start of the cycle.
    late : float
        Share of a cycle by which this limb lags behind.
    count : int
    """
    from scipy.interpolate import CubicSpline

    closed = [*angles, angles[0]]
    spline = CubicSpline(np.linspace(0, 1, len(closed)), closed, bc_type="periodic")
    return np.asarray(spline((np.arange(count) / count - late) % 1.0))


def about(axis: Array | tuple[float, float, float], degrees: Array | float) -> Array:
    """Rotations about an axis by degrees."""
    return rotation_about(np.asarray(axis, np.float64), np.radians(degrees))


def hinge(rest: Figure, bones: tuple[str, str, str]) -> Array:
    """Axis about which a joint bends further: across the two segments between three joints."""
    start, middle, end = (rest.joints[load_body().bones.index(bone)] for bone in bones)
    axis = np.cross(middle - start, end - middle)
    return np.asarray(axis / np.linalg.norm(axis))


def limbs(rest: Figure, tables: Angles, hand_late: float) -> dict[str, Array]:
    """World rotations of both legs and arms over a walking cycle.

    Parameters
    ----------
    rest : Figure
    tables : mapping of str to angles
        As ``HUMAN_WALK``.
    hand_late : float
        Share of a cycle between a foot's touch-down and that of the hand on its side.
    """
    world = {}
    for side, sign, late in (("L", 1, 0.0), ("R", -1, 0.5)):
        hip, knee, foot = (cycle(tables[name], late) for name in ("hip", "knee", "foot"))
        world[f"upperleg01.{side}"] = about(X, -hip)
        world[f"lowerleg01.{side}"] = about(X, knee - hip)
        world[f"foot.{side}"] = about(X, -foot)
        world[f"toe1-1.{side}"] = about(X, -np.maximum(foot, -8))
        shoulder, elbow = (cycle(tables[n], late + hand_late) for n in ("shoulder", "elbow"))
        upper = about(X, -shoulder) @ about(Z, -sign * ARM_HANGS_DEG)
        axis = hinge(rest, (f"upperarm01.{side}", f"lowerarm01.{side}", f"wrist.{side}"))
        world[f"upperarm01.{side}"] = upper
        world[f"lowerarm01.{side}"] = upper @ about(axis, elbow)
    return world


def fists(rest: Figure, degrees: tuple[float, float, float]) -> dict[str, Array]:
    """Local rotations that bend the four fingers at their three joints."""
    local = {}
    for side in "LR":
        axes = [
            hinge(rest, (f"finger{f}-1.{side}", f"finger{f}-2.{side}", f"finger{f}-3.{side}"))
            for f in (2, 3, 4, 5)
        ]
        axis = np.mean(axes, axis=0)
        for finger in (2, 3, 4, 5):
            for joint, angle in enumerate(degrees, 1):
                local[f"finger{finger}-{joint}.{side}"] = about(axis, angle)
    return local


def grounded(rest: Figure, rotations: tuple[dict[str, Array], dict[str, Array]], count: int,
             rate: float) -> Motion:
    """A motion whose lowest point of hands and feet stands on the ground in every frame.

    Parameters
    ----------
    rest : Figure
    rotations : (local, world)
        As for ``turned``.
    count : int
        Frames.
    rate : float
        Frames per second.
    """
    bones = turned(rest, *rotations, count)
    motion = Motion(bones.astype(np.float32), rate)
    places = trajectories(plain_rig(rest), motion, np.concatenate([soles(), palms()]))
    bones[:, :, 1, 3] -= places[:, :, 1].min(axis=1)[:, None]
    return Motion(bones.astype(np.float32), rate)


def soles() -> Array:
    """Rows of the vertices of both feet."""
    return _rows("instep", "toes")


def palms() -> Array:
    """Rows of the vertices of both hands."""
    return _rows("palm", "fingers")


def _rows(*names: str) -> Array:
    wanted = [PARTS.index(f"{name}_{side}") for name in names for side in ("left", "right")]
    return np.flatnonzero(np.isin(load_reference_body().part, wanted))


def plain_rig(rest: Figure) -> Rig:
    """The figure as a body without looks and motions."""
    body, reference = load_body(), load_reference_body()
    return Rig(
        name="person",
        species="human",
        vertices=rest.vertices.astype(np.float32),
        faces=reference.surface.faces,
        bone_names=body.bones,
        bind_inverse=bind_inverse(rest),
        bone_index=body.bone_index,
        bone_weight=body.bone_weight,
        part=reference.part,
    )
