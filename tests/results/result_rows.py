"""Rows that are valid as they stand, for tests of journal and tables."""

from __future__ import annotations

import numpy as np

from wildpose.results.dense_pose import encode_dense_pose
from wildpose.results.record import ClipRecord, FileStamp
from wildpose.results.schema import CLIPS, DETECTIONS, TableSchema
from wildpose.types import DensePose


def some_row(table: TableSchema, **values):
    """A row of ``table`` that says nothing but ``values``."""
    plain = {"string": "", "int32": 1, "int64": 1, "float32": 0.5, "float64": 0.5, "bool": True}
    row = {c.name: None if c.nullable else (c.allowed or (plain[c.dtype],))[0]
           for c in table.columns}
    return row | values


def some_record(clip: str, detections: int = 2) -> ClipRecord:
    """A clip with so many detections."""
    return ClipRecord(
        clip=clip, stamp=FileStamp(10, 20),
        row=some_row(CLIPS, clip=clip, animal_detections=detections,
                     animal_tracks=int(detections > 0)),
        detections=tuple(some_row(DETECTIONS, clip=clip, frame_index=i) for i in range(detections)),
        stage_seconds={"decode": 1.0, "infer": 2.0})


def body_pose(cells: int = 56) -> DensePose:
    """A round body in four charts with smooth coordinates and uneven confidences."""
    y, x = (np.mgrid[:cells, :cells] + 0.5) / cells
    body = np.hypot(x - 0.5, y - 0.5) < 0.4
    chart = (1 + (x > 0.5) + 2 * (y > 0.5)) * body
    rng = np.random.default_rng(0)
    return DensePose(
        box_xyxy=np.array([10, 20, 110, 80], np.float32), chart=chart.astype(np.uint8),
        uv=(np.stack([2 * x % 1, 2 * y % 1]) * body).astype(np.float16),
        chart_confidence=rng.uniform(0.5, 1, body.shape).astype(np.float16),
        uv_sigma=rng.uniform(0.02, 0.1, body.shape).astype(np.float16), cut_by="mask_head")


def dense_pose_row(clip: str, detection: int, frame_index: int = 0):
    """A row of the table dense_pose that shows :func:`body_pose`."""
    return {"clip": clip, "detection": detection, "frame_index": frame_index,
            **encode_dense_pose(body_pose())}
