"""What a round saw, kept and dropped, and why; and what to do where there is too little.

A round without anything to learn from must say so before hours of training, in words that tell a
camera that saw no animal from a threshold that let none through.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

import numpy as np

from wildpose.drawing.bars import Bars, bar_page
from wildpose.drawing.palette import CHART_COLOURS, HUES, UNTRACKED, Rgb
from wildpose.drawing.plots import Axes
from wildpose.errors import DataError

CHARTS = 25
SCORE_BINS = 20
LEAST_LABELS = 10
DAY, NIGHT, KEPT = HUES[1], HUES[4], HUES[6]


@dataclass(frozen=True)
class Census:
    """The count of one round.

    Attributes
    ----------
    frames, frames_day, frames_night : int
        Frames that were drawn; some may be neither day nor night.
    clips, clips_failed : int
        Clips found, and those of them that could not be read.
    near_duplicates, thinned : int
        Frames left out because they look like another, or stand in a burst with others.
    detections : int
        All that the teacher found, down to the lowest score.
    kept, people, doubtful : int
        Animals that became labels; people, who are left out; animals below the threshold, which
        are neither learned as animals nor as background.
    empty_frames : int
        Frames used as pictures without animals: nothing was found, and nothing moves.
    points_per_chart : tuple of int, length 25
        Points of dense pose that became labels; 0 is the background.
    score_histogram : tuple of int, length 20
        Of all detections, in equal steps from 0 to 1.
    kept_day, kept_night : int
        Labels by the light of their frame.
    threshold : float
        Score from which on an animal was kept.
    unused_frames : int
        Frames without a detection that are not known to be empty.
    """

    frames: int
    frames_day: int
    frames_night: int
    clips: int
    clips_failed: int
    near_duplicates: int
    thinned: int
    detections: int
    kept: int
    people: int
    doubtful: int
    empty_frames: int
    points_per_chart: tuple[int, ...]
    score_histogram: tuple[int, ...]
    kept_day: int
    kept_night: int
    threshold: float
    unused_frames: int = 0

    def __post_init__(self) -> None:
        lengths = len(self.points_per_chart), len(self.score_histogram)
        if lengths != (CHARTS, SCORE_BINS):
            raise ValueError(f"{lengths} numbers by chart and score, not {CHARTS, SCORE_BINS}")

    def as_json(self) -> dict[str, Any]:
        """All of it as an object of JSON."""
        return {k: list(v) if isinstance(v, tuple) else v for k, v in asdict(self).items()}

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> Census:
        """Read what :meth:`as_json` made.

        Raises
        ------
        DataError
            It is no census.
        """
        try:
            rows = {k: tuple(int(n) for n in content[k])
                    for k in ("points_per_chart", "score_histogram")}
            rest: dict[str, Any] = {
                f.name: (float if f.name == "threshold" else int)(content[f.name])
                for f in fields(cls) if f.name not in rows}
            return cls(**rest | rows)
        except (KeyError, TypeError, ValueError) as error:
            raise DataError(f"This is no census of a round ({error}).",
                            "Delete the file and run the same command again.") from error


def census_table(census: Census) -> list[tuple[str, str]]:
    """The census in plain words, row by row.

    Parameters
    ----------
    census : Census

    Returns
    -------
    list of (str, str)
        What was counted, and the count.
    """
    c = census
    points, charts = sum(c.points_per_chart), sum(n > 0 for n in c.points_per_chart[1:])
    return [
        ("clips", f"{c.clips:,} ({c.clips_failed:,} could not be read)"),
        ("frames drawn", f"{c.frames:,} ({c.frames_day:,} by day, {c.frames_night:,} at night)"),
        ("frames left out: look like another", f"{c.near_duplicates:,}"),
        ("frames left out: within a burst", f"{c.thinned:,}"),
        ("detections of the teacher", f"{c.detections:,}"),
        ("animals kept as labels", f"{c.kept:,} ({c.kept_day:,} by day, {c.kept_night:,} at night)"
                                   f", score from {c.threshold:.2f}"),
        ("animals ignored as doubtful", f"{c.doubtful:,}"),
        ("people left out", f"{c.people:,}"),
        ("frames used as empty", f"{c.empty_frames:,}"),
        ("frames not used: nothing found, but not known to be empty", f"{c.unused_frames:,}"),
        ("points on bodies", f"{points:,} on {charts} of {CHARTS - 1} charts"),
    ]


def advice(census: Census, *, least: int = LEAST_LABELS) -> str | None:
    """What to do where a round has too little to learn from.

    Parameters
    ----------
    census : Census
    least : int
        Labels that are needed.

    Returns
    -------
    str or None
        One sentence; None where there is enough.
    """
    if census.kept >= least:
        return None
    c = census
    if not c.frames:
        return _without_frames(c)
    seen = f"in {_count(c.frames, 'frame')} of {_count(c.clips, 'clip')}"
    if not c.detections:
        return (f"The teacher found nothing at all {seen}: give clips that show the species, or "
                "see whether this is the right folder.")
    enough = f"{_count(c.kept, 'animal')} with a score from {c.threshold:.2f} (least {least})"
    if c.kept + c.doubtful >= least and c.doubtful >= c.people:
        return (f"Of {_count(c.detections, 'detection')} {seen} only {enough} could be kept, and "
                f"{c.doubtful:,} were doubtful: look at these, and lower --keep-from if they are "
                "animals, or give more clips.")
    if c.people > c.kept + c.doubtful:
        return (f"Most of what was found {seen} are people ({c.people:,}), and only {enough} could "
                "be kept: give clips that show the species.")
    return (f"Only {enough} could be kept {seen}, beside {c.doubtful:,} doubtful: "
            f"{_more(c)}.")


def _without_frames(c: Census) -> str:
    if not c.clips:
        return "There is no clip to learn from: give another folder."
    if c.clips_failed == c.clips:
        return (f"None of {_count(c.clips, 'clip')} could be read: see which files failed, or give "
                "another folder.")
    return f"No frame could be drawn from {_count(c.clips, 'clip')}: give longer or other clips."


def _more(c: Census) -> str:
    if c.near_duplicates + c.thinned > c.frames:
        return ("most frames look like another, so give clips of other days or other cameras "
                "rather than more of the same")
    if c.frames < 3 * LEAST_LABELS:
        return "give more clips, or look at more frames of these with a shorter --every"
    return "give more clips, or clips in which the species is larger in the picture"


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def census_picture(census: Census) -> bytes:
    """Draw the scores of all detections, the points on each chart (if any), and day against night.

    Parameters
    ----------
    census : Census

    Returns
    -------
    bytes
        A JPEG.
    """
    points = [_charts(census)] if any(census.points_per_chart) else []
    return bar_page([_scores(census), *points, _light(census)])


def _scores(census: Census) -> Bars:
    edges = np.linspace(0, 1, SCORE_BINS + 1)
    middle = (edges[:-1] + edges[1:]) / 2
    colours: list[Rgb] = [KEPT if at >= census.threshold else UNTRACKED for at in middle]
    axes = Axes("Scores of all detections, people among them", "calibrated score",
                "detections (log scale)", (0.0, 1.0),
                (0.7, _top(census.score_histogram, room=3.0)),
                ((census.threshold, f"kept from {census.threshold:.2f}"),))
    return Bars(axes, middle, np.array(census.score_histogram), tuple(colours), 1 / SCORE_BINS,
                log=True)


def _charts(census: Census) -> Bars:
    colours = tuple((int(r), int(g), int(b)) for r, g, b in CHART_COLOURS)
    axes = Axes("Points of dense pose", "chart (0 is the background)", "points",
                (-0.6, CHARTS - 0.4), (0.0, _top(census.points_per_chart)))
    return Bars(axes, np.arange(CHARTS), np.array(census.points_per_chart), colours, 0.8)


def _light(census: Census) -> Bars:
    counts = (census.frames_day, census.frames_night, census.kept_day, census.kept_night)
    axes = Axes("Day and night", "", "number", (-0.6, 3.6), (0.0, _top(counts)))
    return Bars(axes, np.arange(4), np.array(counts), (DAY, NIGHT, DAY, NIGHT), 0.7,
                names=("frames\nby day", "frames\nat night", "labels\nby day", "labels\nat night"))


def _top(counts: tuple[int, ...], room: float = 1.12) -> float:
    return max(5.0, *counts) * room
