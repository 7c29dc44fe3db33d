"""Columns of the tables of a Camtrap DP 1.0.2 package, and schemas of those that we add.

Source: the table schemas of tdwg/camtrap-dp, release 1.0.2. A table must have all columns of its
schema, in this order.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from wildpose.export.writing import write_csv

BASE_URL = "https://raw.githubusercontent.com/tdwg/camtrap-dp/1.0.2/"
PROFILE_URL = f"{BASE_URL}camtrap-dp-profile.json"
MISSING_VALUES = frozenset({"", "NA", "NaN", "nan"})
"""Cells that readers take for empty ones."""

DEPLOYMENTS = (
    "deploymentID", "locationID", "locationName", "latitude", "longitude", "coordinateUncertainty",
    "deploymentStart", "deploymentEnd", "setupBy", "cameraID", "cameraModel", "cameraDelay",
    "cameraHeight", "cameraDepth", "cameraTilt", "cameraHeading", "detectionDistance",
    "timestampIssues", "baitUse", "featureType", "habitat", "deploymentGroups", "deploymentTags",
    "deploymentComments")
MEDIA = (
    "mediaID", "deploymentID", "captureMethod", "timestamp", "filePath", "filePublic", "fileName",
    "fileMediatype", "exifData", "favorite", "mediaComments")
OBSERVATIONS = (
    "observationID", "deploymentID", "mediaID", "eventID", "eventStart", "eventEnd",
    "observationLevel", "observationType", "cameraSetupType", "scientificName", "count",
    "lifeStage", "sex", "behavior", "individualID", "individualPositionRadius",
    "individualPositionAngle", "individualSpeed", "bboxX", "bboxY", "bboxWidth", "bboxHeight",
    "classificationMethod", "classifiedBy", "classificationTimestamp", "classificationProbability",
    "observationTags", "observationComments")

Row = Mapping[str, Any]
"""Cells by column; what is not there is empty."""


def _field(name: str, kind: str, description: str, **constraints: Any) -> dict[str, Any]:
    found: dict[str, Any] = {"name": name, "type": kind, "description": description}
    return found | ({"constraints": constraints} if constraints else {})


def _points_to(resource: str, field: str) -> dict[str, Any]:
    return {"fields": field, "reference": {"resource": resource, "fields": field}}


CLIPS_SCHEMA: dict[str, Any] = {
    "fields": [
        _field("file", "string", "Each clip that was found, read or not.", required=True,
               unique=True),
        _field("mediaID", "string", "Its row of media; empty where it has none."),
        _field("deploymentID", "string", "Empty where only its time could tell it."),
        _field("status", "string", "How far it was read; skipped: left out on purpose.",
               required=True, enum=["whole", "partial", "failed", "skipped"]),
        _field("reason", "string", "Why it was not read whole."),
        _field("captureTime", "string", "Begin on the camera's clock, as it was recorded."),
        _field("captureTimeSource", "string", "Tag or rule that this comes from."),
        _field("duration", "number", "Seconds.", minimum=0),
        _field("frameRate", "number", "Frames per second."),
        _field("width", "integer", "Pixels."),
        _field("height", "integer", "Pixels."),
        _field("framesLookedAt", "integer", "Frames that the detector saw.", minimum=0),
    ],
    "missingValues": [""],
    "primaryKey": "file",
    "foreignKeys": [_points_to("media", "mediaID"), _points_to("deployments", "deploymentID")],
}
DETECTIONS_SCHEMA: dict[str, Any] = {
    "fields": [
        _field("mediaID", "string", "The clip.", required=True),
        _field("observationID", "string", "Row of observations of the track; empty for boxes of "
               "no track, and where observations are of events only."),
        _field("frame", "integer", "Frame of the clip, from 0.", required=True, minimum=0),
        _field("clipTime", "number", "Seconds from the first frame.", required=True, minimum=0),
        _field("detectionType", "string", "What it is.", required=True, enum=["animal", "human"]),
        _field("trackID", "integer", "Number of the track in the clip; empty for none.",
               minimum=1),
        _field("score", "number", "Probability of the detector.", required=True, minimum=0,
               maximum=1),
        _field("bboxX", "number", "Left side, by the width of the picture.", required=True,
               minimum=0, maximum=1),
        _field("bboxY", "number", "Upper side, by its height.", required=True, minimum=0,
               maximum=1),
        _field("bboxWidth", "number", "By the width.", required=True, minimum=1e-15, maximum=1),
        _field("bboxHeight", "number", "By the height.", required=True, minimum=1e-15, maximum=1),
    ],
    "missingValues": [""],
    "foreignKeys": [_points_to("media", "mediaID"), _points_to("observations", "observationID")],
}
RESOURCES: dict[str, str | dict[str, Any]] = {
    "deployments": f"{BASE_URL}deployments-table-schema.json",
    "media": f"{BASE_URL}media-table-schema.json",
    "observations": f"{BASE_URL}observations-table-schema.json",
    "clips": CLIPS_SCHEMA,
    "detections": DETECTIONS_SCHEMA,
}
"""Tables of a package and their schemas: by address, as the standard wants it, or written out."""
_COLUMNS = {
    "deployments": DEPLOYMENTS, "media": MEDIA, "observations": OBSERVATIONS,
    "clips": tuple(field["name"] for field in CLIPS_SCHEMA["fields"]),
    "detections": tuple(field["name"] for field in DETECTIONS_SCHEMA["fields"]),
}


def resource(name: str) -> dict[str, Any]:
    """Give the entry of a table in ``datapackage.json``."""
    return {"name": name, "path": f"{name}.csv", "profile": "tabular-data-resource",
            "format": "csv", "mediatype": "text/csv", "encoding": "utf-8",
            "schema": RESOURCES[name]}


def write_table(folder: Path, name: str, rows: Iterable[Row]) -> None:
    """Write a table of the package.

    Parameters
    ----------
    folder : Path
    name : str
        One of :data:`RESOURCES`.
    rows : iterable of mapping

    Raises
    ------
    KeyError
        When a row has a cell that the table has no column for.
    """
    columns = _COLUMNS[name]
    write_csv(folder / f"{name}.csv", columns, (_cells(row, columns) for row in rows))


def _cells(row: Row, columns: Sequence[str]) -> list[Any]:
    foreign = set(row) - set(columns)
    if foreign:
        raise KeyError(f"no column {', '.join(sorted(foreign))}")
    return [row.get(name) for name in columns]
