"""When a frame is shown, and which frames to take.

Time is always the presentation time that the file states for a frame, counted from the clip's
first frame; index / rate is wrong for variable frame rates, dropped frames and gaps. Small
classes, all streaming: :class:`PresentationClock` turns what the file says into times that
never run backwards, :class:`TimeSampler` picks the frames to analyse, :class:`FrameSampler` those
that somebody else has picked.
"""

from __future__ import annotations

import math
from collections.abc import Collection
from fractions import Fraction

from ..errors import UsageError

FALLBACK_RATE = Fraction(25)
"""Frames per second where a file states neither times nor a rate (FFmpeg's own guess)."""

ROUNDING_S = 0.002
"""Containers round times to as much as 1 ms; a frame this early still belongs to its slot."""


class PresentationClock:
    """Seconds from the first frame, strictly increasing, for the frames of one clip.

    A time that is missing is made up from the previous one and the frame step. A time that runs
    backwards (joined recordings, damaged stamps) is moved: by more than a second back it is the
    start of another recording, whose times go on behind what was there; otherwise that frame
    alone is put half a step behind its predecessor.

    Parameters
    ----------
    rate : Fraction or None
        Nominal frames per second, for the step; None where unknown.

    Attributes
    ----------
    made_up, moved : int
        How many times were missing, and how many ran backwards.
    """

    def __init__(self, rate: Fraction | None) -> None:
        self.step_s = float(1 / (rate or FALLBACK_RATE))
        self.made_up = 0
        self.moved = 0
        self._offset: float | None = None
        self._last: float | None = None
        self._last_step_s = self.step_s

    def time_s(self, stamp_s: float | None) -> float:
        """Give the time of the next frame, in seconds from the first.

        Parameters
        ----------
        stamp_s : float or None
            Presentation time as the file states it, in seconds on its own scale.
        """
        time = self._place(stamp_s)
        if self._last is not None:
            self._last_step_s = time - self._last
        self._last = time
        return time

    @property
    def duration_s(self) -> float:
        """From the first frame to the end of the last one, 0 before the first."""
        if self._last is None:
            return 0.0
        return self._last + min(self._last_step_s, self.step_s)

    def _place(self, stamp_s: float | None) -> float:
        if stamp_s is None:
            self.made_up += 1
            return 0.0 if self._last is None else self._last + self.step_s
        if self._offset is None:
            # Frames before the first stamp have made-up times, so the stamp follows them.
            self._offset = stamp_s - (0.0 if self._last is None else self._last + self.step_s)
        time = stamp_s - self._offset
        if self._last is None or time > self._last:
            return time
        self.moved += 1
        if self._last - time > 1.0:
            time = self._last + self.step_s
            self._offset = stamp_s - time
            return time
        return self._last + self.step_s / 2


class TimeSampler:
    """Which frames to take: the first of every slot of ``every_s`` seconds.

    Slots are counted from time 0, so a clip at any frame rate gives at most one frame a slot,
    a clip slower than that gives all its frames, the first frame is always taken, and a gap is
    followed by one frame and not by many.

    Parameters
    ----------
    every_s : float or None
        Seconds per slot, above 0; None takes every frame.

    Raises
    ------
    UsageError
        Where ``every_s`` is not a positive number.

    Examples
    --------
    >>> sampler = TimeSampler(0.2)
    >>> [t for t in (0.0, 0.1, 0.2, 0.3, 1.7, 1.75, 1.81) if sampler.take(t)]
    [0.0, 0.2, 1.7, 1.81]
    """

    def __init__(self, every_s: float | None) -> None:
        if every_s is not None and not (math.isfinite(every_s) and every_s > 0):
            raise UsageError(
                f"the sampling interval is {every_s} s.",
                "Give a number of seconds above 0, such as 0.2.",
            )
        self.every_s = every_s
        self._slot: int | None = None

    def take(self, time_s: float, frame_index: int = 0) -> bool:
        """Whether to take the frame at this time, whatever its number; times come in order."""
        if self.every_s is None:
            return True
        slot = math.floor((time_s + min(ROUNDING_S, self.every_s / 4)) / self.every_s)
        if self._slot is not None and slot <= self._slot:
            return False
        self._slot = slot
        return True


class FrameSampler:
    """Which frames to take: those whose numbers are given, at whatever time they are shown.

    Parameters
    ----------
    frames : collection of int
        Numbers of frames as decoded, from 0; those that the clip does not have are no error.

    Examples
    --------
    >>> sampler = FrameSampler([0, 3])
    >>> [index for index in range(5) if sampler.take(index / 10, index)]
    [0, 3]
    """

    def __init__(self, frames: Collection[int]) -> None:
        self._frames = frozenset(frames)

    def take(self, time_s: float, frame_index: int) -> bool:
        """Whether to take the frame of this number."""
        return frame_index in self._frames
