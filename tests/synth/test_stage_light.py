"""Sun, sky and lamp on the still part of a scene."""

import numpy as np
import pytest

from wildpose.synth.camera import looking_at
from wildpose.synth.canvas import Stage
from wildpose.synth.light import daylight, flash, shadow_of
from wildpose.synth.stage_light import already_lit, light_stage, shaded

CAMERA = looking_at(np.array([0, 2.0, 0]), np.array([0, 0.0, 6.0]), (60, 40), 60.0)


def plain(upright=False):
    """Ground all over with its true depth; or a wall of leaves at 3 m."""
    depth = CAMERA.position[1] / np.maximum(-CAMERA.rays()[..., 1], 0.05)
    if upright:
        depth = np.full((40, 60), 3.0)
    return Stage(np.full((40, 60, 3), 0.3, np.float32), depth.astype(np.float32),
                 np.ones((40, 60), np.float32), np.full((40, 60), not upright))


def test_a_lamp_falls_off_with_the_square_of_the_distance():
    light = flash(np.random.default_rng(0))
    lit = light_stage(plain(), CAMERA, light, np.random.default_rng(0), 0.0)
    column = lit.radiance[:, 30, 0]
    assert column[-1] > 3 * column[8]
    assert (lit.radiance[..., 0] == lit.radiance[..., 2]).all()
    far = Stage(plain(True).albedo, plain(True).depth * 2, plain(True).cover, plain(True).ground)
    near_light, far_light = (light_stage(s, CAMERA, light, np.random.default_rng(0), 0.0).direct
                             for s in (plain(True), far))
    assert near_light[20, 30, 0] / far_light[20, 30, 0] == pytest.approx(4, rel=0.1)


def test_leaves_overhead_make_spots_of_sun():
    light = daylight(np.random.default_rng(1), 0.0)
    open_air, wood = (light_stage(plain(), CAMERA, light, np.random.default_rng(2), share)
                      for share in (0.0, 0.7))
    assert open_air.direct[..., 0].std() < 1e-4
    assert wood.direct[..., 0].std() > 0.1 * open_air.direct.mean()
    assert wood.direct.mean() < 0.75 * open_air.direct.mean()
    assert wood.canopy.lets_through(wood.place).max() <= 1


def test_the_sky_is_lit_by_itself():
    stage = plain()
    stage.depth[:5] = np.inf
    lit = light_stage(stage, CAMERA, daylight(np.random.default_rng(1)), np.random.default_rng(2),
                      0.5)
    assert (lit.direct[:5] == 0).all()
    assert (lit.ambient[:5] > 0).all()
    assert np.isnan(lit.place[:5]).all()


def test_a_body_takes_the_sun_off_the_ground_behind_it_and_the_sky_below_it():
    light = daylight(np.random.default_rng(1), 0.0)
    lit = light_stage(plain(), CAMERA, light, np.random.default_rng(2), 0.0)
    roof = np.array([[-0.5, 0.3, 4.0], [0.5, 0.3, 4.0], [0.5, 0.3, 5.0], [-0.5, 0.3, 5.0]])
    faces = np.array([[0, 2, 1], [0, 3, 2]], np.int32)
    overhead = daylight(np.random.default_rng(1), 1.0)
    up = type(light)(np.array([0.0, 1.0, 0.0]), overhead.sun, overhead.sky, overhead.bounce)
    hard, soft = (shadow_of(one, CAMERA, roof, faces) for one in (light, up))
    change = (lit.radiance - shaded(lit, hard, soft, roof)).mean(2)
    below, _ = CAMERA.project(np.array([0, 0.0, 4.5]))
    assert change.min() >= -1e-6
    assert change[int(below[1]), int(below[0])] > 0.3 * lit.ambient.mean()
    cast = np.array([0, 0, 4.5]) - light.towards_sun / light.towards_sun[1] * 0.3
    at, _ = CAMERA.project(cast * [1, 0, 1])
    assert change[int(at[1]), int(at[0])] > 0.5 * lit.direct.mean()
    assert change[-1, 0] == pytest.approx(0, abs=1e-6)


def test_a_photograph_keeps_its_light():
    lit = already_lit(plain(), CAMERA, 0.5)
    assert np.allclose(lit.radiance, 0.3)
    assert np.allclose(lit.direct, 0.15)
