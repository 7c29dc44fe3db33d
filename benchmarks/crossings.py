"""What becomes of the numbers of two animals that pass each other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from scipy.optimize import linear_sum_assignment

from wildpose.masks import box_iou
from wildpose.types import Detections

SAME_IOU = 0.5
CROSSING_IOU = 0.1
"""From this overlap of their true boxes on, two animals are crossing."""


@dataclass(frozen=True)
class Crossing:
    """Two true tracks whose boxes overlap from one frame to another.

    Attributes
    ----------
    tracks : (int, int)
        True numbers.
    first, last : int
        Frames.
    """

    tracks: tuple[int, int]
    first: int
    last: int


def crossings(truth: Sequence[Detections]) -> Iterator[Crossing]:
    """Each time that two true boxes come to overlap and part again, or the clip ends."""
    places = [dict(zip(f.track_id.tolist(), f.box_xyxy, strict=True)) for f in truth]
    tracks = sorted({track for place in places for track in place})
    for pair in combinations(tracks, 2):
        near = [all(t in place for t in pair)
                and box_iou(*(place[t][None] for t in pair))[0, 0] >= CROSSING_IOU
                for place in places]
        edges = np.flatnonzero(np.diff([False, *near, False]))
        for first, end in edges.reshape(-1, 2).tolist():
            yield Crossing(pair, first, end - 1)


def numbers_over_time(
    truth: Sequence[Detections], said: Sequence[Detections]
) -> list[dict[int, int]]:
    """Which predicted number each true track has, frame by frame; boxes agree from IoU 0.5 on."""
    result = []
    for true, found in zip(truth, said, strict=True):
        iou = box_iou(true.box_xyxy, found.box_xyxy)
        rows, columns = linear_sum_assignment(iou, maximize=True)
        result.append({int(true.track_id[r]): int(found.track_id[c])
                       for r, c in zip(rows, columns, strict=True) if iou[r, c] >= SAME_IOU})
    return result


def outcome(crossing: Crossing, numbers: Sequence[dict[int, int]]) -> str:
    """``kept``, ``swapped`` (one has the other's number), ``renumbered`` or ``unseen``.

    Compares the last number that each animal had before with the first that it has after; where
    one of the four is missing nothing can be said.
    """
    before = [_first_of(reversed(numbers[: crossing.first]), t) for t in crossing.tracks]
    after = [_first_of(iter(numbers[crossing.last + 1 :]), t) for t in crossing.tracks]
    if None in before or None in after:
        return "unseen"
    if before == after:
        return "kept"
    return "swapped" if before[0] == after[1] or before[1] == after[0] else "renumbered"


def count_outcomes(
    truth: Sequence[Detections], said: Sequence[Detections]
) -> Counter[str]:
    """How the crossings of one clip went."""
    numbers = numbers_over_time(truth, said)
    return Counter(outcome(crossing, numbers) for crossing in crossings(truth))


def _first_of(frames: Iterator[dict[int, int]], track: int) -> int | None:
    return next((frame[track] for frame in frames if track in frame), None)
