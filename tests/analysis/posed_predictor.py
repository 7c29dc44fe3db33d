"""A predictor with a dense pose that is made up: charts in stripes over each box, by its seed."""

from __future__ import annotations

import numpy as np

from wildpose.types import ClassId, DensePose, Detections

GRID = 14


class PosedPredictor:
    """Says boxes near the true ones of a COCO object, and stripes for bodies."""

    name, threshold, has_dense_pose = "striped", 0.5, True

    def __init__(self, coco: dict) -> None:
        self.rng = np.random.default_rng(4)
        self.boxes = {}
        for a in coco["annotations"]:
            x, y, w, h = a["bbox"]
            self.boxes.setdefault(a["image_id"], []).append([x, y, x + w, y + h])
        self.order = [i["id"] for i in coco["images"]]

    def dense_pose(self, image: np.ndarray, box_xyxy: np.ndarray) -> list[DensePose]:
        return [self._stripes(np.asarray(box, np.float32)) for box in box_xyxy]

    def _stripes(self, box: np.ndarray) -> DensePose:
        chart = np.repeat(self.rng.integers(0, 25, GRID)[:, None], GRID, 1).astype(np.uint8)
        uv = self.rng.random((2, GRID, GRID)) * (chart > 0)
        doubt = self.rng.uniform(0.1, 0.9, (2, GRID, GRID)).astype(np.float16)
        return DensePose(box, chart, uv.astype(np.float16), doubt[0], doubt[1] / 4, "dense_head")

    def predict(self, images) -> list[Detections]:
        """Asked one by one, in the order of the file."""
        true = np.array(self.boxes.get(self.order.pop(0), []), np.float32).reshape(-1, 4)
        boxes = true + self.rng.normal(0, 2, true.shape).astype(np.float32)
        score = self.rng.uniform(0.3, 0.99, len(boxes))
        return [Detections.of(boxes, score, [ClassId.ANIMAL] * len(boxes),
                              dense_pose=self.dense_pose(images[0], boxes))]
