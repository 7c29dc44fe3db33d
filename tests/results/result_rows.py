"""Rows that are valid as they stand, for tests of journal and tables."""

from __future__ import annotations

from wildpose.results.record import ClipRecord, FileStamp
from wildpose.results.schema import CLIPS, DETECTIONS, TableSchema


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
