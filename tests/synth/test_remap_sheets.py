"""Pictures in matching colours: the same place has the same colour on animal and reference."""

from __future__ import annotations

import numpy as np

from wildpose.drawing.palette import CHART_COLOURS, NO_POINT_COLOUR
from wildpose.surface.mesh import Mesh
from wildpose.surface.parted_body import parted_body
from wildpose.surface.points import at_vertices
from wildpose.surface.reference import load_reference_body
from wildpose.surface.remap import Remapping
from wildpose.surface.surface import SurfacePoints
from wildpose.synth.remap_sheets import (
    by_chart,
    by_coordinate,
    by_place,
    map_picture,
    reference_sheet,
    sheet,
)


def itself() -> Remapping:
    whole = load_reference_body()
    mesh = Mesh.of(whole.surface.vertices, whole.surface.faces)
    return Remapping(parted_body(mesh, whole.part, least_vertices=1), at_vertices(whole.surface))


def test_the_reference_on_itself_has_the_same_picture_above_and_below():
    picture = map_picture(itself(), load_reference_body().surface).astype(int)
    above, below = np.split(picture, 2)
    assert (np.abs(above - below).max(2) > 30).mean() < 0.01


def test_no_point_is_grey_in_every_colouring():
    surface = load_reference_body().surface
    nowhere = SurfacePoints(np.full(3, -1, np.int32), np.zeros((3, 3), np.float32))
    for colouring in (by_chart, by_coordinate(0), by_place):
        assert (colouring(surface, nowhere) == NO_POINT_COLOUR).all()


def test_charts_have_their_colours():
    surface = load_reference_body().surface
    points = at_vertices(surface)
    np.testing.assert_array_equal(by_chart(surface, points),
                                  CHART_COLOURS[surface.chart[points.face]])


def test_sheets_hold_a_tile_for_each():
    surface = load_reference_body().surface
    one, three = (sheet([("itself", itself())] * n, surface, columns=2) for n in (1, 3))
    assert three.shape[0] == 2 * one.shape[0]
    assert three.shape[1] == one.shape[1]
    assert reference_sheet(surface).dtype == np.uint8
