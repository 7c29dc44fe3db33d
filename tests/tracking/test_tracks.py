"""Tracks read off numbered detections."""

from __future__ import annotations

import pytest

from wildpose.errors import DataError
from wildpose.tracking import tracks_of
from wildpose.types import ClassId, Detections, FrameDetections, Track

BOX = [0, 0, 10, 10]


def frame(index: int, time_s: float, numbers: list[int], classes: list[int]) -> FrameDetections:
    found = Detections.of([BOX] * len(numbers), [0.9] * len(numbers), classes)
    return FrameDetections(index, time_s, found.with_track_id(numbers))


def test_rows_times_and_classes():
    animal, person = ClassId.ANIMAL, ClassId.PERSON
    frames = [
        frame(0, 0.0, [0, 2], [animal, person]),
        frame(6, 0.2, [], []),
        frame(12, 0.4, [1, 2, 0], [animal, person, animal]),
        frame(18, 0.6, [1], [animal]),
    ]
    assert tracks_of(frames) == [
        Track(1, animal, 12, 18, 0.4, 0.6, ((2, 0), (3, 0))),
        Track(2, person, 0, 12, 0.0, 0.4, ((0, 1), (2, 1))),
    ]
    assert tracks_of([]) == []


def test_a_number_that_two_classes_share_is_named():
    frames = [frame(0, 0, [1], [ClassId.ANIMAL]), frame(1, 1, [1], [ClassId.PERSON])]
    with pytest.raises(DataError, match="Track 1 holds detections of classes"):
        tracks_of(frames)
