"""The pictures of the report."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from wildpose.drawing.bars import Bars, bar_page
from wildpose.drawing.palette import HUES, Rgb
from wildpose.drawing.plots import Axes
from wildpose.ecology.budget import FACINGS
from wildpose.types import Array

_ROOM = 1.15
"""Of the y axis, over the tallest bar."""
_STAY_BINS = 12


def activity_picture(activity: pd.DataFrame, species: Sequence[str]) -> bytes:
    """Draw the events of some species by the hour of the clock, side by side.

    Parameters
    ----------
    activity : DataFrame
        From :func:`wildpose.ecology.activity_by_hour`.
    species : sequence of str

    Returns
    -------
    bytes
        A JPEG.
    """
    plots = []
    for number, name in enumerate(species):
        own = activity[activity["species"] == name]
        counts = own["events"].to_numpy()
        axes = Axes(f"{name}: {counts.sum()} events", "hour of the clock", "events", (0, 24),
                    _y_range(counts))
        plots.append(Bars(axes, own["hour"].to_numpy() + 0.5, counts, _all(_hue(number), 24), 1.0))
    return bar_page(plots)


def light_picture(events: pd.DataFrame, species: Sequence[str]) -> bytes:
    """Draw events by day and by night, for some species side by side.

    Parameters
    ----------
    events : DataFrame
        With ``species`` and ``light``.
    species : sequence of str

    Returns
    -------
    bytes
        A JPEG.
    """
    words = ("day", "night")
    return bar_page([
        _named(name, words, [int(((events["species"] == name) & (events["light"] == word)).sum())
                             for word in words], "events", (HUES[1], HUES[4]))
        for name in species])


def budget_picture(budgets: pd.DataFrame, species: str) -> bytes:
    """Draw what the animals of a species did, in seconds of all its tracks.

    Parameters
    ----------
    budgets : DataFrame
        From :func:`wildpose.ecology.time_budgets`.
    species : str

    Returns
    -------
    bytes
        A JPEG: moving and still; where the body pointed; which side was seen.
    """
    total = budgets[budgets["species"] == species].sum(numeric_only=True)
    too_short = total["in_view_s"] - total["moving_s"] - total["still_s"]
    seconds = {
        "what it did": {"moving": total["moving_s"], "still": total["still_s"],
                        "too short\nto tell": too_short},
        "where its body pointed": {**{word: total[f"facing_{word}_s"] for word in FACINGS},
                                   "unknown": total["direction_unknown_s"]},
        "which side it showed": {"left": total["shows_left_side_s"],
                                 "right": total["shows_right_side_s"],
                                 "front or\nrear": total["shows_no_side_s"],
                                 "unknown": total["direction_unknown_s"]}}
    return bar_page([
        _named(f"{species}: {title}", tuple(values), [round(float(v)) for v in values.values()],
               "seconds", HUES)
        for title, values in seconds.items()])


def staying_picture(staying: pd.DataFrame, species: str) -> bytes:
    """Draw how long the animals of a species stayed in view.

    Parameters
    ----------
    staying : DataFrame
        From :func:`wildpose.ecology.staying_times`.
    species : str

    Returns
    -------
    bytes
        A JPEG: stays that were seen whole, and those that the recording cut off.
    """
    own = staying[staying["species"] == species]
    cut = own["in_view_at_start"] | own["in_view_at_end"]
    longest = max(1.0, float(own["staying_s"].max()))
    plots = []
    for number, (title, chosen) in enumerate((("seen whole", ~cut), ("cut off by the clip", cut))):
        counts, edges = np.histogram(own.loc[chosen, "staying_s"], _STAY_BINS, (0, longest))
        axes = Axes(f"{species}: {chosen.sum()} stays {title}", "seconds in view", "tracks",
                    (0, longest), _y_range(counts))
        plots.append(Bars(axes, (edges[1:] + edges[:-1]) / 2, counts,
                          _all(_hue(number), _STAY_BINS), longest / _STAY_BINS))
    return bar_page(plots)


def _named(
    title: str, words: tuple[str, ...], values: Sequence[int], unit: str, hues: Sequence[Rgb]
) -> Bars:
    counts = np.array(values)
    axes = Axes(title, "", unit, (-0.6, len(words) - 0.4), _y_range(counts))
    return Bars(axes, np.arange(len(words)), counts, tuple(hues[: len(words)]), 0.7, words)


def _y_range(counts: Array) -> tuple[float, float]:
    return 0.0, max(1.0, float(counts.max(initial=0))) * _ROOM


def _hue(number: int) -> Rgb:
    return HUES[(0, 6, 1, 2, 4, 5)[number % 6]]


def _all(colour: Rgb, count: int) -> tuple[Rgb, ...]:
    return (colour,) * count
