"""Stored bodies: small, nearly exact, and a broken file is named."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from wildpose.errors import DataError
from wildpose.synth.cc0_animals import load_committed
from wildpose.synth.rig import posed
from wildpose.synth.rig_files import read_rig, save_rig
from wildpose.synth.rotations import transform


def test_a_body_comes_back_to_a_tenth_of_a_millimetre(tmp_path):
    horse = load_committed("horse")
    save_rig(horse, tmp_path / "horse.npz")
    back = read_rig(tmp_path / "horse.npz")
    assert back.bone_names == horse.bone_names
    assert np.array_equal(back.faces, horse.faces)
    assert np.array_equal(back.part, horse.part)
    assert np.array_equal(back.face_colour, horse.face_colour)
    for name, motion in horse.motions.items():
        assert back.motions[name].stride_m == motion.stride_m
        assert np.abs(posed(back, name, 0.37) - posed(horse, name, 0.37)).max() < 3e-4


def test_a_scale_in_the_bones_moves_into_the_bind_pose(tmp_path):
    fox = load_committed("fox")
    half = transform(np.zeros(3), np.eye(3), 0.5).astype(np.float32)
    motions = {n: replace(m, bones=m.bones @ half) for n, m in fox.motions.items()}
    scaled = replace(fox, motions=motions, bind_inverse=np.linalg.inv(half) @ fox.bind_inverse)
    save_rig(scaled, tmp_path / "fox.npz")
    back = read_rig(tmp_path / "fox.npz")
    assert np.allclose(np.linalg.det(back.motions["walk"].bones[:, :, :3, :3]), 1, atol=1e-3)
    assert np.abs(posed(back, "walk", 0.2) - posed(fox, "walk", 0.2)).max() < 3e-4


def test_a_missing_or_broken_file_is_named(tmp_path):
    (tmp_path / "bad.npz").write_bytes(b"no zip")
    for name in ("bad.npz", "none.npz"):
        with pytest.raises(DataError, match=name.replace(".", r"\.")):
            read_rig(tmp_path / name)
