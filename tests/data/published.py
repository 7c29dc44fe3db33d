"""Tiny files of exactly the published formats: COCO 2017 instances and DensePose-COCO."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from wildpose import masks

HEIGHT, WIDTH = 48, 64
COCO_CATEGORIES = [
    {"supercategory": group, "id": number, "name": name}
    for number, group, name in (
        (1, "person", "person"), (3, "vehicle", "car"), (16, "animal", "bird"),
        (18, "animal", "dog"), (22, "animal", "elephant"), (23, "animal", "bear"),
        (90, "indoor", "toothbrush"))
]
PICTURES = {
    101: (("bear", (4, 6, 20, 30)), ("person", (30, 5, 12, 36))),
    102: (("dog", (8, 8, 24, 16)),),
    103: (("car", (10, 10, 30, 20)), ("toothbrush", (2, 2, 4, 10))),
    104: (("person", (20, 4, 14, 40)), ("people in the distance", (0, 30, 60, 10))),
    105: (("elephant", (2, 4, 50, 40)), ("bird with no area", (9.98, 18.56, 0.0, 0.0))),
    106: (),
}
"""What is in each picture, by the name of its category and its COCO box."""


def write_coco_2017(folder: Path) -> Path:
    """Write ``instances_train2017.json`` and ``train2017/`` and return the path of the first."""
    number = {c["name"]: c["id"] for c in COCO_CATEGORIES} | {
        "people in the distance": 1, "bird with no area": 16}
    images, annotations = [], []
    (folder / "train2017").mkdir(parents=True)
    for image_id, things in PICTURES.items():
        name = f"{image_id:012d}.jpg"
        Image.new("RGB", (WIDTH, HEIGHT), (image_id, 90, 60)).save(folder / "train2017" / name)
        images.append({"license": 3, "file_name": name, "height": HEIGHT, "width": WIDTH,
                       "coco_url": f"http://images.cocodataset.org/train2017/{name}",
                       "date_captured": "2013-11-14 11:18:45", "flickr_url": "", "id": image_id})
        for word, box in things:
            crowd = int(word == "people in the distance")
            annotations.append({
                "segmentation": uncompressed(box) if crowd else [outline(box)],
                "area": box[2] * box[3], "iscrowd": crowd, "image_id": image_id,
                "bbox": list(box), "category_id": number[word], "id": 900 + len(annotations)})
    return write(folder / "instances_train2017.json", images, annotations, COCO_CATEGORIES)


def write_densepose_coco(folder: Path) -> Path:
    """Write ``densepose_coco_2014_train.json`` and ``train2014/``: one body with points, one not.

    The body fills its box of 32 x 40 pixels at (16, 4) but for a border; its upper half is the
    torso (part 1, charts 1 and 2), its lower half the right upper leg (part 6, charts 7 and 9).
    """
    box = (16, 4, 32, 40)
    upper, lower = np.zeros((2, 256, 256), bool)
    upper[32:128, 32:224], lower[128:224, 32:224] = True, True
    parts: list[Any] = [[] for _ in range(14)]
    parts[0], parts[5] = masks.encode(upper), masks.encode(lower)
    name = "COCO_train2014_000000000201.jpg"
    (folder / "train2014").mkdir(parents=True)
    Image.new("RGB", (WIDTH, HEIGHT), (90, 60, 30)).save(folder / "train2014" / name)
    images = [{"license": 1, "file_name": name, "coco_url": "", "height": HEIGHT, "width": WIDTH,
               "date_captured": "2013-11-20 02:58:02", "flickr_url": "", "id": 201}]
    common = {"image_id": 201, "category_id": 1, "iscrowd": 0, "area": 1280.0}
    annotations = [
        common | {"id": 1, "bbox": [float(v) for v in box], "segmentation": [outline(box)],
                  "dp_masks": parts, "dp_I": [1.0, 2.0, 9.0], "dp_U": [0.25, 0.5, 0.75],
                  "dp_V": [0.125, 0.5, 1.0], "dp_x": [64.0, 128.0, 192.0],
                  "dp_y": [64.0, 96.0, 192.0], "num_keypoints": 0, "keypoints": [0] * 51},
        common | {"id": 2, "bbox": [2.0, 2.0, 10.0, 20.0],
                  "segmentation": [outline((2, 2, 10, 20))]},
    ]
    people = [c for c in COCO_CATEGORIES if c["id"] == 1]
    return write(folder / "densepose_coco_2014_train.json", images, annotations, people)


def write(
    path: Path, images: list[dict], annotations: list[dict], categories: list[dict]
) -> Path:
    """Write a COCO file with the keys that published files have."""
    path.write_text(json.dumps({"info": {"year": 2017}, "licenses": [], "images": images,
                                "annotations": annotations, "categories": categories}), "utf-8")
    return path


def outline(box: tuple[float, float, float, float]) -> list[float]:
    """The box as a polygon."""
    x, y, w, h = (float(v) for v in box)
    return [x, y, x + w, y, x + w, y + h, x, y + h]


def uncompressed(box: tuple[float, float, float, float]) -> dict[str, Any]:
    """The box as COCO writes crowds: run lengths down the columns, as a list."""
    x, y, w, h = (int(v) for v in box)
    whole = np.zeros((HEIGHT, WIDTH), bool)
    whole[y : y + h, x : x + w] = True
    flat = whole.ravel("F")
    ends = [*np.flatnonzero(np.diff(flat)) + 1, flat.size]
    counts = np.diff([0, *ends]).tolist()
    return {"size": [HEIGHT, WIDTH], "counts": counts if not flat[0] else [0, *counts]}
