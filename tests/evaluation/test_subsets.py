"""Which pictures a subset holds."""

from __future__ import annotations

import pytest

from wildpose.evaluation.dataset import EvaluationSet
from wildpose.evaluation.subsets import SUBSETS, subset_names

TRAP = {"set": "camera_trap", "source": "missouri_ct"}


@pytest.mark.parametrize(
    ("image", "names"),
    [
        ({"set": "photo", "night": None}, set()),
        ({"set": "photo"}, set()),
        ({"set": "photo", "night": True}, {"night"}),
        ({**TRAP, "night": False},
         {"day", "camera_trap", "camera_trap_day", "camera_trap_not_deer"}),
        ({**TRAP, "source": "cxldeer", "night": True},
         {"night", "camera_trap", "camera_trap_night"}),
        ({"set": "video", "camera_trap": True}, {"camera_trap", "camera_trap_not_deer"}),
    ],
)
def test_names(image, names):
    assert subset_names(image) == names | {"all", "small"}
    assert subset_names(image) <= set(SUBSETS)


def test_members_ask_what_was_labelled_and_pictures_not_scored_are_gone():
    images = [
        {"id": 3, "labelled": ["person"]},
        {"id": 1, "labelled": ["animal"]},
        {"id": 2},
        {"id": 4, "ignore": True},
        {"id": 5, "low_resolution": True},
    ]
    box = {"category_id": 1, "bbox": [0, 0, 1, 1], "score": 0.5}
    coco = {"images": images, "annotations": [{"id": 9, "image_id": 4, "category_id": 1}]}
    found = [{"image_id": 4, **box}, {"image_id": 2, **box}]
    data = EvaluationSet.of(coco, {"detections": found})
    assert [i["id"] for i in data.images] == [1, 2, 3]
    assert data.members("all", "animal").tolist() == [True, True, False]
    assert data.members("all", "person").tolist() == [False, True, True]
    assert data.annotations == ()
    assert [d["image_id"] for d in data.detections] == [2]
