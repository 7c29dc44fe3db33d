"""The built-in reference surface: whole, symmetric, charts neither torn, flipped nor ragged."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import spearmanr

from wildpose.errors import DataError
from wildpose.surface import reference
from wildpose.surface.charts import CHARTS, MIRROR_CHART
from wildpose.surface.mesh import (
    Mesh,
    boundary_edges,
    components,
    edges,
    face_areas,
    face_neighbours,
    vertex_normals,
)
from wildpose.surface.parts import MIRROR, PARTS
from wildpose.surface.points import chart_uv_of, mirrored
from wildpose.surface.reference import load_reference, load_reference_body, mirrored_uv
from wildpose.surface.surface import SurfacePoints

LEFT = [c for c, name in enumerate(CHARTS) if name.startswith("left")]
BODY_VERTICES = 13_348


@pytest.fixture(scope="module")
def surface():
    return load_reference()


@pytest.fixture(scope="module")
def body():
    return load_reference_body()


def vertices_of(surface, *charts):
    return np.unique(surface.faces[np.isin(surface.chart, charts)])


def signed_uv_area(uv):
    one, two = uv[:, 1] - uv[:, 0], uv[:, 2] - uv[:, 0]
    return (one[:, 0] * two[:, 1] - one[:, 1] * two[:, 0]) / 2


def test_the_file_is_small_and_the_types_are_as_promised(surface):
    assert reference.REFERENCE_FILE.stat().st_size <= 1_000_000
    assert surface.vertices.dtype == np.float32
    assert surface.faces.dtype == np.int32
    assert surface.chart.dtype == np.uint8
    assert surface.uv.dtype == np.float32
    assert surface.mirror.dtype == np.int32
    assert load_reference() is surface


def test_it_stands_upright_looks_ahead_and_is_a_man_high(surface):
    low, high = surface.vertices.min(0), surface.vertices.max(0)
    assert np.isclose(low[1], 0, atol=1e-6)
    assert np.isclose(high[1], 1.7, atol=1e-6)
    assert surface.vertices[vertices_of(surface, 23, 24), 1].min() > 1.4
    front, back = (surface.vertices[vertices_of(surface, c), 2].mean() for c in (2, 1))
    assert front > back + 0.05
    assert all(surface.vertices[vertices_of(surface, c), 0].min() >= -1e-6 for c in LEFT)
    toes = surface.vertices[vertices_of(surface, 5), 2]
    assert toes.max() - toes.min() > 0.2
    assert toes.max() > 0.15


def test_the_skin_is_closed_in_one_piece_and_looks_outward(surface):
    assert len(boundary_edges(surface.faces)) == 0
    assert 2 * len(edges(surface.faces)) == 3 * len(surface.faces)
    assert components(len(surface.vertices), edges(surface.faces)).max() == 0
    mesh = Mesh.of(surface.vertices, surface.faces)
    assert face_areas(mesh).min() > 1e-8
    corners = mesh.vertices[mesh.faces]
    volume = np.sum(np.cross(corners[:, 0], corners[:, 1]) * corners[:, 2]) / 6
    assert 0.04 < volume < 0.09  # cubic metres of a person
    assert vertex_normals(mesh)[np.argmax(mesh.vertices[:, 1]), 1] > 0.9


def test_both_sides_mirror_each_other_to_the_last_bit(surface):
    assert np.array_equal(surface.mirror[surface.mirror], np.arange(len(surface.vertices)))
    assert np.array_equal(surface.vertices[surface.mirror],
                          surface.vertices * np.array([-1, 1, 1], np.float32))
    images = {tuple(sorted(face)): chart for face, chart in
              zip(surface.mirror[surface.faces].tolist(), surface.chart.tolist(), strict=True)}
    for face, chart in zip(surface.faces.tolist(), surface.chart.tolist(), strict=True):
        assert images[tuple(sorted(face))] == MIRROR_CHART[chart]


@pytest.mark.parametrize("chart", range(1, 25))
def test_each_chart_is_one_disc_without_a_flipped_triangle(surface, chart):
    own = surface.chart == chart
    faces, uv = surface.faces[own], surface.uv[own].astype(np.float64)
    assert components(len(faces), face_neighbours(faces)).max() == 0
    assert len(np.unique(faces)) - len(edges(faces)) + len(faces) == 1
    rim = boundary_edges(faces)
    assert len(np.unique(rim[:, 0])) == len(rim)  # the border never touches itself
    assert signed_uv_area(uv).min() > 1e-7
    assert np.allclose(uv.min((0, 1)), 0, atol=1e-6)
    assert np.allclose(uv.max((0, 1)), 1, atol=1e-6)


@pytest.mark.parametrize("chart", range(1, 25))
def test_no_two_triangles_of_a_chart_overlap(surface, chart):
    # The border's own area (shoelace formula) is that of all triangles together only if
    # none lies on another; it also must not cross itself.
    own = surface.chart == chart
    place = dict(zip(surface.faces[own].ravel().tolist(),
                     surface.uv[own].reshape(-1, 2).astype(float), strict=True))
    rim = boundary_edges(surface.faces[own])
    start, end = (np.array([place[v] for v in rim[:, k].tolist()]) for k in (0, 1))
    enclosed = np.sum(start[:, 0] * end[:, 1] - start[:, 1] * end[:, 0]) / 2
    assert np.isclose(abs(enclosed), np.abs(signed_uv_area(surface.uv[own])).sum(), atol=1e-5)
    assert not crossing(start, end)


def crossing(start, end):
    """Whether any two segments cross inside."""
    def side(a, b, c):
        return np.sign((b[..., 0] - a[..., 0]) * (c[..., 1] - a[..., 1])
                       - (b[..., 1] - a[..., 1]) * (c[..., 0] - a[..., 0]))

    p, q, r, s = start[:, None], end[:, None], start[None], end[None]
    return bool(((side(p, q, r) * side(p, q, s) < 0) & (side(r, s, p) * side(r, s, q) < 0)).any())


def test_all_32_parts_are_there_and_mirror_each_other(surface, body):
    assert set(body.part.tolist()) == set(range(32))
    middle = surface.mirror == np.arange(len(surface.mirror))
    assert np.array_equal(np.array(MIRROR)[body.part][~middle], body.part[surface.mirror][~middle])


@pytest.mark.parametrize(("part", "charts"), [
    ("muzzle", {23, 24}), ("ear_left", {24}), ("chest", {2}), ("belly", {2}), ("tail", {1}),
    ("upper_arm_left", {15, 17}), ("fingers_right", {3}), ("toes_left", {5}),
    ("thigh_right", {7, 9}), ("rump_left", {1, 8}),
])
def test_parts_lie_where_their_name_says(surface, body, part, charts):
    own = body.part == PARTS.index(part)
    inside = own[surface.faces].all(1)
    assert np.isin(surface.chart[inside], [*charts]).mean() > 0.93
    assert inside.sum() > 4


def test_vertices_lie_between_two_vertices_of_the_body(surface, body):
    assert body.source_vertex.shape == (len(surface.vertices), 2)
    assert body.source_vertex.max() < BODY_VERTICES
    assert ((body.source_weight >= 0) & (body.source_weight < 1)).all()
    assert np.array_equal(body.source_weight[surface.mirror], body.source_weight)
    whole = body.source_weight == 0
    assert whole.mean() > 0.8
    assert len(np.unique(body.source_vertex[whole, 0])) == whole.sum()
    field = np.random.default_rng(0).normal(size=(BODY_VERTICES, 2))
    carried = body.carried(field)
    assert np.allclose(carried[whole], field[body.source_vertex[whole, 0]])
    ends = field[body.source_vertex]
    assert ((carried >= ends.min(1) - 1e-9) & (carried <= ends.max(1) + 1e-9)).all()


@pytest.mark.parametrize(("upper", "lower"), [
    ((8, 10), (12, 14)), ((12, 14), (5,)), ((15, 17), (19, 21)), ((19, 21), (4,)),
    ((1, 2), (15, 17)), ((1, 2), (8, 10)), ((1, 2), (24,)),
])
def test_borders_across_limbs_are_plane(surface, upper, lower):
    shared = np.intersect1d(vertices_of(surface, *upper), vertices_of(surface, *lower))
    points = surface.vertices[shared].astype(float)
    points = points[points[:, 0] >= 0]
    off = np.linalg.svd(points - points.mean(0))[2][2]
    assert np.abs((points - points.mean(0)) @ off).max() < 0.0015
    assert len(points) > 10


@pytest.mark.parametrize(("front", "back"), [(10, 8), (14, 12), (15, 17), (19, 21)])
def test_borders_along_limbs_are_straight(surface, front, back):
    shared = np.intersect1d(vertices_of(surface, front), vertices_of(surface, back))
    inside = np.zeros(len(surface.vertices), bool)
    inside[shared] = True
    rim = boundary_edges(surface.faces[surface.chart == front])
    rim = rim[inside[rim].all(1)]
    pieces = components(len(surface.vertices), rim)
    groups = [np.flatnonzero(pieces == g) for g in np.unique(pieces[rim])]
    assert len(groups) == 2  # one line on each side of the limb
    for group in groups:
        points = surface.vertices[group].astype(float)
        sideways = np.linalg.svd(points - points.mean(0))[2][2]
        assert np.abs((points - points.mean(0)) @ sideways).max() < 0.004


@pytest.mark.parametrize(("chart", "trunk"), [
    (8, 1), (10, 2), (12, 8), (14, 10), (15, 2), (17, 1), (19, 15), (21, 17),
])
def test_v_grows_outward_along_limbs(surface, chart, trunk):
    own = surface.chart == chart
    ring = np.intersect1d(vertices_of(surface, chart), vertices_of(surface, trunk))
    corners = surface.vertices[surface.faces[own]].reshape(-1, 3)
    away = np.linalg.norm(corners - surface.vertices[ring].mean(0), axis=1)
    assert spearmanr(away, surface.uv[own][..., 1].ravel()).statistic > 0.93


def test_v_grows_upward_on_trunk_and_head(surface):
    for chart in (1, 2, 23, 24):
        own = surface.chart == chart
        height = surface.vertices[surface.faces[own]][..., 1].ravel()
        assert spearmanr(height, surface.uv[own][..., 1].ravel()).statistic > 0.95


def test_charts_keep_area_as_well_as_their_shape_allows(surface):
    mesh = Mesh.of(surface.vertices, surface.faces)
    for chart in range(1, 25):
        own = surface.chart == chart
        area = face_areas(mesh)[own]
        ratio = np.abs(signed_uv_area(surface.uv[own])) / area
        ratio /= np.average(ratio, weights=area)
        spread = np.average(np.abs(np.log(ratio)), weights=area)
        limit = 0.8 if chart in (3, 4, 5, 6) else 0.15
        assert spread < limit, CHARTS[chart]


def test_a_missing_file_is_named(monkeypatch, tmp_path):
    monkeypatch.setattr(reference, "REFERENCE_FILE", tmp_path / "reference.npz")
    with pytest.raises(DataError, match="missing"):
        load_reference_body.__wrapped__()


@pytest.mark.parametrize("chart", range(1, 25))
def test_the_fast_mirror_is_the_mirror_of_the_surface(surface, chart):
    rng = np.random.default_rng(chart)
    face = rng.choice(np.flatnonzero(surface.chart == chart), 500).astype(np.int32)
    points = SurfacePoints(face, rng.dirichlet((1, 1, 1), 500).astype(np.float32))
    slow_chart, slow_uv = chart_uv_of(surface, mirrored(surface, points))
    fast_chart, fast_uv = mirrored_uv(*chart_uv_of(surface, points))
    assert np.array_equal(fast_chart, slow_chart)
    assert np.allclose(fast_uv, slow_uv, atol=1e-6)


def test_mirroring_chart_coordinates_twice_changes_nothing():
    chart, uv = np.arange(25), np.linspace(0, 1, 50).reshape(25, 2)
    again = mirrored_uv(*mirrored_uv(chart, uv))
    assert np.array_equal(again[0], chart)
    assert np.allclose(again[1], uv)
