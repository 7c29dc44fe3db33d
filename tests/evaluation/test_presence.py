"""Is there an animal in the picture?"""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import f1_score, roc_auc_score

from wildpose.evaluation.dataset import EvaluationSet
from wildpose.evaluation.presence import area_under_roc, presence, presence_scores


def test_auc_equals_scikit_learn_with_ties():
    rng = np.random.default_rng(2)
    there = rng.random(300) < 0.6
    score = (rng.random(300) + 0.4 * there).round(1)
    assert area_under_roc(score, there) == pytest.approx(roc_auc_score(there, score))


def test_presence_of_a_picture_is_its_best_animal():
    box = [0, 0, 10, 10]
    coco = {
        "images": [{"id": i, "width": 64, "height": 48} for i in range(4)],
        "annotations": [
            {"id": 1, "image_id": 0, "category_id": 1, "bbox": box},
            {"id": 2, "image_id": 1, "category_id": 1, "bbox": box, "hardly_visible": True},
            {"id": 3, "image_id": 2, "category_id": 2, "bbox": box},  # a person is no animal
        ],
    }
    rows = [(0, 1, 0.3), (0, 1, 0.8), (2, 2, 0.9), (3, 1, 0.6)]
    detections = [{"image_id": i, "category_id": c, "bbox": box, "score": s} for i, c, s in rows]
    scores = presence_scores(EvaluationSet.of(coco, {"detections": detections}))
    assert scores.asked.tolist() == [True, False, True, True]
    assert scores.score[[0, 2, 3]].tolist() == [0.8, 0.0, 0.6]
    figures = presence(scores, np.ones(4, bool), 0.5)
    assert figures["with"] == 1
    assert figures["without"] == 2
    assert figures["auc"] == 1
    said, there = scores.score[scores.asked] >= 0.5, scores.there[scores.asked]
    assert figures["f1"] == pytest.approx(f1_score(there, said))


def test_only_one_kind_of_picture_has_no_auc():
    assert area_under_roc(np.array([0.2, 0.9]), np.array([True, True])) is None
    assert area_under_roc(np.zeros(0), np.zeros(0, bool)) is None
