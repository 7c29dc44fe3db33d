"""Events of a Camtrap DP package: times of one deployment that do not overlap.

Readers find the clips of an event by its time (``eventStart <= timestamp <= eventEnd``, both ends
included), whatever the species: overlapping events would give a clip twice. So an event here is of
all species and people together, begins with its first clip and shares no second with the next one.
The rule is that of :mod:`wildpose.ecology.events`. Clips in which nobody was followed begin no
event and prolong none: they belong to the event in whose time they lie, or else are events of
their own.
"""

from __future__ import annotations

import datetime as dt
import itertools
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from wildpose.ecology.events import Independence, first_clips
from wildpose.errors import UsageError
from wildpose.export.camtrap_dp_clips import TimedClip
from wildpose.export.camtrap_dp_times import floored

_SECOND = dt.timedelta(seconds=1)


@dataclass(frozen=True, eq=False)
class PackageEvent:
    """A time of one deployment.

    Attributes
    ----------
    deployment : str
    start, end : datetime
        With an offset, in whole seconds; both belong to it.
    clips : tuple of TimedClip
        That begin in it.
    """

    deployment: str
    start: dt.datetime
    end: dt.datetime
    clips: tuple[TimedClip, ...]

    @property
    def event_id(self) -> str:
        """The same when other clips are added later, but for earlier ones of the same event."""
        return f"{self.deployment}:{self.start:%Y%m%dT%H%M%S}"


def package_events(clips: Iterable[TimedClip], rule: Independence) -> list[PackageEvent]:
    """Find the events.

    Parameters
    ----------
    clips : iterable of TimedClip
        In any order.
    rule : Independence
        With a gap of a second or more, from the clip before.

    Returns
    -------
    list of PackageEvent
        By deployment and time. Every clip is in one.

    Raises
    ------
    UsageError
        When the gap is less than a second.
    """
    if rule.gap_min * 60 < 1:
        raise UsageError(f"--gap {rule.gap_min:g}: Camtrap DP counts in whole seconds.",
                         "Give minutes, such as 30.")
    ordered = sorted(clips, key=lambda one: (one.deployment, one.start, one.key))
    return [event for _, own in itertools.groupby(ordered, key=lambda one: one.deployment)
            for event in _of_deployment(list(own), rule)]


def _of_deployment(clips: Sequence[TimedClip], rule: Independence) -> list[PackageEvent]:
    busy = _busy_events([one for one in clips if one.shows_tracks], rule)
    starts = [event.start for event in busy]
    quiet: list[PackageEvent] = []
    for one in clips:
        if one.shows_tracks:
            continue
        at = bisect_right(starts, one.timestamp) - 1
        if at >= 0 and one.timestamp <= busy[at].end:
            busy[at] = _with(busy[at], one, busy[at].end)
            continue
        end = floored(one.end)
        if at + 1 < len(busy):
            end = min(end, busy[at + 1].start - _SECOND)
        if quiet and one.timestamp <= quiet[-1].end:
            quiet[-1] = _with(quiet[-1], one, max(quiet[-1].end, end))
        else:
            quiet.append(PackageEvent(one.deployment, one.timestamp, end, (one,)))
    return sorted([*busy, *quiet], key=lambda event: event.start)


def _busy_events(clips: Sequence[TimedClip], rule: Independence) -> list[PackageEvent]:
    start, end = (np.array([moment.astimezone(dt.UTC).replace(tzinfo=None) for moment in moments],
                           "datetime64[us]")
                  for moments in ([one.start for one in clips], [one.end for one in clips]))
    firsts = first_clips(start, end, rule)
    groups = itertools.groupby(zip(firsts.tolist(), clips, strict=True), key=lambda pair: pair[0])
    events = []
    for _, pairs in groups:
        own = tuple(one for _, one in pairs)
        last = max(own, key=lambda one: one.end)
        events.append(PackageEvent(own[0].deployment, own[0].timestamp, floored(last.end), own))
    return events


def _with(event: PackageEvent, one: TimedClip, end: dt.datetime) -> PackageEvent:
    return replace(event, clips=(*event.clips, one), end=end)
