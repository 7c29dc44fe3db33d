"""COCO objects: what a picture, an annotation and a file of them look like."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from wildpose import masks
from wildpose.types import Array, ClassId, Rle


def coco_categories() -> list[dict[str, Any]]:
    """Give the two categories of our data, with their numbers.

    Examples
    --------
    >>> coco_categories()[0]
    {'id': 1, 'name': 'animal'}
    """
    return [{"id": int(c), "name": c.name.lower()} for c in ClassId]


def coco_annotation(
    image_id: int, category_id: int, box_xyxy: Array, mask: Rle, facts: Mapping[str, Any],
) -> dict[str, Any]:
    """Describe one animal in one picture, still without a number of its own.

    Parameters
    ----------
    image_id, category_id : int
    box_xyxy : float [4]
        Pixels; becomes COCO's ``[x, y, width, height]``.
    mask : Rle
        Of the whole picture.
    facts : mapping
        Whatever else is known, such as ``track_id`` or the fields of dense pose.

    Returns
    -------
    dict
    """
    x1, y1, x2, y2 = (float(v) for v in box_xyxy)
    return {"image_id": image_id, "category_id": category_id, "bbox": [x1, y1, x2 - x1, y2 - y1],
            "area": masks.area(mask), "segmentation": mask, "iscrowd": 0, **facts}


def coco_object(
    images: Sequence[Mapping[str, Any]], annotations: Sequence[Mapping[str, Any]],
    info: Mapping[str, Any],
) -> dict[str, Any]:
    """Put pictures and annotations together; annotations are numbered from 1 in their order.

    Parameters
    ----------
    images, annotations : sequence of mapping
    info : mapping
        Of the whole file: how it was made, credits.

    Returns
    -------
    dict
    """
    numbered = [{"id": number, **one} for number, one in enumerate(annotations, start=1)]
    return {"info": dict(info), "images": [dict(i) for i in images], "annotations": numbered,
            "categories": coco_categories()}


def write_json(path: Path, value: Any) -> None:
    """Write JSON beside its target and rename, so that nobody reads half a file."""
    part = path.with_name(f".{path.name}.part")
    with part.open("w", encoding="utf-8") as file:
        json.dump(value, file, separators=(",", ":"))
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
