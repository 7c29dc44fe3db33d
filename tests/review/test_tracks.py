"""Boxes between analysed frames."""

import numpy as np
import pytest

from wildpose.review.tracks import clip_times, fill_track


def test_boxes_move_linearly_in_time_not_in_frames():
    times_s = np.array([0.0, 0.1, 0.4, 1.0])  # a variable-rate clip
    filled = fill_track([0, 3], [[0, 0, 10, 10], [100, 50, 120, 70]], [0.9, 0.5], times_s)
    assert filled.frame_index.tolist() == [0, 1, 2, 3]
    np.testing.assert_allclose(filled.box_xyxy[:, 0], [0, 10, 40, 100])
    np.testing.assert_allclose(filled.box_xyxy[:, 3], [10, 16, 34, 70])
    np.testing.assert_allclose(filled.score, [0.9, 0.86, 0.74, 0.5])
    assert filled.interpolated.tolist() == [False, True, True, False]
    assert filled.source.tolist() == [0, 0, 0, 1]
    assert filled.nearest.tolist() == [0, 0, 0, 1]


def test_the_nearest_picture_of_an_animal_is_before_or_after_but_never_far_off():
    times_s = np.arange(0, 3, 0.25)
    filled = fill_track([0, 2, 10], np.zeros((3, 4)), [1, 1, 1], times_s)
    assert filled.nearest.tolist() == [0, 0, 1, 1, 1, -1, -1, -1, 2, 2, 2]


def test_analysed_boxes_are_the_detectors_own_to_the_last_bit():
    boxes = np.array([[0.1, 0.2, 0.7, 0.9], [1 / 3, 0.3, 0.8, 1 / 7], [5.5, 2, 9, 9]], np.float32)
    filled = fill_track([4, 7, 9], boxes, [0.1, 0.2, 0.3], np.arange(12) / 30)
    kept = filled.box_xyxy[~filled.interpolated]
    assert (kept == boxes.astype(np.float64)).all()
    assert filled.frame_index[~filled.interpolated].tolist() == [4, 7, 9]


def test_one_detection_stays_one_box():
    filled = fill_track([5], [[1, 2, 3, 4]], [0.5], np.arange(10) / 10)
    assert filled.frame_index.tolist() == [5]
    assert filled.interpolated.tolist() == [False]


@pytest.mark.parametrize("times_s", [np.zeros(5), np.array([0.0, 0.1])])
def test_times_that_do_not_rise_fall_back_on_frame_numbers(times_s):
    filled = fill_track([1, 4], [[0, 0, 1, 1], [3, 0, 4, 1]], [1, 1], times_s)
    if not times_s.any():
        np.testing.assert_allclose(filled.box_xyxy[:, 0], [0, 1, 2, 3])
    assert np.isfinite(filled.box_xyxy).all()
    assert (np.diff(filled.box_xyxy[:, 0]) >= 0).all()


def test_times_come_from_the_file_where_it_was_read_and_else_from_the_analysed_frames():
    measured = np.array([0, 0.2, 0.3, 0.9])
    assert (clip_times([0, 3], [0.0, 0.9], 4, measured) == measured).all()
    np.testing.assert_allclose(clip_times([0, 3], [0.0, 0.9], 4, None), [0, 0.3, 0.6, 0.9])
    assert clip_times([], [], 3, None).tolist() == [0, 0, 0]
