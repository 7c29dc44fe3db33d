"""Dense pose over a frame: each pixel in the colour of its own cell, nothing beside the body."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from wildpose import masks
from wildpose.drawing import draw_detections
from wildpose.drawing.dense_pose import SQUARES, chequered, paint_dense_pose
from wildpose.drawing.palette import CHART_COLOURS, style_of
from wildpose.types import DensePose, Detections

GREY = np.full((100, 160, 3), 90, np.uint8)


def pose_on(box, chart, uv=None):
    chart = np.asarray(chart, np.uint8)
    uv = np.zeros((2, *chart.shape)) if uv is None else uv
    plain = np.full(chart.shape, 0.5, np.float16)
    return DensePose(np.array(box, np.float32), chart, np.asarray(uv, np.float16), plain, plain,
                     "mask_head")


@settings(max_examples=60, deadline=None)
@given(st.floats(-60, 150), st.floats(-60, 90), st.floats(0.5, 250), st.floats(0.5, 250),
       st.integers(0, 10_000))
def test_each_pixel_shows_the_cell_under_its_middle(left, top, width, height, seed):
    rng = np.random.default_rng(seed)
    chart = rng.integers(0, 25, (7, 9))
    pose = pose_on((left, top, left + width, top + height), chart)
    painted = paint_dense_pose(GREY, pose)
    y, x = np.mgrid[: GREY.shape[0], : GREY.shape[1]]
    row, column, inside = pose.cells_at(np.stack([x.ravel(), y.ravel()], axis=1) + 0.5)
    under = np.where(inside, chart[row, column], 0).reshape(x.shape)
    expected = np.where(under[..., None] > 0, 0.5 * GREY + 0.5 * CHART_COLOURS[under], GREY)
    wrong = (np.abs(painted - expected) > 1).any(axis=2)
    assert wrong.mean() < 0.001, "only pixels right on the edge of two cells may differ"


def test_a_scaled_picture_shows_the_same():
    pose = pose_on((40, 20, 120, 80), [[1, 2], [0, 24]])
    large = paint_dense_pose(np.full((200, 320, 3), 90, np.uint8), pose, (2, 2))
    assert np.array_equal(large[1::2, 1::2], paint_dense_pose(GREY, pose))


def test_chequers_follow_the_coordinates_and_leave_the_background():
    u = np.array([0.0, 1 / SQUARES, 2 / SQUARES]) + 0.01
    chart = np.array([3, 3, 3, 0])
    shown = chequered(chart, np.stack([[*u, 0.26], np.zeros(4)]))
    assert (shown[0] == CHART_COLOURS[3]).all()
    assert (shown[1] < shown[0]).all()
    assert (shown[2] == shown[0]).all()
    assert (shown[3] == CHART_COLOURS[0]).all()


def test_the_image_given_is_not_touched():
    image = GREY.copy()
    paint_dense_pose(image, pose_on((0, 0, 50, 50), [[1]]))
    assert (image == GREY).all()


def test_charts_take_the_place_of_the_tint_and_the_outline_stays():
    mask = np.zeros((100, 160), bool)
    mask[20:80, 40:120] = True
    found = Detections.of([[40, 20, 120, 80]], [0.9], [1], [masks.encode(mask)], [0.8],
                          [pose_on((40, 20, 120, 80), [[1, 2]])]).with_track_id([1])
    drawn = draw_detections(GREY, found, labels=[""])
    assert np.abs(drawn[50, 60] - (0.5 * 90 + 0.5 * CHART_COLOURS[1])).max() <= 1
    assert np.abs(drawn[50, 100] - (0.5 * 90 + 0.5 * CHART_COLOURS[2])).max() <= 1
    assert (drawn[20, 60] == style_of(1, 1).colour).all()


def test_people_are_painted_too():
    found = Detections.of([[40, 20, 120, 80]], [0.9], [2],
                          dense_pose=[pose_on((40, 20, 120, 80), [[23]])])
    drawn = draw_detections(GREY, found, labels=[""])
    assert np.abs(drawn[50, 60] - (0.5 * 90 + 0.5 * CHART_COLOURS[23])).max() <= 1
