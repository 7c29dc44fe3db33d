"""The tracks of a clip, read off the numbers of its detections."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from wildpose.errors import DataError
from wildpose.types import FrameDetections, Track


def tracks_of(frames: Sequence[FrameDetections]) -> list[Track]:
    """Gather the rows of each track.

    Parameters
    ----------
    frames : sequence of FrameDetections
        In the order of time.

    Returns
    -------
    list of Track
        By ``track_id``. Rows with ``track_id`` 0 belong to none.

    Raises
    ------
    DataError
        Where the rows of one number are not of one class.
    """
    rows: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for position, frame in enumerate(frames):
        for row, track_id in enumerate(frame.detections.track_id.tolist()):
            if track_id > 0:
                rows[track_id].append((position, row))
    return [_track(frames, number, rows[number]) for number in sorted(rows)]


def _track(frames: Sequence[FrameDetections], number: int, rows: list[tuple[int, int]]) -> Track:
    classes = {int(frames[f].detections.class_id[row]) for f, row in rows}
    if len(classes) > 1:
        raise DataError(f"Track {number} holds detections of classes {sorted(classes)}.",
                        "Give animals and people tracks of their own.")
    first, last = frames[rows[0][0]], frames[rows[-1][0]]
    return Track(
        track_id=number,
        class_id=classes.pop(),
        first_frame=first.frame_index,
        last_frame=last.frame_index,
        first_time_s=first.time_s,
        last_time_s=last.time_s,
        rows=tuple(rows),
    )
