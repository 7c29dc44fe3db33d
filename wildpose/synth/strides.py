"""How far a body walks in one loop of a motion that was animated on the spot.

A planted foot stands still on the ground, so on the spot it slides backward at walking speed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from wildpose.surface.parts import PARTS
from wildpose.synth.rig import Motion, Rig
from wildpose.types import Array

FEET = ("fingers_left", "fingers_right", "toes_left", "toes_right")
PLANTED_SHARE = 0.5
"""A foot counts as on the ground in the frames, this share of all, in which it is lowest."""
MOVING = ("walk", "run")
"""Beginnings of the names of motions that lead somewhere."""
STANDING_SHARE = 0.1
"""Strides below this share of the body's length are sway, not steps."""


def trajectories(rig: Rig, motion: Motion, rows: Array) -> Array:
    """Places of some vertices over a motion, float32 [T, N, 3]."""
    change = (motion.bones @ rig.bind_inverse)[:, :, :3]
    places = np.zeros((len(change), len(rows), 3), np.float32)
    corners = np.concatenate([rig.vertices[rows], np.ones((len(rows), 1), np.float32)], axis=1)
    for column in range(rig.bone_index.shape[1]):
        moved = np.einsum("tnij,nj->tni", change[:, rig.bone_index[rows, column]], corners)
        places += rig.bone_weight[rows, column, None] * moved
    return places


def stride_of(rig: Rig, motion: Motion, feet: Sequence[str] = FEET) -> float:
    """Metres forward per loop, from the backward slide of planted feet; 0 for a body that stands.

    Parameters
    ----------
    rig : Rig
        With its parts.
    motion : Motion
    feet : sequence of str
        Parts that walk.
    """
    speeds = []
    for name in feet:
        rows = np.flatnonzero(rig.part == PARTS.index(name))
        if len(rows) == 0 or len(motion.bones) < 4:
            continue
        places = trajectories(rig, motion, rows)
        height = places[:, :, 1].min(axis=1)
        forward = places[:, :, 2].mean(axis=1)
        slide = -(np.roll(forward, -1) - np.roll(forward, 1)) / 2  # per frame
        planted = height <= np.quantile(height, PLANTED_SHARE)
        # Toes that point down while they swing forward are as low as planted ones.
        backward = slide[planted & (slide > 0)]
        speeds.append(float(np.median(backward)) if len(backward) else 0.0)
    stride = float(np.mean(speeds)) * len(motion.bones) if speeds else 0.0
    length = float(np.ptp(rig.vertices[:, 2]))
    return stride if stride > STANDING_SHARE * length else 0.0


def with_strides(rig: Rig) -> Rig:
    """The body with the strides of its walks and runs measured; other motions stay on the spot."""
    motions = {
        name: replace(m, stride_m=stride_of(rig, m)) if name.startswith(MOVING) else m
        for name, m in rig.motions.items()
    }
    return replace(rig, motions=motions)
