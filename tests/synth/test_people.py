"""People and apes: on the reference surface, of plausible size, feet on the ground, walking."""

from __future__ import annotations

import numpy as np
import pytest

from wildpose.surface.parts import PARTS
from wildpose.surface.reference import load_reference, load_reference_body
from wildpose.synth.body_model import figure, load_body, turned
from wildpose.synth.figure_motions import HUMAN_WALK, about, cycle, palms, soles
from wildpose.synth.people import ape, ape_figure, person, sample_sliders
from wildpose.synth.rig import Rig, bind_pose, posed


@pytest.fixture(scope="module")
def walker() -> Rig:
    return person(np.random.default_rng(0))


@pytest.fixture(scope="module")
def chimp() -> Rig:
    return ape(np.random.default_rng(0))


def test_the_average_figure_is_the_reference_surface_at_another_scale():
    skin, reference = figure({}).vertices, load_reference().vertices
    scaled = skin * (1.7 / skin[:, 1].max())
    assert np.abs(scaled[:, :2] - reference[:, :2]).max() < 0.003


def test_weights_and_joints_are_sound():
    body = load_body()
    assert np.allclose(body.bone_weight.sum(axis=1), 1, atol=1e-5)
    assert np.allclose(body.joint_share.sum(axis=1), 1, atol=1e-4)
    assert all(parent < bone for bone, parent in enumerate(body.parents))
    joints = dict(zip(body.bones, figure({}).joints, strict=True))
    assert joints["upperarm01.L"][0] > 0.1 > -0.1 > joints["upperarm01.R"][0]
    assert joints["head"][1] > joints["spine01"][1] > joints["lowerleg01.L"][1]


@pytest.mark.parametrize(("slider", "low_m", "high_m"), [
    ("child", 1.0, 1.45), ("height_max", 1.75, 2.45), ("height_min", 1.2, 1.6), ("male", 1.6, 1.8),
    ("old", 1.5, 1.8), ("weight_max", 1.55, 1.8),
])
def test_shapes_have_plausible_heights_and_joints_inside(slider, low_m, high_m):
    rest = figure({slider: 1.0})
    assert low_m < rest.vertices[:, 1].max() < high_m
    assert rest.vertices[:, 1].min() == pytest.approx(0, abs=0.01)
    knee = rest.joints[load_body().bones.index("lowerleg01.L")]
    around = rest.vertices[np.abs(rest.vertices[:, 1] - knee[1]) < 0.03]
    around = around[around[:, 0] > 0]
    assert (around.min(axis=0) < knee).all()
    assert (knee < around.max(axis=0)).all()


def test_heavier_is_wider_and_a_child_is_smaller_all_over():
    def belly(sliders):
        rest = figure(sliders)
        part = load_reference_body().part
        return np.ptp(rest.vertices[part == PARTS.index("belly")], axis=0)[[0, 2]].sum()

    widths = [belly({"weight_min": 1.0}), belly({}), belly({"weight_max": 1.0})]
    assert widths[2] > 1.05 * widths[1] > 1.05 * widths[0]
    assert belly({"child": 1.0}) < 0.9 * belly({})


def test_sampled_shapes_repeat_by_seed_and_vary(walker):
    again = person(np.random.default_rng(0))
    other = person(np.random.default_rng(1))
    assert np.array_equal(walker.vertices, again.vertices)
    assert np.array_equal(walker.face_colour, again.face_colour)
    assert np.abs(walker.vertices - other.vertices).max() > 0.02
    for seed in range(30):
        sliders = sample_sliders(np.random.default_rng(seed))
        assert all(-1 <= value <= 1 for value in sliders.values())


def test_both_share_the_triangles_and_parts_of_the_reference(walker, chimp):
    for rig in (walker, chimp):
        assert np.array_equal(rig.faces, load_reference().faces)
        assert np.array_equal(rig.part, load_reference_body().part)
        assert np.abs(posed(rig, bind_pose(rig)) - rig.vertices).max() < 1e-5
        assert rig.licence == "CC0-1.0"


def test_feet_and_hands_stand_on_the_ground_in_every_motion(walker, chimp):
    limbs = np.concatenate([soles(), palms()])
    for rig in (walker, chimp):
        for name, motion in rig.motions.items():
            for time_s in np.linspace(0, motion.duration_s, 5):
                lowest = posed(rig, name, time_s)[limbs, 1].min()
                assert -0.02 < lowest < 0.02, (rig.name, name)


def test_people_walk_forward_at_walking_speed_and_swing_the_other_arm(walker):
    walk = walker.motions["walk"]
    assert 0.8 < walk.stride_m / walk.duration_s < 2
    at_touch_down = posed(walker, "walk", 0.0)
    toes, fingers = (
        [at_touch_down[walker.part == PARTS.index(f"{part}_{side}"), 2].mean()
         for side in ("left", "right")] for part in ("toes", "fingers")
    )
    assert toes[0] > toes[1] + 0.2
    assert fingers[1] > fingers[0] + 0.1
    assert posed(walker, "crouch")[:, 1].max() < 0.75 * posed(walker, "idle")[:, 1].max()


def test_the_ape_has_long_arms_and_short_legs():
    bones, human, ape_rest = load_body().bones, figure({}), ape_figure(np.random.default_rng(3))

    def length(rest, upper, lower, end):
        a, b, c = (rest.joints[bones.index(f"{name}.L")] for name in (upper, lower, end))
        return np.linalg.norm(b - a) + np.linalg.norm(c - b)

    arm, leg = ("upperarm01", "lowerarm01", "wrist"), ("upperleg01", "lowerleg01", "foot")
    assert length(ape_rest, *arm) / length(ape_rest, *leg) > 1.0
    assert length(human, *arm) / length(human, *leg) < 0.75


def test_the_ape_walks_on_hands_and_feet_with_its_back_aslant(chimp):
    walk = chimp.motions["walk"]
    assert 0.3 < walk.stride_m / walk.duration_s < 1.6
    hands = []
    for time_s in np.linspace(0, walk.duration_s, 12, endpoint=False):
        pose = posed(chimp, walk, time_s)
        hands.append(pose[palms(), 1].min())
        withers, rump = (pose[np.isin(chimp.part, [PARTS.index(n) for n in names])].mean(axis=0)
                         for names in (("withers",), ("rump_left", "rump_right")))
        lean = np.degrees(np.arctan2(withers[1] - rump[1], withers[2] - rump[2]))
        assert 5 < lean < 70
    assert max(hands) < 0.08  # one hand at least is on or near the ground


def test_a_cycle_passes_through_its_angles_and_closes():
    angles = HUMAN_WALK["knee"]
    assert np.allclose(cycle(angles, count=8), angles)
    assert np.allclose(cycle(angles, 0.5, 8), np.roll(angles, 4))


def test_a_turned_bone_takes_along_what_hangs_on_it():
    rest, body = figure({}), load_body()
    bones = turned(rest, {"upperarm01.L": about((0, 0, 1), 30.0)}, {}, 1)[0]
    arm = ("upperarm01", "lowerarm01", "wrist")
    shoulder, elbow, hand = (body.bones.index(f"{name}.L") for name in arm)
    assert np.allclose(bones[shoulder, :3, 3], rest.joints[shoulder])
    for joint in (elbow, hand):
        before = np.linalg.norm(rest.joints[joint] - rest.joints[shoulder])
        assert np.linalg.norm(bones[joint, :3, 3] - bones[shoulder, :3, 3]) == pytest.approx(before)
        assert bones[joint, 1, 3] > rest.joints[joint, 1]  # raised
    other = body.bones.index("wrist.R")
    assert np.allclose(bones[other, :3, 3], rest.joints[other])
