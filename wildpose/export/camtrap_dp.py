"""A run as a Camtrap DP 1.0.2 package, the exchange format for camera-trap data.

``deployments``, ``media`` and ``observations`` as the standard has them, and two tables of our own:
``clips`` (all that were found, also those that the standard has no place for) and ``detections``
(every box of every frame). Source: https://camtrap-dp.tdwg.org, release 1.0.2.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from wildpose.ecology import (
    UNKNOWN_SPECIES,
    EcologySettings,
    Independence,
    NamedRun,
    SpeciesNames,
    max_n,
    named_run,
    read_species,
)
from wildpose.errors import UsageError
from wildpose.export.camtrap_dp_clips import TimedClip, listed_clips, media_rows, timed_clips
from wildpose.export.camtrap_dp_deployments import Span, Station, stations
from wildpose.export.camtrap_dp_events import package_events
from wildpose.export.camtrap_dp_observations import (
    Classifier,
    Species,
    detection_rows,
    event_level,
    media_level,
)
from wildpose.export.camtrap_dp_package import Facts, descriptor, notes
from wildpose.export.camtrap_dp_project import (
    DEFAULT_METHOD,
    EXAMPLE,
    ProjectFile,
    read_project,
)
from wildpose.export.camtrap_dp_tables import write_table
from wildpose.export.options import ExportOptions
from wildpose.export.run_clips import ExportedRun
from wildpose.results.files import write_json

LEVELS = {"both": ("media", "event"), "media": ("media",), "event": ("event",)}
"""What ``--level`` may be, and the values of ``observationLevel`` that it gives."""


def write_camtrap_dp(run: ExportedRun, folder: Path, options: ExportOptions) -> list[str]:
    """Write the package.

    Parameters
    ----------
    run : ExportedRun
    folder : Path
    options : ExportOptions
        ``deployments`` and ``project`` must be given.

    Returns
    -------
    list of str
        Notes for the user.

    Raises
    ------
    UsageError, DataError
        When something that the format can't do without is missing or wrong.
    """
    levels, source, settings, project = _checked(run, options)
    named = named_run(run.folder, settings)
    found = _stations(named, source, project)
    clips = timed_clips(run, named, {station.name: station.zone for station in found})
    species = _species(run, named, settings, project)
    events = package_events(clips, settings.independence)
    classifier = _classifier(run)
    made = {"media": media_level, "event": event_level}
    methods = project.project.capture_method or [DEFAULT_METHOD]
    write_table(folder, "deployments", (station.row for station in found))
    write_table(folder, "media", media_rows(clips, project.media_are_free,
                                            methods[0] if len(methods) == 1 else None))
    write_table(folder, "observations", (row for level in levels
                                         for row in made[level](events, species, classifier)))
    write_table(folder, "clips", listed_clips(run, named, clips))
    write_table(folder, "detections", detection_rows(clips, "media" in levels))
    labels = [species.names.get(key) for key in _animals(named, clips)]
    facts = Facts(run, project, found, clips, levels, settings.independence,
                  frozenset(filter(None, labels)), labels.count(None), classifier.name)
    write_json(folder / "datapackage.json", descriptor(facts))
    return list(notes(facts))


def _checked(
    run: ExportedRun, options: ExportOptions
) -> tuple[tuple[str, ...], Path, EcologySettings, ProjectFile]:
    """What was chosen, as far as it can be told before the run is looked into."""
    if options.level not in LEVELS:
        raise UsageError(f"--level {options.level}: there is no such level.",
                         f"Known are {', '.join(LEVELS)}.")
    if options.deployments is None:
        raise UsageError("camtrap-dp: nothing is said of places and dates.",
                         "Give a table with deployment, start, end, latitude, longitude and "
                         "timezone: --deployments CSV.")
    if options.project is None:
        raise UsageError("camtrap-dp: nothing is said of the project and whose data it is.",
                         f"Write a file with {EXAMPLE} and give it: --project FILE.yaml.")
    if any(clip.is_stills for clip in run.clips):
        raise UsageError("camtrap-dp: this run is of pictures (--stills).",
                         "Runs of clips can be written; for pictures use megadetector or csv.")
    settings = EcologySettings(options.deployments, options.species or UNKNOWN_SPECIES,
                               options.species_table, Independence(options.gap))
    return LEVELS[options.level], options.deployments, settings, read_project(options.project)


def _stations(named: NamedRun, source: Path, project: ProjectFile) -> list[Station]:
    timed = named.placed.dropna(subset="start").groupby("deployment")
    spans: dict[str, Span] = {
        str(name): (rows["start"].min().to_pydatetime(), rows["end"].max().to_pydatetime())
        for name, rows in timed}
    return stations(named.deployments, source, spans, project.coordinate_precision)


def _classifier(run: ExportedRun) -> Classifier:
    about, model = run.about(), run.model()
    finished = about["finished"] and dt.datetime.fromisoformat(about["finished"])
    return Classifier(f"wildpose {about['version']} ({model.get('name')})",
                      finished.astimezone(dt.UTC) if finished else None)


def _species(
    run: ExportedRun, named: NamedRun, settings: EcologySettings, project: ProjectFile
) -> Species:
    tracks = run.folder.tracks()
    given = SpeciesNames()
    if settings.species_table is not None:
        given = read_species(settings.species_table, named.clips, tracks)
    animals = named.animals.assign(species=[
        "" if name == UNKNOWN_SPECIES else project.scientific_name(name)
        for name in named.animals["species"]])
    people = tracks[tracks["class"] == "person"].assign(species="human")
    keys = list(zip(animals["clip"], animals["track_id"].tolist(), strict=True))
    named_keys = zip(keys, animals["species"], strict=True)
    return Species(
        {key: name for key, name in named_keys if name},
        frozenset(key for key in keys if key in given.tracks or key[0] in given.clips),
        pd.concat([max_n(named.detections, animals), max_n(named.detections, people)]))


def _animals(named: NamedRun, clips: Sequence[TimedClip]) -> list[tuple[str, int]]:
    """Tracks of animals that stand in the package."""
    there = {one.key for one in clips}
    keys = zip(named.animals["clip"], named.animals["track_id"].tolist(), strict=True)
    return [key for key in keys if key[0] in there]
