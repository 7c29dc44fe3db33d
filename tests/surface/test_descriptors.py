"""Eq. 1 on a body whose distances are known: a long box with a part at each end."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from wildpose.surface.descriptors import (
    GeodesicSolver,
    normalised_by_part,
    part_distances,
    sources_of_part,
    standardised,
    sums_and_differences,
)
from wildpose.surface.mesh import Mesh, subdivide
from wildpose.surface.parted_body import PartedBody, parted_body
from wildpose.surface.parts import MIRROR, PARTS

LENGTH = 4.0
BOX = np.array([[x, y, z] for x in (-0.1, 0.1) for y in (0.0, 0.2) for z in (0.0, LENGTH)])
SIDES = [[0, 1, 3, 2], [4, 6, 7, 5], [0, 4, 5, 1], [2, 3, 7, 6], [0, 2, 6, 4], [1, 5, 7, 3]]


def rod() -> PartedBody:
    """Tail at z = 0, muzzle at z = 4, belly between."""
    faces = np.array([t for a, b, c, d in SIDES for t in ((a, b, c), (a, c, d))])
    mesh = Mesh.of(BOX, faces)
    for _ in range(5):
        mesh, _ = subdivide(mesh)
    z = mesh.vertices[:, 2]
    part = np.full(len(z), PARTS.index("belly"), np.int8)
    part[z < 0.3], part[z > LENGTH - 0.3] = PARTS.index("tail"), PARTS.index("muzzle")
    return parted_body(mesh, part)


def test_mean_distances_grow_along_a_rod():
    body = rod()
    distance = part_distances(body, GeodesicSolver(body))
    z = body.mesh.vertices[:, 2]
    far = z > 1
    to_tail = distance[:, PARTS.index("tail")]
    assert np.abs(to_tail[far] - z[far]).max() < 0.25
    assert np.isnan(distance[:, PARTS.index("crown")]).all()


def test_the_printed_normaliser_makes_the_mean_over_the_own_part_one():
    body = rod()
    distance = normalised_by_part(part_distances(body, GeodesicSolver(body)), body.part)
    for name in ("tail", "muzzle", "belly"):
        number = PARTS.index(name)
        assert np.isclose(distance[body.part == number, number].mean(), 1)


def test_sources_lie_in_their_part_and_are_no_more_than_asked_for():
    body = rod()
    for name in ("tail", "muzzle", "belly"):
        sources = sources_of_part(body, PARTS.index(name), 5)
        assert len(sources) == 5
        assert (body.part[sources] == PARTS.index(name)).all()
    assert len(sources_of_part(body, PARTS.index("crown"), 5)) == 0


NUMBERS = st.floats(-10, 10, allow_nan=False, width=32)


@given(arrays(np.float64, (4, len(PARTS)), elements=NUMBERS))
def test_mirroring_keeps_sums_and_turns_differences(distance):
    straight = sums_and_differences(distance)
    mirrored = sums_and_differences(distance[:, list(MIRROR)])
    skew = np.array([other < part for part, other in enumerate(MIRROR)])
    np.testing.assert_allclose(mirrored[:, ~skew], straight[:, ~skew], atol=1e-9)
    np.testing.assert_allclose(mirrored[:, skew], -straight[:, skew], atol=1e-9)


@given(arrays(np.float64, (50, 3), elements=NUMBERS),
       st.floats(0.1, 10), st.floats(-5, 5))
def test_standardising_undoes_scale_and_shift(target, scale, shift):
    target = target + np.linspace(0, 30, 50)[:, None]  # so that no column is constant
    np.testing.assert_allclose(standardised(target * scale + shift, target), target, atol=1e-5)
