"""The nouns that every part of wildpose shares.

One coordinate convention holds everywhere in the package: pixels of the picture as it is shown
(after rotation), origin at the top left corner, continuous: x of pixel column ``i`` spans
``[i, i + 1]``. A box is ``(x1, y1, x2, y2)``; its width is ``x2 - x1``. The borders to other
programs (COCO ``xywh``, FiftyOne's relative boxes) convert there and nowhere else.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import IntEnum
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]

Rle = dict[str, Any]
"""A compressed COCO run-length mask: ``{"size": [height, width], "counts": str}``."""


class ClassId(IntEnum):
    """What a box holds; the numbers are the COCO category ids of our data."""

    ANIMAL = 1
    PERSON = 2


@dataclass(frozen=True)
class Frame:
    """One picture of a clip.

    Attributes
    ----------
    image : uint8 [H, W, 3]
        RGB, upright.
    frame_index : int
        Position in the file as decoded, from 0.
    time_s : float
        Presentation time in seconds from the clip's first frame.
    """

    image: Array
    frame_index: int
    time_s: float


@dataclass(frozen=True)
class DensePose:
    """The body surface under the pixels of one detection, on a grid laid over its region.

    Cell ``(i, j)`` of the ``h x w`` grid covers its share of ``box_xyxy``; its centre lies at
    ``x1 + (j + 0.5) / w * (x2 - x1)``, and likewise down.

    Attributes
    ----------
    box_xyxy : float32 [4]
        The region in pixels of the frame.
    chart : uint8 [h, w]
        1 to 24; 0 where the cell shows no body.
    uv : float16 [2, h, w]
        Coordinates on the chart in [0, 1]; 0 where ``chart`` is 0.
    chart_confidence : float16 [h, w]
        Probability that the network gives to ``chart``.
    uv_sigma : float16 [h, w]
        Standard deviation of u and v that the network gives (root mean square of the two).
    cut_by : {"mask_head", "dense_head"}
        Whose foreground decides where ``chart`` is 0.
    foreground : float16 [h, w] or None
        Probability of a body that decided; not kept in runs.
    """

    box_xyxy: Array
    chart: Array
    uv: Array
    chart_confidence: Array
    uv_sigma: Array
    cut_by: Literal["mask_head", "dense_head"]
    foreground: Array | None = None

    def __post_init__(self) -> None:
        grid = self.chart.shape
        if self.uv.shape != (2, *grid) or {self.chart_confidence.shape,
                                           self.uv_sigma.shape} != {grid}:
            raise ValueError(f"arrays of different grids beside a chart of {grid}")

    def cells_at(self, xy: npt.ArrayLike) -> tuple[Array, Array, Array]:
        """Row, column and "lies inside" of the cells under points [N, 2] in pixels of the frame."""
        h, w = self.chart.shape
        x1, y1, x2, y2 = (float(v) for v in self.box_xyxy)
        place = np.asarray(xy, np.float64).reshape(-1, 2)
        column = np.floor((place[:, 0] - x1) / (x2 - x1) * w).astype(np.int64)
        row = np.floor((place[:, 1] - y1) / (y2 - y1) * h).astype(np.int64)
        inside = (row >= 0) & (row < h) & (column >= 0) & (column < w)
        return np.clip(row, 0, h - 1), np.clip(column, 0, w - 1), inside


@dataclass(frozen=True)
class Detections:
    """The animals and people found in one frame, as parallel arrays of length N.

    Attributes
    ----------
    box_xyxy : float32 [N, 4]
        Boxes in pixels of the frame.
    score : float32 [N]
        Calibrated probability in [0, 1] that the box holds what ``class_id`` says.
    class_id : int16 [N]
        Values of :class:`ClassId`.
    masks : tuple of Rle or None, length N
        Mask of the whole frame; None where there is none.
    mask_confidence : float32 [N]
        Mean foreground probability inside the mask; NaN where there is no mask.
    track_id : int32 [N]
        Number of the track within the clip, from 1; 0 where not tracked.
    dense_pose : tuple of DensePose or None, length N
        None where there is none.
    """

    box_xyxy: Array
    score: Array
    class_id: Array
    masks: tuple[Rle | None, ...]
    mask_confidence: Array
    track_id: Array
    dense_pose: tuple[DensePose | None, ...]

    def __post_init__(self) -> None:
        n = len(self.score)
        lengths = {len(self.box_xyxy), len(self.class_id), len(self.masks),
                   len(self.mask_confidence), len(self.track_id), len(self.dense_pose)}
        if lengths != {n} or self.box_xyxy.shape != (n, 4):
            raise ValueError(f"arrays of different length: {sorted(lengths | {n})}")

    def __len__(self) -> int:
        return len(self.score)

    @classmethod
    def empty(cls) -> Detections:
        """No detections."""
        return cls.of(np.zeros((0, 4)), np.zeros(0), np.zeros(0))

    @classmethod
    def of(
        cls,
        box_xyxy: npt.ArrayLike,
        score: npt.ArrayLike,
        class_id: npt.ArrayLike,
        masks: Sequence[Rle | None] | None = None,
        mask_confidence: npt.ArrayLike | None = None,
        dense_pose: Sequence[DensePose | None] | None = None,
    ) -> Detections:
        """Untracked detections from anything array-like; dtypes are set here.

        Parameters
        ----------
        box_xyxy, score, class_id : array-like
            As in the class, lengths N.
        masks : sequence of Rle or None, optional
        mask_confidence : array-like [N], optional
        dense_pose : sequence of DensePose or None, optional

        Returns
        -------
        Detections
        """
        boxes = np.asarray(box_xyxy, np.float32).reshape(-1, 4)
        n = len(boxes)
        confidence = np.full(n, np.nan) if mask_confidence is None else mask_confidence
        return cls(
            box_xyxy=boxes,
            score=np.asarray(score, np.float32).reshape(n),
            class_id=np.asarray(class_id, np.int16).reshape(n),
            masks=tuple(masks) if masks is not None else (None,) * n,
            mask_confidence=np.asarray(confidence, np.float32).reshape(n),
            track_id=np.zeros(n, np.int32),
            dense_pose=tuple(dense_pose) if dense_pose is not None else (None,) * n,
        )

    def take(self, index: npt.ArrayLike) -> Detections:
        """The detections at ``index`` (integers or a boolean mask), in that order."""
        chosen = np.asarray(index)
        chosen = np.flatnonzero(chosen) if chosen.dtype == bool else chosen.astype(np.int64)
        return Detections(
            box_xyxy=self.box_xyxy[chosen],
            score=self.score[chosen],
            class_id=self.class_id[chosen],
            masks=tuple(self.masks[i] for i in chosen),
            mask_confidence=self.mask_confidence[chosen],
            track_id=self.track_id[chosen],
            dense_pose=tuple(self.dense_pose[i] for i in chosen),
        )

    def with_track_id(self, track_id: npt.ArrayLike) -> Detections:
        """The same detections, with these track numbers."""
        return replace(self, track_id=np.asarray(track_id, np.int32).reshape(len(self)))


@dataclass(frozen=True)
class FrameDetections:
    """What was found in one analysed frame of a clip.

    Attributes
    ----------
    frame_index : int
    time_s : float
        As in :class:`Frame`.
    detections : Detections
    """

    frame_index: int
    time_s: float
    detections: Detections


@dataclass(frozen=True)
class Track:
    """One animal (or person) through a clip.

    Attributes
    ----------
    track_id : int
        From 1, within the clip.
    class_id : int
        A value of :class:`ClassId`.
    first_frame, last_frame : int
        ``frame_index`` of the first and last detection.
    first_time_s, last_time_s : float
        ``time_s`` of the same.
    rows : tuple of (int, int)
        For each detection: position in the clip's sequence of :class:`FrameDetections` and
        position in its :class:`Detections`.
    """

    track_id: int
    class_id: int
    first_frame: int
    last_frame: int
    first_time_s: float
    last_time_s: float
    rows: tuple[tuple[int, int], ...]
