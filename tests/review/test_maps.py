"""Dense pose as pictures that the App lays over a frame."""

import numpy as np
import pytest

from wildpose.drawing.dense_pose import paint_dense_pose
from wildpose.review.maps import MAP_SIDE_PX, PART_COLOURS, carried, paint, part_names, tile_of
from wildpose.types import DensePose


def random_pose(box=(10.0, 5.0, 66.0, 61.0)):
    """A dense pose of 7 x 7 cells, a third of it without body."""
    rng = np.random.default_rng(3)
    chart = (rng.integers(0, 36, (7, 7)) % 36).astype(np.uint8)
    chart[chart > 24] = 0
    uv = np.where(chart > 0, rng.random((2, 7, 7)), 0).astype(np.float16)
    one = np.where(chart > 0, rng.random((7, 7)), 0).astype(np.float16)
    return DensePose(np.array(box, np.float32), chart, uv, one, one, "dense_head")


def test_parts_have_the_colours_and_squares_of_the_contact_sheets():
    pose = random_pose()
    parts, _ = paint([(tile_of(pose), pose.box_xyxy)], 80, 70)
    sheet = paint_dense_pose(np.zeros((70, 80, 3), np.uint8), pose)  # half as bright, over black
    np.testing.assert_allclose(parts / 2, sheet, atol=1)
    assert parts.any()


def test_every_colour_has_a_name_and_none_stands_for_two_parts():
    names = part_names()
    assert len(names) == 48
    assert len(set(names.values())) == 24
    assert names["#" + bytes(PART_COLOURS[24]).hex()] == "left head"


def test_doubt_is_the_chance_of_another_part_and_zero_off_the_body():
    pose = random_pose()
    tile = tile_of(pose)
    body = pose.chart > 0
    assert (tile.doubt[~body] == 0).all()
    assert (tile.doubt[body] > 0).all()
    np.testing.assert_allclose(
        tile.doubt[body] / 255, 1 - pose.chart_confidence[body].astype(float), atol=0.04)
    assert tile.chart_confidence == pytest.approx(pose.chart_confidence[body].mean(), abs=1e-3)


def test_a_small_animal_lies_over_a_large_one_whatever_the_order():
    def tile(chart, box):
        grid = np.full((4, 4), chart, np.uint8)
        one = np.full((4, 4), 0.5, np.float16)
        return tile_of(DensePose(np.array(box, np.float32), grid, np.zeros((2, 4, 4), np.float16),
                                 one, one, "dense_head"))

    large, small = tile(1, (0, 0, 40, 40)), tile(2, (10, 10, 20, 20))
    for tiles in ([large, small], [small, large]):
        parts, _ = paint([(one, one.box_xyxy) for one in tiles], 40, 40)
        assert parts[15, 15].tolist() == PART_COLOURS[2].tolist()
        assert parts[30, 30].tolist() == PART_COLOURS[1].tolist()


def test_large_frames_get_a_small_picture_and_what_lies_outside_is_cut():
    pose = random_pose((-500.0, 100.0, 900.0, 1500.0))
    parts, doubt = paint([(tile_of(pose), pose.box_xyxy)], 1920, 1080)
    assert parts.shape == (270, MAP_SIDE_PX, 3)
    assert doubt.shape == (270, MAP_SIDE_PX)
    assert parts[:20].max() == 0
    assert parts.any()


def test_a_body_without_a_cell_and_a_flat_box_do_no_harm():
    pose = random_pose()
    empty = DensePose(pose.box_xyxy, np.zeros((7, 7), np.uint8), pose.uv, pose.chart_confidence,
                      pose.uv_sigma, "dense_head")
    assert tile_of(empty).uv_sigma == 0
    flat = carried(np.array([1, 1, 2, 2]), np.array([1, 1, 1, 1]), np.array([5, 5, 6, 6]))
    assert np.isfinite(flat).all()
    parts, _ = paint([(tile_of(pose), np.array([5.0, 5, 5, 5]))], 20, 20)
    assert not parts.any()
