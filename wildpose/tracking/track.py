"""One animal while it is followed: where it is expected, what it looks like, what belongs to it."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from wildpose import masks
from wildpose.tracking import motion
from wildpose.tracking.appearance import blend
from wildpose.tracking.settings import TrackSettings
from wildpose.types import Array, Rle

LOOK_MEMORY_S = 1.0
"""Time in which an old look is forgotten (by a factor of e)."""


@dataclass(frozen=True)
class Sighting:
    """One detection that belongs to a track.

    Attributes
    ----------
    frame, row : int
        Position of the frame among the analysed ones, and of the detection in it.
    time_s : float
    score : float
    """

    frame: int
    row: int
    time_s: float
    score: float


@dataclass(frozen=True)
class Seen:
    """A detection as a track takes it in.

    Attributes
    ----------
    sighting : Sighting
    box_xyxy : float [4], pixels
    mask : Rle or None
    look : float64 [32] or None
        See :mod:`wildpose.tracking.appearance`; None also where another box covers this one.
    """

    sighting: Sighting
    box_xyxy: Array
    mask: Rle | None
    look: Array | None


@dataclass
class Track:
    """A track that may still grow.

    Attributes
    ----------
    class_id : int
        Never changes: animals and people are not mixed in one track.
    state : BoxState
        As of the last detection.
    box_xyxy, mask
        Of the last detection.
    look : float64 [32] or None
    sightings : list of Sighting
    """

    class_id: int
    state: motion.BoxState
    box_xyxy: Array
    mask: Rle | None
    look: Array | None
    sightings: list[Sighting] = field(default_factory=list)

    @classmethod
    def begin(cls, seen: Seen, class_id: int, settings: TrackSettings) -> Track:
        """Start a track with its first detection."""
        state = motion.start(seen.box_xyxy, seen.sighting.time_s, settings.motion)
        return cls(class_id, state, seen.box_xyxy, seen.mask, seen.look, [seen.sighting])

    @property
    def last_time_s(self) -> float:
        """Time of the last detection."""
        return self.sightings[-1].time_s

    def take_in(self, seen: Seen, settings: TrackSettings) -> None:
        """Let the track go on with one more detection."""
        share = 1 - float(np.exp(-(seen.sighting.time_s - self.last_time_s) / LOOK_MEMORY_S))
        expected = motion.predict(self.state, seen.sighting.time_s, settings.motion)
        self.state = motion.correct(expected, seen.box_xyxy, settings.motion)
        self.look = blend(self.look, seen.look, share)
        self.box_xyxy, self.mask = seen.box_xyxy, seen.mask
        self.sightings.append(seen.sighting)

    def solid(self, settings: TrackSettings) -> list[Sighting]:
        """Sightings without weak ones at the end: those bridge gaps, and bridge nothing there."""
        strong = [n for n, s in enumerate(self.sightings) if s.score >= settings.start_score]
        return self.sightings[: strong[-1] + 1]

    def is_confirmed(self, settings: TrackSettings) -> bool:
        """Whether this is more than a single weak false alarm.

        One detection of ``strong_score`` will do, or two of ``start_score`` that lie at least
        ``confirm_s`` apart: at a high frame rate neighbouring frames repeat the same mistake. In
        between it must have been seen in a fair share of the frames: the more frames, the more
        often two mistakes that have nothing to do with each other fall within reach.
        """
        rows = self.solid(settings)
        if any(s.score >= settings.strong_score for s in rows):
            return True
        lasts_s = rows[-1].time_s - rows[0].time_s
        frames = rows[-1].frame - rows[0].frame + 1
        often = len(rows) >= settings.confirm_share * frames
        return len(rows) > 1 and lasts_s >= settings.confirm_s - 1e-6 and often


def moved_mask_iou(mask: Rle, moved_px: Array, other: Rle) -> float:
    """IoU of two masks after the first is moved.

    Parameters
    ----------
    mask, other : Rle
        Of frames of one size.
    moved_px : float [2]
        How far to move it in x and y; rounded to pixels.

    Returns
    -------
    float
        0 where they are of different size.
    """
    if list(mask["size"]) != list(other["size"]):
        return 0.0
    first, second = masks.decode(mask), masks.decode(other)
    height, width = first.shape
    dx, dy = (int(v) for v in np.round(np.clip(moved_px, -width, width)))
    moved = np.zeros_like(first)
    target = moved[max(dy, 0) : height + min(dy, 0), max(dx, 0) : width + min(dx, 0)]
    rows, columns = target.shape
    if target.size:
        target[:] = first[max(-dy, 0) :, max(-dx, 0) :][:rows, :columns]
    union = int((moved | second).sum())
    return int((moved & second).sum()) / union if union else 0.0
