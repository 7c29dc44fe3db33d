"""MaxN: how many animals were seen at the same time."""

from __future__ import annotations

import pandas as pd


def max_n(detections: pd.DataFrame, animals: pd.DataFrame) -> pd.DataFrame:
    """Count the most animals of a species that one analysed frame of a clip shows.

    A number for each clip and species: the largest over single frames, never a sum over frames,
    nor over tracks (an animal that leaves and comes back is two tracks but one animal at a time).
    It is the least number of animals that were there. Detections that belong to no track are not
    counted, as everywhere in the tables of a run.

    Parameters
    ----------
    detections : DataFrame
        Table detections of a run.
    animals : DataFrame
        ``clip``, ``track_id`` and ``species`` of the animals, as
        :func:`wildpose.ecology.species_of` gives them.

    Returns
    -------
    DataFrame
        ``clip``, ``species``, ``max_n``, and the first frame that shows so many:
        ``max_n_frame_index``, ``max_n_time_s``. Clips without animals have no row.

    References
    ----------
    MaxN: Priede et al. 1994; for video per file and frame as in AddaxAI. It is what Camtrap DP
    calls ``count`` of an event.
    """
    named = detections.merge(animals[["clip", "track_id", "species"]], on=["clip", "track_id"])
    per_frame = named.groupby(["clip", "species", "frame_index"], as_index=False).agg(
        max_n=("track_id", "nunique"), time_s=("time_s", "first"))
    ordered = per_frame.sort_values(["clip", "species", "max_n", "frame_index"],
                                    ascending=[True, True, False, True])
    found = ordered.drop_duplicates(["clip", "species"]).reset_index(drop=True)
    found = found.rename(columns={"frame_index": "max_n_frame_index", "time_s": "max_n_time_s"})
    return found[["clip", "species", "max_n", "max_n_frame_index", "max_n_time_s"]]
