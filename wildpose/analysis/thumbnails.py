"""A bounded set of small copies of frames, kept while a clip streams by, for its contact sheet.

Track numbers are final only at the end of a clip, when its frames are gone. So small copies of
frames with an animal are kept: of every stretch of the clip the one with the best score. When
there are too many, stretches are joined in pairs; memory does not grow with the clip.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from wildpose.types import Array, Detections, Frame

MOST_KEPT = 32
LONGEST_SIDE = 640


@dataclass(frozen=True)
class _Kept:
    frame: Frame
    value: float


class Thumbnails:
    """Small copies of the frames most worth showing, spread over the clip.

    Parameters
    ----------
    threshold : float
        A frame is worth keeping when a detection reaches this score.
    most : int
        Copies kept at most; an even number.
    """

    def __init__(self, threshold: float, most: int = MOST_KEPT) -> None:
        self._threshold = threshold
        self._most = most
        self._stride = 1
        self._seen = 0
        self._kept: dict[int, _Kept] = {}

    def offer(self, frame: Frame, detections: Detections) -> None:
        """Look at the next analysed frame and keep a copy where it is the best of its stretch."""
        value = float(detections.score.max(initial=0.0))
        if not len(detections) or value < self._threshold:
            return
        stretch = self._seen // self._stride
        self._seen += 1
        if stretch in self._kept and self._kept[stretch].value >= value:
            return
        self._kept[stretch] = _Kept(_small(frame), value)
        if len(self._kept) > self._most:
            self._join_pairs()

    def frames(self) -> dict[int, Frame]:
        """Return the copies by ``frame_index``, in the order of the clip."""
        kept = sorted(self._kept.items())
        return {item.frame.frame_index: item.frame for _, item in kept}

    def _join_pairs(self) -> None:
        self._stride *= 2
        joined: dict[int, _Kept] = {}
        for stretch, item in self._kept.items():
            other = joined.get(stretch // 2)
            if other is None or item.value > other.value:
                joined[stretch // 2] = item
        self._kept = joined


def _small(frame: Frame) -> Frame:
    from PIL import Image

    height, width = frame.image.shape[:2]
    scale = LONGEST_SIDE / max(height, width)
    if scale >= 1:
        return Frame(np.array(frame.image), frame.frame_index, frame.time_s)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    picture = Image.fromarray(frame.image).resize(size, Image.Resampling.BILINEAR, reducing_gap=2.0)
    small: Array = np.asarray(picture)
    return Frame(small, frame.frame_index, frame.time_s)
