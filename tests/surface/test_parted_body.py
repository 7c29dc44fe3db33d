"""The main piece of a mesh, fine enough, with parts that survive subdivision."""

from __future__ import annotations

import numpy as np
import pytest

from wildpose.errors import DataError
from wildpose.surface.mesh import Mesh
from wildpose.surface.parted_body import mirror_vertices, parted_body
from wildpose.surface.parts import MIRROR, PARTS
from wildpose.surface.reference import load_reference_body

OCTAHEDRON = np.array([[1, 0, 0], [-1, 0, 0], [0, 1, 0], [0, -1, 0], [0, 0, 1], [0, 0, -1.0]])
FACES = np.array([[0, 2, 4], [2, 1, 4], [1, 3, 4], [3, 0, 4],
                  [2, 0, 5], [1, 2, 5], [3, 1, 5], [0, 3, 5]])
LEFT, RIGHT = PARTS.index("ear_left"), PARTS.index("ear_right")


def two_pieces() -> tuple[Mesh, np.ndarray]:
    """A body of eight faces and, far away, a loose triangle that comes first in the file."""
    loose = np.array([[9, 9, 9], [9, 9, 8], [9, 8, 9.0]])
    mesh = Mesh.of(np.concatenate([loose, OCTAHEDRON]), np.concatenate([[[0, 1, 2]], FACES + 3]))
    return mesh, np.array([-1, -1, -1, LEFT, RIGHT, 12, 12, 12, 12])


def test_loose_pieces_are_left_out_and_the_rest_knows_its_origin():
    mesh, part = two_pieces()
    body = parted_body(mesh, part, least_vertices=1)
    np.testing.assert_array_equal(body.origin, np.arange(3, 9))
    np.testing.assert_array_equal(body.part, part[3:])


def test_subdivision_keeps_the_given_vertices_first_and_the_area():
    mesh, part = two_pieces()
    body = parted_body(mesh, part, least_vertices=200)
    assert len(body.part) >= 200
    np.testing.assert_allclose(body.mesh.vertices[:6], OCTAHEDRON)
    np.testing.assert_array_equal(body.part[:6], part[3:])
    assert np.isclose(body.area.sum(), 8 * np.sqrt(3) / 2)
    assert set(np.unique(body.part)) == {LEFT, RIGHT, 12}


def test_the_border_lies_inside_and_touches_what_is_outside():
    mesh, part = two_pieces()
    body = parted_body(mesh, part, least_vertices=200)
    inside = body.part == LEFT
    border = body.border(inside, ~inside)
    assert len(border)
    assert inside[border].all()
    assert not len(body.border(inside, body.part == RIGHT))


def test_mirror_vertices_are_those_of_the_reference():
    whole = load_reference_body()
    mesh = Mesh.of(whole.surface.vertices, whole.surface.faces)
    body = parted_body(mesh, whole.part, least_vertices=1)
    other = mirror_vertices(body)
    known = other >= 0
    assert known.mean() > 0.99
    np.testing.assert_array_equal(other[known], whole.surface.mirror[known])
    assert (np.array(MIRROR)[body.part[known]] == body.part[other[known]]).all()


def test_a_vertex_without_a_counterpart_has_none():
    mesh, part = two_pieces()
    body = parted_body(mesh, np.where(part == RIGHT, 12, part), least_vertices=1)
    assert mirror_vertices(body)[0] == -1  # the left ear: there is no right one


@pytest.mark.parametrize(("part", "said"), [([0, 1], "2 parts"), ([99] * 9, "part number")])
def test_parts_that_do_not_fit_are_refused(part, said):
    with pytest.raises(DataError, match=said):
        parted_body(two_pieces()[0], np.array(part))
