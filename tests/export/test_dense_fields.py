"""Dense pose as fields of an annotation: points at their places, nothing beyond grid or box."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from run_writer import round_pose

from wildpose.export.dense_fields import dense_fields
from wildpose.formats.densepose import read_part_map, read_points

GRID = (20.0, 10.0, 76.0, 66.0)


def written(box):
    x1, y1, x2, y2 = box
    fields = dense_fields(round_pose(GRID), np.array(box), np.random.default_rng(0))
    return {"id": 1, "bbox": [x1, y1, x2 - x1, y2 - y1], **fields}


edges = st.tuples(st.floats(0, 45), st.floats(0, 35), st.floats(50, 100), st.floats(40, 90))


@settings(max_examples=15)
@given(box=edges)
def test_points_say_what_the_grid_says_at_their_place_whatever_the_box(box):
    points, pose = read_points(written(box)), round_pose(GRID)
    row, column, inside = pose.cells_at(points.xy)
    assert inside.all()
    assert (pose.chart[row, column] == points.chart).all()
    assert np.allclose(pose.uv[:, row, column].T, points.uv, atol=1e-4)
    assert (points.xy >= np.array(box[:2]) - 1e-3).all()
    assert (points.xy <= np.array(box[2:]) + 1e-3).all()


def test_parts_end_where_the_grid_ends():
    part = read_part_map(written((0, 0, 112, 112)))
    rows, columns = np.nonzero(part)
    shares = np.array([columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]) / 256 * 112
    # the body fills 0.8 of the grid, cells are 2 pixels wide
    assert shares == pytest.approx([25.6, 15.6, 70.4, 60.4], abs=2)


def test_a_box_beside_the_body_has_no_fields():
    assert dense_fields(round_pose(GRID), np.array([80, 70, 90, 80]),
                        np.random.default_rng(0)) == {}
