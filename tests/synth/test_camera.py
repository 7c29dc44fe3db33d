"""The pinhole: left is left, there and back again, cameras hang where people hang them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wildpose.synth.camera import (
    FIELD_OF_VIEW_DEG,
    HEIGHT_M,
    camera_on_a_tree,
    focal_of_view,
    looking_at,
)

SIZE = (64, 48)
seeds = st.integers(0, 2**32 - 1)


def ahead(distance_m: float = 4.0):
    """Stands at the origin, 1 m high, and looks along z."""
    return looking_at(np.array([0.0, 1, 0]), np.array([0.0, 1, distance_m]), SIZE, 50.0)


def test_the_aim_is_in_the_middle_of_the_picture():
    pixels, depth = ahead().project(np.array([0.0, 1, 4]))
    assert pixels == pytest.approx([32, 24])
    assert depth == pytest.approx(4)


def test_an_animal_that_walks_away_has_its_left_side_on_the_left():
    pixels, _ = ahead().project(np.array([[0.5, 1, 4], [0, 1.5, 4]]))
    assert pixels[0, 0] < 32
    assert pixels[0, 1] == pytest.approx(24)
    assert pixels[1, 1] < 24  # y up in the world, down in the picture
    assert 32 - pixels[0, 0] == pytest.approx(50 * 0.5 / 4)


def test_a_point_behind_the_lens_has_no_pixel():
    pixels, depth = ahead().project(np.array([0.0, 1, -2]))
    assert depth < 0
    assert np.isnan(pixels).all()


@given(seeds)
@settings(max_examples=30, deadline=None)
def test_unproject_undoes_project(seed):
    rng = np.random.default_rng(seed)
    camera = camera_on_a_tree(rng, SIZE)
    points = camera.to_world(rng.uniform([-3, -3, 0.2], [3, 3, 30], (20, 3)))
    assert camera.unproject(*camera.project(points)) == pytest.approx(points, abs=1e-9)


@given(seeds)
@settings(max_examples=30, deadline=None)
def test_the_rotation_is_one_and_rays_go_through_pixel_centres(seed):
    camera = camera_on_a_tree(np.random.default_rng(seed), SIZE)
    assert camera.rotation @ camera.rotation.T == pytest.approx(np.eye(3), abs=1e-12)
    assert np.linalg.det(camera.rotation) == pytest.approx(1)
    pixels, depth = camera.project(camera.position + camera.rays()[7, 11])
    assert pixels == pytest.approx([11.5, 7.5])
    assert depth == pytest.approx(1)


def test_twice_as_many_pixels_see_the_same():
    camera = ahead()
    point = np.array([0.3, 1.2, 3.0])
    assert camera.scaled(2).project(point)[0] == pytest.approx(2 * camera.project(point)[0])


def test_straight_down_is_a_direction_too():
    camera = looking_at(np.array([0.0, 5, 0]), np.zeros(3), SIZE, 50.0)
    assert camera.project(np.zeros(3))[0] == pytest.approx([32, 24])


def test_cameras_on_trees_hang_in_reach_look_ahead_and_differ():
    cameras = [camera_on_a_tree(np.random.default_rng(seed), SIZE) for seed in range(200)]
    heights = np.array([c.position[1] for c in cameras])
    focals = [c.focal_px for c in cameras]
    assert heights.min() >= HEIGHT_M[0]
    assert heights.max() <= HEIGHT_M[1]
    assert 0.5 < np.median(heights) < 1.2
    assert min(focals) >= focal_of_view(SIZE[0], FIELD_OF_VIEW_DEG[1])
    assert max(focals) <= focal_of_view(SIZE[0], FIELD_OF_VIEW_DEG[0])
    assert all(c.rotation[2, 2] > 0.5 for c in cameras)
    assert np.ptp(heights) > 1
