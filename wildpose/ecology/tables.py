"""All tables of ecology that a run gives."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from wildpose.ecology.abundance import abundance, abundance_by_deployment
from wildpose.ecology.activity import activity_by_hour, clock_radians
from wildpose.ecology.budget import time_budgets
from wildpose.ecology.clip_counts import count_clips
from wildpose.ecology.daylight import day_or_night
from wildpose.ecology.deployments import folder_deployments, read_deployments
from wildpose.ecology.directions import body_directions
from wildpose.ecology.events import Independence, event_table, with_events
from wildpose.ecology.joining import place_clips, place_failures
from wildpose.ecology.sightings import sightings
from wildpose.ecology.species import UNKNOWN_SPECIES, SpeciesNames, read_species, species_of
from wildpose.ecology.staying import staying_times
from wildpose.errors import UsageError
from wildpose.results.run_folder import RunFolder


@dataclass(frozen=True)
class EcologySettings:
    """What the tables are made with.

    Attributes
    ----------
    deployments : Path or None
        CSV as :func:`wildpose.ecology.read_deployments` takes it; None: each folder is a
        deployment, of unknown dates.
    species : str
        Of all animals for which no table gives another.
    species_table : Path or None
        CSV as :func:`wildpose.ecology.read_species` takes it.
    independence : Independence

    Raises
    ------
    UsageError
        When ``species`` says nothing.
    """

    deployments: Path | None = None
    species: str = UNKNOWN_SPECIES
    species_table: Path | None = None
    independence: Independence = field(default_factory=Independence)

    def __post_init__(self) -> None:
        if not self.species.strip():
            raise UsageError("The name of the species is empty.",
                             f"Leave it out where it is not known: then it is {UNKNOWN_SPECIES}.")


@dataclass(frozen=True)
class EcologyTables:
    """The tables of a run; columns as in the functions that make them, and in docs/ecology.md.

    Attributes
    ----------
    deployments : DataFrame
        :func:`read_deployments` with the counts of :func:`count_clips`.
    sightings : DataFrame
        With ``event_id``.
    events : DataFrame
        With ``light``, ``light_by`` and ``radians`` of its start.
    abundance, abundance_by_deployment : DataFrame
    activity : DataFrame
    staying, budgets : DataFrame
    without_time : DataFrame
        Clips that have no capture time: ``clip``, ``folder``, ``deployment``, ``animal_tracks``.
    failed : DataFrame
        Clips that could not be read.
    """

    deployments: pd.DataFrame
    sightings: pd.DataFrame
    events: pd.DataFrame
    abundance: pd.DataFrame
    abundance_by_deployment: pd.DataFrame
    activity: pd.DataFrame
    staying: pd.DataFrame
    budgets: pd.DataFrame
    without_time: pd.DataFrame
    failed: pd.DataFrame


@dataclass(frozen=True)
class NamedRun:
    """A run whose clips have deployments and times, and whose animals have species.

    Attributes
    ----------
    clips, detections : DataFrame
        Tables of the run as they are.
    deployments, placed, failed, animals : DataFrame
        Of :func:`read_deployments` (or :func:`folder_deployments`), :func:`place_clips`,
        :func:`place_failures`, :func:`species_of`.
    """

    clips: pd.DataFrame
    detections: pd.DataFrame
    deployments: pd.DataFrame
    placed: pd.DataFrame
    failed: pd.DataFrame
    animals: pd.DataFrame


def named_run(run: RunFolder, settings: EcologySettings) -> NamedRun:
    """Give the clips of a run their deployments and times, and its animals their species.

    Parameters
    ----------
    run : RunFolder
    settings : EcologySettings

    Returns
    -------
    NamedRun

    Raises
    ------
    UsageError, DataError
        When a table is missing, wrong in itself or does not fit the run.
    """
    clips, tracks, failures = run.clips(), run.tracks(), run.failures()
    source = settings.deployments
    if source is not None:
        deployments = read_deployments(source)
    else:
        failed_folders = failures.loc[failures["severity"] == "failed", "deployment"]
        deployments = folder_deployments([*clips["deployment"], *failed_folders])
    placed = place_clips(clips, deployments, source)
    names = SpeciesNames(settings.species)
    if settings.species_table is not None:
        names = read_species(settings.species_table, clips, tracks, settings.species)
    return NamedRun(clips, run.detections(), deployments, placed,
                    place_failures(failures, deployments, source),
                    species_of(tracks, placed, deployments, names))


def ecology_tables(run: RunFolder, settings: EcologySettings) -> EcologyTables:
    """Make all tables of ecology from a run.

    Parameters
    ----------
    run : RunFolder
    settings : EcologySettings

    Returns
    -------
    EcologyTables

    Raises
    ------
    UsageError, DataError
        As :func:`named_run`.
    """
    named = named_run(run, settings)
    seen = with_events(sightings(named.detections, named.animals, named.placed),
                       settings.independence)
    events = event_table(seen)
    light = day_or_night(events["start"], events["deployment"], named.deployments)
    events = events.assign(**light, radians=clock_radians(events["start"]).round(6))
    counts = count_clips(named.clips, named.placed, named.failed, named.deployments)
    return EcologyTables(
        deployments=named.deployments.drop(columns=["covers_from", "covers_to", "row"]).merge(
            counts, on="deployment", how="right"),
        sightings=seen, events=events,
        abundance=abundance(events, named.deployments),
        abundance_by_deployment=abundance_by_deployment(events, named.deployments),
        activity=activity_by_hour(events),
        staying=staying_times(named.animals, named.clips, named.placed),
        budgets=time_budgets(named.detections, named.animals, body_directions(run)),
        without_time=_without_time(named), failed=named.failed)


def _without_time(named: NamedRun) -> pd.DataFrame:
    animals = named.clips[["clip", "animal_tracks"]]
    listed = named.placed[named.placed["start"].isna()].merge(animals, on="clip")
    return listed[["clip", "folder", "deployment", "animal_tracks"]]
