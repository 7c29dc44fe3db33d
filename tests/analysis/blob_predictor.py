"""A real, small predictor: bright blobs by thresholding. And ones that go wrong on purpose."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from blob_clips import MARK
from scipy import ndimage

from wildpose.analysis import ModelIdentity
from wildpose.errors import ModelError
from wildpose.masks import encode
from wildpose.types import ClassId, DensePose, Detections


def is_marked(image: np.ndarray) -> bool:
    """Whether the blue band is there, after compression."""
    return bool(np.abs(image[-8:].mean(axis=(0, 1)) - MARK).max() < 60)


def find_blobs(image: np.ndarray) -> Detections:
    """One animal per bright blob."""
    labels, count = ndimage.label(image.min(axis=2) > 128)
    boxes, masks = [], []
    for number, (rows, columns) in enumerate(ndimage.find_objects(labels), start=1):
        boxes.append((columns.start, rows.start, columns.stop, rows.stop))
        masks.append(encode(labels == number))
    return Detections.of(boxes, [0.9] * count, [ClassId.ANIMAL] * count, masks, [0.8] * count)


@dataclass(frozen=True)
class BlobFactory:
    """Predictor of blobs.

    ``on_mark`` says what happens at a marked frame: ``die``, ``die once`` (remembered by
    ``memory``), ``raise``, ``hang`` or nothing. ``slow_s`` is slept for every frame.
    """

    on_mark: str = ""
    memory: Path | None = None
    slow_s: float = 0.0
    digest: str = "blobs-1"

    def describe(self) -> ModelIdentity:
        return ModelIdentity("blobs", self.digest, 0.5)

    def __call__(self, threads: int) -> BlobFactory:
        return self

    def predict(self, images: Sequence[np.ndarray]) -> list[Detections]:
        for image in images:
            time.sleep(self.slow_s)
            if self.on_mark and is_marked(image):
                self._go_wrong()
        return [find_blobs(image) for image in images]

    def _go_wrong(self) -> None:
        if self.on_mark == "raise":
            raise ValueError("a fault\nin the model")
        if self.on_mark == "hang":
            time.sleep(60)
        if self.on_mark == "die once":
            if self.memory.exists():
                return
            self.memory.touch()
        os._exit(9)


def blob_pose(box_xyxy: np.ndarray, cells: int = 12) -> DensePose:
    """Dense pose of a blob: the left half is chart 1, the right half 2, u goes right, v down."""
    middle = (np.arange(cells) + 0.5) / cells
    chart = np.where(middle < 0.5, 1, 2).astype(np.uint8) * np.ones((cells, 1), np.uint8)
    uv = np.stack([np.tile(2 * middle % 1, (cells, 1)), np.tile(middle[:, None], cells)])
    return DensePose(np.asarray(box_xyxy, np.float32), chart, uv.astype(np.float16),
                     np.full(chart.shape, 0.75, np.float16), np.full(chart.shape, 0.05, np.float16),
                     cut_by="mask_head")


class PosedBlobs:
    """Blobs; the upper ones come with dense pose, and the time that takes is counted."""

    def __init__(self, slow_s: float) -> None:
        self.dense_pose_seconds = 0.0
        self._slow_s = slow_s

    def predict(self, images: Sequence[np.ndarray]) -> list[Detections]:
        return [self._posed(find_blobs(image)) for image in images]

    def _posed(self, found: Detections) -> Detections:
        start = time.perf_counter()
        time.sleep(self._slow_s)
        poses = tuple(blob_pose(box) if box[1] < 40 else None for box in found.box_xyxy)
        self.dense_pose_seconds += time.perf_counter() - start
        return replace(found, dense_pose=poses)


@dataclass(frozen=True)
class PosedBlobFactory(BlobFactory):
    """Predictor of blobs with dense pose."""

    def __call__(self, threads: int) -> PosedBlobs:
        return PosedBlobs(self.slow_s)


@dataclass(frozen=True)
class FaultyFactory(BlobFactory):
    """Workers can't be made: with a clear error, or they die."""

    dies: bool = False

    def __call__(self, threads: int) -> BlobFactory:
        if self.dies:
            os._exit(7)
        raise ModelError("blobs: the weights are broken.", "Install the model again.")


@dataclass(frozen=True)
class EnvironmentFactory(BlobFactory):
    """Workers that say what they find in their environment, and end."""

    names: tuple[str, ...] = ()

    def __call__(self, threads: int) -> BlobFactory:
        raise ModelError(" ".join(str(os.environ.get(name)) for name in self.names))
