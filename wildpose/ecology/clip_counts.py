"""What became of the clips of each deployment: nothing is lost, and failed is not empty."""

from __future__ import annotations

import pandas as pd

COUNTS = ("clips", "with_animals", "with_people", "nothing_found", "read_in_part", "without_time",
          "failed")


def count_clips(
    clips: pd.DataFrame, placed: pd.DataFrame, failed: pd.DataFrame, deployments: pd.DataFrame
) -> pd.DataFrame:
    """Count the clips of each deployment.

    Parameters
    ----------
    clips : DataFrame
        Table clips of the run.
    placed, failed : DataFrame
        From :func:`wildpose.ecology.place_clips` and :func:`wildpose.ecology.place_failures`.
    deployments : DataFrame
        From :func:`wildpose.ecology.read_deployments`.

    Returns
    -------
    DataFrame
        One row per deployment, those without clips too, and at the end one with an empty name for
        clips of folders whose deployment only their missing time could tell, if there are any.
        ``clips`` = all = read + failed; ``nothing_found`` holds neither an animal nor a person and
        was read; ``read_in_part`` and ``without_time`` are among those that were read; a ``failed``
        clip may have held anything. ``first_clip`` and ``last_clip`` are the times at which they
        began.
    """
    read = clips.merge(placed[["clip", "deployment", "start"]], on="clip", suffixes=("_was", ""))
    animals, people = read["animal_tracks"] > 0, read["person_tracks"] > 0
    facts = pd.DataFrame({
        "deployment": read["deployment"], "with_animals": animals, "with_people": people,
        "nothing_found": ~(animals | people), "read_in_part": ~read["complete"],
        "without_time": read["start"].isna()})
    names = list(deployments["deployment"])
    if (placed["deployment"] == "").any() or (failed["deployment"] == "").any():
        names.append("")
    table = facts.groupby("deployment").sum().reindex(names, fill_value=0).astype("int64")
    table["failed"] = failed.groupby("deployment").size().reindex(names, fill_value=0)
    table.insert(0, "clips", read.groupby("deployment").size().reindex(names, fill_value=0)
                 + table["failed"])
    starts = read.groupby("deployment")["start"]
    table["first_clip"], table["last_clip"] = starts.min(), starts.max()
    return table.rename_axis("deployment").reset_index()
