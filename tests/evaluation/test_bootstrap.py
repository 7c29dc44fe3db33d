"""Paired intervals: honest about chance, the same for the same seed, fast enough to be used."""

from __future__ import annotations

import time

import numpy as np
import pytest

from wildpose.errors import DataError, UsageError
from wildpose.evaluation import paired_bootstrap, score_predictions


@pytest.fixture
def worse(predictions) -> dict:
    """The same detections, every third missing and the others shifted."""
    kept = [d for n, d in enumerate(predictions["detections"]) if n % 3]
    moved = [{**d, "bbox": [d["bbox"][0] + 0.3 * d["bbox"][2], *d["bbox"][1:]]} for d in kept]
    return {**predictions, "detections": moved}


def test_estimate_is_the_difference_of_the_reported_figures(coco, predictions, worse):
    for subset in ("all", "camera_trap_night", "small"):
        found = paired_bootstrap(coco, predictions, worse, subset, repeats=20, seed=1)
        a, b = (score_predictions(coco, p)[subset] for p in (predictions, worse))
        assert found.ap.estimate == pytest.approx(a["box"]["ap"] - b["box"]["ap"])
        assert found.ap50.estimate == pytest.approx(a["box"]["ap50"] - b["box"]["ap50"])
        if subset != "small":
            presence = a["presence"]["auc"] - b["presence"]["auc"]
            assert found.presence_auc.estimate == pytest.approx(presence)


def test_a_better_model_is_ahead_and_the_order_only_turns_the_sign(coco, predictions, worse):
    ahead = paired_bootstrap(coco, predictions, worse, "all", repeats=200, seed=1)
    behind = paired_bootstrap(coco, worse, predictions, "all", repeats=200, seed=1)
    assert 0 < ahead.ap50.lower < ahead.ap50.estimate < ahead.ap50.upper
    assert behind.ap50.upper == pytest.approx(-ahead.ap50.lower)


def test_a_model_equals_itself(coco, predictions):
    same = paired_bootstrap(coco, predictions, predictions, "all", repeats=50, seed=0)
    assert (same.ap.lower, same.ap.estimate, same.ap.upper) == (0, 0, 0)
    assert same.presence_auc.upper == 0


def test_seed_decides_the_draws(coco, predictions, worse):
    def drawn(seed: int):
        return paired_bootstrap(coco, predictions, worse, "all", repeats=30, seed=seed)

    assert drawn(4) == drawn(4)
    assert drawn(4) != drawn(5)


def test_a_subset_without_animals_has_no_interval(coco, predictions):
    images = [{**i, "night": True} for i in coco["images"]]
    found = paired_bootstrap({**coco, "images": images}, predictions, predictions, "day",
                             repeats=5, seed=0)
    assert found.ap is None
    assert found.ap50 is None
    assert found.presence_auc is None


def test_wrong_calls_are_named(coco, predictions):
    with pytest.raises(DataError, match="no subset 'dusk'"):
        paired_bootstrap(coco, predictions, predictions, "dusk", repeats=5, seed=0)
    with pytest.raises(UsageError, match="0 repeats"):
        paired_bootstrap(coco, predictions, predictions, "all", repeats=0, seed=0)


def test_a_thousand_draws_of_four_hundred_pictures_take_under_a_minute():
    """Asked of 100 draws, which must take a tenth of it."""
    rng = np.random.default_rng(0)
    images = [{"id": i, "width": 640, "height": 384} for i in range(419)]
    annotations = [{"id": i + 1, "image_id": i, "category_id": 1,
                    "bbox": [100.0, 100.0, 80.0, 60.0], "iscrowd": 0} for i in range(400)]

    def predictions() -> dict:
        rows = []
        for image in images:
            for score in rng.random(12):
                box = np.array([100, 100, 80, 60]) + rng.normal(0, 30, 4)
                rows.append({"image_id": image["id"], "category_id": 1,
                             "bbox": np.maximum(box, 1).tolist(), "score": float(score)})
        return {"detections": rows}

    coco = {"images": images, "annotations": annotations}
    first, second = predictions(), predictions()
    start = time.process_time()
    paired_bootstrap(coco, first, second, "all", repeats=100, seed=0)
    assert time.process_time() - start < 6
