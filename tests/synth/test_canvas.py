"""Painting from far to near: colour, depth, soft edges."""

import numpy as np

from wildpose.synth.canvas import Flat, Patch, Stage, display_to_linear, over, painted

GROUND = np.full((40, 60, 3), 100, np.uint8), np.full((40, 60), 20.0, np.float32)


def square(depth, left, right, colour=(200, 50, 50)):
    return Flat(depth, np.array([[left, 5], [right, 5], [right, 14.5], [left, 14.5]]), colour)


def test_the_nearer_thing_is_on_top_whatever_the_order():
    near, far = square(3.0, 5, 15.5), square(6.0, 10, 25.5, (50, 200, 50))
    for things in ([near, far], [far, near]):
        stage = painted(*GROUND, things, 2)
        assert stage.depth[10, 12] == 3
        assert stage.depth[10, 20] == 6
        assert np.allclose(stage.albedo[10, 12], display_to_linear(np.array([200, 50, 50])))
        assert np.allclose(stage.albedo[10, 20], display_to_linear(np.array([50, 200, 50])))


def test_bare_ground_keeps_its_depth_and_colour():
    stage = painted(*GROUND, [square(3.0, 5, 15)], 2)
    assert stage.depth[0, 0] == 20
    assert stage.ground[0, 0]
    assert not stage.ground[10, 10]
    assert np.allclose(stage.albedo[0, 0], display_to_linear(np.array([100, 100, 100])))


def test_edges_are_covered_in_part_and_mixed_in_colour():
    stage = painted(*GROUND, [square(3.0, 5.0, 14.0)], 2)
    soft = (stage.cover > 0) & (stage.cover < 1)
    assert soft.any()
    mixed = stage.albedo[soft][:, 0]
    low, high = (float(display_to_linear(np.array(v))) for v in (100, 200))
    assert ((mixed > low) & (mixed < high)).all()
    assert (stage.depth[soft] == 3).all()


def test_a_patch_covers_where_it_is_opaque():
    alpha = np.zeros((10, 10), np.uint8)
    alpha[:5] = 255
    patch = Patch(2.0, 20, 10, np.full((10, 10, 3), 30, np.uint8), alpha)
    stage = painted(*GROUND, [patch], 2)
    assert stage.depth[6, 12] == 2
    assert stage.depth[9, 12] == 20


def test_things_before_the_lens_are_soft_and_near():
    stage = painted(*GROUND, [], 2)
    near = painted(np.zeros((20, 30, 3), np.uint8), np.full((20, 30), np.inf, np.float32),
                   [square(0.5, 5, 15, (10, 10, 10))], 1)
    near = Stage(near.albedo, near.depth, np.isfinite(near.depth).astype(np.float32), near.ground)
    both = over(stage, near, 1.5)
    assert both.depth[10, 10] == 0.5
    assert both.depth[10, 28] == 20
    row = both.albedo[10, :, 0]
    assert row[10] < 0.3 * row[28]
    assert ((row > 1.1 * row[10]) & (row < 0.9 * row[28])).any()
