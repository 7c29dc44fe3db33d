"""Light: where it falls, how it falls off, what stands in its way."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from solid_bodies import ball

from wildpose.synth.camera import looking_at
from wildpose.synth.light import (
    Daylight,
    Flash,
    daylight,
    direct_share,
    displayed,
    flash,
    infrared_albedo,
    lamp_of,
    light_at,
    lit_share,
    shadow_of,
)

CAMERA = looking_at(np.array([0.0, 1, 0]), np.array([0.0, 1, 1]), (64, 48), 60.0)
UP = (0.0, 1.0, 0.0)
LAMP = Flash(np.array([0.0, -0.05, 0.0]), reach_m=3.0, beam_deg=25.0, paleness=0.5, ambient=0.0)


def sun_at(*towards):
    direction = np.array(towards, float)
    return Daylight(direction / np.linalg.norm(direction), np.ones(3), np.full(3, 0.2), np.zeros(3))


def test_a_surface_that_faces_the_sun_gets_all_of_it_and_one_that_faces_away_none():
    lamp = lamp_of(sun_at(0, 1, 0), CAMERA)
    assert direct_share(lamp, (0.0, 0.0, 0.0), UP, 0.0) == pytest.approx(1)
    assert direct_share(lamp, (0.0, 0.0, 0.0), (1.0, 0.0, 0.0), 0.0) == pytest.approx(0)
    assert direct_share(lamp, (0.0, 0.0, 0.0), (0.0, -1.0, 0.0), 0.3) == 0
    assert direct_share(lamp, (0.0, 0.0, 0.0), (1.0, 0.0, 0.0), 0.3) > 0.1  # fur is soft


def test_a_flash_falls_with_distance_squared_and_reaches_one_at_its_reach():
    lamp = lamp_of(replace(LAMP, offset=np.zeros(3)), CAMERA)
    towards_lens = (0.0, 0.0, -1.0)
    strength = [light_at(lamp, (0.0, 1.0, z), towards_lens, 1.0, 1.0)[0] for z in (1.5, 3.0, 6.0)]
    assert strength == pytest.approx([4, 1, 0.25])


def test_a_flash_is_half_as_strong_at_the_edge_of_its_beam():
    lamp = lamp_of(replace(LAMP, offset=np.zeros(3)), CAMERA)
    angle = np.radians(LAMP.beam_deg)
    place = (3 * np.sin(angle), 1.0, 3 * np.cos(angle))
    normal = (-np.sin(angle), 0.0, -np.cos(angle))
    assert light_at(lamp, place, normal, 1.0, 1.0)[0] == pytest.approx(0.5)


@pytest.mark.parametrize("towards", [(0, 1, 0), (1, 1, 0), (-0.3, 0.5, 0.8)])
def test_a_ball_throws_its_shadow_away_from_the_sun(towards):
    vertices, faces = ball(0.3, (0, 1, 0))
    sun = sun_at(*towards)
    shadow = shadow_of(sun, CAMERA, vertices, faces)
    under = np.array([0, 1, 0]) - sun.towards_sun / sun.towards_sun[1]
    assert lit_share(shadow, *under) == 0
    assert lit_share(shadow, *(under + np.array([1.0, 0, 0]))) == 1
    assert lit_share(shadow, *(under + np.array([0, 0, -1.0]))) == 1
    assert lit_share(shadow, *(np.array([0, 1, 0]) + 0.3 * sun.towards_sun)) == 1  # its lit side
    assert lit_share(shadow, *(np.array([0, 1, 0]) - 0.3 * sun.towards_sun)) == 0  # its dark side


def test_a_flash_throws_shadows_behind_the_animal():
    vertices, faces = ball(0.3, (0, 1, 3))
    shadow = shadow_of(LAMP, CAMERA, vertices, faces)
    assert lit_share(shadow, 0.0, 1.0, 5.0) == 0
    assert lit_share(shadow, 0.0, 1.0, 2.0) == 1
    assert lit_share(shadow, 1.5, 1.0, 5.0) == 1


def test_without_bodies_there_is_no_shadow():
    nothing = np.zeros((0, 3)), np.zeros((0, 3), np.int32)
    for light in (sun_at(1, 1, 1), LAMP):
        shadow = shadow_of(light, CAMERA, *nothing)
        assert lit_share(shadow, 0.3, 0.0, 4.0) == 1


def test_infra_red_makes_dark_fur_pale_and_never_more_than_all():
    black, brown, white = 0.02, 0.15, 0.9
    pale = [infrared_albedo(a, a, a, 0.7) for a in (black, brown, white)]
    same = [infrared_albedo(a, a, a, 0.0) for a in (black, brown, white)]
    assert same == pytest.approx([black, brown, white])
    assert pale[0] > 2 * black
    assert pale[2] / pale[0] < 0.4 * white / black
    assert max(pale) <= 1


def test_shown_light_grows_with_light_and_stays_in_range():
    levels = displayed(np.repeat(np.linspace(0, 20, 400)[:, None], 3, 1))[:, 0].astype(int)
    assert levels[0] == 0
    assert levels[-1] == 255
    assert (np.diff(levels) >= 0).all()
    assert 100 < displayed(np.full((1, 3), 0.18))[0, 0] < 130  # middle grey


def test_drawn_lights_differ_and_clouds_take_the_sun():
    rng = np.random.default_rng(0)
    overcast, clear = daylight(rng, 1.0), daylight(rng, 0.0)
    assert overcast.sun == pytest.approx(np.zeros(3))
    assert clear.sun.min() > 0.3
    assert overcast.sky.min() > clear.sky.min()
    assert np.linalg.norm(clear.towards_sun) == pytest.approx(1)
    assert clear.towards_sun[1] > 0.2
    lamps = [flash(np.random.default_rng(seed)) for seed in range(50)]
    assert np.ptp([lamp.reach_m for lamp in lamps]) > 2
    assert all(np.linalg.norm(lamp.offset) < 0.15 for lamp in lamps)
