"""Limb coordinates: from the trunk to the tip, and round from front to outside."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from wildpose.surface.descriptors import GeodesicSolver
from wildpose.surface.limbs import CHAINS, LimbCoordinates, limb_coordinates, limb_parts
from wildpose.surface.mesh import Mesh
from wildpose.surface.parted_body import PartedBody, parted_body
from wildpose.surface.parts import PARTS
from wildpose.surface.reference import load_reference_body
from wildpose.synth.remap_subjects import subject

ARM, LEG = CHAINS


@cache
def body_of(name: str) -> tuple[PartedBody, GeodesicSolver]:
    if name == "reference":
        whole = load_reference_body()
        mesh = Mesh.of(whole.surface.vertices, whole.surface.faces)
        body = parted_body(mesh, whole.part, least_vertices=1)
    else:
        animal = subject(name)
        body = parted_body(animal.mesh, animal.part)
    return body, GeodesicSolver(body)


@cache
def limb(name: str, chain: tuple[str, ...], side: str) -> LimbCoordinates:
    found = limb_coordinates(*body_of(name), chain, side)
    assert found is not None
    return found


@pytest.mark.parametrize("name", ["reference", "horse"])
@pytest.mark.parametrize("chain", CHAINS)
def test_the_fraction_grows_from_part_to_part(name, chain):
    found = limb(name, chain, "left")
    part = body_of(name)[0].part[found.vertices]
    middle = [np.median(found.along[part == number]) for number in limb_parts(chain, "left")]
    assert middle == sorted(middle)
    long_bones = np.isin(part, limb_parts(chain, "left")[:2])
    assert found.along[long_bones].min() >= 0
    assert found.along[long_bones].max() <= 2


@pytest.mark.parametrize("name", ["reference", "horse"])
def test_the_front_of_a_shank_has_angle_zero_and_its_outside_a_quarter(name):
    body = body_of(name)[0]
    found = limb(name, LEG, "right")
    own = body.part[found.vertices] == PARTS.index("shank_right")
    xyz = body.mesh.vertices[found.vertices[own]]
    ahead, outward = np.cos(found.angle[own]), np.sin(found.angle[own])
    assert np.corrcoef(outward, -xyz[:, 0])[0, 1] > 0.7
    assert (ahead > 0.9).any()
    assert (ahead < -0.9).any()


def test_both_sides_of_the_reference_have_mirrored_coordinates():
    mirror = load_reference_body().surface.mirror
    left, right = limb("reference", ARM, "left"), limb("reference", ARM, "right")
    order = np.argsort(mirror[left.vertices])
    np.testing.assert_array_equal(mirror[left.vertices][order], right.vertices)
    np.testing.assert_allclose(left.along[order], right.along, atol=0.02)
    turn = np.angle(np.exp(1j * (left.angle[order] - right.angle)))
    assert np.abs(turn).mean() < 0.02


def test_the_palm_lies_behind_and_the_back_of_the_hand_in_front():
    """The reference holds its arms away: the back of its hand is outside and above."""
    body = body_of("reference")[0]
    found = limb("reference", ARM, "left")
    own = body.part[found.vertices] == PARTS.index("palm_left")
    height = body.mesh.vertices[found.vertices[own], :2].sum(1)  # up and outward
    front = np.cos(found.angle[own])
    along = found.along[own]
    rest = height - np.polyval(np.polyfit(along, height, 1), along)
    assert np.corrcoef(front, rest)[0, 1] > 0.5


def test_a_body_without_a_limb_has_no_coordinates_of_it():
    body, solver = body_of("horse")
    gone = np.where(np.isin(body.part, limb_parts(ARM, "left")), PARTS.index("chest"), body.part)
    assert limb_coordinates(PartedBody(body.mesh, gone, body.origin), solver, ARM, "left") is None
