"""The head of a Camtrap DP package (``datapackage.json``), and what its reader should know."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from wildpose.ecology import Independence
from wildpose.export.camtrap_dp_clips import TimedClip, file_path
from wildpose.export.camtrap_dp_deployments import Station, clock_changes, geometry
from wildpose.export.camtrap_dp_project import (
    DEFAULT_DESIGN,
    DEFAULT_METHOD,
    ProjectFile,
    looks_scientific,
    plain,
)
from wildpose.export.camtrap_dp_tables import PROFILE_URL, RESOURCES, resource
from wildpose.export.camtrap_dp_times import written
from wildpose.export.run_clips import ExportedRun

_NAMED_AT_MOST = 3
_COUNTED = ("Animals and people were found by {}. At media level each row is one track, at its "
            "best frame; at event level count is MaxN, the most that one frame shows.")
_EVENTS = ("An event is of all species and people of a deployment: a clip begins a new one when "
           "it starts {:g} minutes or more after the end of the clip before that shows any.")


@dataclass(frozen=True)
class Facts:
    """What is in a package.

    Attributes
    ----------
    run : ExportedRun
    project : ProjectFile
    stations : sequence of Station
    clips : sequence of TimedClip
        That have a row.
    levels : tuple of str
        Values of ``observationLevel``.
    rule : Independence
    species : frozenset of str
        Scientific names in observations.
    unnamed : int
        Tracks of animals of unknown species.
    made_by : str
        What classified, with its version.
    """

    run: ExportedRun
    project: ProjectFile
    stations: Sequence[Station]
    clips: Sequence[TimedClip]
    levels: tuple[str, ...]
    rule: Independence
    species: frozenset[str]
    unnamed: int
    made_by: str


def descriptor(facts: Facts) -> dict[str, Any]:
    """Make the content of ``datapackage.json``.

    Parameters
    ----------
    facts : Facts

    Returns
    -------
    dict
        ``created`` is when the analysis of the run was finished, so that the same run gives the
        same package.
    """
    given = plain(facts.project)
    about = facts.run.about()
    finished = about["finished"]
    created = dt.datetime.fromisoformat(finished) if finished else dt.datetime.now(dt.UTC)
    own = facts.project.description or ""
    ours = (_COUNTED.format(facts.made_by), _EVENTS.format(facts.rule.gap_min))
    said = [own, *(sentence for sentence in ours if sentence not in own)]
    spans = [moment.date().isoformat() for station in facts.stations
             for moment in (station.start, station.end)]
    head = {
        "profile": PROFILE_URL, "name": facts.project.package_name,
        "created": written(created.astimezone(dt.UTC)).replace("+00:00", "Z"),
        "description": " ".join(filter(None, said)),
        "project": {"samplingDesign": DEFAULT_DESIGN, "captureMethod": [DEFAULT_METHOD],
                    **given["project"], "observationLevel": list(facts.levels)},
        "sources": [{"title": "wildpose", "version": str(about["version"])}],
        "spatial": geometry(facts.stations),
        "temporal": {"start": min(spans), "end": max(spans)},
        "taxonomic": [facts.project.taxon(name) for name in sorted(facts.species)],
        "resources": [resource(name) for name in RESOURCES],
    }
    rest = {key: value for key, value in given.items() if key not in head and value}
    first = {key: head[key] for key in ("profile", "name", "created")}
    return {**first, **rest, **head}


def notes(facts: Facts) -> Iterator[str]:
    """Say what the format could not take, and what was taken for lack of better knowledge.

    Parameters
    ----------
    facts : Facts

    Yields
    ------
    str
        Sentences for the user.
    """
    there = {one.key for one in facts.clips}
    timeless = [clip.key for clip in facts.run.clips if clip.key not in there]
    if timeless:
        yield (f"Without a time, which Camtrap DP must have: {_named(timeless)}. "
               "They stand in clips.csv only.")
    if facts.run.failed:
        yield (f"Not readable, and so without a time: {_named(list(facts.run.failed))}. "
               "They stand in clips.csv only.")
    odd = [one.key for one in facts.clips if file_path(one.key) != one.key]
    if odd:
        yield (f"{_named(odd)}: Camtrap DP allows no such path, so filePath differs. "
               "Rename what it names.")
    yield from _about_species(facts)
    yield from _about_project(facts)
    changes = list(clock_changes(facts.stations))
    if changes:
        yield (f"{_named(changes)}: summer time begins or ends during the deployment. Cameras do "
               "not switch: if yours did not, write an offset such as +01:00 into timezone.")


def _about_species(facts: Facts) -> Iterator[str]:
    if facts.unnamed:
        yield (f"Tracks of animals without a scientificName: {facts.unnamed}. Name them by "
               "--species or --species-table.")
    odd = sorted(name for name in facts.species if not looks_scientific(name))
    if odd:
        yield (f"{_named(odd)}: this does not look like a scientific name. Give that, or list it "
               "with vernacularNames under taxonomic in the project file.")


def _about_project(facts: Facts) -> Iterator[str]:
    project = facts.project.project
    if project.sampling_design is None:
        yield f"The project file names no samplingDesign: {DEFAULT_DESIGN} was written."
    if project.capture_method is None:
        yield f"The project file names no captureMethod: {DEFAULT_METHOD} was written."
    people = sum(one.shows_people for one in facts.clips)
    if not facts.project.media_are_free:
        yield "No licence is given for the clips: filePublic is false for all of them."
    elif people:
        yield f"Clips that show people: {people}. filePublic is false for them."


def _named(words: Sequence[str]) -> str:
    rest = len(words) - _NAMED_AT_MOST
    more = f" and {rest} more" if rest > 0 else ""
    return f"{', '.join(words[:_NAMED_AT_MOST])}{more}"

