"""How long each animal stayed in view: what the REST model wants to know."""

from __future__ import annotations

import pandas as pd

COLUMNS = ("clip", "deployment", "species", "track_id", "first_s", "last_s", "staying_s",
           "resolution_s", "in_view_at_start", "in_view_at_end", "first_seen")
_NEARLY = 1.5
"""Steps from the clip's end within which its last analysed frame lies."""


def staying_times(
    animals: pd.DataFrame, clips: pd.DataFrame, placed: pd.DataFrame
) -> pd.DataFrame:
    """Measure staying times.

    The random encounter and staying time model takes the time that animals stay in the focal area,
    with the stays that outlast the recording as censored ones (Nakashima et al. 2018, Journal of
    Applied Ecology 55: 735-744). The area seen is the user's to measure.

    Parameters
    ----------
    animals : DataFrame
        From :func:`wildpose.ecology.species_of`.
    clips : DataFrame
        Table clips of the run.
    placed : DataFrame
        From :func:`wildpose.ecology.place_clips`.

    Returns
    -------
    DataFrame
        :data:`COLUMNS`, one row per track. ``staying_s`` runs from the first to the last frame that
        shows the animal; ``resolution_s`` is the mean time between analysed frames, so that the
        true stay is longer by up to twice that. ``in_view_at_start`` and ``in_view_at_end``: the
        animal was there when the recording began or ended (its stay is censored). An animal that
        leaves and comes back has two tracks, and two stays.
    """
    facts = clips[["clip", "duration_s", "frames_sampled"]].merge(
        placed[["clip", "start"]], on="clip")
    found = animals.merge(facts, on="clip", suffixes=("_of_track", ""))
    step = (found["duration_s"] / found["frames_sampled"].where(found["frames_sampled"] > 0)
            ).astype(float)
    first, last = found["first_time_s"], found["last_time_s"]
    stays = found[["clip", "deployment", "species", "track_id"]].assign(
        first_s=first, last_s=last, staying_s=(last - first).round(6), resolution_s=step.round(6),
        in_view_at_start=first < step / 2,
        in_view_at_end=last >= found["duration_s"] - _NEARLY * step)
    after = pd.to_timedelta(first.round(6), unit="s")
    stays["first_seen"] = (found["start"] + after).astype("datetime64[us]")
    return stays[list(COLUMNS)].sort_values(["clip", "track_id"], ignore_index=True)
