"""Frames of simple bodies: labels are exact, colours follow the light, outlines are soft."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from solid_bodies import ball, rig_of

from wildpose.synth.camera import looking_at
from wildpose.synth.fur import own_colours, painted
from wildpose.synth.light import Daylight, Flash
from wildpose.synth.raster import rasterise
from wildpose.synth.shading import PosedBody, prepared, render

SIZE = (96, 64)
CAMERA = looking_at(np.array([0.0, 0.5, -3.0]), np.array([0.0, 0.5, 0]), SIZE, 80.0)
NOON = Daylight(np.array([0.0, 1, 0]), np.ones(3), np.full(3, 0.2), np.full(3, 0.02))
LAMP = Flash(np.array([0.0, 0.04, 0.0]), 3.0, 30.0, 0.4)


def body_of(vertices, faces, rgb=(200, 120, 60)):
    rig = rig_of(vertices, faces, face_colour=np.tile(np.uint8(rgb), (len(faces), 1)))
    return prepared(rig.vertices, faces, painted(rig, own_colours(rig), 5000))


def one(place=(0.0, 0.5, 0.0), radius=0.5, instance=1, **looks):
    vertices, faces = ball(radius, place)
    return PosedBody(body_of(vertices, faces, **looks), vertices, instance)


@pytest.fixture(scope="module")
def by_day():
    return render([one()], CAMERA, NOON)


def test_labels_are_those_of_the_pixel_centre(by_day):
    vertices, faces = ball()
    seen = rasterise(vertices, faces, CAMERA)
    assert (by_day.instance == (seen.face >= 0)).all()
    assert (by_day.depth == seen.depth).all()
    assert not by_day.chart.any()  # it was given no reference


def test_coverage_is_the_area_of_the_ball(by_day):
    radius_px = 80 * 0.5 / np.sqrt(9 - 0.25)
    assert by_day.coverage.sum() == pytest.approx(np.pi * radius_px**2, rel=0.02)
    soft = (by_day.coverage > 0) & (by_day.coverage < 1)
    assert set(np.unique(by_day.coverage)) == {0, 0.25, 0.5, 0.75, 1}
    assert 0 < soft.sum() < 6 * radius_px
    assert (by_day.radiance[by_day.coverage == 0] == 0).all()


def test_the_top_is_lit_by_the_noon_sun_and_the_bottom_is_not(by_day):
    column = by_day.radiance[:, SIZE[0] // 2].sum(-1)
    inside = np.flatnonzero(by_day.coverage[:, SIZE[0] // 2] == 1)
    third = len(inside) // 3
    assert column[inside[:third]].mean() > 3 * column[inside[-third:]].mean()


def test_by_day_the_colour_is_the_fur_s(by_day):
    full = by_day.coverage == 1
    red, green, blue = by_day.radiance[full].sum(0)
    linear = (np.array([200, 120, 60]) / 255) ** 2.2
    assert green / red == pytest.approx(linear[1] / linear[0], rel=0.02)
    assert blue / red == pytest.approx(linear[2] / linear[0], rel=0.02)


def test_by_flash_it_is_grey_and_darker_when_farther():
    near = render([one()], CAMERA, LAMP).radiance
    far = render([one((0.0, 0.5, 3.0))], CAMERA, LAMP).radiance
    assert near[..., 0] == pytest.approx(near[..., 2])
    assert near.max() / far.max() == pytest.approx((5.5 / 2.5) ** 2, rel=0.1)


def test_a_body_before_another_hides_it_and_shades_it():
    front, back = one((0.0, 0.5, -0.8), 0.25, 2), one((0.0, 0.5, 0.6), 0.5, 1)
    for bodies in ([front, back], [back, front]):
        frame = render(bodies, CAMERA, LAMP)
        middle = SIZE[1] // 2, SIZE[0] // 2
        assert frame.instance[middle] == 2
        assert set(np.unique(frame.instance)) == {0, 1, 2}
        assert frame.depth[middle] == pytest.approx(3 - 0.8 - 0.25, abs=0.01)
    alone = render([back], CAMERA, LAMP)
    both = render([front, back], CAMERA, LAMP)
    seen = (both.instance == 1) & (both.coverage == 1)
    assert both.radiance[seen].sum() < alone.radiance[seen].sum()
    sky = replace(NOON, towards_sun=np.array([0, 1, 0.0]))
    above = render([one((0.0, 1.4, 0.0), 0.3, 2), one()], CAMERA, sky)
    under = (above.instance == 1) & (above.coverage == 1)
    assert (above.radiance[under] < 0.5 * render([one()], CAMERA, sky).radiance[under]).any()


def test_eyes_shine_into_the_lens_and_not_away_from_it():
    posed = one(radius=0.4)
    towards = int(posed.vertices[:, 2].argmin())
    away = int(posed.vertices[:, 2].argmax())
    plain = render([posed], CAMERA, LAMP).radiance
    for vertex, brighter in ((towards, True), (away, False)):
        coat = posed.body.coat._replace(eyes=np.array([vertex], np.int32))
        frame = render([replace(posed, body=replace(posed.body, coat=coat))], CAMERA, LAMP)
        assert (frame.radiance.max() > plain.max() + 1) == brighter
    assert render([replace(posed, body=replace(posed.body, coat=coat))], CAMERA,
                  NOON).radiance.max() < 2


def test_between_two_bodies_of_one_mesh_it_is_darker_all_round():
    left, faces = ball(0.3, (0.31, 0.5, 0))
    right, _ = ball(0.3, (-0.31, 0.5, 0))
    both = body_of(np.concatenate([left, right]), np.concatenate([faces, faces + len(left)]))
    facing_other = int(left[:, 0].argmin())
    outside = int(left[:, 0].argmax())
    assert both.open_share[facing_other] < both.open_share[outside] - 0.1
    assert both.open_share[outside] > 0.95


def test_the_same_input_gives_the_same_bytes():
    frames = [render([one()], CAMERA, LAMP) for _ in range(2)]
    assert frames[0].radiance.tobytes() == frames[1].radiance.tobytes()


def test_a_frame_without_bodies_is_empty():
    frame = render([], CAMERA, NOON)
    assert not frame.coverage.any()
    assert not frame.instance.any()
    assert np.isinf(frame.depth).all()
