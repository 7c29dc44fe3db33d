"""Plants, wood and stones as things with a depth."""

import numpy as np
import pytest

from wildpose.synth.camera import looking_at
from wildpose.synth.vegetation import Leaves, grass, leafy_plant, scattered, stone, twigs, wood

CAMERA = looking_at(np.array([0, 1.0, 0]), np.array([0, 0.6, 4.0]), (96, 64), 80.0)
GREEN = (90, 120, 60)


def rng():
    return np.random.default_rng(1)


def test_blades_of_a_tuft_stand_where_it_stands():
    blades = grass(rng(), CAMERA, np.array([[0.0, 4.0]]), 0.4, GREEN)
    assert len(blades) > 5
    pixel, depth = CAMERA.project(np.array([0, 0.2, 4.0]))
    assert np.mean([b.depth_m for b in blades]) == pytest.approx(float(depth), abs=0.2)
    middle = np.mean([np.mean(b.outline, axis=0) for b in blades], axis=0)
    assert np.abs(middle - pixel).max() < 6


def test_what_is_behind_the_camera_is_left_out():
    assert grass(rng(), CAMERA, np.array([[0.0, -3.0]]), 0.4, GREEN) == []
    assert wood(rng(), CAMERA, 2, np.array([[0, 0, -3.0], [0, 9, -3.0]]), np.array([0.2, 0.1]),
                GREEN) == []
    assert stone(rng(), CAMERA, 2, np.array([0, -3.0]), 0.3, GREEN) == []


def test_a_bush_is_lighter_on_top():
    leaves = leafy_plant(rng(), CAMERA, np.array([0, 0.6, 4.0]), 0.6, Leaves(400, 0.05, 0.4, GREEN))
    rows = np.array([np.mean(f.outline, axis=0)[1] for f in leaves])
    light = np.array([sum(f.colour) for f in leaves])
    half = np.median(rows)
    assert light[rows < half].mean() > 1.1 * light[rows > half].mean()


def test_a_trunk_is_as_wide_as_its_radius_says():
    (trunk,) = wood(rng(), CAMERA, 2, np.array([[0, 0, 4.0], [0, 6, 4.0]]), np.array([0.2, 0.2]),
                    (100, 90, 80))
    row = trunk.alpha[len(trunk.alpha) // 2]
    distance = CAMERA.to_camera(np.array([0, 1.0, 4.0]))[2]
    assert (row > 0).sum() == pytest.approx(2 * 0.4 * 80 / distance, rel=0.2)
    across = trunk.colour[len(trunk.alpha) // 2].mean(1)[row > 0]
    edge = (across[0] + across[-1]) / 2
    assert edge < across[len(across) // 3 : 2 * len(across) // 3].mean()


def test_twigs_grow_upward_from_their_root():
    flats = twigs(rng(), CAMERA, np.array([0, 0, 4.0]), 1.0, GREEN)
    points = np.concatenate([f.outline for f in flats])
    root, _ = CAMERA.project(np.array([0, 0, 4.0]))
    assert points[:, 1].max() < root[1] + 3
    assert points[:, 1].min() < root[1] - 10


def test_places_lie_in_range_and_in_view():
    places = scattered(rng(), 500, CAMERA, 1.0, 20.0)
    distance = np.hypot(*places.T)
    assert (distance >= 1).all()
    assert (distance <= 20).all()
    assert (distance < 4.5).mean() > 0.4
    pixel, _ = CAMERA.project(np.stack([places[:, 0], np.zeros(500), places[:, 1]], 1))
    assert ((pixel[:, 0] > -10) & (pixel[:, 0] < 106)).mean() > 0.8
