"""What a model says of a set of labelled pictures, in the form that metrics take.

COCO boxes are ``[x, y, width, height]``; this is the border where ours become theirs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from wildpose.errors import DataError
from wildpose.models.predictor import Predictor
from wildpose.types import Array, Detections

Look = Callable[[int, Array, Detections, list[dict[str, Any]]], None]
"""Sees image id, picture, detections and their rows, and may add to the rows."""


def predict_pictures(
    predictor: Predictor,
    pictures: Iterable[tuple[int, Path]],
    on_picture: Callable[[int], None] = lambda done: None,
    look: Look | None = None,
) -> dict[str, Any]:
    """Run a model over picture files.

    Parameters
    ----------
    predictor : Predictor
    pictures : iterable of (int, Path)
        Image id and file.
    on_picture : callable
        Called with the number of pictures done.
    look : callable, optional
        Called with every picture and what was found, for what needs both.

    Returns
    -------
    dict
        ``threshold`` and ``detections``: per detection ``image_id``, ``category_id``, ``bbox``
        [x, y, w, h], ``score`` and ``segmentation`` (compressed RLE of the whole picture).

    Raises
    ------
    DataError
        A file can't be read as a picture.
    """
    rows: list[dict[str, Any]] = []
    for done, (image_id, path) in enumerate(pictures, start=1):
        picture = read_picture(path)
        (detections,) = predictor.predict([picture])
        own = coco_rows(image_id, detections)
        if look is not None:
            look(image_id, picture, detections, own)
        rows.extend(own)
        on_picture(done)
    return {"threshold": predictor.threshold, "detections": rows}


def coco_rows(image_id: int, detections: Detections) -> list[dict[str, Any]]:
    """The detections of one picture as COCO result rows."""
    corner, far = detections.box_xyxy[:, :2], detections.box_xyxy[:, 2:]
    xywh = np.concatenate([corner, far - corner], 1).astype(float)
    rows = []
    for i in range(len(detections)):
        row = {
            "image_id": image_id,
            "category_id": int(detections.class_id[i]),
            "bbox": [float(v) for v in xywh[i]],
            "score": float(detections.score[i]),
        }
        if detections.masks[i] is not None:
            row["segmentation"] = detections.masks[i]
        rows.append(row)
    return rows


def read_picture(path: Path) -> Array:
    """A picture file as uint8 RGB [H, W, 3].

    Raises
    ------
    DataError
        It can't be read as a picture.
    """
    try:
        with Image.open(path) as picture:
            return np.asarray(picture.convert("RGB"))
    except OSError as error:
        raise DataError(f"{path}: can't be read as a picture ({error}).",
                        "Replace the file or take it out of annotations.json.") from error
