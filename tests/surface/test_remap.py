"""Animals on the reference: what is exactly known, and the figures that a good map must reach."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from wildpose.errors import DataError, UsageError
from wildpose.surface.mesh import Mesh
from wildpose.surface.parts import PARTS
from wildpose.surface.points import chart_uv_of, positions
from wildpose.surface.reference import load_reference_body
from wildpose.surface.remap import Remapping, RemapSettings, remap, remapping, settings_named
from wildpose.surface.remap_figures import RemapFigures, remap_figures
from wildpose.surface.surface import SurfacePoints
from wildpose.synth.remap_subjects import subject

TAILED = ("fox", "horse", "stag")


@cache
def mapped(name: str, normaliser: str = "standardised") -> tuple[Remapping, RemapFigures]:
    animal, reference = subject(name), load_reference_body()
    found = remapping(animal.mesh, animal.part, settings_named(normaliser))
    return found, remap_figures(found, reference)


@cache
def itself() -> SurfacePoints:
    body = load_reference_body()
    return remap(Mesh.of(body.surface.vertices, body.surface.faces), body.part)


def test_the_reference_maps_onto_itself():
    surface = load_reference_body().surface
    error_m = np.linalg.norm(positions(surface, itself()) - surface.vertices, axis=1)
    assert error_m.mean() < 0.0005
    assert error_m.max() < 0.01


def test_an_ape_of_the_reference_lands_where_it_came_from():
    """Long arms, short legs, a wide trunk: the truth is each vertex itself."""
    body = load_reference_body()
    surface = body.surface
    error_m = {}
    for normaliser in ("standardised", "part"):
        points = remap(ape_like(), body.part, settings_named(normaliser))
        error_m[normaliser] = np.linalg.norm(positions(surface, points) - surface.vertices, axis=1)
    assert np.median(error_m["standardised"]) < 0.01
    assert np.percentile(error_m["standardised"], 95) < 0.05
    assert error_m["part"].mean() > 2 * error_m["standardised"].mean()


def ape_like() -> Mesh:
    """The reference with other proportions: arms and trunk are stretched, legs shortened."""
    body = load_reference_body()
    xyz = body.surface.vertices.astype(np.float64).copy()
    hip = 0.85
    legs = xyz[:, 1] < hip
    xyz[:, 1] = np.where(legs, hip + (xyz[:, 1] - hip) * 0.72, xyz[:, 1])
    beyond = np.clip(np.abs(xyz[:, 0]) - 0.2, 0, None)  # only the arms reach so far out
    xyz[:, 0] += np.sign(xyz[:, 0]) * beyond * 0.4
    xyz[:, 2] *= 1.15
    return Mesh.of(xyz, body.surface.faces)


@pytest.mark.parametrize("name", TAILED)
def test_a_committed_animal_reaches_the_figures(name):
    figures = mapped(name)[1]
    assert figures.left_right >= 0.97
    assert figures.jumps <= 0.01
    assert figures.covered >= 0.85
    assert figures.limb_spearman >= 0.95
    assert figures.charts == 24
    assert figures.mirror_error < 0.01
    assert figures.tail_home > 0.8


def test_the_printed_normaliser_is_the_worse_one():
    ours, printed = mapped("fox")[1], mapped("fox", "part")[1]
    assert printed.covered < ours.covered - 0.2
    assert printed.part_agreement < ours.part_agreement - 0.1
    assert printed.jumps > ours.jumps
    assert printed.limb_spearman < ours.limb_spearman


@pytest.mark.parametrize("name", TAILED)
def test_heads_keep_their_sides_and_backs_are_backs(name):
    found, surface = mapped(name)[0], load_reference_body().surface
    chart, _ = chart_uv_of(surface, found.points)
    x, part = found.body.mesh.vertices[:, 0], found.body.part
    wide = np.abs(x) > 0.02 * found.body.diagonal
    head = np.isin(part, [PARTS.index("crown"), PARTS.index("muzzle")]) & wide
    assert (chart[head & (x > 0)] == 24).mean() > 0.9
    assert (chart[head & (x < 0)] == 23).mean() > 0.9
    assert (chart[part == PARTS.index("loin")] == 1).mean() > 0.7
    assert (chart[part == PARTS.index("belly")] == 2).mean() > 0.6


def test_antlers_have_no_point_and_everything_else_has():
    animal = subject("stag")
    points = remap(animal.mesh, animal.part)
    assert len(points) == len(animal.part)
    assert ((points.face >= 0) == (animal.part >= 0)).all()
    assert (animal.part < 0).any()
    np.testing.assert_allclose(points.barycentric[points.face >= 0].sum(1), 1, atol=1e-5)


def test_the_points_of_the_vertices_are_those_of_the_fine_mesh():
    animal, found = subject("fox"), mapped("fox")[0]
    points = remap(animal.mesh, animal.part)
    origin = found.body.origin
    np.testing.assert_array_equal(points.face[origin], found.points.face[: len(origin)])


def test_parts_that_do_not_fit_the_mesh_are_refused():
    animal = subject("fox")
    with pytest.raises(DataError, match="parts for"):
        remap(animal.mesh, animal.part[:-1])
    with pytest.raises(DataError, match="part number"):
        remap(animal.mesh, animal.part + 40)


def test_an_unknown_normaliser_is_refused_by_name():
    assert settings_named("part") == RemapSettings(normaliser="part")
    with pytest.raises(UsageError, match="surface"):
        settings_named("surface")
