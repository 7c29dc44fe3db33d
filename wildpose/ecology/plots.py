"""The pictures of the report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

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
_ONE_HUE = HUES[6]


def activity_picture(activity: pd.DataFrame, species: str) -> bytes:
    """Draw the events of a species by the hour of the clock.

    Parameters
    ----------
    activity : DataFrame
        From :func:`wildpose.ecology.activity_by_hour`.
    species : str

    Returns
    -------
    bytes
        A JPEG, as from all functions here.
    """
    own = activity[activity["species"] == species]
    counts = own["events"].to_numpy()
    axes = Axes(f"{species}: hour of the day (n = {counts.sum()})", "hour of the clock", "events",
                (0, 24), _y_range(counts))
    return bar_page([Bars(axes, own["hour"].to_numpy() + 0.5, counts, (_ONE_HUE,) * 24, 1.0)])


def light_picture(events: pd.DataFrame, species: str) -> bytes:
    """Draw the events of a species by day and by night.

    Parameters
    ----------
    events : DataFrame
        With ``species`` and ``light``.
    species : str
    """
    own = events.loc[events["species"] == species, "light"]
    counts = {word: int((own == word).sum()) for word in ("day", "night")}
    return _named(f"{species}: day and night (n = {len(own)})", counts, "events",
                  (HUES[1], HUES[4]))


def budget_pictures(budgets: pd.DataFrame, species: str) -> list[bytes]:
    """Draw what the animals of a species did, in seconds of all its tracks.

    Parameters
    ----------
    budgets : DataFrame
        From :func:`wildpose.ecology.time_budgets`.
    species : str

    Returns
    -------
    list of bytes
        Moving and still; where the body pointed; which side was seen.
    """
    total = budgets[budgets["species"] == species].sum(numeric_only=True)
    too_short = total["in_view_s"] - total["moving_s"] - total["still_s"]
    seconds = {
        "moving or still": {"moving": total["moving_s"], "still": total["still_s"],
                            "too short to tell": too_short},
        "where the body pointed": {**{word: total[f"facing_{word}_s"] for word in FACINGS},
                                   "unknown": total["direction_unknown_s"]},
        "side that it showed": {"its left": total["shows_left_side_s"],
                                "its right": total["shows_right_side_s"],
                                "front or rear": total["shows_no_side_s"],
                                "unknown": total["direction_unknown_s"]}}
    return [_named(f"{species}: {title}",
                   {word: round(float(value)) for word, value in values.items()}, "seconds",
                   (_ONE_HUE,) * len(values))
            for title, values in seconds.items()]


def staying_picture(staying: pd.DataFrame, species: str) -> bytes:
    """Draw how long the animals of a species stayed in view.

    Parameters
    ----------
    staying : DataFrame
        From :func:`wildpose.ecology.staying_times`.
    species : str
    """
    own = staying[staying["species"] == species]
    cut = int((own["in_view_at_start"] | own["in_view_at_end"]).sum())
    longest = max(1.0, float(own["staying_s"].max()))
    counts, edges = np.histogram(own["staying_s"], _STAY_BINS, (0, longest))
    axes = Axes(f"{species}: stays (n = {len(own)}, {cut} cut off)", "seconds in view", "tracks",
                (0, longest), _y_range(counts))
    return bar_page([Bars(axes, (edges[1:] + edges[:-1]) / 2, counts, (_ONE_HUE,) * _STAY_BINS,
                          longest / _STAY_BINS)])


def _named(title: str, values: Mapping[str, int], unit: str, hues: Sequence[Rgb]) -> bytes:
    counts, words = np.array(list(values.values())), tuple(values)
    axes = Axes(title, "", unit, (-0.6, len(words) - 0.4), _y_range(counts))
    return bar_page([Bars(axes, np.arange(len(words)), counts, tuple(hues), 0.7, words)])


def _y_range(counts: Array) -> tuple[float, float]:
    return 0.0, max(1.0, float(counts.max(initial=0))) * _ROOM
