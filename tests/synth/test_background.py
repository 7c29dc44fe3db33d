"""Places: drawn with depth, or taken from pictures."""

import numpy as np
import pytest

from wildpose.synth.background import (
    PLACES,
    ground_depth,
    picture_stage,
    plants_in_front,
    procedural_stage,
)
from wildpose.synth.camera import camera_on_a_tree, looking_at

CAMERA = looking_at(np.array([0, 1.0, 0]), np.array([0, 0.4, 4.0]), (96, 64), 80.0)


@pytest.mark.parametrize("name", PLACES)
def test_a_place_has_colour_and_depth_everywhere(name):
    stage = procedural_stage(np.random.default_rng(3), CAMERA, PLACES[name])
    assert stage.albedo.shape == (64, 96, 3)
    assert (stage.depth > 0).all()
    assert np.isfinite(stage.albedo).all()
    assert 0 <= stage.albedo.min() <= stage.albedo.max() <= 1
    assert 0 < stage.cover.min() <= stage.cover.max() <= 1
    assert stage.albedo.std() > 0.02
    assert stage.ground.mean() > 0.02


def test_bare_ground_lies_on_the_plane():
    stage = procedural_stage(np.random.default_rng(5), CAMERA, PLACES["snow"])
    bare = stage.ground & (stage.cover == 1)  # no twig in a part of the pixel
    y, x = np.nonzero(bare & (ground_depth(CAMERA) < 9))
    place = CAMERA.unproject(np.stack([x + 0.5, y + 0.5], 1), stage.depth[y, x])
    assert len(x) > 200
    assert np.median(np.abs(place[:, 1])) < 0.02


def test_the_plane_meets_the_rays():
    depth = ground_depth(CAMERA)
    rows, columns = np.nonzero(np.isfinite(depth))
    place = CAMERA.unproject(np.stack([columns + 0.5, rows + 0.5], 1), depth[rows, columns])
    assert np.abs(place[:, 1]).max() < 1e-3 * depth[rows, columns].max()


def test_the_same_seed_draws_the_same_place_and_another_seed_another():
    one, two, other = (procedural_stage(np.random.default_rng(s), CAMERA, PLACES["snow"])
                       for s in (1, 1, 2))
    assert (one.albedo == two.albedo).all()
    assert (one.depth == two.depth).all()
    assert (one.albedo != other.albedo).any()


def test_things_in_front_are_nearer_than_the_ground_behind_them():
    rng = np.random.default_rng(2)
    camera = camera_on_a_tree(rng, (96, 64))
    stage = procedural_stage(rng, camera, PLACES["forest"])
    thing = ~stage.ground & np.isfinite(ground_depth(camera))
    assert (stage.depth[thing] < ground_depth(camera)[thing] * 1.05).mean() > 0.9


def test_a_picture_keeps_its_colours_and_gets_a_plane(tmp_path):
    picture = np.random.default_rng(0).integers(0, 255, (64, 96, 3)).astype(np.uint8)
    stage = picture_stage(picture, CAMERA)
    assert np.abs(stage.albedo ** (1 / 2.2) * 255 - picture).max() < 1.5
    things = plants_in_front(np.random.default_rng(7), CAMERA, PLACES["grass"])
    grown = picture_stage(picture, CAMERA, things)
    assert (grown.depth < stage.depth).any()
