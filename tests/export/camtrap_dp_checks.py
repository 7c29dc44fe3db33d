"""What is wrong with a Camtrap DP package: by the published schemas, and what no schema says.

`faults` reads the vendored schemas of the release (head by jsonschema, tables by a small reader of
Table Schema) and then looks for what frictionless lets pass.
"""

from __future__ import annotations

import csv
import datetime as dt
import json
import re
from collections.abc import Iterator, Mapping
from itertools import pairwise
from pathlib import Path

import jsonschema
import referencing

SCHEMAS = Path(__file__).resolve().parent / "camtrap-dp-1.0.2"
BASE = "https://raw.githubusercontent.com/tdwg/camtrap-dp/1.0.2/"
TABLES = ("deployments", "media", "observations")
_ADDRESSES = {
    "https://specs.frictionlessdata.io/schemas/data-package.json": "frictionless-data-package-v1",
    "http://json.schemastore.org/geojson.json": "schemastore-geojson",
    "https://geojson.org/schema/GeoJSON.json": "GeoJSON",
}
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(Z|[+-]\d\d:\d\d)")
Table = list[dict[str, str]]


def table(folder: Path, name: str) -> Table:
    with (folder / f"{name}.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def head(folder: Path) -> dict:
    return json.loads((folder / "datapackage.json").read_text(encoding="utf-8"))


def moment(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text)


def faults(folder: Path) -> list[str]:
    """All that is wrong with a package, in words."""
    package = head(folder)
    found = [*_by_profile(package), *_of_head(package)]
    for name in TABLES:
        found += _by_schema(name, folder / f"{name}.csv")
    if found:
        return found
    deployments, media, observations = (table(folder, name) for name in TABLES)
    return [*_of_deployments(deployments), *_of_media(media, deployments),
            *_of_observations(observations, package), *_of_links(deployments, media, observations),
            *_of_events(observations, media)]


def _by_profile(package: dict) -> Iterator[str]:
    known = referencing.Registry().with_resources(
        (address, referencing.Resource.from_contents(
            json.loads((SCHEMAS / f"{name}.json").read_text()),
            referencing.jsonschema.DRAFT4)) for address, name in _ADDRESSES.items())
    profile = json.loads((SCHEMAS / "camtrap-dp-profile.json").read_text())
    validator = jsonschema.Draft4Validator(profile, **{"registry": known})
    yield from (f"head: {error.json_path}: {error.message[:200]}"
                for error in validator.iter_errors(package))


def _of_head(package: dict) -> Iterator[str]:
    if package.get("profile") != f"{BASE}camtrap-dp-profile.json":
        yield "head: profile is not that of 1.0.2"
    if [r["name"] for r in package.get("resources", [])][:3] != list(TABLES):
        yield "head: a table is not there"
    for name, day in package.get("temporal", {}).items():
        if not re.fullmatch(r"\d{4}-\d\d-\d\d", day):
            yield f"head: temporal.{name} is no date"
    scopes = sorted(licence["scope"] for licence in package.get("licenses", []))
    if scopes not in ([], ["data", "media"]):
        yield "head: not one licence for data and one for media"


def _by_schema(name: str, path: Path) -> Iterator[str]:
    schema = json.loads((SCHEMAS / f"{name}-table-schema.json").read_text())
    columns = [field["name"] for field in schema["fields"]]
    with path.open(newline="", encoding="utf-8") as file:
        first, *rows = csv.reader(file)
    if first != columns:
        yield f"{name}: columns are {first}"
        return
    for place, field in enumerate(schema["fields"]):
        cells = [row[place] for row in rows]
        filled = [cell for cell in cells if cell not in schema["missingValues"]]
        rules = field.get("constraints", {})
        if rules.get("required") and len(filled) < len(cells):
            yield f"{name}.{field['name']} is empty"
        if rules.get("unique") and len(set(filled)) < len(filled):
            yield f"{name}.{field['name']} is not unique"
        yield from (f"{name}.{field['name']}: {cell!r}" for cell in filled
                    if not _fits(cell, field["type"], rules))


def _fits(cell: str, kind: str, rules: Mapping) -> bool:
    if kind == "datetime":
        return _TIME.fullmatch(cell) is not None
    if kind == "boolean":
        return cell in {"true", "false"}
    if kind in {"integer", "number"}:
        if not re.fullmatch(r"-?\d+" if kind == "integer" else r"-?[\d.]+(e-?\d+)?", cell):
            return False
        return rules.get("minimum", -1e99) <= float(cell) <= rules.get("maximum", 1e99)
    return (cell in rules.get("enum", [cell])
            and re.search(rules.get("pattern", ""), cell) is not None)


def _of_deployments(deployments: Table) -> Iterator[str]:
    for row in deployments:
        if moment(row["deploymentEnd"]) < moment(row["deploymentStart"]):
            yield "a deployment ends before it begins"


def _of_media(media: Table, deployments: Table) -> Iterator[str]:
    dates = {row["deploymentID"]: (moment(row["deploymentStart"]), moment(row["deploymentEnd"]))
             for row in deployments}
    for row in media:
        first, last = dates.get(row["deploymentID"], (None, None))
        if first is None or not first <= moment(row["timestamp"]) <= last:
            yield "a clip lies outside of its deployment"
        if "\\" in row["filePath"] or re.match("[A-Za-z]:", row["filePath"]):
            yield "a path is one of Windows"
        if row["exifData"]:
            json.loads(row["exifData"])


def _of_observations(observations: Table, package: dict) -> Iterator[str]:
    listed = {taxon["scientificName"] for taxon in package["taxonomic"]}
    there = {row["scientificName"] for row in observations} - {""}
    if there != listed:
        yield "taxonomic does not list the species that are there"
    levels = {row["observationLevel"] for row in observations}
    if not observations or levels - set(package["project"]["observationLevel"]):
        yield "observations are not those of the levels in the head"
    for row in observations:
        yield from _of_observation(row)


def _of_observation(row: Mapping[str, str]) -> Iterator[str]:
    sides = [row[name] for name in ("bboxX", "bboxY", "bboxWidth", "bboxHeight")]
    if any(sides):
        left, top, width, height = map(float, sides)
        if left + width > 1 or top + height > 1:
            yield "a box reaches out of the picture"
    if moment(row["eventEnd"]) < moment(row["eventStart"]):
        yield "an observation ends before it begins"
    if row["observationLevel"] == "media" and not row["mediaID"]:
        yield "a row of level media has no clip"
    if row["observationLevel"] == "event" and (
            row["mediaID"] or any(sides) or not row["eventID"]):
        yield "a row of level event has a clip or a box, or no event"
    if row["observationType"] == "blank" and (
            row["scientificName"] or row["count"] or any(sides)):
        yield "a blank has a species, a count or a box"


def _of_links(deployments: Table, media: Table, observations: Table) -> Iterator[str]:
    stations = {row["deploymentID"] for row in deployments}
    clips = {row["mediaID"] for row in media}
    for row in [*media, *observations]:
        if row["deploymentID"] not in stations or row["mediaID"] not in clips | {""}:
            yield "a row points to nothing"


def _of_events(observations: Table, media: Table) -> Iterator[str]:
    """As the R package camtrapdp gives clips their events: by time."""
    spans = sorted({(row["deploymentID"], moment(row["eventStart"]), moment(row["eventEnd"]),
                     row["eventID"]) for row in observations if row["observationLevel"] == "event"})
    if not spans:
        return
    for (place, _, end, _), (next_place, start, _, _) in pairwise(spans):
        if place == next_place and start <= end:
            yield "events of a deployment overlap"
    of_clip = {row["mediaID"]: row["eventID"] for row in observations if row["mediaID"]}
    for row in media:
        begun = moment(row["timestamp"])
        holding = [event for place, start, end, event in spans
                   if place == row["deploymentID"] and start <= begun <= end]
        if len(holding) != 1 or of_clip.get(row["mediaID"], holding[0]) != holding[0]:
            yield "a clip is not in its event"
