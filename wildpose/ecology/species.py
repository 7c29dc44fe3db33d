"""The names of species: for a run, a deployment, a clip or a single track."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from wildpose.ecology.rows import Row, problems, read_rows

UNKNOWN_SPECIES = "animal"
"""What an animal is called whose species nobody gave."""
_HEADERS = {"clip": ("clip", "file"), "track_id": ("track_id", "track"),
            "species": ("species", "scientificName")}


@dataclass(frozen=True)
class SpeciesNames:
    """Species as far as they are given.

    Attributes
    ----------
    run : str
        Of all animals for which nothing narrower is given.
    clips : dict of str to str
        By clip.
    tracks : dict of (str, int) to str
        By clip and ``track_id``.
    """

    run: str = UNKNOWN_SPECIES
    clips: dict[str, str] = field(default_factory=dict)
    tracks: dict[tuple[str, int], str] = field(default_factory=dict)


def read_species(
    path: Path, clips: pd.DataFrame, tracks: pd.DataFrame, run: str = UNKNOWN_SPECIES
) -> SpeciesNames:
    """Read species of clips and tracks from a CSV.

    Parameters
    ----------
    path : Path
        Columns ``clip``, ``species`` and, where a row is about one animal of the clip,
        ``track_id``.
    clips, tracks : DataFrame
        Tables of the run that it is about.
    run : str
        Species of the rest.

    Returns
    -------
    SpeciesNames

    Raises
    ------
    UsageError
        When there is no such file.
    DataError
        When a row has no species, names a clip or an animal that is not in the run, or contradicts
        another row. All such rows are named.
    """
    rows = read_rows(path, _HEADERS, ("clip", "species"))
    known = set(clips["clip"])
    animals = tracks[tracks["class"] == "animal"]
    followed = set(zip(animals["clip"], animals["track_id"], strict=True))
    names = SpeciesNames(run)
    found = [fault for row in rows for fault in _take(row, names, known, followed)]
    if found:
        raise problems(path, found, "Names and numbers stand in clips.csv and tracks.csv of the "
                                    "run; leave track_id empty to name all animals of a clip.")
    return names


def species_of(
    tracks: pd.DataFrame, placed: pd.DataFrame, deployments: pd.DataFrame, names: SpeciesNames
) -> pd.DataFrame:
    """Give each animal of a run its deployment and its species.

    The narrowest name counts: of the track, else of the clip, the deployment, the run.

    Parameters
    ----------
    tracks : DataFrame
        Table tracks of the run.
    placed : DataFrame
        From :func:`wildpose.ecology.place_clips`.
    deployments : DataFrame
        From :func:`wildpose.ecology.read_deployments`.
    names : SpeciesNames

    Returns
    -------
    DataFrame
        Rows of ``tracks`` of class animal; ``deployment`` is that of ``placed``, ``species`` is
        added. A track that nobody named is of :data:`UNKNOWN_SPECIES`.
    """
    animals = tracks[tracks["class"] == "animal"].reset_index(drop=True)
    animals["deployment"] = animals["clip"].map(placed.set_index("clip")["deployment"])
    given = deployments[deployments["species"] != ""].set_index("deployment")["species"]
    by_deployment = dict(given)
    animals["species"] = pd.Series(
        [names.tracks.get((clip, track), "") or names.clips.get(clip, "")
         or by_deployment.get(deployment, "") or names.run
         for clip, track, deployment in zip(animals["clip"], animals["track_id"],
                                            animals["deployment"], strict=True)],
        animals.index, dtype="str")
    return animals


def _take(
    row: Row, names: SpeciesNames, known: set[str], followed: set[tuple[str, int]]
) -> Iterator[str]:
    """Put a row into ``names``, or say what is wrong with it."""
    clip, species = row.cells["clip"], row.cells["species"]
    clip = clip if clip in known else clip.replace("\\", "/")
    number = row.cells.get("track_id", "")
    if not species:
        yield f"row {row.number}: species is empty"
    elif clip not in known:
        yield f"row {row.number}: there is no clip {clip} in the run"
    elif not number:
        if names.clips.setdefault(clip, species) != species:
            yield f"row {row.number}: {clip} is called {names.clips[clip]} in a row above"
    elif not number.isascii() or not number.isdigit() or (clip, int(number)) not in followed:
        yield f"row {row.number}: {clip} has no animal with track_id {number}"
    elif names.tracks.setdefault((clip, int(number)), species) != species:
        yield (f"row {row.number}: track {number} of {clip} is called "
               f"{names.tracks[clip, int(number)]} in a row above")
