"""Ways of bodies: as fast as their feet, through their anchor, without jumps."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wildpose.synth.cc0_animals import load_committed
from wildpose.synth.paths import Anchor, body_at, draw_path, placed_body
from wildpose.synth.rig import Motion

WALK = {"walk": Motion(np.zeros((10, 1, 4, 4), np.float32), 10.0, 0.8)}


@given(st.integers(0, 1000), st.floats(0.5, 2.0))
@settings(max_examples=15, deadline=None)
def test_a_body_moves_as_far_as_its_feet_do(seed, scale):
    anchor = Anchor(0.0, 0.0, 3.0, 0.0)
    path = draw_path(np.random.default_rng(seed), WALK, scale, anchor, 3.0)
    steps = np.hypot(*np.diff(path.place, axis=0).T) / np.diff(path.times)
    tempo = path.bouts[0].tempo
    assert np.allclose(steps, 0.8 * scale * tempo, rtol=1e-3)


@given(st.integers(0, 1000), st.floats(-2, 5), st.floats(-3, 3))
@settings(max_examples=15, deadline=None)
def test_the_path_leads_through_its_anchor(seed, time_s, heading):
    rng = np.random.default_rng(seed)
    path = draw_path(rng, WALK, 1.0, Anchor(time_s, 1.5, 4.0, heading), 4.0)
    at = path.at(time_s)
    assert (at.x, at.z) == pytest.approx((1.5, 4.0), abs=0.02)
    assert at.heading_rad == pytest.approx(heading, abs=0.02)
    assert path.times[0] <= 0
    assert path.times[-1] >= 4.0


def test_bodies_go_where_they_look():
    path = draw_path(np.random.default_rng(1), WALK, 1.0, Anchor(0, 0, 0, 0.7), 2.0)
    way = np.diff(path.place, axis=0)
    looks = np.stack([np.sin(path.heading_rad[1:]), np.cos(path.heading_rad[1:])], 1)
    assert ((way * looks).sum(1) / np.hypot(*way.T) > 0.999).all()


def test_a_quarter_turn_brings_the_nose_from_z_to_x():
    nose = np.array([[0.0, 0.5, 1.0]])
    assert placed_body(nose, Anchor(0, 2, 3, np.pi / 2))[0] == pytest.approx([3.0, 0.5, 3.0])


def test_poses_melt_into_each_other():
    rig = load_committed("fox")
    path = draw_path(np.random.default_rng(4), rig.motions, 1.0, Anchor(0, 0, 5, 1.0), 8.0)
    assert len({b.motion for b in path.bouts}) > 1
    times = np.arange(0, 8, 1 / 30)
    poses = [body_at(rig, path, 1.0, float(t)) for t in times]
    jumps = [np.linalg.norm(b - a, axis=1).max() for a, b in pairwise(poses)]
    # a paw in full run moves some 6 m/s
    assert max(jumps) < 10 / 30
