"""The dense-pose figures of a subset: worked examples, and what stands in for no answer."""

from __future__ import annotations

import json

import numpy as np
import pytest

from wildpose.errors import DataError
from wildpose.evaluation import score_predictions
from wildpose.evaluation.dataset import EvaluationSet
from wildpose.evaluation.dense_doubt import doubt_figures
from wildpose.evaluation.dense_scores import dense_figures, dense_matches, precision_table
from wildpose.evaluation.point_answers import PointAnswers, answers_at, evaluator_answers
from wildpose.formats.dense_rows import dense_of, dense_row
from wildpose.masks import encode
from wildpose.types import DensePose

FIGURES = ("gps_ap", "gpsm_ap", "auc_10", "auc_30", "within_5cm", "within_10cm", "within_20cm")


def flat_distance(chart_a, uv_a, chart_b, uv_b):
    """0.35 m wherever u differs: the toy surface of the worked example."""
    off = np.abs(np.asarray(uv_a)[:, 0] - np.asarray(uv_b)[:, 0]) > 0.01
    return np.where(np.asarray(chart_b) == 0, np.inf, np.where(off, 0.35, 0.0))


def torso(u_of_the_rest: float) -> tuple[dict, dict]:
    """A body of 200 x 100 pixels with three points, and a detection that has one of them right."""
    square = np.zeros((256, 256), bool)
    square[:] = True
    annotation = {
        "id": 1, "image_id": 1, "category_id": 1, "bbox": [50, 100, 200, 100], "area": 20000,
        "iscrowd": 0, "dp_x": [40.0, 120.5, 200.0], "dp_y": [30.0, 60.0, 110.0],
        "dp_I": [1, 1, 1], "dp_U": [0.2, 0.2, 0.2], "dp_V": [0.2, 0.2, 0.2],
        "dp_masks": [encode(square)] + [[]] * 13,
    }
    chart = np.ones((100, 200), np.uint8)
    uv = np.full((2, 100, 200), 0.2, np.float16)
    uv[0, :, 50:] = u_of_the_rest
    even = np.full((100, 200), 0.5, np.float16)
    dense = DensePose(np.array([50, 100, 250, 200], np.float32), chart, uv, even, even,
                      "dense_head")
    said = answers_at(dense, [[50 + x * 200 / 256, 100 + y * 100 / 256] for x, y in
                              zip(annotation["dp_x"], annotation["dp_y"], strict=True)])
    predictions = {
        "detections": [{"image_id": 1, "category_id": 1, "bbox": [50, 100, 200, 100], "score": 0.9,
                        "dense_pose": dense_row(dense)}],
        "dense_points": [{"annotation_id": 1, "given_box": said.as_json()}],
    }
    image = {"id": 1, "width": 640, "height": 480}
    return {"images": [image], "annotations": [annotation]}, predictions


def test_worked_example():
    """GPS (1 + 2 exp(-.35^2 / (2 .351^2))) / 3 = .7388: hit from .50 to .70. GPSm .8595: to .85."""
    coco, predictions = torso(0.9)
    matches = dense_matches(EvaluationSet.of(coco, predictions), flat_distance)
    everything = np.array([True])
    gps = precision_table(matches, "gps", everything)
    assert (gps["ap"], gps["ap50"], gps["ap75"]) == pytest.approx((0.5, 1, 0))
    assert precision_table(matches, "gpsm", everything)["ap"] == pytest.approx(0.8)
    assert (gps["apm"], gps["arl"]) == (None, pytest.approx(0.5))
    report = score_predictions(coco, predictions, distance=flat_distance)["all"]["dense_pose"]
    assert tuple(report) == FIGURES
    assert report["within_20cm"] == report["auc_10"] == report["auc_30"] == pytest.approx(1 / 3)
    assert json.loads(json.dumps(report)) == report


def test_what_doubt_is_worth():
    """Every chart is right and half sure; two of three u are off, and sigma is the same for all."""
    coco, predictions = torso(0.9)
    found = dense_figures(EvaluationSet.of(coco, predictions), flat_distance)
    report = doubt_figures(found.points)
    assert report["chart_right"] == 1
    assert report["chart_ece"] == pytest.approx(0.5)
    assert report["uv_ause"] == pytest.approx(1)
    assert report["chart_ause"] is None


def test_the_right_answer_is_perfect():
    coco, predictions = torso(0.2)
    report = score_predictions(coco, predictions, distance=flat_distance)["all"]["dense_pose"]
    assert report == {name: pytest.approx(1) for name in FIGURES}


def test_an_animal_without_an_answer_is_background():
    coco, predictions = torso(0.2)
    predictions["dense_points"] = []
    report = score_predictions(coco, predictions, distance=flat_distance)["all"]["dense_pose"]
    assert report["gps_ap"] == pytest.approx(1)  # the detection has its own dense pose
    assert {report[k] for k in FIGURES[2:]} == {0}


def test_null_without_truth_or_without_a_model_that_answers():
    coco, predictions = torso(0.2)
    without = {k: v for k, v in predictions.items() if k != "dense_points"}
    assert score_predictions(coco, without)["all"]["dense_pose"] is None
    by_day = score_predictions(coco, predictions, distance=flat_distance)["day"]
    assert by_day["dense_pose"] is None
    coco["annotations"][0]["uncertain"] = True
    assert score_predictions(coco, predictions)["all"]["dense_pose"] is None


def test_too_few_answers_are_named():
    coco, predictions = torso(0.2)
    predictions["dense_points"][0]["given_box"]["u"].pop()
    with pytest.raises(DataError, match="3 dense points has not as many 'u'"):
        score_predictions(coco, predictions, distance=flat_distance)


def test_dense_pose_of_another_form_is_named():
    coco, predictions = torso(0.2)
    predictions["detections"][0]["dense_pose"]["iuv"] = "bm8gUE5H"
    with pytest.raises(DataError, match="dense pose of a detection can't be read"):
        score_predictions(coco, predictions, distance=flat_distance)


class TestLookingUp:
    def dense(self) -> DensePose:
        chart = np.array([[1, 2], [3, 0]], np.uint8)
        uv = np.arange(8, dtype=np.float16).reshape(2, 2, 2) / 8
        doubt = np.array([[0.1, 0.2], [0.3, 0.4]], np.float16)
        return DensePose(np.array([10, 20, 30, 40], np.float32), chart, uv, doubt, doubt,
                         "dense_head")

    def test_the_cell_under_a_point_answers(self):
        said = answers_at(self.dense(), [[19.9, 20], [20, 20], [12, 35], [25, 35], [9.9, 25]])
        assert said.chart.tolist() == [1, 2, 3, 0, 0]
        assert said.uv[:3, 0] == pytest.approx([0, 1 / 8, 2 / 8])
        assert said.uv[3:].tolist() == [[0, 0], [0, 0]]
        # background is an answer, too; outside of the region there is none
        assert said.confidence == pytest.approx([0.1, 0.2, 0.3, 0.4, 0], abs=1e-3)

    def test_the_evaluator_divides_by_255_and_cuts_toward_zero(self):
        points = {"bbox": [9.1, 20, 20, 20], "dp_x": [0.0, 255.0], "dp_y": [0.0, 0.0]}
        assert evaluator_answers(self.dense(), points).chart.tolist() == [1, 2]
        points["bbox"][0] = 11.0  # 255 is the far edge: pixel 21 of 20
        assert evaluator_answers(self.dense(), points).chart.tolist() == [1, 0]

    def test_answers_come_back_from_json(self):
        said = answers_at(self.dense(), [[12, 22], [25, 35]])
        back = PointAnswers.from_json(json.loads(json.dumps(said.as_json())), 2)
        assert back.chart.tolist() == [1, 0]
        assert back.uv == pytest.approx(said.uv, abs=1e-4)
        assert back.sigma == pytest.approx(said.sigma, abs=1e-4)

    def test_rows_keep_charts_and_doubt_exactly(self):
        before = self.dense()
        after = dense_of(json.loads(json.dumps(dense_row(before))))
        assert (after.chart == before.chart).all()
        assert (after.uv_sigma == before.uv_sigma).all()
        assert (after.chart_confidence == before.chart_confidence).all()
        assert after.box_xyxy == pytest.approx(before.box_xyxy)
        assert np.abs(after.uv - before.uv).max() <= 0.5 / 255 + 1e-3
        assert after.cut_by == before.cut_by
