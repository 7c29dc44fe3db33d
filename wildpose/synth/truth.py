"""The exact truth of a rendered frame, and the shapes in which others want it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from wildpose import masks
from wildpose.types import Array, Detections, Frame, Rle


@dataclass(frozen=True)
class Instance:
    """The truth on one actor in one frame; only actors with visible pixels have one.

    Attributes
    ----------
    track_id : int
        From 1, in the order of the scene's actors.
    class_id : int
    box_xyxy : float32 [4]
        Of the visible part, pixels.
    mask : Rle
        The visible part.
    visibility : float
        Visible share of the whole cut-out, 0 to 1.
    """

    track_id: int
    class_id: int
    box_xyxy: Array
    mask: Rle
    visibility: float


@dataclass(frozen=True)
class TruthFrame:
    """A rendered frame with its truth."""

    frame: Frame
    instances: tuple[Instance, ...]


def truth_detections(truth: TruthFrame) -> Detections:
    """Give a frame's truth in the shape of detections: score 1, the true track numbers."""
    seen = truth.instances
    found = Detections.of(
        np.array([i.box_xyxy for i in seen]).reshape(-1, 4), np.ones(len(seen)),
        [i.class_id for i in seen], [i.mask for i in seen], np.ones(len(seen)))
    return found.with_track_id([i.track_id for i in seen])


def truth_coco(clip: str, frames: Sequence[TruthFrame]) -> dict[str, Any]:
    """Write the truth of one clip as COCO images and annotations.

    Parameters
    ----------
    clip : str
        Name of the clip, kept with every image.
    frames : sequence of TruthFrame

    Returns
    -------
    dict
        ``images`` (id from 1, clip, frame_index, time_s, width, height) and ``annotations``
        (COCO box ``xywh``, RLE segmentation, track_id, visibility).
    """
    images: list[dict[str, Any]] = []
    annotations: list[dict[str, Any]] = []
    for number, truth in enumerate(frames, start=1):
        height, width = truth.frame.image.shape[:2]
        images.append({"id": number, "clip": clip, "frame_index": truth.frame.frame_index,
                       "time_s": round(truth.frame.time_s, 4), "width": width, "height": height})
        for one in truth.instances:
            x1, y1, x2, y2 = (float(v) for v in one.box_xyxy)
            annotations.append({
                "id": len(annotations) + 1, "image_id": number, "category_id": one.class_id,
                "bbox": [x1, y1, x2 - x1, y2 - y1], "area": masks.area(one.mask),
                "segmentation": one.mask, "iscrowd": 0, "track_id": one.track_id,
                "visibility": round(one.visibility, 3)})
    return {"images": images, "annotations": annotations}
