"""Charts side by side in a texture."""

from __future__ import annotations

import numpy as np

from wildpose.surface.atlas import COLUMNS, ROWS, bake, sample, texel_of, texel_points
from wildpose.surface.points import chart_uv_of, positions
from wildpose.surface.reference import load_reference
from wildpose.surface.sampling import sample_points


def test_cells_hold_their_chart_and_do_not_meet():
    cell = 8
    u, v = np.meshgrid(np.linspace(0, 1, cell), np.linspace(0, 1, cell))
    uv = np.stack([u.ravel(), v.ravel()], axis=1)
    texture = np.zeros((ROWS * cell, COLUMNS * cell), int)
    for chart in range(1, 25):
        x, y = np.floor(texel_of(np.full(len(uv), chart), uv, cell)).astype(int).T
        assert (texture[y, x] == 0).all()
        texture[y, x] = chart
    assert (texture > 0).all()
    assert texture[0, 0] == 1
    assert texture[-1, -1] == 24


def test_texels_show_points_of_their_chart():
    cell = 6
    chart = load_reference().chart[texel_points(load_reference(), cell).face]
    expected = 1 + np.arange(24).reshape(ROWS, COLUMNS).repeat(cell, 0).repeat(cell, 1)
    assert np.array_equal(chart, expected.ravel())


def test_a_baked_field_is_read_back_where_it_was():
    surface = load_reference()
    texture = bake(surface, surface.vertices, 64)
    assert texture.shape == (256, 384, 3)
    points = sample_points(surface, 5000, np.random.default_rng(0))
    off = np.linalg.norm(sample(texture, *chart_uv_of(surface, points))
                         - positions(surface, points), axis=1)
    assert np.median(off) < 0.001
    assert np.percentile(off, 99) < 0.01


def test_the_corners_of_a_chart_read_their_own_texels():
    texture = np.arange(24 * 9.0).reshape(ROWS * 3, COLUMNS * 3)[..., None]
    corners = np.array([[0, 0], [1, 0], [0, 1], [1, 1.0]])
    assert list(sample(texture, np.full(4, 1), corners)[:, 0]) == [0, 2, 36, 38]
    assert list(sample(texture, np.full(4, 24), corners)[:, 0]) == [177, 179, 213, 215]


def test_charts_that_a_surface_lacks_stay_empty(ball):
    texture = bake(ball, ball.vertices, 5)
    assert np.isfinite(texture[:5, :10]).all()
    assert np.isnan(texture[:, 10:]).all()
    assert np.isnan(texture[5:]).all()
