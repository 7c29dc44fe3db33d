"""Quadrupeds of our own: closed, the same on both sides, with parts and bones where they belong."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from wildpose.errors import UsageError
from wildpose.surface.parts import MIRROR, PARTS
from wildpose.synth.anatomy import joints_of, skeleton_of
from wildpose.synth.capsules import Capsule, body_distance, capsule_distance, smooth_minimum
from wildpose.synth.isosurface import extract, is_sphere
from wildpose.synth.proportions import KINDS, blended, random_proportions
from wildpose.synth.quadruped import body_mesh, quadruped

SEEDS = ((1, "rat"), (2, "fox"), (3, "deer"), (4, "boar"), (5, "bear"))


@cache
def animal(seed: int, kind: str | None = None):
    return quadruped(seed, kind)


def edges_of(faces):
    return np.sort(faces[:, [[0, 1], [1, 2], [2, 0]]].reshape(-1, 2), axis=1)


def volume(vertices, faces) -> float:
    a, b, c = vertices[faces].astype(np.float64).transpose(1, 0, 2)
    return float(np.einsum("fi,fi->", a, np.cross(b, c)) / 6)


def partner_of(vertices):
    """The vertex at each vertex's mirrored place, and how far off it is."""
    from scipy.spatial import cKDTree

    away, partner = cKDTree(vertices).query(vertices * [-1, 1, 1])
    return partner, away


@pytest.mark.parametrize(("seed", "kind"), SEEDS)
def test_the_skin_is_one_closed_piece_of_a_few_thousand_triangles(seed, kind):
    rig = animal(seed, kind)
    uses = np.unique(edges_of(rig.faces), axis=0, return_counts=True)[1]
    assert (uses == 2).all()
    count = len(rig.vertices)
    links = sparse.coo_matrix((np.ones(len(rig.faces) * 3), edges_of(rig.faces).T), (count, count))
    assert connected_components(links, directed=False)[0] == 1
    assert count - len(uses) + len(rig.faces) == 2  # Euler: a sphere, no handle
    assert 3000 <= len(rig.faces) <= 8000


@pytest.mark.parametrize(("seed", "kind"), SEEDS)
def test_faces_look_outward_and_have_area(seed, kind):
    rig = animal(seed, kind)
    assert volume(rig.vertices, rig.faces) > 0
    a, b, c = rig.vertices[rig.faces].astype(np.float64).transpose(1, 0, 2)
    area = np.linalg.norm(np.cross(b - a, c - a), axis=1) / 2
    assert area.min() > 1e-3 * area.mean()
    # even: relaxation left no slivers beside giants
    assert np.percentile(area, 95) < 4 * np.percentile(area, 5)


@pytest.mark.parametrize(("seed", "kind"), SEEDS)
def test_the_left_side_is_the_mirror_image_of_the_right(seed, kind):
    rig = animal(seed, kind)
    partner, away = partner_of(rig.vertices)
    assert away.max() < 1e-6
    assert (partner[partner] == np.arange(len(partner))).all()
    mirrored = {tuple(sorted(face)) for face in partner[rig.faces].tolist()}
    assert mirrored == {tuple(sorted(face)) for face in rig.faces.tolist()}
    off_middle = np.abs(rig.vertices[:, 0]) > 1e-6
    assert (np.array(MIRROR)[rig.part] == rig.part[partner])[off_middle].all()


@pytest.mark.parametrize(("seed", "kind"), SEEDS)
def test_every_part_is_there_and_on_its_side(seed, kind):
    rig = animal(seed, kind)
    assert set(rig.part.tolist()) == set(range(len(PARTS)))
    for number, name in enumerate(PARTS):
        x = rig.vertices[rig.part == number, 0]
        if name.endswith("_left"):
            assert x.min() > 0, name
        if name.endswith("_right"):
            assert x.max() <= 0, name


@pytest.mark.parametrize(("seed", "kind"), SEEDS)
def test_parts_lie_where_an_animal_has_them(seed, kind):
    rig = animal(seed, kind)
    middle = {name: rig.vertices[rig.part == i].mean(axis=0) for i, name in enumerate(PARTS)}
    along = ["tail", "rump_left", "loin", "withers", "nape", "crown", "muzzle"]
    assert (np.diff([middle[p][2] for p in along]) > 0).all()
    for down in (["shoulder", "upper_arm", "forearm", "palm", "fingers"],
                 ["rump", "thigh", "shank", "instep", "toes"]):
        assert (np.diff([middle[f"{p}_left"][1] for p in down]) < 0).all()
    for over, under in (("withers", "chest"), ("loin", "belly"), ("nape", "throat")):
        assert middle[over][1] > middle[under][1]


@pytest.mark.parametrize(("seed", "kind"), SEEDS)
def test_it_stands_on_the_ground(seed, kind):
    rig = animal(seed, kind)
    height = rig.vertices[:, 1].max()
    for foot in ("fingers", "toes"):
        sole = rig.vertices[rig.part == PARTS.index(f"{foot}_left"), 1].min()
        assert abs(sole) < 0.02 * height
    assert rig.vertices[:, 1].min() > -0.02 * height


@pytest.mark.parametrize(("seed", "kind"), SEEDS)
def test_weights_are_shares_and_bones_hold_their_own_side(seed, kind):
    rig = animal(seed, kind)
    assert rig.bone_weight.min() >= 0
    np.testing.assert_allclose(rig.bone_weight.sum(axis=1), 1, atol=1e-6)
    for side, sign in (("left", 1), ("right", -1)):
        limb = [i for i, n in enumerate(rig.bone_names)
                if n.endswith(side) and not n.startswith("ear")]
        held = (np.isin(rig.bone_index, limb) * rig.bone_weight).sum(axis=1) > 0.5
        assert held.any()
        assert (rig.vertices[held, 0] * sign > 0).all()


def test_the_same_seed_gives_the_same_animal_and_another_another():
    first, again, other = animal(2, "fox"), quadruped(2, "fox"), animal(3, "deer")
    np.testing.assert_array_equal(first.vertices, again.vertices)
    np.testing.assert_array_equal(first.face_colour, again.face_colour)
    np.testing.assert_array_equal(first.motions["walk"].bones, again.motions["walk"].bones)
    assert first.vertices.shape != other.vertices.shape \
        or not np.array_equal(first.vertices, other.vertices)


def test_a_kind_that_is_none_is_named():
    with pytest.raises(UsageError, match="griffin"):
        quadruped(1, "griffin")


def test_kinds_differ_as_their_namesakes_do():
    assert KINDS["deer"].neck_length > 2 * KINDS["boar"].neck_length
    assert KINDS["rat"].tail_length > KINDS["deer"].tail_length
    assert KINDS["bear"].lower_leg > 2 * KINDS["deer"].lower_leg
    half = blended(KINDS["rat"], KINDS["bear"], 0.5)
    assert half.withers_m == pytest.approx(np.sqrt(0.12 * 0.95))


def test_a_bare_body_has_about_the_triangles_that_were_asked_for():
    small = body_mesh(KINDS["bear"], faces=3200)
    assert is_sphere(small)
    assert len(small.faces) == pytest.approx(3200, rel=0.25)


@given(st.integers(0, 10_000))
@settings(max_examples=40, deadline=None)
def test_joints_of_any_animal_are_above_ground_and_in_order(seed):
    proportions = random_proportions(np.random.default_rng(seed))
    joints = joints_of(proportions)
    assert min(joint[1] for joint in joints.values()) > 0
    for chain in (("upper_arm", "forearm", "palm", "fingers"),
                  ("thigh", "shank", "instep", "toes")):
        assert (np.diff([joints[name][1] for name in chain]) < 0).all()
    assert min(joints[n][0] for n in ("forearm", "fingers", "shank", "toes", "ear")) > 0
    skeleton = skeleton_of(proportions)
    assert all(parent < row for row, parent in enumerate(skeleton.parents))


@given(st.integers(0, 10_000))
@settings(max_examples=8, deadline=None)
def test_the_skin_of_any_animal_is_closed_and_looks_outward(seed):
    mesh = body_mesh(random_proportions(np.random.default_rng(seed)), faces=2000)
    assert (np.unique(edges_of(mesh.faces), axis=0, return_counts=True)[1] == 2).all()
    assert volume(mesh.vertices, mesh.faces) > 0
    np.testing.assert_array_equal(mesh.vertices[mesh.mirror] * [-1, 1, 1], mesh.vertices)


def test_a_capsule_is_a_ball_pulled_long():
    pill = Capsule("pill", (0, 0, -1), (0, 0, 1), 0.5, 0.5, 0.0)
    points = np.array([[0.0, 0, 0], [2, 0, 0], [0, 0, 3], [0, 1, 1]])
    np.testing.assert_allclose(capsule_distance(pill, points), [-0.5, 1.5, 1.5, 0.5])


@given(st.floats(-1, 1), st.floats(-1, 1), st.floats(0.01, 1))
def test_the_smooth_minimum_is_below_the_minimum_by_a_quarter_of_the_blend_at_most(a, b, blend):
    smooth = float(smooth_minimum(np.array([a]), np.array([b]), blend)[0])
    assert min(a, b) - blend / 4 - 1e-12 <= smooth <= min(a, b)
    if abs(a - b) >= blend:
        assert smooth == min(a, b)


def test_a_body_is_as_far_from_a_point_as_from_its_mirror_image():
    limb = Capsule("limb", (0.3, 0, 0), (0.4, -1, 0.1), 0.2, 0.1, 0.1, paired=True)
    trunk = Capsule("trunk", (0, 0, -1), (0, 0, 1), 0.3, 0.3, 0.0)
    points = np.random.default_rng(0).normal(size=(50, 3))
    np.testing.assert_allclose(body_distance([trunk, limb], points),
                               body_distance([trunk, limb], points * [-1, 1, 1]))


def test_a_ball_is_found_with_its_radius_and_volume():
    def ball(points):
        return np.linalg.norm(points, axis=1) - 1

    mesh = extract(ball, np.full(3, -1.0), np.full(3, 1.0), 0.1)
    assert is_sphere(mesh)
    np.testing.assert_allclose(np.linalg.norm(mesh.vertices, axis=1), 1, atol=1e-3)
    assert volume(mesh.vertices, mesh.faces) == pytest.approx(4 / 3 * np.pi, rel=0.01)
    np.testing.assert_array_equal(mesh.vertices[mesh.mirror] * [-1, 1, 1], mesh.vertices)


def test_a_ring_is_no_sphere():
    def ring(points):
        return np.hypot(np.hypot(points[:, 0], points[:, 1]) - 1, points[:, 2]) - 0.4

    mesh = extract(ring, np.array([-1.4, -1.4, -0.4]), np.array([1.4, 1.4, 0.4]), 0.12)
    uses = np.unique(edges_of(mesh.faces), axis=0, return_counts=True)[1]
    assert (uses == 2).all()
    assert not is_sphere(mesh)


def test_two_balls_that_touch_in_a_crease_stay_a_manifold():
    def pair(points):
        return np.minimum(*(np.linalg.norm(points - [0, 0.55 * s, 0.43 * s], axis=1) - 0.715
                            for s in (-1, 1)))

    mesh = extract(pair, np.full(3, -1.4), np.full(3, 1.4), 0.11)
    assert (np.unique(edges_of(mesh.faces), axis=0, return_counts=True)[1] == 2).all()
