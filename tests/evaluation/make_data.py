"""Writes tests/evaluation/data: a small synthetic COCO set, predictions, what the contract says.

    python tests/evaluation/make_data.py SCORE_PY

SCORE_PY is the evaluation contract as code (tools/score.py beside the data folder). It is not
part of this repository; its printed output is kept as expected.json with its checksum.
Nothing here is a real picture: sizes, boxes and answers are drawn from a seeded generator.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

from wildpose.evaluation.part_points import PART_OF_CHART
from wildpose.masks import from_polygons

DATA = Path(__file__).parent / "data"
SEED = 20
IMAGES = 48
PARTS = ("head", "neck", "torso_back", "torso_front", "upper_arm", "lower_arm", "hand",
         "upper_leg", "lower_leg", "foot", "tail", "wing")
DIRECTIONS = ("left", "right", "toward", "away")


def diamond(box: list[float]) -> list[float]:
    """A polygon inside the box."""
    x, y, w, h = box
    corners = [x, y + h / 2, x + w / 2, y, x + w, y + h / 2, x + w / 2, y + h]
    return [round(v, 1) for v in corners]


def make_image(rng: np.random.Generator, number: int) -> dict:
    """A picture; the rare cases come at fixed numbers so that each is there."""
    image = {
        "id": 100 + 7 * (number * 5 % IMAGES),  # ids are neither dense nor in order
        "width": 320,
        "height": 240,
        "source": str(rng.choice(["cxldeer", "missouri_ct", "pets"])),
        "set": str(rng.choice(["camera_trap", "camera_trap", "photo"])),
        "night": [True, False, None][int(rng.integers(3))],
        "labelled": ["animal", "person"],
    }
    special = {
        3: {"labelled": ["person"]},
        4: {"labelled": ["animal"]},
        5: {"ignore": True},
        6: {"low_resolution": True},
        7: {"set": "video", "camera_trap": True, "night": True, "source": "other"},
        8: {"set": "camera_trap", "night": False, "source": "missouri_ct"},
    }
    image.update(special.get(number, {}))
    if number == 9:
        del image["night"], image["labelled"]
    return image


def make_annotation(rng: np.random.Generator, image: dict, number: int) -> dict:
    """An object with one of the kinds of mask, sometimes left out, sometimes with points."""
    small = number % 6 == 0
    w, h = rng.uniform(8, 30, 2) if small else rng.uniform(40, 150, 2)
    x, y = rng.uniform(0, image["width"] - w), rng.uniform(0, image["height"] - h)
    box = [round(float(v), 1) for v in (x, y, w, h)]
    row = {
        "id": 1000 + number,
        "image_id": image["id"],
        "category_id": 2 if rng.random() < 0.2 else 1,
        "bbox": box,
        "area": round(box[2] * box[3] / 2, 1),
        "iscrowd": int(number % 17 == 5),
        "mask_source": [None, "human", "drawn"][number % 3],
    }
    if row["mask_source"]:
        row["segmentation"] = [diamond(box)]
        row["mask_quality"] = str(rng.choice(["good", "fair", "poor"]))
        if number % 4 == 0:  # a compressed code in place of the polygon
            row["segmentation"] = from_polygons([diamond(box)], image["height"], image["width"])
    if number % 13 == 7:
        row["uncertain"] = True
    if number % 13 == 11:
        row["hardly_visible"] = True
    if row["category_id"] == 1 and number % 2 == 0:
        row["part_points"] = [
            [round(float(x + w / 2), 1), round(float(y + h / 2), 1), str(rng.choice(PARTS)),
             str(rng.choice(["L", "R", "-"]))]
            for _ in range(int(rng.integers(1, 5)))
        ]
        row["facing"] = str(rng.choice(DIRECTIONS))
    return row


def make_detections(rng: np.random.Generator, coco: dict) -> list[dict]:
    """Boxes near the truth, missing some, some twice, and false ones; masks on most."""
    by_id = {i["id"]: i for i in coco["images"]}
    rows = []

    def add(image: dict, category: int, box: np.ndarray, score: float) -> None:
        row = {"image_id": image["id"], "category_id": category,
               "bbox": [round(float(v), 2) for v in box], "score": round(float(score), 4)}
        if rng.random() < 0.85:
            polygon = diamond(row["bbox"])
            row["segmentation"] = from_polygons([polygon], image["height"], image["width"])
        rows.append(row)

    for truth in coco["annotations"]:
        for _ in range(rng.poisson(1.1)):
            x, y, w, h = truth["bbox"]
            shift = rng.normal(0, 0.08, 4) * [w, h, w, h]
            box = np.maximum(np.array([x, y, w, h]) + shift, [0, 0, 3, 3])
            add(by_id[truth["image_id"]], truth["category_id"], box, rng.beta(5, 2))
    for image in coco["images"]:
        for _ in range(rng.poisson(1.0)):
            size = rng.uniform(8, 120, 2)
            corner = rng.uniform(0, [image["width"], image["height"]] - size)
            add(image, int(rng.choice([1, 1, 2])), np.r_[corner, size], rng.beta(1.2, 4))
    return rows


def say_chart(rng: np.random.Generator, part: str) -> int:
    """A chart of that part more often than not, else any, sometimes background."""
    right = [chart for chart, name in PART_OF_CHART.items() if name == part]
    if right and rng.random() < 0.6:
        return int(rng.choice(right))
    return int(rng.integers(25)) if rng.random() < 0.9 else 0


def make() -> tuple[dict, dict]:
    """The annotations and the predictions."""
    rng = np.random.default_rng(SEED)
    images = [make_image(rng, n) for n in range(IMAGES)]
    annotations: list[dict] = []
    for n, image in enumerate(images):
        for _ in range(0 if n % 5 == 2 else int(rng.integers(1, 4))):
            annotations.append(make_annotation(rng, image, len(annotations)))
    coco = {
        "info": {"description": "synthetic, made by tests/evaluation/make_data.py", "seed": SEED},
        "images": images,
        "annotations": annotations,
        "categories": [{"id": 1, "name": "animal"}, {"id": 2, "name": "person"}],
    }
    marked = [a for a in annotations if "part_points" in a]
    points = [
        {"annotation_id": a["id"],
         **{k: [say_chart(rng, point[2]) for point in a["part_points"]]
            for k in ("given_box", "detected")}}
        for a in marked if rng.random() < 0.8
    ]
    facing = [{"annotation_id": a["id"], "given_box": a["facing"] if rng.random() < 0.5
               else str(rng.choice(DIRECTIONS))} for a in marked if rng.random() < 0.9]
    predictions = {"threshold": 0.45, "detections": make_detections(rng, coco),
                   "points": points, "facing": facing}
    return coco, predictions


def main(score_py: Path) -> None:
    """Write the three files."""
    coco, predictions = make()
    DATA.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        annotations = Path(folder, "annotations.json")
        annotations.write_text(json.dumps(coco))
        Path(folder, "predictions.json").write_text(json.dumps(predictions))
        printed = subprocess.run([sys.executable, score_py, folder, f"{folder}/predictions.json"],
                                 check=True, capture_output=True, text=True).stdout
    provenance = {"printed_by": "the evaluation contract tools/score.py, default threshold",
                  "sha256": hashlib.sha256(score_py.read_bytes()).hexdigest()}
    expected = {"provenance": provenance, "subsets": json.loads(printed)}
    for name, content in (("annotations", coco), ("predictions", predictions),
                          ("expected", expected)):
        (DATA / f"{name}.json").write_text(json.dumps(content) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
