from __future__ import annotations

import json

import numpy as np
import pytest
from PIL import Image

from wildpose import masks
from wildpose.errors import DataError
from wildpose.models.predictions import coco_rows, predict_pictures, read_picture
from wildpose.models.predictor import Predictor
from wildpose.types import Detections


def test_rows_hold_corner_and_side_and_a_mask_where_there_is_one():
    square = np.zeros((20, 30), bool)
    square[2:8, 4:12] = True
    found = Detections.of([[4, 2, 12, 8], [0, 0, 5, 5]], [0.75, 0.5], [1, 2],
                          [masks.encode(square), None])
    animal, person = coco_rows(7, found)
    assert animal == {"image_id": 7, "category_id": 1, "bbox": [4, 2, 8, 6], "score": 0.75,
                      "segmentation": masks.encode(square)}
    assert person == {"image_id": 7, "category_id": 2, "bbox": [0, 0, 5, 5], "score": 0.5}
    assert json.loads(json.dumps([animal, person])) == [animal, person]


def test_pictures_are_predicted_one_by_one_and_counted(
    fresh_detector, description, make_picture, tmp_path
):
    pictures = []
    for image_id, size in ((5, (60, 120)), (9, (40, 40))):
        Image.fromarray(make_picture(*size, seed=image_id)).save(tmp_path / f"{image_id}.png")
        pictures.append((image_id, tmp_path / f"{image_id}.png"))
    predictor, done = Predictor(fresh_detector, description), []
    said = predict_pictures(predictor, pictures, done.append)
    assert done == [1, 2]
    assert said["threshold"] == description.threshold
    (first,) = predictor.predict([make_picture(60, 120, seed=5)])
    assert [d for d in said["detections"] if d["image_id"] == 5] == coco_rows(5, first)
    assert any(d["image_id"] == 9 for d in said["detections"])


@pytest.mark.parametrize("mode", ["L", "P", "RGBA", "CMYK", "1"])
def test_every_kind_of_picture_becomes_rgb(mode, tmp_path):
    suffix = "jpg" if mode == "CMYK" else "png"
    Image.new("RGB", (6, 4), (255, 255, 255)).convert(mode).save(tmp_path / f"a.{suffix}")
    pixels = read_picture(tmp_path / f"a.{suffix}")
    assert pixels.shape == (4, 6, 3)
    assert pixels.dtype == np.uint8
    assert (pixels > 250).all()


@pytest.mark.parametrize("content", [None, b"", b"no picture", b"\xff\xd8\xff\xe0"])
def test_what_is_no_picture_is_one_line_that_names_the_file(content, tmp_path):
    path = tmp_path / "bad.jpg"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(DataError, match=r"bad\.jpg: can't be read as a picture"):
        read_picture(path)
