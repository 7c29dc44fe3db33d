"""What other programs' own readers say of exported files, as JSON on standard output.

usage: foreign_readers.py FILE...

A ``.json`` goes to the validator of the MegaDetector package, a ``.csv`` to movement's loader of
VIA-tracks files. Runs in an environment of its own that holds these packages and nothing of
wildpose (`make validate`); files whose reader is not installed there are left out of the answer.
"""

from __future__ import annotations

import importlib.util
import json
import sys
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

READERS = {".json": "megadetector", ".csv": "movement"}


def answer(path: str) -> dict[str, Any] | None:
    """Faults that the file's reader names, and what it found; None where it is not installed."""
    name = READERS[Path(path).suffix]
    if importlib.util.find_spec(name) is None:
        return None
    return by_megadetector(path) if name == "megadetector" else by_movement(path)


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
