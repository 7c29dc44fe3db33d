"""True and predicted tracks of a clip, frame by frame, as numbers that metrics can count."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from wildpose.errors import DataError
from wildpose.masks import box_iou
from wildpose.types import Array, Detections, FrameDetections


@dataclass(frozen=True)
class FrameOverlap:
    """One frame.

    Attributes
    ----------
    true, said : int64 [n], [m]
        Numbers of the true and of the predicted tracks, each dense from 0 through the clip.
    iou : float64 [n, m]
        Overlap of their boxes; 0 between an animal and a person.
    """

    true: Array
    said: Array
    iou: Array


@dataclass(frozen=True)
class TrackOverlap:
    """A clip.

    Attributes
    ----------
    frames : tuple of FrameOverlap
    true_length, said_length : int64 [tracks]
        Number of frames of each true and of each predicted track.
    """

    frames: tuple[FrameOverlap, ...]
    true_length: Array
    said_length: Array


def track_overlap(
    truth: Sequence[FrameDetections], predicted: Sequence[FrameDetections]
) -> TrackOverlap:
    """Pair the frames of truth and prediction by ``frame_index`` and compare their boxes.

    Rows with ``track_id`` 0 belong to no track and are not looked at.

    Parameters
    ----------
    truth : sequence of FrameDetections
        ``track_id`` is the number of the animal.
    predicted : sequence of FrameDetections

    Returns
    -------
    TrackOverlap

    Raises
    ------
    DataError
        Where a track stands in one frame twice, or a frame in a clip twice.
    """
    true, said = _tracked(truth, "truth"), _tracked(predicted, "prediction")
    true_number, said_number = _numbers(true), _numbers(said)
    frames = []
    for index in sorted(true.keys() | said.keys()):
        a, b = (rows.get(index, Detections.empty()) for rows in (true, said))
        same_class = a.class_id[:, None] == b.class_id[None, :]
        frames.append(FrameOverlap(
            true=np.array([true_number[i] for i in a.track_id.tolist()], np.int64),
            said=np.array([said_number[i] for i in b.track_id.tolist()], np.int64),
            iou=box_iou(a.box_xyxy, b.box_xyxy) * same_class,
        ))
    return TrackOverlap(
        frames=tuple(frames),
        true_length=_lengths([f.true for f in frames], len(true_number)),
        said_length=_lengths([f.said for f in frames], len(said_number)),
    )


def chain_clips(clips: Iterable[Sequence[FrameDetections]]) -> list[FrameDetections]:
    """Several clips as one, so that a metric counts over all of them.

    Frames and tracks are renumbered such that no two clips share one. Chain truth and prediction
    of the same clips, with the same frames, in the same order.

    Parameters
    ----------
    clips : iterable of sequence of FrameDetections

    Returns
    -------
    list of FrameDetections
    """
    chained: list[FrameDetections] = []
    last_track = 0
    for clip in clips:
        highest = last_track
        for row in clip:
            ids = row.detections.track_id.astype(np.int64)
            shifted = np.where(ids > 0, ids + last_track, 0)
            highest = max(highest, int(shifted.max(initial=0)))
            chained.append(replace(row, frame_index=len(chained),
                                   detections=row.detections.with_track_id(shifted)))
        last_track = highest
    return chained


def _tracked(clip: Sequence[FrameDetections], name: str) -> dict[int, Detections]:
    rows: dict[int, Detections] = {}
    for frame in clip:
        kept = frame.detections.take(frame.detections.track_id > 0)
        if len(np.unique(kept.track_id)) < len(kept) or frame.frame_index in rows:
            raise DataError(f"Frame {frame.frame_index} of the {name} is there twice, or holds one"
                            " track twice.", "Give each animal one box in each frame.")
        rows[frame.frame_index] = kept
    return rows


def _numbers(rows: dict[int, Detections]) -> dict[int, int]:
    ids = np.unique(np.concatenate([np.zeros(0, np.int32), *(r.track_id for r in rows.values())]))
    return {int(track): number for number, track in enumerate(ids)}


def _lengths(numbers: list[Array], tracks: int) -> Array:
    return np.bincount(np.concatenate([np.zeros(0, np.int64), *numbers]), minlength=tracks)
