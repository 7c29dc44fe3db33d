"""Dense pose of a clip while it streams by: packed at once, unpacked only for its contact sheet.

As arrays one dense pose takes 28 kB, a herd over a minute some hundred MB; packed it takes a few.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from wildpose.analysis.rows import stays
from wildpose.analysis.stages import StageClock
from wildpose.results.dense_pose import decode_dense_pose, encode_dense_pose
from wildpose.results.record import Row
from wildpose.types import Detections, Frame, FrameDetections


class PackedPoses:
    """The dense pose of a clip's detections, by frame and position in it."""

    def __init__(self) -> None:
        self._of_frame: dict[int, tuple[Row | None, ...]] = {}

    def taken_from(
        self, stream: Iterable[tuple[Frame, Detections]], clock: StageClock
    ) -> Iterator[tuple[Frame, Detections]]:
        """Pass detections on without their dense pose, which is kept here.

        Parameters
        ----------
        stream : iterable of (Frame, Detections)
            Of one clip.
        clock : StageClock
            Counts the packing for ``dense_pose``.
        """
        for frame, found in stream:
            if all(pose is None for pose in found.dense_pose):
                yield frame, found
                continue
            with clock.stage("dense_pose"):
                self._of_frame[frame.frame_index] = tuple(
                    None if pose is None else encode_dense_pose(pose) for pose in found.dense_pose)
            yield frame, replace(found, dense_pose=(None,) * len(found))

    def keep(self, frames: Iterable[FrameDetections], threshold: float) -> None:
        """Leave out what :func:`wildpose.analysis.rows.kept` leaves out of the same frames."""
        for frame in frames:
            packed = self._of_frame.get(frame.frame_index)
            if packed is not None:
                chosen = stays(frame.detections, threshold)
                self._of_frame[frame.frame_index] = tuple(
                    row for row, stay in zip(packed, chosen, strict=True) if stay)

    def rows(self, clip: str, frames: Sequence[FrameDetections]) -> list[Row]:
        """Make the rows of the table dense_pose; ``frames`` go into the table detections."""
        rows: list[Row] = []
        before = 0
        for frame in frames:
            for i, packed in enumerate(self._of_frame.get(frame.frame_index, ())):
                if packed is not None:
                    rows.append({"clip": clip, "detection": before + i,
                                 "frame_index": frame.frame_index, **packed})
            before += len(frame.detections)
        return rows

    def with_poses(self, frame: FrameDetections) -> Detections:
        """Give a frame's detections their dense pose back, as it can be read from the run."""
        packed = self._of_frame.get(frame.frame_index)
        if packed is None:
            return frame.detections
        return replace(frame.detections, dense_pose=tuple(
            None if row is None else decode_dense_pose(row) for row in packed))
