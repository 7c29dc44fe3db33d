"""From what was found in a clip to rows of the tables."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from wildpose.analysis.jobs import ClipJob
from wildpose.results.dense_pose import DENSE_POSE_FOLDER
from wildpose.results.schema import CLASS_NAMES
from wildpose.types import Array, ClassId, Detections, FrameDetections, Track
from wildpose.video import printable

_CLASS_NAMES = {ClassId.ANIMAL: CLASS_NAMES[0], ClassId.PERSON: CLASS_NAMES[1]}
_TIME_DIGITS = 6
_SCORE_DIGITS = 6


def kept(frames: Iterable[FrameDetections], threshold: float) -> list[FrameDetections]:
    """Leave out detections below the threshold that belong to no track.

    Parameters
    ----------
    frames : iterable of FrameDetections
        With final track numbers.
    threshold : float

    Returns
    -------
    list of FrameDetections
        All frames; a detection stays as it is or goes.
    """
    result = []
    for frame in frames:
        found = frame.detections.take(stays(frame.detections, threshold))
        result.append(FrameDetections(frame.frame_index, frame.time_s, found))
    return result


def stays(found: Detections, threshold: float) -> Array:
    """Which detections :func:`kept` keeps, bool [N]."""
    chosen: Array = (found.score >= threshold) | (found.track_id > 0)
    return chosen


def detection_rows(job: ClipJob, frames: Iterable[FrameDetections]) -> list[dict[str, Any]]:
    """Make the rows of the table detections."""
    return [_detection_row(job, frame, i)
            for frame in frames for i in range(len(frame.detections))]


def _detection_row(job: ClipJob, frame: FrameDetections, i: int) -> dict[str, Any]:
    found = frame.detections
    mask, confidence = found.masks[i], float(found.mask_confidence[i])
    x1, y1, x2, y2 = (float(v) for v in found.box_xyxy[i])
    return {
        "clip": job.clip, "deployment": job.deployment,
        "frame_index": frame.frame_index, "time_s": round(frame.time_s, _TIME_DIGITS),
        "track_id": int(found.track_id[i]), "class": _CLASS_NAMES[ClassId(found.class_id[i])],
        "score": float(found.score[i]), "x1": x1, "y1": y1, "x2": x2, "y2": y2,
        "mask_rle": mask["counts"] if mask is not None else None,
        "mask_confidence": confidence if np.isfinite(confidence) else None,
        "picture": printable(job.pictures[frame.frame_index]) if job.pictures else None,
    }


def track_rows(
    job: ClipJob, frames: Sequence[FrameDetections], tracks: Iterable[Track]
) -> list[dict[str, Any]]:
    """Make the rows of the table tracks; ``tracks`` point into ``frames``."""
    rows = []
    for track in sorted(tracks, key=lambda t: t.track_id):
        scores = np.array([frames[f].detections.score[i] for f, i in track.rows], np.float64)
        first, last = round(track.first_time_s, _TIME_DIGITS), round(track.last_time_s,
                                                                     _TIME_DIGITS)
        rows.append({
            "clip": job.clip, "deployment": job.deployment, "track_id": track.track_id,
            "class": _CLASS_NAMES[ClassId(track.class_id)],
            "first_frame": track.first_frame, "last_frame": track.last_frame,
            "first_time_s": first, "last_time_s": last,
            "duration_s": round(last - first, _TIME_DIGITS), "detections": len(scores),
            "mean_score": round(float(scores.mean()), _SCORE_DIGITS),
            "max_score": round(float(scores.max()), _SCORE_DIGITS),
        })
    return rows


def clip_counts(
    frames: Sequence[FrameDetections], tracks: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    """Count what a clip holds: the columns of the table clips from ``animal_tracks`` on.

    Animals are what was followed: a single doubtful detection that no other frame confirms stays
    in the table detections (track 0) and makes no animal, since over the many frames of a clip
    even a good detector has such moments.

    Parameters
    ----------
    frames : sequence of FrameDetections
        As they go into the table detections.
    tracks : sequence of mapping
        Rows of the table tracks.
    """
    found = [frame.detections for frame in frames]
    animals = [(frame, scores) for frame in frames
               if len(scores := _tracked_scores(frame.detections, ClassId.ANIMAL))]
    best = max(animals, key=lambda item: float(item[1].max()), default=None)
    times = [round(frame.time_s, _TIME_DIGITS) for frame, _ in animals]
    return {
        "animal_tracks": sum(row["class"] == CLASS_NAMES[0] for row in tracks),
        "person_tracks": sum(row["class"] == CLASS_NAMES[1] for row in tracks),
        "animal_detections": sum(int((f.class_id == ClassId.ANIMAL).sum()) for f in found),
        "person_detections": sum(int((f.class_id == ClassId.PERSON).sum()) for f in found),
        "max_animals": max((len(scores) for _, scores in animals), default=0),
        "best_score": float(best[1].max()) if best else None,
        "first_animal_s": min(times, default=None),
        "last_animal_s": max(times, default=None),
        "best_frame_index": best[0].frame_index if best else None,
    }


def sheet_name(clip: str) -> str:
    """Name the contact sheet of a clip: readable, safe on every system, different for each clip.

    Examples
    --------
    >>> sheet_name("camera 1/T124 #1.avi")
    'sheets/camera_1_T124_1.avi-c8a908c0.jpg'
    """
    return f"sheets/{_file_stem(clip)}.jpg"


def dense_pose_name(clip: str) -> str:
    """Name the file of a clip's dense pose, as :func:`sheet_name` its sheet.

    Examples
    --------
    >>> dense_pose_name("camera 1/T124 #1.avi")
    'dense_pose/camera_1_T124_1.avi-c8a908c0.parquet'
    """
    return f"{DENSE_POSE_FOLDER}/{_file_stem(clip)}.parquet"


def _file_stem(clip: str) -> str:
    digest = hashlib.sha256(clip.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    readable = re.sub(r"[^A-Za-z0-9.-]+", "_", clip)[-60:].strip("._-") or "clip"
    return f"{readable}-{digest}"


def _tracked_scores(found: Detections, kind: ClassId) -> Array:
    scores: Array = found.score[(found.class_id == kind) & (found.track_id > 0)]
    return scores
