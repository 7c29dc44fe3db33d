"""Which detection continues which track: one assignment of least cost per frame.

The cost of a pair says how unlikely the detection is where the track is expected. Where boxes
leave a doubt (several candidates, or none that overlaps) masks and looks are asked as well.

References
----------
Zhang et al., ByteTrack: Multi-Object Tracking by Associating Every Detection Box, ECCV 2022
(strong detections first, then weak ones for the tracks that are left);
Bewley et al., Simple online and realtime tracking, ICIP 2016 (the assignment);
Cao et al., Observation-Centric SORT, CVPR 2023 (the last box seen as a second place to look).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import linear_sum_assignment

from wildpose.masks import box_area, box_iou
from wildpose.tracking import motion
from wildpose.tracking.appearance import likeness
from wildpose.tracking.settings import TrackSettings
from wildpose.tracking.track import Track, moved_mask_iou
from wildpose.types import Array, Detections

UNMATCHED_COST = 12.0
"""Chosen, with the weights below, on assembled scenes at 1 to 30 frames/s (tests/tracking)."""
GATE_SQUARED = 9.21
"""99 % of the chi-square distribution with 2 degrees of freedom."""
GATE_IOU = 0.1
GATE_COVERED = 0.5
_TAIL = 4.0  # degrees of freedom of Student's t: boxes jump when an animal is half hidden
_IOU_WEIGHT = 2.0
_SIZE_WEIGHT = 1.0
_MASK_WEIGHT = 3.0
_LOOK_WEIGHT = 10.0
_USUAL_MASK_IOU = 0.7  # of one animal in neighbouring frames, where a mask is missing
_USUAL_LIKENESS = 0.9  # likewise

Look = Callable[[int], Array | None]
"""Look of a detection by its row; worked out only when asked."""


@dataclass(frozen=True)
class Pairs:
    """Every track against every detection of a frame.

    Attributes
    ----------
    cost : float64 [tracks, detections]
        Infinite where the pair is impossible.
    iou : float64 [tracks, detections]
        With the place where the track is expected.
    """

    cost: Array
    iou: Array


def match_strong(
    tracks: Sequence[Track], expected: Sequence[motion.BoxState], rows: Array,
    found: Detections, look: Look, settings: TrackSettings,
) -> list[tuple[int, int]]:
    """Pair tracks with strong detections.

    Parameters
    ----------
    tracks : sequence of Track
    expected : sequence of BoxState
        Of each track at the time of the frame.
    rows : int [M]
        Rows of ``found`` that may be taken.
    found : Detections
    look : callable
    settings : TrackSettings

    Returns
    -------
    list of (int, int)
        Position in ``tracks`` and row in ``found``.
    """
    chosen = found.take(rows)
    pairs = _by_boxes(tracks, expected, chosen, settings)
    cost = pairs.cost.copy()
    for t, d in np.argwhere(_doubtful(pairs)):
        shift = expected[t].mean[:2, 0] - motion.measure(tracks[t].box_xyxy)[0][:2]
        cost[t, d] += _LOOK_WEIGHT * _unlike(tracks[t].look, look(int(rows[d])))
        if pairs.iou[t, d] > 0:
            cost[t, d] += _MASK_WEIGHT * _mask_distance(tracks[t], shift, chosen, int(d))
    return [(t, int(rows[d])) for t, d in _assign(cost)]


def match_weak(
    tracks: Sequence[Track], expected: Sequence[motion.BoxState], rows: Array,
    found: Detections, settings: TrackSettings,
) -> list[tuple[int, int]]:
    """Pair tracks with weak detections, which must lie where the track is expected.

    Parameters and result are those of :func:`match_strong`.
    """
    pairs = _by_boxes(tracks, expected, found.take(rows), settings)
    cost = np.where(pairs.iou >= settings.bridge_iou, pairs.cost, np.inf)
    return [(t, int(rows[d])) for t, d in _assign(cost)]


def _by_boxes(
    tracks: Sequence[Track], expected: Sequence[motion.BoxState], found: Detections,
    settings: TrackSettings,
) -> Pairs:
    shape = (len(tracks), len(found))
    if 0 in shape:
        return Pairs(np.full(shape, np.inf), np.zeros(shape))
    boxes = found.box_xyxy.astype(np.float64)
    places = np.stack([state.box_xyxy for state in expected])
    last = np.stack([track.box_xyxy for track in tracks]).astype(np.float64)
    rows = [motion.surprise(state, boxes, settings.motion) for state in expected]
    squared = np.stack([row[0] for row in rows])
    spread = np.stack([row[1] for row in rows])
    iou = box_iou(places, boxes)
    size = np.abs(np.log(np.maximum(box_area(boxes), 1)[None] / box_area(places)[:, None]))
    cost = (
        (_TAIL + 2) / 2 * np.log1p(squared / _TAIL)  # -log of a t density in two dimensions ...
        + 2 * np.log(spread)  # ... and of its width: a track seen just now goes first
        + _IOU_WEIGHT * (1 - iou)
        + _SIZE_WEIGHT * np.minimum(size, 2)
    )
    near = (squared <= GATE_SQUARED) | (iou >= GATE_IOU) | (box_iou(last, boxes) >= GATE_IOU)
    possible = near | (_covered(places, boxes) >= GATE_COVERED)
    same_class = np.array([t.class_id for t in tracks])[:, None] == found.class_id[None, :]
    return Pairs(np.where(possible & same_class, cost, np.inf), iou)


def _covered(first: Array, second: Array) -> Array:
    """Share of the smaller box of each pair that the other covers."""
    iou = box_iou(first, second)
    a, b = box_area(first)[:, None], box_area(second)[None, :]
    shared = iou * (a + b) / (1 + iou)
    return np.asarray(shared / np.maximum(np.minimum(a, b), 1e-9))


def _doubtful(pairs: Pairs) -> Array:
    """Pairs that boxes alone can't decide: there is a rival, or they do not overlap."""
    possible = np.isfinite(pairs.cost)
    rivals = (possible.sum(0)[None, :] > 1) | (possible.sum(1)[:, None] > 1)
    return np.asarray(possible & (rivals | (pairs.iou < GATE_IOU)))


def _unlike(first: Array | None, second: Array | None) -> float:
    value = likeness(first, second)
    return 1 - (_USUAL_LIKENESS if value is None else value)


def _mask_distance(track: Track, shift: Array, found: Detections, row: int) -> float:
    mask, other = track.mask, found.masks[row]
    if mask is None or other is None:
        return 1 - _USUAL_MASK_IOU
    return 1 - moved_mask_iou(mask, shift, other)


def _assign(cost: Array) -> list[tuple[int, int]]:
    """Pairs of least total cost, where to leave a pair apart costs ``UNMATCHED_COST``."""
    if cost.size == 0:
        return []
    rows, columns = linear_sum_assignment(np.minimum(cost, UNMATCHED_COST))
    kept = cost[rows, columns] < UNMATCHED_COST
    return list(zip(rows[kept].tolist(), columns[kept].tolist(), strict=True))
