"""The figures of a map say what they claim: on perfect, torn, swapped and partial maps."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache

import numpy as np

from wildpose.surface.mesh import Mesh
from wildpose.surface.parted_body import parted_body
from wildpose.surface.parts import MIRROR, PARTS
from wildpose.surface.points import at_vertices
from wildpose.surface.reference import load_reference_body
from wildpose.surface.remap import Remapping
from wildpose.surface.remap_figures import RemapFigures, remap_figures
from wildpose.surface.surface import SurfacePoints


@cache
def perfect() -> Remapping:
    whole = load_reference_body()
    mesh = Mesh.of(whole.surface.vertices, whole.surface.faces)
    return Remapping(parted_body(mesh, whole.part, least_vertices=1), at_vertices(whole.surface))


def figures_of(remapped: Remapping) -> RemapFigures:
    return remap_figures(remapped, load_reference_body())


def moved(row: np.ndarray) -> Remapping:
    """Each vertex lands where another vertex belongs."""
    points = perfect().points
    return replace(perfect(), points=SurfacePoints(points.face[row], points.barycentric[row]))


def test_a_perfect_map():
    found = figures_of(perfect())
    assert found.jumps == 0
    assert found.left_right > 0.999
    assert found.part_agreement == 1
    assert found.covered == 1
    assert found.limb_spearman > 0.999
    assert found.mirror_error < 1e-6
    assert found.no_point == 0
    assert found.charts == 24


def test_a_map_to_the_other_side_has_all_sides_wrong_and_is_still_smooth():
    found = figures_of(moved(load_reference_body().surface.mirror))
    assert found.left_right < 0.001
    assert found.jumps == 0
    paired = np.array([MIRROR[n] != n for n in range(len(PARTS))])[perfect().body.part]
    area = perfect().body.area
    assert np.isclose(found.part_agreement, area[~paired].sum() / area.sum(), atol=0.01)


def test_a_map_at_random_jumps_everywhere():
    found = figures_of(moved(np.random.default_rng(0).permutation(len(perfect().points))))
    assert found.jumps > 0.9
    assert found.limb_spearman < 0.1
    assert 0.4 < found.left_right < 0.6


def test_a_map_to_one_place_covers_nothing():
    found = figures_of(moved(np.zeros(len(perfect().points), int)))
    assert found.covered < 0.01
    assert found.charts <= 2


def test_what_has_no_point_counts_as_such_and_as_nothing_else():
    points, part = perfect().points, perfect().body.part
    gone = np.isin(part, [PARTS.index("muzzle"), PARTS.index("crown")])
    face = np.where(gone, -1, points.face).astype(np.int32)
    found = figures_of(replace(perfect(), points=SurfacePoints(face, points.barycentric)))
    area = perfect().body.area
    assert np.isclose(found.no_point, area[gone].sum() / area.sum())
    assert found.part_agreement == 1
    assert found.jumps == 0
    assert found.covered < 1


def test_figures_are_plain_numbers_for_json():
    assert json.loads(json.dumps(figures_of(perfect()).as_dict()))["charts"] == 24
