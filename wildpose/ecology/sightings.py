"""Sightings: what one clip shows of one species, and when it was first and last seen."""

from __future__ import annotations

import pandas as pd

from wildpose.ecology.max_n import max_n

COLUMNS = ("clip", "deployment", "species", "start", "end", "tracks", "max_n", "max_n_frame_index",
           "max_n_time_s", "first_seen_s", "last_seen_s", "first_seen", "last_seen")


def sightings(
    detections: pd.DataFrame, animals: pd.DataFrame, placed: pd.DataFrame
) -> pd.DataFrame:
    """Gather what each clip shows of each species.

    Parameters
    ----------
    detections : DataFrame
        Table detections of a run.
    animals : DataFrame
        From :func:`wildpose.ecology.species_of`.
    placed : DataFrame
        From :func:`wildpose.ecology.place_clips`.

    Returns
    -------
    DataFrame
        :data:`COLUMNS`, one row per clip and species: number of ``tracks``, :func:`max_n`,
        ``first_seen_s`` and ``last_seen_s`` in seconds from the clip's first frame, ``first_seen``
        and ``last_seen`` on the clock of the camera. ``start`` and ``end`` are those of the clip.
        Clock times are missing where the clip has no capture time.
    """
    seen = animals.groupby(["clip", "species"], as_index=False).agg(
        tracks=("track_id", "size"), first_seen_s=("first_time_s", "min"),
        last_seen_s=("last_time_s", "max"))
    found = max_n(detections, animals).merge(seen, on=["clip", "species"]).merge(
        placed[["clip", "deployment", "start", "end"]], on="clip")
    for name in ("first_seen", "last_seen"):
        after = pd.to_timedelta(found[f"{name}_s"].round(6), unit="s")
        found[name] = (found["start"] + after).astype("datetime64[us]")
    return found[list(COLUMNS)]
