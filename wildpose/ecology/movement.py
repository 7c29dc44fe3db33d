"""Whether an animal moves or stands still, from its boxes.

Speed is told in body lengths per second: how far the middle of the box moves in the picture,
divided by the longer side of the box, so that near and far animals are measured alike. It is taken
over one second, since boxes tremble by some hundredths of their size from frame to frame.

On the sample clips walking animals do 0.3 to 0.8 (true boxes, tenth to ninetieth percentile), and
boxes that the model puts on an unmoving thing tremble by 0.01 to 0.03; :data:`MOVING` is half of
the slowest walk, so that a turning head is no step. What this can't see: steps straight toward the
camera or away from it move the middle of a box little, and a camera that shakes moves all.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from wildpose.types import Array

MOVING = 0.15
"""Body lengths per second from which an animal moves."""
WINDOW_S = 1.0
SHORTEST_S = 0.4
"""Of a shorter track nothing can be told: trembling looks like walking."""


def body_lengths_per_s(time_s: npt.ArrayLike, box_xyxy: npt.ArrayLike) -> Array:
    """Speed of an animal between its detections.

    Parameters
    ----------
    time_s : float [N]
        Of the detections, rising.
    box_xyxy : float [N, 4]
        Pixels.

    Returns
    -------
    float64 [N - 1]
        In body lengths per second, for the time between each detection and the next: the middle's
        way over the :data:`WINDOW_S` around it (less at the ends of the track), over the longer
        side of the box.
    """
    time = np.asarray(time_s, np.float64)
    box = np.asarray(box_xyxy, np.float64).reshape(len(time), 4)
    middle = (box[:, :2] + box[:, 2:]) / 2
    size = (box[:, 2:] - box[:, :2]).max(axis=1)
    between = (time[1:] + time[:-1]) / 2
    left = np.clip(between - WINDOW_S / 2, time[0], time[-1])
    right = np.clip(between + WINDOW_S / 2, time[0], time[-1])
    way = [np.interp(right, time, axis) - np.interp(left, time, axis) for axis in middle.T]
    speed: Array = np.hypot(*way) / np.interp(between, time, size) / (right - left)
    return speed


def moving_and_still_s(time_s: npt.ArrayLike, box_xyxy: npt.ArrayLike) -> tuple[float, float]:
    """Time that an animal spends moving and standing still.

    Parameters
    ----------
    time_s, box_xyxy
        As in :func:`body_lengths_per_s`.

    Returns
    -------
    moving_s, still_s : float
        Together the time from the first to the last detection; both 0 where the track is shorter
        than :data:`SHORTEST_S`.
    """
    time = np.asarray(time_s, np.float64)
    if len(time) < 2 or time[-1] - time[0] < SHORTEST_S:
        return 0.0, 0.0
    moves = body_lengths_per_s(time, box_xyxy) >= MOVING
    spans = np.diff(time)
    return float(spans[moves].sum()), float(spans[~moves].sum())
