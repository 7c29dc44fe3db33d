"""Time budgets: what each animal does with the time that it is in view."""

from __future__ import annotations

import numpy as np
import pandas as pd

from wildpose.ecology.movement import moving_and_still_s
from wildpose.types import Array

FACINGS = ("left", "right", "toward", "away")
SIDES = ("left", "right")
COLUMNS = (
    "clip", "deployment", "species", "track_id", "in_view_s", "moving_s", "still_s",
    *(f"facing_{word}_s" for word in FACINGS), *(f"shows_{side}_side_s" for side in SIDES),
    "shows_no_side_s", "direction_unknown_s")
_EDGES = ["x1", "y1", "x2", "y2"]


def time_budgets(
    detections: pd.DataFrame, animals: pd.DataFrame, directions: pd.DataFrame
) -> pd.DataFrame:
    """Add up what each animal does.

    Parameters
    ----------
    detections : DataFrame
        Table detections of a run.
    animals : DataFrame
        From :func:`wildpose.ecology.species_of`.
    directions : DataFrame
        From :func:`wildpose.ecology.body_directions`.

    Returns
    -------
    DataFrame
        :data:`COLUMNS`, one row per track, all times in seconds. ``in_view_s`` is the time from its
        first to its last detection. ``moving_s`` and ``still_s`` add up to it
        (:mod:`wildpose.ecology.movement`), or are both 0 for tracks that are too short to tell.
        The ``facing`` times and ``direction_unknown_s`` (frames without dense pose) add up to it,
        too, and so do the ``shows`` times with ``direction_unknown_s``: a detection counts for
        half of the time to the one before it and half of the time to the next. Sides are the
        animal's own.
    """
    keys = ["clip", "track_id", "frame_index"]
    told = detections.merge(animals[["clip", "track_id"]], on=keys[:2]).merge(
        directions[[*keys, "facing", "visible_side"]], on=keys, how="left").sort_values(keys)
    seconds = pd.DataFrame(_seconds(told, told.groupby(keys[:2]).ngroup().to_numpy()),
                           columns=list(COLUMNS[4:]))
    tracks = told[keys[:2]].drop_duplicates(ignore_index=True)
    named = tracks.merge(animals[["clip", "track_id", "deployment", "species"]], on=keys[:2])
    return pd.concat([named[list(COLUMNS[:4])], seconds.round(6)], axis=1)


def shares_of_time(time_s: Array) -> Array:
    """Time that each detection stands for.

    Parameters
    ----------
    time_s : float [N]
        Rising.

    Returns
    -------
    float64 [N]
        Half of the time to the one before and half of the time to the next; adds up to the time
        from the first to the last.
    """
    half = np.diff(np.asarray(time_s, np.float64)) / 2
    shares: Array = np.concatenate([half, [0.0]]) + np.concatenate([[0.0], half])
    return shares


def _seconds(told: pd.DataFrame, number: Array) -> list[dict[str, float]]:
    """Times of each track; ``told`` is sorted by track and frame, ``number`` counts tracks."""
    columns = [told["time_s"].to_numpy(np.float64), told[_EDGES].to_numpy(np.float64),
               told["facing"].fillna("").to_numpy(object),
               told["visible_side"].fillna("").to_numpy(object)]
    ends = np.flatnonzero(np.diff(number)) + 1
    tracks = zip(*(np.split(column, ends) for column in columns), strict=True)
    return [_budget(*track) for track in tracks] if len(told) else []


def _budget(time: Array, box: Array, facing: Array, side: Array) -> dict[str, float]:
    share = shares_of_time(time)
    moving, still = moving_and_still_s(time, box)
    return {
        "in_view_s": time[-1] - time[0], "moving_s": moving, "still_s": still,
        **{f"facing_{word}_s": share[facing == word].sum() for word in FACINGS},
        **{f"shows_{word}_side_s": share[side == word].sum() for word in SIDES},
        "shows_no_side_s": share[(facing != "") & (side == "")].sum(),
        "direction_unknown_s": share[facing == ""].sum()}
