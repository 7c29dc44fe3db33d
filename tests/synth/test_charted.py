"""Bodies on the reference: exact for the reference's own triangles, mapped once for others."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import wildpose.surface.remap
from wildpose.surface.points import positions
from wildpose.surface.reference import load_reference, load_reference_body
from wildpose.surface.surface import SurfacePoints
from wildpose.synth.cc0_animals import load_committed
from wildpose.synth.charted import charted, stands_on, vertex_points
from wildpose.synth.quadruped import quadruped
from wildpose.synth.rig import Rig


@pytest.fixture(scope="module")
def fox() -> Rig:
    return quadruped(2, "fox")


def statue() -> Rig:
    """The reference itself as a rig with one bone."""
    body = load_reference_body()
    count = len(body.surface.vertices)
    return Rig("statue", "person", body.surface.vertices, body.surface.faces, ("root",),
               np.eye(4, dtype=np.float32)[None], np.zeros((count, 1), np.int32),
               np.ones((count, 1), np.float32), body.part)


@pytest.fixture
def counted(monkeypatch):
    """The calls of the mapping, which gives every vertex the same point here."""
    calls = []

    def one_point(animal, part):
        calls.append((animal, part))
        count = len(animal.vertices)
        return SurfacePoints(np.arange(count, dtype=np.int32),
                             np.tile(np.float32([1, 0, 0]), (count, 1)))

    monkeypatch.setattr(wildpose.surface.remap, "remap", one_point)
    return calls


def test_the_vertices_of_a_surface_are_points_at_themselves():
    surface = load_reference()
    points = vertex_points(surface)
    np.testing.assert_allclose(positions(surface, points), surface.vertices, atol=1e-6)


def test_a_body_on_the_reference_is_exact_and_never_mapped(counted, tmp_path):
    rig = statue()
    assert stands_on(rig, load_reference())
    # another shape of the same triangles keeps its points: that is what a pose is
    taller = replace(rig, vertices=rig.vertices * np.float32([1, 1.2, 1]))
    for body in (rig, taller):
        found = positions(load_reference(), charted(body, tmp_path).points)
        np.testing.assert_allclose(found, rig.vertices, atol=1e-6)
    assert not counted
    assert not list(tmp_path.iterdir())


def test_a_mapping_is_made_once_and_read_back_the_same(counted, fox, tmp_path):
    first, again = charted(fox, tmp_path), charted(fox, tmp_path)
    assert len(counted) == 1
    np.testing.assert_array_equal(first.points.face, again.points.face)
    np.testing.assert_array_equal(first.points.barycentric, again.points.barycentric)
    assert len(first.points) == len(fox.vertices)
    assert [p.suffix for p in tmp_path.iterdir()] == [".npz"]


def test_any_change_of_shape_or_parts_is_mapped_anew_and_colours_are_not(counted, fox, tmp_path):
    charted(fox, tmp_path)
    longer = replace(fox, vertices=fox.vertices * np.float32([1, 1, 1.1]))
    other = replace(fox, part=np.roll(fox.part, 1))
    painted = replace(fox, face_colour=255 - fox.face_colour)
    charted(painted, tmp_path)
    assert len(counted) == 1
    charted(longer, tmp_path)
    charted(other, tmp_path)
    assert len(counted) == 3


def test_the_folder_is_where_the_environment_says(counted, fox, tmp_path, monkeypatch):
    monkeypatch.setenv("WILDPOSE_CACHE", str(tmp_path / "kept"))
    charted(fox)
    assert len(list((tmp_path / "kept").glob("points-*.npz"))) == 1


def test_split_vertices_are_mapped_as_one_and_what_has_no_part_gets_no_point(
    counted, fox, tmp_path
):
    corners = fox.faces.ravel()
    split = replace(fox, vertices=fox.vertices[corners], bone_index=fox.bone_index[corners],
                    bone_weight=fox.bone_weight[corners],
                    faces=np.arange(len(corners), dtype=np.int32).reshape(-1, 3),
                    part=np.where(fox.part[corners] == 0, -1, fox.part[corners]).astype(np.int8))
    points = charted(split, tmp_path).points
    assert len(counted[0][0].vertices) == len(fox.vertices)
    assert len(points) == len(corners)
    np.testing.assert_array_equal(points.face < 0, fox.part[corners] == 0)
    same_place = corners == corners[0]
    assert len(np.unique(points.face[same_place])) == 1


@pytest.mark.parametrize("name", ["quadruped", "fox"])
def test_a_real_mapping_keeps_left_left_and_the_head_up(name, fox, tmp_path):
    rig = fox if name == "quadruped" else load_committed(name)
    surface = load_reference()
    points = charted(rig, tmp_path).points
    there = points.face >= 0
    assert there.mean() > 0.95
    place = positions(surface, SurfacePoints(points.face[there], points.barycentric[there]))
    side = rig.vertices[there, 0]
    clear = np.abs(side) > 0.25 * np.abs(side).max()
    assert (np.sign(place[clear, 0]) == np.sign(side[clear])).mean() > 0.97
    front = rig.vertices[there, 2] > np.percentile(rig.vertices[:, 2], 97)
    assert place[front, 1].mean() > 1.4  # the nose lies on the head of a body of 1.7 m
    assert set(surface.chart[points.face[there]].tolist()) == set(range(1, 25))
