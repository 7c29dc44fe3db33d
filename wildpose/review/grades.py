"""How sure the run is of each track, in numbers and words that a reviewer can sort by.

A grade is the trust in a track as a label that nobody drew. It is the mean score of the track's
boxes as if one more of them had scored 0: scores are calibrated probabilities, and one lucky frame
is no proof.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

GRADE_FROM = 0.8
"""A track of this grade is a candidate for a pseudo-label: 5 analysed frames at 0.96, 8 at 0.9."""


@dataclass(frozen=True)
class TrackSpan:
    """One track of a clip.

    Attributes
    ----------
    track_id : int
    name : str
        ``"animal"`` or ``"person"``.
    first_frame, last_frame : int
        Frame indices, from 0.
    boxes : int
        On analysed frames.
    mean_score : float
        Of these boxes.
    """

    track_id: int
    name: str
    first_frame: int
    last_frame: int
    boxes: int
    mean_score: float

    @property
    def grade(self) -> float:
        """Trust in the track as a label, in [0, 1].

        Examples
        --------
        >>> TrackSpan(1, "animal", 0, 40, 8, 0.9).grade
        0.8
        """
        return round(self.mean_score * self.boxes / (self.boxes + 1), 4)

    @property
    def sure(self) -> bool:
        """Whether it is a candidate for a pseudo-label."""
        return self.grade >= GRADE_FROM

    @property
    def reason(self) -> str:
        """What the grade comes from, in words."""
        doubt = "short" if self.mean_score >= GRADE_FROM else "doubtful"
        frames = f"{self.boxes} frame{'' if self.boxes == 1 else 's'}"
        return f"{'sure' if self.sure else doubt}: mean score {self.mean_score:.2f} on {frames}"


def track_spans(detections: pd.DataFrame) -> list[TrackSpan]:
    """Summarise the tracks of one clip.

    Parameters
    ----------
    detections : DataFrame
        The clip's rows of the table ``detections``.

    Returns
    -------
    list of TrackSpan
        By number of the track.
    """
    tracked = detections[detections["track_id"] > 0]
    return [
        TrackSpan(int(track_id), str(rows["class"].iloc[0]), int(rows["frame_index"].min()),
                  int(rows["frame_index"].max()), len(rows), float(rows["score"].mean()))
        for track_id, rows in tracked.groupby("track_id", sort=True)
    ]


def clip_grade(spans: Sequence[TrackSpan]) -> tuple[float | None, str | None]:
    """Grade of a clip's surest animal, and the reason in words; None where no animal was followed.

    Examples
    --------
    >>> clip_grade([TrackSpan(1, "animal", 0, 9, 9, 0.95), TrackSpan(2, "animal", 0, 9, 2, 0.95)])
    (0.855, '1 of 2 animals sure: mean score 0.95 on 9 frames')
    """
    animals = [span for span in spans if span.name == "animal"]
    if not animals:
        return None, None
    best = max(animals, key=lambda span: span.grade)
    count = sum(span.sure for span in animals)
    if len(animals) == 1:
        return best.grade, best.reason
    if count == 0:
        return best.grade, f"none of {len(animals)} animals sure; the surest is {best.reason}"
    return best.grade, f"{count} of {len(animals)} animals {best.reason}"


def clip_uncertainty(detections: pd.DataFrame, spans: Sequence[TrackSpan]) -> float | None:
    """How doubtful the least sure thing in a clip is.

    Parameters
    ----------
    detections : DataFrame
        The clip's rows of the table ``detections``.
    spans : sequence of TrackSpan
        Its tracks.

    Returns
    -------
    float or None
        1 - the lowest mean score of a track, or score of a box without a track; None where nothing
        was found.
    """
    lone = detections.loc[detections["track_id"] == 0, "score"]
    scores = [*(span.mean_score for span in spans), *(float(score) for score in lone)]
    return round(1 - min(scores), 4) if scores else None
