"""Boxes for every frame: what lies between two analysed frames is filled in along the track.

Only every n-th frame of a clip is analysed, and a box that is there on one frame in six blinks
when the clip is played. Between two detections of one track the four sides of the box and its
score go over into each other linearly in presentation time; nothing is added before the first
detection of a track or behind its last.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from wildpose.types import Array

HOLD_S = 0.5
"""How far in time a mask is carried along with its box: farther off an animal looks otherwise."""


@dataclass(frozen=True)
class TrackBoxes:
    """One track on every frame from its first detection to its last, arrays of length F.

    Attributes
    ----------
    frame_index : int64 [F]
        Consecutive, from 0 at the clip's first frame.
    box_xyxy : float64 [F, 4]
        Pixels of the clip as shown.
    score : float64 [F]
    source : int64 [F]
        Row of the input that this frame is, or that lies before it.
    nearest : int64 [F]
        Row of the input that is nearest in time; -1 where none is within :data:`HOLD_S`.
    interpolated : bool [F]
        False exactly on analysed frames, whose boxes are the detector's own.
    """

    frame_index: Array
    box_xyxy: Array
    score: Array
    source: Array
    nearest: Array
    interpolated: Array


def clip_times(
    frame_index: npt.ArrayLike, time_s: npt.ArrayLike, frames: int, measured_s: Array | None
) -> Array:
    """Find the presentation time of each frame of a clip, seconds from its first.

    Parameters
    ----------
    frame_index, time_s : array-like [N]
        Analysed frames with their times, in any order.
    frames : int
        Frames of the clip.
    measured_s : float [F] or None
        Times as read from the file, where it could be read.

    Returns
    -------
    float64 [frames]
        The measured times where there are enough of them; else straight lines between the analysed
        frames (all that can be known then).
    """
    if measured_s is not None and len(measured_s) >= frames:
        return np.asarray(measured_s, np.float64)[:frames]
    index, first = np.unique(np.asarray(frame_index, np.int64), return_index=True)
    if len(index) == 0:
        return np.zeros(frames)
    known = np.asarray(time_s, np.float64)[first]
    return np.interp(np.arange(frames), index, known)


def fill_track(
    frame_index: npt.ArrayLike, box_xyxy: npt.ArrayLike, score: npt.ArrayLike, times_s: Array
) -> TrackBoxes:
    """Give one track a box on every frame of its span.

    Parameters
    ----------
    frame_index : int [N]
        Analysed frames of the track, rising.
    box_xyxy : float [N, 4]
        Pixels.
    score : float [N]
    times_s : float [F]
        Presentation time of every frame of the clip.

    Returns
    -------
    TrackBoxes

    Examples
    --------
    >>> filled = fill_track([0, 2], [[0, 0, 2, 2], [4, 0, 6, 2]], [1, 0.5], np.array([0, 0.1, 0.4]))
    >>> filled.box_xyxy[:, 0].tolist(), filled.interpolated.tolist()
    ([0.0, 1.0, 4.0], [False, True, False])
    """
    known = np.asarray(frame_index, np.int64)
    values = np.column_stack([np.asarray(box_xyxy, np.float64).reshape(-1, 4),
                              np.asarray(score, np.float64)])
    frames = np.arange(known[0], known[-1] + 1)
    source = np.searchsorted(known, frames, side="right") - 1
    later = np.minimum(source + 1, len(known) - 1)
    weight = _weight(frames, known[source], known[later], times_s)[:, None]
    filled = values[source] * (1 - weight) + values[later] * weight
    interpolated = known[source] != frames
    filled[~interpolated] = values[source[~interpolated]]
    nearest = _nearest(frames, known, source, later, times_s)
    return TrackBoxes(frames, filled[:, :4], filled[:, 4], source, nearest, interpolated)


def _nearest(frames: Array, known: Array, source: Array, later: Array, times_s: Array) -> Array:
    """Row before or after each frame, whichever is nearer; -1 where both are too far off."""
    last = len(times_s) - 1
    now, start, end = (times_s[np.minimum(i, last)] for i in (frames, known[source], known[later]))
    before = (now - start) <= (end - now)
    near: Array = np.where(before, source, later)
    away_s = np.where(before, now - start, end - now)
    return np.where(away_s <= HOLD_S, near, -1)


def _weight(frames: Array, before: Array, after: Array, times_s: Array) -> Array:
    """Share of the later detection, in [0, 1]: by time, by frame where the times do not rise."""
    last = len(times_s) - 1
    now, start, end = (times_s[np.minimum(i, last)] for i in (frames, before, after))
    usable = end > start
    numerator = np.where(usable, now - start, frames - before)
    denominator = np.where(usable, end - start, np.maximum(after - before, 1))
    share: Array = np.clip(numerator / denominator, 0.0, 1.0)
    return share
