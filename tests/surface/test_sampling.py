"""Points fall on charts and places by their area."""

from __future__ import annotations

import numpy as np
from scipy.stats import chisquare, kstest

from wildpose.surface.mesh import Mesh, face_areas
from wildpose.surface.points import positions
from wildpose.surface.reference import load_reference
from wildpose.surface.sampling import sample_points

COUNT = 20_000


def test_each_chart_gets_points_by_its_area():
    surface = load_reference()
    area = face_areas(Mesh.of(surface.vertices, surface.faces))
    points = sample_points(surface, COUNT, np.random.default_rng(5))
    expected = np.bincount(surface.chart, area, 25)[1:] / area.sum() * COUNT
    found = np.bincount(surface.chart[points.face], minlength=25)[1:]
    assert chisquare(found, expected).pvalue > 1e-3


def test_points_are_even_within_a_triangle_too(ball):
    # On a sphere the height of an even sample is uniform (Archimedes).
    points = sample_points(ball, COUNT, np.random.default_rng(6))
    height = positions(ball, points)[:, 1]
    assert kstest(height, "uniform", args=(-0.5, 1.0)).pvalue > 1e-3
    assert (points.barycentric >= 0).all()
    assert np.allclose(points.barycentric.mean(0), 1 / 3, atol=0.01)


def test_the_same_seed_gives_the_same_points_and_faces_can_be_chosen(ball):
    one = sample_points(ball, 50, np.random.default_rng(7), faces=np.array([3, 8]))
    two = sample_points(ball, 50, np.random.default_rng(7), faces=np.array([3, 8]))
    assert np.array_equal(one.face, two.face)
    assert set(one.face.tolist()) == {3, 8}
