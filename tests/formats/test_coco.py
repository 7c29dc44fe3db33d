"""COCO objects."""

import json

import numpy as np

from wildpose.formats.coco import coco_annotation, coco_object, write_json
from wildpose.masks import encode


def test_a_box_becomes_corner_and_sides_and_annotations_get_numbers(tmp_path):
    mask = np.zeros((20, 30), bool)
    mask[5:9, 10:16] = True
    one = coco_annotation(7, 2, np.array([10, 5, 16, 9]), encode(mask), {"track_id": 3})
    assert one["bbox"] == [10, 5, 6, 4]
    assert one["area"] == 24
    whole = coco_object([{"id": 7, "file_name": "a.jpg"}], [one, one], {})
    assert [a["id"] for a in whole["annotations"]] == [1, 2]
    write_json(tmp_path / "a.json", whole)
    assert json.loads((tmp_path / "a.json").read_text()) == whole
    assert [p.name for p in tmp_path.iterdir()] == ["a.json"]
