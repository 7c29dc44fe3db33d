"""True labels of the target that people made, as a source of the student's recipe."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from wildpose.errors import DataError


def annotations_of(given: Path) -> Path:
    """The COCO file of a labelled folder; a COCO file is itself one."""
    return given if given.suffix == ".json" else given / "annotations.json"


def correction_source(given: Path | None) -> dict[str, Any] | None:
    """The source of a recipe for a folder, or a COCO file beside its ``images/``, of corrections.

    Raises
    ------
    DataError
        Nothing that could be read is there.
    """
    if given is None:
        return None
    file = annotations_of(given)
    if not file.is_file():
        raise DataError(f"{given}: there are no corrections.",
                        "Give a COCO file, or a folder with annotations.json, and images/ in it.")
    return {"name": "corrections", "folder": str(file.resolve()), "share": 0.5,
            "learnt_whole": True}
