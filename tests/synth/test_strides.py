"""Strides from the slide of planted feet: exact for a made-up walk, none for one that stands."""

from __future__ import annotations

import numpy as np
import pytest

from wildpose.surface.parts import PARTS
from wildpose.synth.cc0_animals import load_committed
from wildpose.synth.rig import Motion, Rig, posed
from wildpose.synth.rotations import transform
from wildpose.synth.strides import stride_of, trajectories, with_strides

FRAMES, STANCE, STRIDE_M = 24, 14, 0.9


def hopping_foot() -> tuple[Rig, Motion]:
    """One foot: planted it slides back at STRIDE_M per loop, then it swings forward in the air."""
    phase = np.arange(FRAMES)
    back = -STRIDE_M * np.minimum(phase, STANCE) / FRAMES
    swing = np.clip((phase - STANCE) / (FRAMES - STANCE), 0, 1)
    move = np.zeros((FRAMES, 1, 3))
    move[:, 0, 2] = back + swing * STRIDE_M * STANCE / FRAMES
    move[:, 0, 1] = 0.1 * np.sin(np.pi * swing)
    rig = Rig(
        name="foot", species="foot", bone_names=("foot",),
        vertices=np.array([[0, 0, 0], [0.1, 0, 0], [0, 0, 0.5]], np.float32),
        faces=np.array([[0, 1, 2]], np.int32), bind_inverse=np.eye(4, dtype=np.float32)[None],
        bone_index=np.zeros((3, 1), np.int32), bone_weight=np.ones((3, 1), np.float32),
        part=np.full(3, PARTS.index("toes_left"), np.int8),
    )
    return rig, Motion(transform(move, np.broadcast_to(np.eye(3), (FRAMES, 1, 3, 3))), 24.0)


def test_the_stride_of_a_planted_foot_is_found():
    assert stride_of(*hopping_foot()) == pytest.approx(STRIDE_M, rel=0.02)


def test_who_sways_does_not_walk():
    wolf = load_committed("wolf")
    assert stride_of(wolf, wolf.motions["idle"]) == 0
    assert with_strides(wolf).motions["feed"].stride_m == 0


def test_paths_are_those_of_the_posed_vertices():
    fox = load_committed("fox")
    rows = np.array([0, 17, 400])
    motion = fox.motions["run"]
    paths = trajectories(fox, motion, rows)
    assert np.abs(paths[5] - posed(fox, motion, 5 / motion.rate)[rows]).max() < 1e-5
