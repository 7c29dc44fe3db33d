from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from wildpose.analysis import mistakes
from wildpose.analysis.mistakes import FOUND_COLOUR, SHOWN, SIDE, TRUE_COLOUR
from wildpose.evaluation.dataset import EvaluationSet

WIDTH, HEIGHT = 120, 80


@pytest.fixture
def pictures(tmp_path):
    """Draw pictures (mid grey) with these animals; returns the COCO object and the folder."""

    def draw(*animals: list[dict], **entry) -> tuple[dict, object]:
        coco: dict = {"images": [], "annotations": []}
        for number, boxes in enumerate(animals, 1):
            Image.new("RGB", (WIDTH, HEIGHT), (90, 90, 90)).save(tmp_path / f"{number}.png")
            coco["images"].append({"id": number, "file_name": f"{number}.png", "width": WIDTH,
                                   "height": HEIGHT, "species": f"kind {number}"} | entry)
            for box in boxes:
                coco["annotations"].append({
                    "id": len(coco["annotations"]) + 1, "image_id": number, "category_id": 1,
                    "area": box["bbox"][2] * box["bbox"][3], "iscrowd": 0} | box)
        return coco, tmp_path

    return draw


def said(*detections: tuple[int, list[float], float], threshold: float = 0.5) -> dict:
    return {"threshold": threshold, "detections": [
        {"image_id": image, "category_id": 1, "bbox": box, "score": score}
        for image, box, score in detections
    ]}


def worst_mistakes(coco: dict, predictions: dict, folder) -> tuple:
    return mistakes.worst_mistakes(EvaluationSet.of(coco, predictions), folder)


def share_of_colour(picture: np.ndarray, colour, box) -> float:
    """How much of the outline of a box (pixels of the labelled picture) has about this colour."""
    scale = SIDE / WIDTH
    x1, y1, x2, y2 = (round(v * scale) for v in box)
    outline = np.concatenate([picture[y1 + 1, x1:x2], picture[y1:y2, x1 + 1]]).astype(int)
    return float((np.abs(outline - colour).max(-1) < 60).mean())


def test_the_largest_misses_come_first_and_are_named(pictures):
    coco, folder = pictures([{"bbox": [10, 10, 12, 10]}], [{"bbox": [20, 20, 60, 40]}],
                            [{"bbox": [5, 5, 30, 30]}])
    misses, false_alarms = worst_mistakes(coco, said((3, [5, 5, 30, 30], 0.9)), folder)
    assert [m.caption for m in misses] == [
        "2.png: 25.0 % of the picture, kind 2", "1.png: 1.2 % of the picture, kind 1"
    ]
    assert false_alarms == ()


def test_the_surest_false_alarms_come_first(pictures):
    coco, folder = pictures([], [], [])
    predictions = said((1, [5, 5, 20, 20], 0.6), (3, [5, 5, 20, 20], 0.95),
                       (2, [5, 5, 20, 20], 0.49))
    misses, false_alarms = worst_mistakes(coco, predictions, folder)
    assert misses == ()
    assert [f.caption for f in false_alarms] == ["3.png: probability 0.95",
                                                 "1.png: probability 0.60"]


def test_the_threshold_is_that_of_the_predictions(pictures):
    coco, folder = pictures([{"bbox": [5, 5, 30, 30]}])
    hit = (1, [5, 5, 30, 30], 0.4)
    assert worst_mistakes(coco, said(hit, threshold=0.3), folder) == ((), ())
    assert len(worst_mistakes(coco, said(hit, threshold=0.5), folder)[0]) == 1


def test_true_boxes_are_orange_and_detections_magenta(pictures):
    coco, folder = pictures([{"bbox": [20, 20, 50, 40]}])
    (miss,), (alarm,) = worst_mistakes(coco, said((1, [80, 30, 30, 40], 0.8)), folder)
    for shown in (miss, alarm):
        picture = np.asarray(Image.open(io.BytesIO(shown.image)).convert("RGB"))
        assert max(picture.shape) == SIDE
        assert share_of_colour(picture, TRUE_COLOUR, (20, 20, 70, 60)) > 0.9
        assert share_of_colour(picture, FOUND_COLOUR, (80, 30, 110, 70)) > 0.6  # its score is there
        assert share_of_colour(picture, TRUE_COLOUR, (80, 30, 110, 70)) < 0.1


@pytest.mark.parametrize("key", ["iscrowd", "uncertain", "hardly_visible"])
def test_animals_that_are_left_out_are_neither_missed_nor_false(pictures, key):
    coco, folder = pictures([{"bbox": [20, 20, 50, 40], key: 1}])
    assert worst_mistakes(coco, said(), folder) == ((), ())
    assert worst_mistakes(coco, said((1, [20, 20, 50, 40], 0.9)), folder) == ((), ())


def test_pictures_not_searched_for_animals_are_not_shown(pictures):
    coco, folder = pictures([{"bbox": [20, 20, 50, 40]}], labelled=["person"])
    assert worst_mistakes(coco, said((1, [80, 30, 30, 40], 0.8)), folder) == ((), ())


def test_people_are_of_no_account(pictures):
    coco, folder = pictures([{"bbox": [20, 20, 50, 40], "category_id": 2}])
    predictions = said((1, [80, 30, 30, 40], 0.8))
    predictions["detections"][0]["category_id"] = 2
    assert worst_mistakes(coco, predictions, folder) == ((), ())


def test_a_page_holds_no_more_than_the_worst(pictures):
    many = [{"bbox": [(3 * i) % 100, (2 * i) % 60, 10, 10 + i % 5]} for i in range(SHOWN + 6)]
    coco, folder = pictures(many)
    misses, _ = worst_mistakes(coco, said(), folder)
    assert len(misses) == SHOWN
    assert "1.5 %" in misses[0].caption


def test_a_picture_without_species_has_a_shorter_caption(pictures):
    coco, folder = pictures([{"bbox": [20, 20, 60, 40]}], species=None)
    (miss,), _ = worst_mistakes(coco, said(), folder)
    assert miss.caption == "1.png: 25.0 % of the picture"
