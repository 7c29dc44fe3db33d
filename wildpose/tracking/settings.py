"""What tracking hangs on: seconds, scores and overlaps, never numbers of frames."""

from __future__ import annotations

from dataclasses import dataclass, field

from wildpose.errors import UsageError


@dataclass(frozen=True)
class MotionModel:
    """How animals move, in body lengths (the square root of the box's area) and seconds.

    Attributes
    ----------
    speed : float
        Standard deviation of the velocity of the box's centre along each axis, lengths/s.
    growth : float
        The same of width and height.
    persistence_s : float
        Time in which a velocity is forgotten (by a factor of e): animals stop and turn.
    jitter : float
        Standard deviation of a detector's box around the animal, lengths.
    """

    speed: float = 1.5
    growth: float = 0.5
    persistence_s: float = 1.0
    jitter: float = 0.06


@dataclass(frozen=True)
class TrackSettings:
    """Settings of the tracker. Nothing counts frames, so that the sampling rate does not matter.

    Attributes
    ----------
    start_score : float
        A detection from this score on can start a track; set it to the threshold from which
        detections are shown.
    keep_score : float
        A weaker detection from this score on can bridge a track between stronger ones. It never
        starts, ends or confirms one.
    strong_score : float
        One detection of this score confirms a track by itself.
    confirm_s : float
        So long must two detections of at least ``start_score`` lie apart to confirm a track.
    confirm_share : float
        In so many of the frames between them must the track have been seen.
    max_gap_s : float
        So long a track is looked for in vain before it ends.
    bridge_iou : float
        Overlap that a weak detection needs with the place where the track is expected.
    duplicate_iou : float
        A detection that overlaps a better one of the same class so much starts no track.
    motion : MotionModel

    Raises
    ------
    UsageError
        Where a score or an overlap is not in [0, 1], a time is negative, or the scores are not in
        the order keep, start.
    """

    start_score: float = 0.5
    keep_score: float = 0.15
    strong_score: float = 0.8
    confirm_s: float = 0.2
    confirm_share: float = 0.2
    max_gap_s: float = 2.0
    bridge_iou: float = 0.4
    duplicate_iou: float = 0.7
    motion: MotionModel = field(default_factory=MotionModel)

    def __post_init__(self) -> None:
        for name in ("start_score", "keep_score", "strong_score", "confirm_share", "bridge_iou",
                     "duplicate_iou"):
            if not 0 <= getattr(self, name) <= 1:
                raise UsageError(f"{name} is {getattr(self, name)}.", "Give a number in [0, 1].")
        for name in ("confirm_s", "max_gap_s"):
            if not getattr(self, name) >= 0:
                raise UsageError(f"{name} is {getattr(self, name)}.", "Give seconds, 0 or more.")
        if self.keep_score > self.start_score:
            raise UsageError(
                f"keep_score {self.keep_score} is above start_score {self.start_score}.",
                "Weak detections are those below start_score.")
