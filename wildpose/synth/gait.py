"""Walk, trot, run, idle and feeding of a quadruped, with feet that stay where they stand.

Footfalls as Hildebrand counts them (Symmetrical gaits of horses, Science 150, 1965): for each foot
the moment of its fall as a share of the stride after the left hind foot, and the duty factor, the
share of the stride that it stands. While it stands, a foot moves backward under the body exactly
as fast as the body moves forward. Speeds follow from the length of the legs at equal Froude number
``speed^2 / (g leg)`` (Alexander and Jayes, A dynamic similarity hypothesis, J. Zool. 201, 1983).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from wildpose.synth.anatomy import TAIL, Skeleton
from wildpose.synth.posing import LEGS, Carriage, Footing, posed_bones, turn
from wildpose.synth.rig import Motion
from wildpose.types import Array

RATE = 25.0
"""Frames per second of the motions, about; a loop is a whole number of frames."""
_GRAVITY = 9.81
_PAUSE_S = 4.0
_FULL_REACH = 0.995


@dataclass(frozen=True)
class Gait:
    """A way of moving on.

    Attributes
    ----------
    falls : mapping of str to float
        Share of the stride at which each foot of ``LEGS`` comes down.
    duty : float
        Share of the stride that a foot stands.
    froude : float
    stride : float
        Length of a stride in lengths of the leg.
    lift : float
        How high feet are lifted, in lengths of the leg.
    bob, nod_deg, spine_deg : float
        Up and down of the trunk in lengths of the leg, nodding of the neck, bending of the spine.
    """

    falls: Mapping[str, float]
    duty: float
    froude: float
    stride: float
    lift: float
    bob: float
    nod_deg: float
    spine_deg: float


def _falls(hind_left: float, fore_left: float, hind_right: float, fore_right: float
           ) -> dict[str, float]:
    return {"hind_left": hind_left, "fore_left": fore_left,
            "hind_right": hind_right, "fore_right": fore_right}


GAITS: Mapping[str, Gait] = {
    "walk": Gait(_falls(0.0, 0.25, 0.5, 0.75), 0.65, 0.12, 1.35, 0.10, 0.008, 2.5, 0.0),
    "trot": Gait(_falls(0.0, 0.5, 0.5, 0.0), 0.48, 0.65, 1.75, 0.15, 0.020, 1.0, 0.0),
    "run": Gait(_falls(0.0, 0.56, 0.10, 0.44), 0.28, 2.60, 3.00, 0.22, 0.035, 4.0, 9.0),
}


def motions_of(skeleton: Skeleton, rng: np.random.Generator) -> dict[str, Motion]:
    """All motions of a skeleton: ``idle``, ``walk``, ``trot``, ``run`` and ``feed``.

    Parameters
    ----------
    skeleton : Skeleton
    rng : numpy.random.Generator
        Draws how lively head, ears and tail are.

    Returns
    -------
    dict of str to Motion
    """
    liveliness = float(rng.uniform(0.5, 1.4))
    moving = {name: moving_on(skeleton, gait, liveliness) for name, gait in GAITS.items()}
    return {"idle": idle(skeleton, liveliness), **moving, "feed": feed(skeleton, liveliness)}


def leg_length(skeleton: Skeleton) -> float:
    """Height of the hip joints over the ground, metres."""
    return float(skeleton.head("thigh_left")[1])


def moving_on(skeleton: Skeleton, gait: Gait, liveliness: float = 1.0) -> Motion:
    """One stride of a gait.

    The trunk is lowered, then the stride shortened, until every leg reaches every foothold.

    Parameters
    ----------
    skeleton : Skeleton
    gait : Gait
    liveliness : float
        Factor of what head and tail do.

    Returns
    -------
    Motion
    """
    leg = leg_length(skeleton)
    speed = float(np.sqrt(gait.froude * _GRAVITY * leg))
    for shorter in 0.92 ** np.arange(20):
        stride = gait.stride * leg * float(shorter)
        frames = max(round(RATE * stride / speed), 10)
        for lower in (0.0, 0.03, 0.06):
            carriage = _going(skeleton, gait, (stride, lower * leg, liveliness), frames)
            bones, reach = posed_bones(skeleton, carriage)
            if reach <= _FULL_REACH:
                break
        if reach <= _FULL_REACH:
            break
    return Motion(bones.astype(np.float32), frames * speed / stride, stride)


def idle(skeleton: Skeleton, liveliness: float = 1.0) -> Motion:
    """Stand, look round, breathe, swish the tail."""
    frames, phase = _pause()
    leg = leg_length(skeleton)
    shift = np.stack([0.008 * np.sin(phase), 0.006 * (np.cos(2 * phase) - 2), 0 * phase], 1) * leg
    look = 0.35 * liveliness * np.sin(phase + 0.8 * np.sin(phase))
    turns = {"neck1": turn("y", 0.5 * look) @ turn("x", 0.05 * np.sin(2 * phase)),
             "head": turn("y", look) @ turn("x", 0.06 * np.sin(phase + 1)),
             **_tail(phase, 0.16 * liveliness), **_ears(phase, 0.25 * liveliness)}
    return _on_the_spot(skeleton, Carriage(shift, _standing(skeleton, frames), turns))


def feed(skeleton: Skeleton, liveliness: float = 1.0) -> Motion:
    """Stand with the nose near the ground and nibble."""
    _, phase = _pause()
    low, high = 0.0, 1.0
    target = 0.07 * leg_length(skeleton)
    for _ in range(12):
        middle = (low + high) / 2
        still = _head_down(skeleton, middle, np.zeros(1), 0.0)
        if _nose_height(skeleton, still) > target:
            low = middle
        else:
            high = middle
    carriage = _head_down(skeleton, low, phase, liveliness)
    return _on_the_spot(skeleton, carriage)


def _pause() -> tuple[int, Array]:
    frames = round(RATE * _PAUSE_S)
    return frames, 2 * np.pi * np.arange(frames) / frames


def _on_the_spot(skeleton: Skeleton, carriage: Carriage) -> Motion:
    bones, _ = posed_bones(skeleton, carriage)
    return Motion(bones.astype(np.float32), RATE)


def _standing(skeleton: Skeleton, frames: int) -> dict[str, Footing]:
    still = np.zeros(frames)
    return {leg: Footing(np.tile(skeleton.head(bones[3]), (frames, 1)), still, still)
            for leg, bones in LEGS.items()}


def _head_down(skeleton: Skeleton, depth: float, phase: Array, liveliness: float) -> Carriage:
    """Neck and trunk lowered, from 0 (not at all) to 1 (as far as it goes)."""
    frames = len(phase)
    nibble = liveliness * (0.04 * np.sin(4 * phase) + 0.03 * np.sin(7 * phase))
    sweep = 0.16 * liveliness * np.sin(phase)
    crouch = max(0.0, depth - 0.5) * 2
    leg = leg_length(skeleton)
    shift = np.tile([0.0, -0.04 * leg * crouch - 0.004 * leg, 0.0], (frames, 1))
    turns = {"pelvis": turn("x", np.full(frames, 0.10 * crouch)),
             "chest": turn("x", np.full(frames, 0.12 * crouch)),
             "neck1": turn("y", sweep) @ turn("x", np.full(frames, 1.25 * depth)),
             "neck2": turn("x", np.full(frames, 0.65 * depth)),
             "head": turn("x", 0.35 * min(2 * depth, 1) - 0.4 * crouch + nibble),
             **_tail(phase, 0.14 * liveliness), **_ears(2 * phase, 0.2 * liveliness)}
    return Carriage(shift, _standing(skeleton, frames), turns)


def _nose_height(skeleton: Skeleton, carriage: Carriage) -> float:
    bones, _ = posed_bones(skeleton, carriage)
    head = bones[0, skeleton.row("head")]
    nose = head[:3, :3] @ (skeleton.tips["head"] - skeleton.head("head")) + head[:3, 3]
    return float(nose[1])


def _going(
    skeleton: Skeleton, gait: Gait, measure: tuple[float, float, float], frames: int
) -> Carriage:
    stride, lower, liveliness = measure
    phase = 2 * np.pi * np.arange(frames) / frames
    leg = leg_length(skeleton)
    beats = 1 if gait.spine_deg else 2
    bob = gait.bob * leg * np.cos(beats * phase - 2 * np.pi * gait.duty * beats / 2)
    shift = np.stack([0.006 * leg * np.sin(phase), -bob - gait.bob * leg - lower, 0 * phase], 1)
    spine, nod = np.radians(gait.spine_deg), np.radians(gait.nod_deg) * liveliness
    bend = spine * np.sin(phase + 0.6)
    sway = 0.05 * np.sin(phase) * (not gait.spine_deg)
    turns = {"pelvis": turn("y", -0.5 * sway) @ turn("x", -0.5 * bend),
             "loin": turn("y", 0.5 * sway) @ turn("x", 0.5 * bend),
             "chest": turn("y", 0.7 * sway) @ turn("x", 0.5 * bend),
             "neck1": turn("y", -0.7 * sway) @ turn("x", nod * np.sin(beats * phase) - 0.5 * bend),
             "head": turn("x", -0.8 * nod * np.sin(beats * phase)),
             **_tail(phase, 0.10 * liveliness), **_ears(phase, 0.08 * liveliness)}
    feet = {name: _footing(skeleton, name, gait, stride, np.arange(frames) / frames)
            for name in LEGS}
    for side in ("left", "right"):
        turns[f"shoulder_{side}"] = turn("x", 0.3 * _lean(skeleton, f"fore_{side}", feet))
    return Carriage(shift, feet, turns)


def _lean(skeleton: Skeleton, leg: str, feet: Mapping[str, Footing]) -> Array:
    """How far a leg points backward against rest, radians [T]."""
    top, foot = skeleton.head(LEGS[leg][0]), skeleton.head(LEGS[leg][3])
    lean: Array = np.arctan2(foot[2] - feet[leg].ball[:, 2], top[1] - foot[1])
    return lean


def _footing(skeleton: Skeleton, name: str, gait: Gait, stride: float, share: Array) -> Footing:
    """Path of one foot: back with the ground while it stands, then up and forward."""
    bones = LEGS[name]
    leg, foot = leg_length(skeleton), skeleton.head(bones[3])
    toe = float(np.linalg.norm(skeleton.tips[bones[3]] - foot))
    since = (share - gait.falls[name]) % 1.0
    standing = since < gait.duty
    half = stride * gait.duty / 2
    swing = np.clip((since - gait.duty) / (1 - gait.duty), 0.0, 1.0)
    forward = np.where(standing, half * (1 - 2 * since / gait.duty),
                       _swung(swing, half, stride * (1 - gait.duty)))
    bump = np.where(standing, 0.0, np.sin(np.pi * swing) ** 2)
    fold = 0.9 if name.startswith("fore") else 0.55
    early = np.where(standing, 0.0, np.sin(np.pi * np.sqrt(swing)) ** 2)
    ball = np.tile(foot, (len(share), 1))
    ball[:, 2] += forward
    ball[:, 1] += max(gait.lift * leg, 0.9 * toe) * bump
    lean = 0.6 * np.arctan2(-forward, leg) + fold * np.sqrt(gait.lift / 0.22) * early
    return Footing(ball, lean, 0.75 * bump)


def _swung(swing: Array, half: float, drift: float) -> Array:
    """From ``-half`` to ``half``, leaving and landing as fast as the ground goes (Hermite)."""
    s = swing
    start, end = 2 * s**3 - 3 * s**2 + 1, -2 * s**3 + 3 * s**2
    slopes = (s**3 - 2 * s**2 + s) + (s**3 - s**2)
    swung: Array = -half * start + half * end - drift * slopes
    return swung


def _tail(phase: Array, swing_rad: float) -> dict[str, Array]:
    """A wave that runs down the tail."""
    return {bone: turn("y", swing_rad * (1 + 0.5 * i) * np.sin(phase - 0.7 * i))
            @ turn("x", 0.3 * swing_rad * np.sin(2 * phase - 0.7 * i))
            for i, bone in enumerate(TAIL)}


def _ears(phase: Array, turn_rad: float) -> dict[str, Array]:
    return {"ear_left": turn("y", turn_rad * np.sin(phase)),
            "ear_right": turn("y", turn_rad * np.sin(phase + 2.0))}
