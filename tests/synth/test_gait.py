"""Gaits: feet fall in order, stay where they stand, and every motion closes its loop."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wildpose.surface.parts import PARTS
from wildpose.synth.anatomy import skeleton_of
from wildpose.synth.gait import GAITS, leg_length, motions_of, moving_on
from wildpose.synth.posing import LEGS, Carriage, Footing, posed_bones, turn
from wildpose.synth.proportions import KINDS, random_proportions
from wildpose.synth.quadruped import quadruped
from wildpose.synth.rig import posed

FEET = {leg: bones[3] for leg, bones in LEGS.items()}


@cache
def skeleton(kind: str):
    return skeleton_of(KINDS[kind])


@cache
def motions(kind: str):
    return motions_of(skeleton(kind), np.random.default_rng(0))


def foot_path(kind: str, name: str, leg: str) -> np.ndarray:
    """Joint above the toes in the frame of the ground, [T, 3]."""
    motion = motions(kind)[name]
    path = motion.bones[:, skeleton(kind).row(FEET[leg]), :3, 3].astype(np.float64)
    path[:, 2] += motion.stride_m * np.arange(len(path)) / len(path)
    return path


def standing(kind: str, name: str, leg: str) -> np.ndarray:
    share = np.arange(len(motions(kind)[name].bones)) / len(motions(kind)[name].bones)
    return (share - GAITS[name].falls[leg]) % 1 < GAITS[name].duty


@pytest.mark.parametrize("leg", LEGS)
@pytest.mark.parametrize("name", GAITS)
@pytest.mark.parametrize("kind", KINDS)
def test_a_foot_that_stands_stays_on_its_place(kind, name, leg):
    path, stands = foot_path(kind, name, leg), standing(kind, name, leg)
    fall = int(np.flatnonzero(stands & ~np.roll(stands, 1))[0])
    stride = motions(kind)[name].stride_m
    rows = (fall + np.arange(len(path))) % len(path)
    place = path[rows] + np.outer(rows < fall, [0, 0, stride])
    held = place[stands[rows]]
    assert len(held) >= 2
    assert np.ptp(held, axis=0).max() < 0.001
    assert path[~stands, 1].min() >= held[0, 1]  # and others are off the ground


@pytest.mark.parametrize("kind", KINDS)
def test_feet_fall_in_the_order_of_the_gait(kind):
    def order(name: str) -> list[str]:
        falls = []
        for leg in LEGS:
            stands = standing(kind, name, leg)
            falls.append((int(np.flatnonzero(stands & ~np.roll(stands, 1))[0]), leg))
        return [leg for _, leg in sorted(falls)]

    # lateral sequence: the hind foot, then the fore foot of the same side
    assert order("walk") == ["hind_left", "fore_left", "hind_right", "fore_right"]
    assert {*order("trot")[:2]} == {"hind_left", "fore_right"}  # diagonal pairs together
    assert {*order("run")[:2]} == {"hind_left", "hind_right"}  # hind feet, then fore feet


@pytest.mark.parametrize("kind", KINDS)
def test_a_walk_always_has_feet_on_the_ground_and_a_run_flies(kind):
    def grounded(name: str) -> np.ndarray:
        return np.sum([standing(kind, name, leg) for leg in LEGS], axis=0)

    assert grounded("walk").min() >= 2
    assert grounded("run").min() == 0


@pytest.mark.parametrize("kind", KINDS)
def test_faster_gaits_are_faster_and_larger_animals_too(kind):
    speed = {name: motions(kind)[name].stride_m / motions(kind)[name].duration_s for name in GAITS}
    assert speed["walk"] < speed["trot"] < speed["run"]
    froude = speed["walk"] ** 2 / (9.81 * leg_length(skeleton(kind)))
    assert froude == pytest.approx(GAITS["walk"].froude, rel=1e-6)
    for name in ("idle", "feed"):
        assert motions(kind)[name].stride_m == 0


@pytest.mark.parametrize("name", [*GAITS, "idle", "feed"])
@pytest.mark.parametrize("kind", KINDS)
def test_the_last_frame_leads_into_the_first(kind, name):
    place = motions(kind)[name].bones[..., :3, 3]
    step = np.linalg.norm(np.roll(place, -1, axis=0) - place, axis=2).max(axis=1)
    assert step[-1] <= 1.5 * np.sort(step)[-3] + 1e-6


@pytest.mark.parametrize("name", [*GAITS, "idle", "feed"])
@pytest.mark.parametrize("kind", KINDS)
def test_bones_turn_and_move_but_never_stretch(kind, name):
    bones = motions(kind)[name].bones.astype(np.float64)
    turned = bones[..., :3, :3]
    np.testing.assert_allclose(turned @ turned.swapaxes(-1, -2) - np.eye(3), 0, atol=1e-5)
    assert np.linalg.det(turned).min() > 0
    frame = skeleton(kind)
    for row, parent in enumerate(frame.parents):
        if parent < 0 or frame.names[row] in FEET.values():
            continue
        carried = bones[:, parent, :3, 3] + turned[:, parent] @ (frame.heads[row]
                                                                 - frame.heads[parent])
        np.testing.assert_allclose(bones[:, row, :3, 3], carried, atol=2e-5)


@pytest.mark.parametrize("kind", KINDS)
def test_feet_hang_on_their_legs(kind):
    frame = skeleton(kind)
    for motion in motions(kind).values():
        for upper, _, lead, foot in LEGS.values():
            bones = motion.bones.astype(np.float64)
            row = frame.row(lead)
            carried = bones[:, row, :3, 3] + bones[:, row, :3, :3] @ (frame.head(foot)
                                                                     - frame.head(lead))
            np.testing.assert_allclose(bones[:, frame.row(foot), :3, 3], carried, atol=1e-5)
            assert (bones[:, frame.row(upper), 1, 3] > 0).all()


@pytest.mark.parametrize("kind", KINDS)
def test_a_feeding_head_is_down_and_an_idle_one_is_up(kind):
    frame = skeleton(kind)

    def nose(name: str) -> float:
        head = motions(kind)[name].bones[:, frame.row("head")]
        tip = head[:, :3, :3] @ (frame.tips["head"] - frame.head("head")) + head[:, :3, 3]
        return float(tip[:, 1].max())

    height = leg_length(frame)
    assert nose("feed") < 0.35 * height
    assert nose("idle") > nose("feed") + 0.3 * height


def test_a_rest_carriage_is_the_rest_pose():
    frame = skeleton("fox")
    still = np.zeros(1)
    feet = {leg: Footing(frame.head(foot)[None], still, still) for leg, foot in FEET.items()}
    bones, reach = posed_bones(frame, Carriage(np.zeros((1, 3)), feet))
    np.testing.assert_allclose(bones[0, :, :3, :3] - np.eye(3), 0, atol=1e-9)
    np.testing.assert_allclose(bones[0, :, :3, 3], frame.heads, atol=1e-9)
    assert reach < 1


def test_positive_turns_lower_the_front_and_look_left():
    forward = np.array([0.0, 0, 1])
    assert (turn("x", np.array([0.5]))[0] @ forward)[1] < 0
    assert (turn("y", np.array([0.5]))[0] @ forward)[0] > 0


@given(st.integers(0, 10_000))
@settings(max_examples=10, deadline=None)
def test_any_animal_reaches_its_footholds(seed):
    frame = skeleton_of(random_proportions(np.random.default_rng(seed)))
    for gait in GAITS.values():
        motion = moving_on(frame, gait)
        for upper, _, lead, foot in LEGS.values():
            bones = motion.bones.astype(np.float64)
            row = frame.row(lead)
            held = bones[:, row, :3, 3] + bones[:, row, :3, :3] @ (frame.head(foot)
                                                                  - frame.head(lead))
            np.testing.assert_allclose(bones[:, frame.row(foot), :3, 3], held, atol=1e-4)
            arm = np.linalg.norm(bones[:, frame.row(upper), :3, 3] - bones[:, row, :3, 3], axis=1)
            assert np.isfinite(arm).all()


def test_soles_of_a_skinned_animal_do_not_slide_either():
    rig = quadruped(2, "fox")
    motion, leg = rig.motions["walk"], "hind_left"
    number = PARTS.index("toes_left")
    sole = np.flatnonzero((rig.part == number) & (rig.vertices[:, 1] < 0.012))
    times = np.arange(40) / 40 * motion.duration_s
    stands = (times / motion.duration_s - GAITS["walk"].falls[leg]) % 1 < GAITS["walk"].duty * 0.95
    places = []
    for time_s in times[stands]:
        vertices = posed(rig, motion, float(time_s))[sole].astype(np.float64)
        vertices[:, 2] += motion.stride_m * time_s / motion.duration_s
        places.append(vertices)
    drift = np.linalg.norm(np.array(places) - places[0], axis=2).max(axis=0)
    assert np.median(drift) < 0.003
