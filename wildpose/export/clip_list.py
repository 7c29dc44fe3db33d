"""The list of clips beside formats that have no place for clips that failed or are empty."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from wildpose.export.csv_tables import clip_rows
from wildpose.export.run_clips import ExportedRun
from wildpose.export.writing import write_csv


def write_clip_list(
    run: ExportedRun, path: Path, files: Mapping[str, Mapping[str, str]]
) -> None:
    """Write a row for each clip that was found: how far it was read, and which files it has.

    Parameters
    ----------
    run : ExportedRun
    path : Path
    files : mapping of str to mapping of str to str
        By column: names of files by clip. Cells are empty where a clip has none.
    """
    own = ("clip", "status", "reason", "animal_tracks", "person_tracks", "frame_rate")
    rows = ([*(row[name] for name in own), *(names.get(row["clip"]) for names in files.values())]
            for row in clip_rows(run))
    write_csv(path, [*own, *files], rows)
