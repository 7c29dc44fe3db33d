"""Independent events: sightings so far apart that they count as visits of their own.

The rule: clips of one deployment and one species, in the order of time. A clip begins a new event
when it starts at least 30 minutes after the end of the clip that is referred to (O'Brien et al.
2003 for the 30 minutes); exactly 30 minutes are enough. Referred to is the clip that ended last
before (``last-record``), or the first clip of the event at hand (``last-independent``): the second
gives more events where animals stay. These are ``lastRecord`` and ``lastIndependentRecord`` of the
R package camtrapR, for clips that have a length.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from wildpose.errors import UsageError
from wildpose.types import Array

Reference = Literal["last-record", "last-independent"]
COLUMNS = ("event_id", "deployment", "species", "start", "end", "first_seen", "last_seen", "clips",
           "max_n")
_SAID = {"last-record": "the end of the clip before", "last-independent":
         "the end of the event's first clip"}


@dataclass(frozen=True)
class Independence:
    """When sightings are independent.

    Attributes
    ----------
    gap_min : float
        Minutes; at least so much makes a new event. Above 0.
    reference : {"last-record", "last-independent"}
        Where the gap begins.

    Raises
    ------
    UsageError
        When the gap is no positive number.
    """

    gap_min: float = 30.0
    reference: Reference = "last-record"

    def __post_init__(self) -> None:
        if not 0 < self.gap_min < float("inf"):
            raise UsageError(f"A gap of {self.gap_min:g} minutes makes no events.",
                             "Give minutes above 0, such as 30.")

    def sentence(self) -> str:
        """Say the rule in one sentence, to stand beside every number that comes from it."""
        return (f"A clip begins a new event when it starts {self.gap_min:g} minutes or more after "
                f"{_SAID[self.reference]}, for each deployment and species apart.")


def with_events(sightings: pd.DataFrame, rule: Independence) -> pd.DataFrame:
    """Tell which event each sighting belongs to.

    Parameters
    ----------
    sightings : DataFrame
        With ``deployment``, ``species``, ``start`` and ``end`` (datetime64), as
        :func:`wildpose.ecology.sightings` gives it, in any order.
    rule : Independence

    Returns
    -------
    DataFrame
        The same rows with ``event_id``: deployment, species and start of the event, so that it
        stays the same when other clips are added later. Missing where a sighting has no time or
        no deployment.
    """
    timed = sightings[sightings["start"].notna() & (sightings["deployment"] != "")]
    names = pd.Series(index=sightings.index, dtype="str")
    for (deployment, species), group in timed.groupby(["deployment", "species"]):
        ordered = group.sort_values(["start", "end"])
        begin, end = (ordered[name].to_numpy("datetime64[us]") for name in ("start", "end"))
        first = ordered["start"].iloc[first_clips(begin, end, rule)]
        names.loc[ordered.index] = [f"{deployment}:{species}:{start:%Y%m%dT%H%M%S}"
                                    for start in first]
    return sightings.assign(event_id=names)


def first_clips(start: Array, end: Array, rule: Independence) -> Array:
    """Find the event of each clip of one deployment and species.

    Parameters
    ----------
    start, end : datetime64[us] [N]
        Of the clips, sorted by start.
    rule : Independence

    Returns
    -------
    int64 [N]
        For each clip, position of the first clip of its event.
    """
    gap = np.timedelta64(round(rule.gap_min * 60e6), "us")
    firsts, until = [], np.datetime64("NaT")
    for i, (begins, ends) in enumerate(zip(start, end, strict=True)):
        if i == 0 or begins - until >= gap:
            firsts.append(i)
            until = ends
        else:
            firsts.append(firsts[-1])
            if rule.reference == "last-record":
                until = max(until, ends)  # a long clip may end after one that began later
    return np.array(firsts, np.int64)


def event_table(sightings: pd.DataFrame) -> pd.DataFrame:
    """Gather the events.

    Parameters
    ----------
    sightings : DataFrame
        From :func:`with_events`.

    Returns
    -------
    DataFrame
        :data:`COLUMNS`, by deployment, start and species. An event starts with its first clip and
        ends with the one that ends last. ``max_n`` is the largest of its clips: the same animals
        may show in all of them.
    """
    keys = ["deployment", "species", "event_id"]
    found = sightings.dropna(subset="event_id").groupby(keys, as_index=False).agg(
        start=("start", "min"), end=("end", "max"), first_seen=("first_seen", "min"),
        last_seen=("last_seen", "max"), clips=("clip", "nunique"), max_n=("max_n", "max"))
    ordered = found.sort_values(["deployment", "start", "species"], ignore_index=True)
    return ordered[list(COLUMNS)]
