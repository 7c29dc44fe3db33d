"""Runs as `analyze` leaves them, written by its own journal and tables."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from wildpose import masks
from wildpose.results.dense_pose import encode_dense_pose, write_dense_pose
from wildpose.results.journal import Journal
from wildpose.results.record import ClipRecord, FileStamp, failure_row
from wildpose.results.schema import CLASS_NAMES, CLIPS, DETECTIONS, TRACKS
from wildpose.results.tables import write_tables
from wildpose.types import DensePose

WIDTH, HEIGHT, FRAMES, RATE, EVERY_S = 160, 90, 75, 15.0, 0.2
LOOKED_AT = list(range(0, FRAMES, 3))
INFO = {
    "finished": "2026-05-04T08:30+02:00",
    "model": {"name": "animal-small", "sha256": "0" * 64, "score_threshold": 0.4},
    "settings": {"every_s": EVERY_S, "stills": False},
    "versions": {"wildpose": "0.1.0"},
}


@dataclass(frozen=True)
class Box:
    """One row of the table detections; track 0: of none."""

    frame: int
    track: int
    xyxy: tuple[float, float, float, float]
    score: float = 0.75
    name: str = "animal"
    mask: bool = False
    pose: bool = False

    def row(self, clip: str) -> dict:
        x1, y1, x2, y2 = self.xyxy
        row = dict.fromkeys(DETECTIONS.column_names) | {
            "clip": clip, "deployment": deployment(clip), "frame_index": self.frame,
            "time_s": round(self.frame / RATE, 6), "track_id": self.track, "class": self.name,
            "score": self.score, "x1": x1, "y1": y1, "x2": x2, "y2": y2}
        if self.mask:
            row |= {"mask_rle": masks.encode(self.outline())["counts"], "mask_confidence": 0.9}
        return row

    def outline(self) -> np.ndarray:
        x1, y1, x2, y2 = (int(v) for v in self.xyxy)
        picture = np.zeros((HEIGHT, WIDTH), bool)
        picture[y1:y2, x1:x2] = True
        picture[y1, x1] = False  # no whole rectangle
        return picture


def deployment(clip: str) -> str:
    return Path(clip).parent.as_posix()


def round_pose(xyxy: Sequence[float], cells: int = 28) -> DensePose:
    """A round body in four charts; u goes right and v down in each."""
    y, x = (np.mgrid[:cells, :cells] + 0.5) / cells
    body = np.hypot(x - 0.5, y - 0.5) < 0.4
    chart = ((1 + (x > 0.5) + 22 * (y > 0.5)) * body).astype(np.uint8)
    even = np.full(chart.shape, 0.5, np.float16)
    return DensePose(np.asarray(xyxy, np.float32), chart,
                     (np.stack([2 * x % 1, 2 * y % 1]) * body).astype(np.float16), even, even,
                     "mask_head")


def write_run(
    run: Path, clips: Mapping[str, Sequence[Box]], *, failed: Mapping[str, str] | None = None,
    skipped: Mapping[str, str] | None = None, partial: Collection[str] = (), info: Mapping = INFO,
    facts: Mapping | None = None, facts_of: Mapping[str, Mapping] | None = None,
) -> Path:
    """Write a finished run; `facts` go into each row of the table clips, `facts_of` by clip."""
    run.mkdir(parents=True, exist_ok=True)
    with Journal.open(run / "journal.sqlite", {}) as journal:
        for number, (clip, boxes) in enumerate(clips.items()):
            record = _record(run, clip, boxes, clip in partial, f"dense_pose/{number}.parquet")
            row = {**record.row, **(facts or {}), **(facts_of or {}).get(clip, {})}
            journal.record(ClipRecord(record.clip, record.stamp, row,
                                      record.tracks, record.detections, record.failures))
        for severity, names in (("failed", failed), ("skipped", skipped)):
            for clip, reason in (names or {}).items():
                row = failure_row(clip, deployment(clip), "open", reason, severity=severity)
                journal.record(ClipRecord(clip, FileStamp(1, 1), None, failures=(row,)))
        write_tables(journal, run)
    (run / "run.json").write_text(json.dumps(info))
    return run


def _record(run: Path, clip: str, boxes: Sequence[Box], partial: bool, poses: str) -> ClipRecord:
    posed = [(i, box) for i, box in enumerate(boxes) if box.pose]
    if posed:
        write_dense_pose(run / poses, [
            {"clip": clip, "detection": i, "frame_index": box.frame,
             **encode_dense_pose(round_pose(box.xyxy))} for i, box in posed])
    row = dict.fromkeys(CLIPS.column_names) | {
        "clip": clip, "deployment": deployment(clip), "path": f"/clips/{clip}", "width": WIDTH,
        "height": HEIGHT, "frame_rate": RATE, "duration_s": FRAMES / RATE,
        "frames_declared": FRAMES + 10 * partial, "frames_decoded": FRAMES,
        "frames_sampled": len(LOOKED_AT), "packet_errors": 0, "every_s": EVERY_S,
        "capture_time": "2026-05-04T06:07:08", "capture_time_source": "QuickTime:CreateDate",
        "max_animals": 0, "complete": not partial, "seconds": 0.5,
        "dense_pose": poses if posed else None}
    tracks = _tracks(clip, boxes)
    for name in CLASS_NAMES:
        row |= {f"{name}_detections": sum(box.name == name for box in boxes),
                f"{name}_tracks": sum(track["class"] == name for track in tracks)}
    faults = [failure_row(clip, deployment(clip), "decode", "the file is cut short",
                          severity="partial")] if partial else []
    return ClipRecord(clip, FileStamp(1, 1), row, tuple(tracks),
                      tuple(box.row(clip) for box in boxes), tuple(faults))


def _tracks(clip: str, boxes: Sequence[Box]) -> list[dict]:
    rows = []
    for track in sorted({box.track for box in boxes} - {0}):
        own = [box for box in boxes if box.track == track]
        first, last = own[0].frame, own[-1].frame
        row = dict.fromkeys(TRACKS.column_names, 0) | {
            "clip": clip, "deployment": deployment(clip), "track_id": track, "class": own[0].name,
            "first_frame": first, "last_frame": last, "first_time_s": first / RATE,
            "last_time_s": last / RATE, "duration_s": (last - first) / RATE,
            "detections": len(own), "mean_score": 0.75, "max_score": 0.75}
        rows.append(row)
    return rows
