"""Reliability bins and the expected calibration error."""

from __future__ import annotations

import numpy as np
import pytest

from wildpose.evaluation.calibration import (
    animal_scores,
    expected_calibration_error,
    reliability_bins,
)
from wildpose.evaluation.matching import match_image


def test_scores_drawn_as_true_probabilities_have_no_error():
    rng = np.random.default_rng(0)
    score = rng.random(200_000)
    hit = rng.random(200_000) < score
    assert expected_calibration_error(reliability_bins(score, hit)) < 0.01


def test_overconfidence_is_the_mean_distance():
    score = np.full(10, 0.95)
    hit = np.arange(10) < 5
    assert expected_calibration_error(reliability_bins(score, hit)) == pytest.approx(0.45)


def test_a_score_of_one_falls_into_the_last_bin_and_empty_bins_are_nan():
    bins = reliability_bins([1.0, 0.0], [True, False])
    assert bins.count[0] == bins.count[-1] == 1
    assert bins.count.sum() == 2
    assert np.isnan(bins.mean_score[1:-1]).all()
    assert bins.hit_rate[-1] == 1


def test_no_score_has_no_error():
    assert expected_calibration_error(reliability_bins([], [])) is None


def test_detections_on_what_is_left_out_are_not_asked():
    box = [0.0, 0.0, 10.0, 10.0]
    left_out = match_image([{"id": 1, "bbox": box, "uncertain": True}],
                           [{"bbox": box, "score": 0.9}])
    hit = match_image([{"id": 2, "bbox": box}], [{"bbox": box, "score": 0.7}])
    score, right = animal_scores([left_out, hit])
    assert score.tolist() == [0.7]
    assert right.tolist() == [True]
