"""Distances along surfaces behave like distances, and agree with the sphere's formula."""

from __future__ import annotations

import numpy as np
import pytest

from wildpose.surface.geodesics import Geodesics, cache_folder
from wildpose.surface.points import at_vertices, nearest_points, points_of, positions
from wildpose.surface.reference import load_reference
from wildpose.surface.sampling import sample_points
from wildpose.surface.surface import Surface, SurfacePoints


def straight(surface, points_a, points_b):
    return np.linalg.norm(positions(surface, points_a) - positions(surface, points_b), axis=1)


@pytest.fixture(scope="module")
def on_ball(ball, tmp_path_factory):
    return Geodesics(ball, tmp_path_factory.mktemp("geodesics"))


@pytest.fixture(scope="module")
def on_body(tmp_path_factory):
    return Geodesics(load_reference(), tmp_path_factory.mktemp("geodesics"))


def test_on_a_ball_they_are_arcs_of_great_circles(ball, on_ball):
    rng = np.random.default_rng(0)
    a, b = sample_points(ball, 2000, rng), sample_points(ball, 2000, rng)
    directions = [positions(ball, p) for p in (a, b)]
    unit = [d / np.linalg.norm(d, axis=1, keepdims=True) for d in directions]
    arc = 0.5 * np.arccos(np.clip(np.sum(unit[0] * unit[1], axis=1), -1, 1))
    found = on_ball.between(a, b)
    assert np.median(np.abs(found - arc) / arc) < 0.02
    assert np.abs(found - arc).max() < 0.04 * arc.max()


def test_they_are_the_same_both_ways_and_no_shorter_than_straight(on_body):
    surface = load_reference()
    rng = np.random.default_rng(1)
    a, b = sample_points(surface, 40, rng), sample_points(surface, 40, rng)
    there, back = on_body.between(a, b), on_body.between(b, a)
    assert np.allclose(there, back, atol=1e-12)
    assert (there >= straight(surface, a, b)).all()
    assert there.max() < 2.5
    assert not on_body.between(a, a).any()


def test_within_a_face_and_along_an_edge_they_are_straight(ball, on_ball):
    rng = np.random.default_rng(2)
    a, b = sample_points(ball, 100, rng), sample_points(ball, 100, rng)
    same = SurfacePoints(a.face, b.barycentric)
    assert np.allclose(on_ball.between(a, same), straight(ball, a, same))
    vertex = at_vertices(ball)
    first, second = ball.faces[:, 0], ball.faces[:, 1]
    ends = [SurfacePoints(vertex.face[v], vertex.barycentric[v]) for v in (first, second)]
    assert np.allclose(on_ball.between(*ends), straight(ball, *ends))


def test_a_detour_is_hardly_ever_shorter_than_the_way(ball, on_ball):
    rng = np.random.default_rng(3)
    a, b, c = (sample_points(ball, 3000, rng) for _ in range(3))
    excess = on_ball.between(a, c) - on_ball.between(a, b) - on_ball.between(b, c)
    assert (excess > 0.01).mean() < 0.005
    assert excess.max() < 0.03


def test_from_thigh_to_thigh_the_way_leads_round_the_groin(on_body):
    surface = load_reference()
    # Two points of the inner thighs that nearly face each other.
    inner = nearest_points(surface, np.array([[0.03, 0.68, 0.02], [-0.03, 0.68, 0.02]]))
    one, other = (SurfacePoints(inner.face[[k]], inner.barycentric[[k]]) for k in (0, 1))
    assert straight(surface, one, other)[0] < 0.12
    assert on_body.between(one, other)[0] > 2 * straight(surface, one, other)[0]


def test_a_table_is_made_once_and_gives_what_single_rows_give(ball, tmp_path, monkeypatch):
    rng = np.random.default_rng(4)
    a, b = sample_points(ball, 5, rng), sample_points(ball, 5, rng)
    few = Geodesics(ball, tmp_path).between(a, b)
    assert not list(tmp_path.rglob("*.npy"))
    many = sample_points(ball, 2000, rng)
    first = Geodesics(ball, tmp_path)
    first.between(many, many)
    assert np.array_equal(first.between(a, b), few)
    assert len(list(tmp_path.rglob("*"))) == 2  # a folder and the table, no half-written file
    monkeypatch.setattr(Geodesics, "_one_way", None)  # nothing may be worked out any more
    assert np.array_equal(Geodesics(ball, tmp_path).between(a, b), few)


def test_a_damaged_table_is_made_anew(ball, tmp_path):
    point = at_vertices(ball)
    first = Geodesics(ball, tmp_path).from_point(point)
    table = next(tmp_path.rglob("*.npy"))
    np.save(table, np.zeros((3, 3), np.float16))
    assert np.array_equal(Geodesics(ball, tmp_path).from_point(point), first)
    table.write_bytes(b"half")
    assert np.array_equal(Geodesics(ball, tmp_path).from_point(point), first)


def test_a_folder_that_can_not_be_written_costs_the_table_only(ball, tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("in the way")
    distance = Geodesics(ball, blocked).from_point(at_vertices(ball))
    assert distance[at_vertices(ball).face >= 0].max() < 0.5 * np.pi + 0.02
    assert blocked.read_text() == "in the way"


def test_other_surfaces_have_other_tables(ball, tmp_path):
    larger = Surface("larger", ball.vertices * 2, ball.faces, ball.chart, ball.uv, ball.mirror)
    point = at_vertices(ball)
    small = Geodesics(ball, tmp_path).from_point(point)
    assert np.allclose(Geodesics(larger, tmp_path).from_point(point), 2 * small, atol=4e-3)


def test_separate_pieces_are_infinitely_far_and_nowhere_has_no_distance(ball, tmp_path):
    count = len(ball.vertices)
    two = Surface("two", np.concatenate([ball.vertices, ball.vertices + np.array([3, 0, 0])]),
                  np.concatenate([ball.faces, ball.faces + count]),
                  np.tile(ball.chart, 2), np.tile(ball.uv, (2, 1, 1)), np.arange(2 * count))
    face = np.array([0, 0, 0], np.int32), np.array([5, 5 + len(ball.faces), -1], np.int32)
    middle = np.full((3, 3), 1 / 3, np.float32)
    distance = Geodesics(two, tmp_path).between(*(SurfacePoints(f, middle) for f in face))
    assert np.isfinite(distance[0])
    assert np.isinf(distance[1])
    assert np.isnan(distance[2])


def test_the_cache_is_where_the_environment_says(monkeypatch, tmp_path):
    monkeypatch.setenv("WILDPOSE_CACHE", str(tmp_path))
    assert cache_folder() == tmp_path
    monkeypatch.delenv("WILDPOSE_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "user"))
    assert cache_folder() == tmp_path / "user" / "wildpose"


def test_every_chart_is_within_reach(on_body):
    surface = load_reference()
    chart = np.arange(1, 25)
    points = points_of(surface, chart, np.full((24, 2), 0.5))
    first = SurfacePoints(np.repeat(points.face[:1], 24), np.repeat(points.barycentric[:1], 24, 0))
    assert np.isfinite(on_body.between(first, points)).all()
