"""Observations of a Camtrap DP package: a row for each track, and for each event and species.

Rows of level ``media`` stand beside a clip, with a box: the track at its best frame. Rows of level
``event`` stand for a time and exclude each other: MaxN of each species, and of people. Every clip
has a row: ``blank`` where nothing was found in all of it, ``unknown`` where there are boxes that
belong to no track, ``unclassified`` where it was read in part and nothing was found in that part.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from wildpose.export.camtrap_dp_clips import TimedClip
from wildpose.export.camtrap_dp_events import PackageEvent
from wildpose.export.camtrap_dp_tables import Row
from wildpose.export.camtrap_dp_times import written
from wildpose.types import Array, ClassId

if TYPE_CHECKING:
    import pandas as pd

TYPES = {ClassId.ANIMAL: "animal", ClassId.PERSON: "human"}
"""``observationType`` of what we find. Species never go there."""
_WITHOUT_TRACK = ("unknown", "unclassified", "blank")
"""What a clip without tracks may be, what says most first."""
_COMMENTS = {
    "unknown": "Boxes in single frames that belong to no track.",
    "unclassified": "Read in part, and nothing was found in that part.",
}
_BY_A_PERSON = "Species named by a person for this animal or clip; found by {}."
_FOR_ALL = "Species as given for the whole deployment or run, not recognised by machine."
_SCORE_DIGITS = 6


@dataclass(frozen=True)
class Classifier:
    """By what the run was made.

    Attributes
    ----------
    name : str
        With its version.
    finished : datetime or None
        When.
    """

    name: str
    finished: dt.datetime | None

    def cells(self, probability: float | None = None) -> Row:
        """Cells that say that a machine classified."""
        return {"classificationMethod": "machine", "classifiedBy": self.name,
                "classificationTimestamp": written(self.finished) if self.finished else None,
                "classificationProbability": probability}


@dataclass(frozen=True)
class Species:
    """What is known of the species of tracks.

    Attributes
    ----------
    names : dict of (str, int) to str
        Scientific name by clip and track; tracks of unknown species are missing.
    by_person : set of (str, int)
        Tracks whose species a person named, for the track or its clip.
    most : DataFrame
        :func:`wildpose.ecology.max_n` of animals (``species`` empty for unknown) and of people
        (``human``).
    """

    names: Mapping[tuple[str, int], str]
    by_person: frozenset[tuple[str, int]]
    most: pd.DataFrame = field(repr=False)


@dataclass(frozen=True)
class _Track:
    """One track of a clip, at the frame in which it is surest."""

    clip: TimedClip
    number: int
    rows: Array
    best: int

    @property
    def key(self) -> tuple[str, int]:
        return self.clip.key, self.number

    @property
    def kind(self) -> ClassId:
        return ClassId(int(self.clip.clip.class_id[self.best]))

    @property
    def score(self) -> float:
        return _score(self.clip, self.best)


def observation_id(clip: str, track: int) -> str:
    """Key of the row of a track."""
    return f"{clip}:{track}"


def media_level(
    events: Sequence[PackageEvent], species: Species, classifier: Classifier
) -> Iterator[Row]:
    """Make the rows that stand beside clips.

    Parameters
    ----------
    events : sequence of PackageEvent
    species : Species
    classifier : Classifier

    Yields
    ------
    mapping
    """
    for event in events:
        for one in sorted(event.clips, key=lambda one: (one.start, one.key)):
            about = {"deploymentID": event.deployment, "mediaID": one.key,
                     "eventID": event.event_id, "observationLevel": "media"}
            tracks = _tracks(one)
            if not tracks:
                yield {**about, **_without_track(one, classifier)}
            for track in tracks:
                yield {**about, **_of_track(track, species, classifier)}


def event_level(
    events: Sequence[PackageEvent], species: Species, classifier: Classifier
) -> Iterator[Row]:
    """Make the rows that stand for events, without a clip or a box.

    Parameters
    ----------
    events, species, classifier
        As in :func:`media_level`.

    Yields
    ------
    mapping
        ``count`` is MaxN: the most that one frame shows.
    """
    most = {clip: list(zip(rows["species"], rows["max_n"].tolist(), strict=True))
            for clip, rows in species.most.groupby("clip")}
    for event in events:
        about = {"deploymentID": event.deployment, "eventID": event.event_id,
                 "eventStart": written(event.start), "eventEnd": written(event.end),
                 "observationLevel": "event"}
        counts: dict[str, int] = {}
        for one in event.clips:
            for name, count in most.get(one.key, ()):
                counts[name] = max(count, counts.get(name, 0))
        tracks = [track for one in event.clips for track in _tracks(one)]
        for name in sorted(counts):
            own = [t for t in tracks if _label(t, species) == name]
            yield {**about, "observationID": f"{event.event_id}:{name or 'animal'}",
                   **_label_cells(own, species, classifier), "count": counts[name]}
        if not counts:
            kind = min((_kind_without_track(one) for one in event.clips),
                       key=_WITHOUT_TRACK.index)
            yield {**about, "observationID": f"{event.event_id}:{kind}",
                   **_kind_cells(kind, classifier)}


def detection_rows(clips: Sequence[TimedClip], with_observations: bool) -> Iterator[Row]:
    """Make the rows of the resource detections: every box of every frame.

    Parameters
    ----------
    clips : sequence of TimedClip
    with_observations : bool
        Whether observations hold a row for each track.

    Yields
    ------
    mapping
    """
    for one in clips:
        table = one.clip.detections
        columns = zip(table["frame_index"].tolist(), table["time_s"].tolist(),
                      table["track_id"].tolist(), table["score"].tolist(),
                      one.clip.class_id.tolist(), strict=True)
        for position, (frame, time_s, track, score, kind) in enumerate(columns):
            linked = with_observations and track > 0
            yield {"mediaID": one.key, "frame": frame, "clipTime": round(time_s, 6),
                   "observationID": observation_id(one.key, track) if linked else None,
                   "detectionType": TYPES[ClassId(kind)], "trackID": track or None,
                   "score": round(score, _SCORE_DIGITS), **_box(one, position)}


def _tracks(one: TimedClip) -> list[_Track]:
    number = one.clip.detections["track_id"].to_numpy(np.int64)
    score = one.clip.detections["score"].to_numpy(np.float64)
    found = []
    for track in np.unique(number[number > 0]).tolist():
        rows = np.flatnonzero(number == track)
        found.append(_Track(one, track, rows, int(rows[score[rows].argmax()])))
    return found


def _of_track(track: _Track, species: Species, classifier: Classifier) -> Row:
    one, time_s = track.clip, track.clip.clip.detections["time_s"].to_numpy(np.float64)
    seen = time_s[track.rows]
    tags = [f"trackID:{track.number}", *_frame_tags(one, track.best)]
    cells = _label_cells([track], species, classifier)
    if cells["classificationProbability"] is None:
        tags.append(f"detectionScore:{track.score:.{_SCORE_DIGITS}g}")
    return {"observationID": observation_id(one.key, track.number),
            "eventStart": one.at(seen.min()), "eventEnd": one.at(seen.max()), **cells, "count": 1,
            **_box(one, track.best), "observationTags": " | ".join(tags)}


def _label(track: _Track, species: Species) -> str:
    """As ``species.most`` calls it."""
    return species.names.get(track.key, "") if track.kind == ClassId.ANIMAL else "human"


def _label_cells(
    tracks: Sequence[_Track], species: Species, classifier: Classifier
) -> dict[str, Any]:
    """What tracks of one label are, by whom that was said, and how surely.

    A species is not what the detector is sure of: then there is no probability.
    """
    kind = tracks[0].kind
    name = species.names.get(tracks[0].key) if kind == ClassId.ANIMAL else None
    cells = {"observationType": TYPES[kind], "scientificName": name}
    if name is None:
        return {**cells, **classifier.cells(max(track.score for track in tracks))}
    if all(track.key in species.by_person for track in tracks):
        return {**cells, "classificationMethod": "human", "classificationProbability": None,
                "observationComments": _BY_A_PERSON.format(classifier.name)}
    return {**cells, **classifier.cells(), "observationComments": _FOR_ALL}


def _without_track(one: TimedClip, classifier: Classifier) -> Row:
    kind = _kind_without_track(one)
    found: dict[str, Any] = {
        "observationID": f"{one.key}:{kind}", "eventStart": written(one.start),
        "eventEnd": written(one.end), **_kind_cells(kind, classifier)}
    if kind == "unknown":
        best = int(one.clip.detections["score"].to_numpy(np.float64).argmax())
        found |= {**_box(one, best), "classificationProbability": _score(one, best),
                  "observationTags": " | ".join(_frame_tags(one, best))}
    return found


def _kind_without_track(one: TimedClip) -> str:
    if len(one.clip.detections):
        return "unknown"
    return "blank" if one.clip.reason is None else "unclassified"


def _kind_cells(kind: str, classifier: Classifier) -> Row:
    by = {} if kind == "unclassified" else classifier.cells()
    return {"observationType": kind, **by, "observationComments": _COMMENTS.get(kind)}


def _frame_tags(one: TimedClip, position: int) -> list[str]:
    """Say which frame a box is of: the format has no place for that."""
    row = one.clip.detections.iloc[position]
    return [f"frame:{row['frame_index']}", f"clipTime:{row['time_s']:.3f}"]


def _box(one: TimedClip, position: int) -> Row:
    names = ("bboxX", "bboxY", "bboxWidth", "bboxHeight")
    return dict(zip(names, one.shares[position].tolist(), strict=True))


def _score(one: TimedClip, position: int) -> float:
    return round(float(one.clip.detections["score"].to_numpy(np.float64)[position]), _SCORE_DIGITS)
