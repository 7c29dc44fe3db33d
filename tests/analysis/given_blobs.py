"""Batch files over clips with blobs, and a predictor that reads the masks of given boxes."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from blob_clips import SIZE
from blob_predictor import BlobFactory

from wildpose.masks import encode
from wildpose.types import Detections


@dataclass(frozen=True)
class GivenBlobFactory(BlobFactory):
    """Finds blobs; in given boxes only their masks."""

    def predict(
        self, images: Sequence[np.ndarray], boxes: Sequence[Detections] | None = None
    ) -> list[Detections]:
        if boxes is None:
            return super().predict(images)
        time.sleep(self.slow_s * len(images))
        return [self._masked(*pair) for pair in zip(images, boxes, strict=True)]

    def _masked(self, image: np.ndarray, found: Detections) -> Detections:
        masks = []
        for x1, y1, x2, y2 in found.box_xyxy.round().astype(int):
            mask = np.zeros(image.shape[:2], bool)
            mask[y1:y2, x1:x2] = image[y1:y2, x1:x2].min(axis=2) > 128
            masks.append(encode(mask))
        return replace(found, masks=tuple(masks),
                       mask_confidence=np.full(len(found), 0.8, np.float32))


def blob_box(frame: int, number: int = 0, **values: Any) -> dict[str, Any]:
    """The box of a blob as a batch file has it, see `blob_image`."""
    width, height = SIZE
    place = [(4 + 3 * frame) / width, (10 + 50 * number) / height, 24 / width, 24 / height]
    return {"category": "1", "conf": 0.9, "bbox": place, "frame_number": frame} | values


def video(frames: Sequence[int], boxes: Sequence[Mapping[str, Any]], **values: Any) -> dict:
    """The entry of a video without its file."""
    return {"frame_rate": 10.0, "frames_processed": list(frames),
            "detections": list(boxes)} | values


def batch(path: Path, entries: Mapping[str, Mapping[str, Any]], **info: Any) -> Path:
    """Write a batch file."""
    path.write_text(json.dumps({
        "info": {"format_version": "1.6", "detector": "md_v5a.0.0.pt", **info},
        "detection_categories": {"1": "animal", "2": "person", "3": "vehicle"},
        "images": [{"file": file, **entry} for file, entry in entries.items()],
    }))
    return path
