"""A corrected frame as COCO: its picture, its labels, and what was taken away."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from wildpose import masks
from wildpose.review.decided import GONE, ChosenFrame, Verdict, verdict_on
from wildpose.review.reviewed import Box, ClipEdits, Label, Prediction, ReviewedBox
from wildpose.types import ClassId, Frame

LEAST_SIDE_PX = 0.5
"""A box of which less than this lies in the picture is left out."""

Entry = dict[str, Any]
_CATEGORIES = {c.name.lower(): int(c) for c in ClassId}


def image_entry(edits: ClipEdits, frame: Frame, file_name: str) -> Entry:
    """Describe the picture of a frame, still without its number.

    Parameters
    ----------
    edits : ClipEdits
    frame : Frame
    file_name : str
        In ``images/``.

    Returns
    -------
    dict
        ``site`` is the deployment, so that no picture of that camera is taken to judge by.
    """
    return {"file_name": file_name, "height": edits.height, "width": edits.width,
            "labelled": list(_CATEGORIES), "camera_trap": True,
            "site": edits.deployment, "clip": edits.clip, "frame_index": frame.frame_index,
            "time_s": round(frame.time_s, 6)}


def labels_of(edits: ClipEdits, frame: ChosenFrame, image_id: int) -> list[Entry]:
    """Make the annotations of a frame, still without numbers.

    Parameters
    ----------
    edits : ClipEdits
    frame : ChosenFrame
    image_id : int

    Returns
    -------
    list of dict
        Boxes that nobody decided on are ``uncertain``: neither learnt nor punished. A mask is the
        machine's, and only where the box was not moved.
    """
    return [{"image_id": image_id, **label} for box, verdict in frame.boxes
            for label in _annotation(edits, box, verdict)]


def _annotation(edits: ClipEdits, box: ReviewedBox, verdict: Verdict) -> Iterator[Entry]:
    label, prediction = box.label, box.prediction
    if label is None or verdict in GONE:
        return
    shown = _inside(label.box_xyxy, edits)
    if min(shown[2:]) < LEAST_SIDE_PX:
        return
    entry: Entry = {
        "category_id": _CATEGORIES.get(label.name, int(ClassId.ANIMAL)), "bbox": shown,
        "area": round(shown[2] * shown[3], 2), "iscrowd": 0,
        "track_id": label.track_id or None, "origin": str(verdict), "changes": _changes(box),
        "prediction": None if prediction is None else as_found(prediction, edits)}
    species = _species(label, edits)
    if species:
        entry["species"] = species
    if verdict is Verdict.OPEN:
        entry["uncertain"] = True
    elif prediction is not None and prediction.mask is not None and not box.moved:
        mask = {"size": [edits.height, edits.width], "counts": prediction.mask}
        entry |= {"segmentation": mask, "mask_source": "predicted", "area": masks.area(mask)}
    yield entry


def _species(label: Label, edits: ClipEdits) -> str:
    return label.species or (edits.species if label.name == "animal" else "")


def _changes(box: ReviewedBox) -> list[str]:
    kinds = {"box": box.moved, "class": box.renamed, "track": box.retracked}
    return [kind for kind, changed in kinds.items() if changed]


def as_found(prediction: Prediction, edits: ClipEdits) -> Entry:
    """Give a prediction as it stands beside an annotation; its box is ``[x, y, width, height]``."""
    return {"bbox": _inside(prediction.box_xyxy, edits), "score": round(prediction.score, 4),
            "class": prediction.name, "track_id": prediction.track_id or None,
            "interpolated": prediction.interpolated}


def _inside(box_xyxy: Box, edits: ClipEdits) -> list[float]:
    """Cut a box to the picture, as COCO's ``[x, y, width, height]`` in pixels."""
    limits = [edits.width, edits.height, edits.width, edits.height]
    x1, y1, x2, y2 = (round(float(v), 2) for v in np.clip(box_xyxy, 0, limits))
    return [x1, y1, round(x2 - x1, 2), round(y2 - y1, 2)]


def rejected_of(edits: ClipEdits, numbers: Mapping[int, int]) -> list[Entry]:
    """List the detector's own boxes of a clip that a person deleted or rejected.

    Parameters
    ----------
    edits : ClipEdits
    numbers : mapping of int to int
        Number of the picture by frame index, as far as the frame became one.

    Returns
    -------
    list of dict
    """
    return [
        {"clip": edits.clip, "frame_index": frame_index, "image_id": numbers.get(frame_index),
         "origin": str(verdict), "prediction": as_found(box.prediction, edits)}
        for frame_index, boxes in sorted(edits.boxes.items()) for box in boxes
        if box.prediction is not None and not box.prediction.interpolated
        and (verdict := verdict_on(box, done=edits.done)) in GONE]
