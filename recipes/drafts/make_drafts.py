"""Draft labels: what a detector says of pictures that nobody has labelled, marked as such.

usage: make_drafts.py PREDICTIONS IMAGES_LIST OUT

PREDICTIONS  a predictions file as `wildpose evaluate --save-predictions` writes it
IMAGES_LIST  the annotations.json whose pictures it is about
OUT          annotations.json to write: sure boxes are labels, doubtful ones are left out of scoring

Pictures without a sure animal are dropped: a miss would teach that animals are background.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

SURE, DOUBTFUL = 0.5, 0.12


def draft(predictions: dict, listed: dict) -> dict:
    """COCO content with ``draft`` pictures and ``box_source`` "detector"."""
    images, annotations = [], []
    for image in listed["images"]:
        found = [d for d in predictions["detections"]
                 if d["image_id"] == image["id"] and d["score"] >= DOUBTFUL]
        if not any(d["score"] >= SURE and d["category_id"] == 1 for d in found):
            continue
        images.append({**image, "draft": True, "box_source": "detector"})
        for d in found:
            box = [round(v, 1) for v in d["bbox"]]
            annotations.append({
                "id": len(annotations) + 1, "image_id": image["id"], "bbox": box,
                "category_id": d["category_id"], "area": round(box[2] * box[3]),
                "iscrowd": int(d["score"] < SURE), "score": round(d["score"], 3),
                "mask_source": None,
            })
    return {"info": {"description": "DRAFT labels of a detector, not of a person"},
            "categories": listed["categories"], "images": images, "annotations": annotations}


if __name__ == "__main__":
    predictions, listed = (json.loads(Path(p).read_text("utf-8")) for p in sys.argv[1:3])
    Path(sys.argv[3]).write_text(json.dumps(draft(predictions, listed), indent=0), "utf-8")
