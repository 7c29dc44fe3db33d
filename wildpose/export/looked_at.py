"""Which frames of a clip a run looked at, those without a detection among them.

A run keeps how many frames it looked at and how far apart, not which. They follow from the rule
that chose them (:class:`wildpose.video.TimeSampler`) and the times of the frames, and those are
known at every frame with a detection; between these they are taken to be evenly spaced. That is
exact for evenly timed clips.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from wildpose.types import Array
from wildpose.video.sampling import FALLBACK_RATE, TimeSampler

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class LookedAt:
    """The frames of a clip that a run looked at, in order.

    Attributes
    ----------
    frame_index : int64 [N]
        Position in the file as decoded, from 0.
    time_s : float64 [N]
        From the first frame; NaN where that is not kept (pictures without a detection).
    exact : bool
        False where clips are unevenly timed, or more or fewer frames were looked at: then those
        without a detection are a guess. Frames with detections are always among them.
    """

    frame_index: Array
    time_s: Array
    exact: bool

    def rows(self) -> Iterator[tuple[int, float | None]]:
        """Give frame and time, in seconds to the microsecond; None for a time that is not kept."""
        for index, time_s in zip(self.frame_index.tolist(), self.time_s.tolist(), strict=True):
            yield index, None if math.isnan(time_s) else round(time_s, 6)


def rate_of(clip: Mapping[str, Any]) -> float:
    """Frames per second of a clip: as declared, else as decoded; never 0.

    Parameters
    ----------
    clip : mapping
        A row of the table clips, missing values as None.
    """
    if clip["frame_rate"]:
        return float(clip["frame_rate"])
    if clip["duration_s"] and clip["frames_decoded"]:
        return float(clip["frames_decoded"] / clip["duration_s"])
    return float(FALLBACK_RATE)


def frames_looked_at(clip: Mapping[str, Any], detections: pd.DataFrame) -> LookedAt:
    """Work out which frames of a clip were looked at.

    Parameters
    ----------
    clip : mapping
        A row of the table clips, missing values as None.
    detections : DataFrame
        The clip's rows of the table detections.

    Returns
    -------
    LookedAt
    """
    known = detections.drop_duplicates("frame_index").sort_values("frame_index")
    seen = {int(index) for index in known["frame_index"]}
    count = max(int(clip["frames_decoded"]), max(seen, default=0) + 1)
    time_s = _times(clip, count, known)
    if clip["every_s"] is None:
        chosen = set(range(count))
    else:
        sampler = TimeSampler(clip["every_s"])
        chosen = {index for index, time in enumerate(time_s) if sampler.take(float(time))}
    exact = seen <= chosen and _is_even(clip, known)
    if not seen <= chosen:
        chosen = _in_place_of_guesses(chosen, seen, time_s, float(clip["every_s"]))
    index = np.array(sorted(chosen), np.int64)
    sure = clip["every_s"] is None or exact
    return LookedAt(index, time_s[index], sure and len(index) == clip["frames_sampled"])


def _is_even(clip: Mapping[str, Any], known: pd.DataFrame) -> bool:
    """Whether what is known of a clip's times fits one frame after the other at its rate."""
    step_s = 1 / rate_of(clip)
    end_s = clip["frames_decoded"] * step_s
    ends = clip["duration_s"] is None or abs(clip["duration_s"] - end_s) <= step_s
    off_s = (known["time_s"] - known["frame_index"] * step_s).abs()
    return bool(ends and (off_s <= step_s / 2).all())


def _times(clip: Mapping[str, Any], count: int, known: pd.DataFrame) -> Array:
    """Time of every frame, float64 [count]: as known at some, evenly spaced between them."""
    step_s = 1 / rate_of(clip)
    at = {0: 0.0}
    at |= zip(known["frame_index"].tolist(), known["time_s"].tolist(), strict=True)
    last, time = max(at.items())
    if last < count - 1:
        end = clip["duration_s"] - step_s if clip["duration_s"] else 0.0
        left = count - 1 - last
        at[count - 1] = end if end > time else time + left * step_s
    return np.interp(np.arange(count), list(at), list(at.values()))


def _in_place_of_guesses(
    chosen: set[int], seen: set[int], time_s: Array, every_s: float
) -> set[int]:
    """Put frames that were looked at for certain in the place of guesses close to them."""
    sure = time_s[sorted(seen)]
    kept = {index for index in chosen - seen
            if np.abs(sure - time_s[index]).min() >= every_s / 2}
    return kept | seen
