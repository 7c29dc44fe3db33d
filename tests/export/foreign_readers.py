"""What other programs' own readers say of exported files, as JSON on standard output.

usage: foreign_readers.py FILE...

A ``datapackage.json`` goes to frictionless (with the schemas of Camtrap DP that lie beside this
file: no network), other ``.json`` to the validator of the MegaDetector package, a ``.csv`` to
movement's loader of VIA-tracks files. Runs in an environment of its own that holds these packages
and nothing of wildpose (`make validate`); files whose reader is not installed there are left out of
the answer.
"""

from __future__ import annotations

import importlib.util
import io
import json
import sys
from collections.abc import Callable
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

SCHEMAS = Path(__file__).resolve().parent / "camtrap-dp-1.0.2"
CAMTRAP_DP = "https://raw.githubusercontent.com/tdwg/camtrap-dp/1.0.2/"
TABLES = ("deployments", "media", "observations")
VENDORED = {
    "https://specs.frictionlessdata.io/schemas/data-package.json":
        SCHEMAS / "frictionless-data-package-v1.json",
    "http://json.schemastore.org/geojson.json": SCHEMAS / "schemastore-geojson.json",
    "https://geojson.org/schema/GeoJSON.json": SCHEMAS / "GeoJSON.json",
    f"{CAMTRAP_DP}camtrap-dp-profile.json": SCHEMAS / "camtrap-dp-profile.json",
    **{f"{CAMTRAP_DP}{table}-table-schema.json": SCHEMAS / f"{table}-table-schema.json"
       for table in TABLES},
}


def answer(path: str) -> dict[str, Any] | None:
    """Faults that the file's reader names, and what it found; None where it is not installed."""
    name, read = reader(Path(path))
    return None if importlib.util.find_spec(name) is None else read(path)


def reader(path: Path) -> tuple[str, Callable[[str], dict[str, Any]]]:
    """The package that reads a file, and how."""
    if path.name == "datapackage.json":
        return "frictionless", by_frictionless
    if path.suffix == ".json":
        return "megadetector", by_megadetector
    return "movement", by_movement


def by_frictionless(path: str) -> dict[str, Any]:
    from frictionless import FrictionlessException, Package, system

    with system.use_context(http_session=offline(), trusted=True):
        try:
            package = Package(path)
        except FrictionlessException as error:
            reasons = [reason.note for reason in error.reasons]
            return {"faults": [error.error.note, *reasons], "found": {}}
        # It says nothing of a package that names no profile, or of tables that are not there.
        faults = [] if package.profile == f"{CAMTRAP_DP}camtrap-dp-profile.json" else ["profile"]
        faults += [f"no {table}" for table in TABLES if table not in package.resource_names]
        report = package.validate()
        faults += [f"{task.name}: {error.type} {getattr(error, 'field_name', '')}: {error.note}"
                   for task in report.tasks for error in task.errors]
        faults += [f"{error.type}: {error.note}" for error in report.errors]
        return {"faults": faults,
                "found": {task.name: task.stats.get("rows") for task in report.tasks}}


def offline() -> Any:
    """A session that gives the vendored files for their addresses, and nothing for others."""
    import requests
    import urllib3
    from requests.adapters import BaseAdapter

    class Vendored(BaseAdapter):
        def send(self, request: Any, **kwargs: Any) -> Any:
            said, path = requests.Response(), VENDORED.get(request.url)
            said.url, said.request = request.url, request
            said.status_code = 200 if path else 404
            content = io.BytesIO(path.read_bytes() if path else b"")
            said.raw = urllib3.HTTPResponse(content, preload_content=False)
            return said

        def close(self) -> None:
            """Nothing is open."""

    session = requests.Session()
    session.mount("https://", Vendored())
    session.mount("http://", Vendored())
    return session


def by_megadetector(path: str) -> dict[str, Any]:
    from megadetector.postprocessing.validate_batch_results import validate_batch_results

    said = validate_batch_results(path)["validation_results"]
    return {"faults": [*said["errors"], *said["warnings"]],
            "found": dict(said["detection_category_id_to_count"])}


def by_movement(path: str) -> dict[str, Any]:
    from movement.io import load_bboxes

    try:
        data = load_bboxes.from_via_tracks_file(path, use_frame_numbers_from_file=True)
    except ValueError as error:
        return {"faults": [str(error)], "found": {}}
    # Called individuals up to version 0.15, individual in 0.17.0.
    individual = next(name for name in data.dims if name.startswith("individual"))
    first = data.isel({"time": 0, individual: 0})
    return {"faults": [], "found": {
        "frames": data.time.to_numpy().tolist(),
        "individuals": data[individual].to_numpy().tolist(),
        "first_position": first["position"].to_numpy().tolist(),
        "first_shape": first["shape"].to_numpy().tolist(),
    }}


if __name__ == "__main__":
    with redirect_stdout(sys.stderr):  # the readers talk; the caller reads one object
        answers = {path: answer(path) for path in sys.argv[1:]}
    json.dump({path: said for path, said in answers.items() if said is not None}, sys.stdout)
