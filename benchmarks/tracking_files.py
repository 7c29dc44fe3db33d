"""Tracks in MOTChallenge files: written for TrackEval, read back for our own metrics."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike

from wildpose.formats.mot import MotSequence, read_truth, tracker_text
from wildpose.masks import box_iou
from wildpose.results.run_folder import RunFolder
from wildpose.tracking import track_clip
from wildpose.types import Detections, FrameDetections
from wildpose.video import open_clip

SAME_IOU = 0.5


def read_sequences(truth: Path, name: str) -> list[MotSequence]:
    """The true tracks of a benchmark's split, in the order of its list."""
    listed = (truth / "seqmaps" / f"{name}.txt").read_text("utf-8").split()[1:]
    return [read_truth(truth / name / sequence) for sequence in listed]


def true_frames(sequence: MotSequence, *, counted: bool = True) -> list[Detections]:
    """The rows that count (or those that are ignored), frame by frame."""
    frames: list[list[tuple[int, tuple[float, ...]]]] = [[] for _ in range(sequence.frames)]
    for row in sequence.rows:
        if row.counts == counted:
            frames[row.frame_index].append((row.track_id, row.box_xyxy))
    return [_detections([t for t, _ in f], [b for _, b in f], np.ones(len(f))) for f in frames]


def run_frames(run: Path, sequences: Sequence[MotSequence]) -> dict[str, list[Detections]]:
    """The animals that a run followed, by sequence and frame.

    What lies on a true box that is to be ignored, and on none that counts, is left out: it is
    neither right nor wrong.
    """
    table = RunFolder(run).detections()
    table = table[(table["class"] == "animal") & (table["track_id"] > 0)]
    found = {}
    for sequence in sequences:
        own = table[table["clip"] == f"{sequence.name}.mp4"]
        truth, ignored = true_frames(sequence), true_frames(sequence, counted=False)
        frames = []
        for index in range(sequence.frames):
            rows = own[own["frame_index"] == index]
            said = _detections(rows["track_id"], rows[["x1", "y1", "x2", "y2"]], rows["score"])
            frames.append(said.take(_to_be_scored(said, truth[index], ignored[index])))
        found[sequence.name] = frames
    return found


def followed_truth(clip: Path, sequence: MotSequence) -> list[Detections]:
    """Our tracker on the true boxes without their numbers: what it alone gets wrong."""
    truth = true_frames(sequence)
    with open_clip(clip) as frames:
        said = track_clip((frame, truth[frame.frame_index].with_track_id(
            np.zeros(len(truth[frame.frame_index])))) for frame in frames)
    return [row.detections for row in said]


def write_tracker(folder: Path, frames: Mapping[str, Sequence[Detections]]) -> None:
    """Write one tracker's files below its own folder."""
    (folder / "data").mkdir(parents=True, exist_ok=True)
    for name, found in frames.items():
        (folder / "data" / f"{name}.txt").write_text(tracker_text(found), "utf-8")


def read_tracker(folder: Path, sequence: MotSequence) -> list[Detections]:
    """Read one sequence of a tracker back, as TrackEval does."""
    frames: list[list[list[float]]] = [[] for _ in range(sequence.frames)]
    for line in (folder / "data" / f"{sequence.name}.txt").read_text("utf-8").splitlines():
        values = [float(v) for v in line.split(",")]
        frames[int(values[0]) - 1].append(values)
    result = []
    for rows in frames:
        table = np.array(rows).reshape(-1, 10)
        corner, size = table[:, 2:4], table[:, 4:6]
        result.append(_detections(table[:, 1], np.hstack([corner, corner + size]), table[:, 6]))
    return result


def as_clip(frames: Sequence[Detections]) -> list[FrameDetections]:
    """The shape that our metrics take."""
    return [FrameDetections(index, float(index), found) for index, found in enumerate(frames)]


def _detections(track_id: ArrayLike, box_xyxy: ArrayLike, score: ArrayLike) -> Detections:
    boxes = np.asarray(box_xyxy, np.float64).reshape(-1, 4)
    return Detections.of(boxes, score, np.ones(len(boxes))).with_track_id(track_id)


def _to_be_scored(said: Detections, truth: Detections, ignored: Detections) -> np.ndarray:
    on_ignored = box_iou(said.box_xyxy, ignored.box_xyxy).max(axis=1, initial=0)
    on_truth = box_iou(said.box_xyxy, truth.box_xyxy).max(axis=1, initial=0)
    return (on_ignored < SAME_IOU) | (on_truth >= SAME_IOU)
