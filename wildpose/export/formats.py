"""The one list of formats that a run can be exported to, and the way there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from wildpose.errors import UsageError
from wildpose.export.camtrap_dp import write_camtrap_dp
from wildpose.export.coco import write_coco
from wildpose.export.csv_tables import write_csv_tables
from wildpose.export.megadetector import write_megadetector
from wildpose.export.mot import write_mot
from wildpose.export.options import ExportOptions
from wildpose.export.run_clips import ExportedRun
from wildpose.export.via_tracks import write_via_tracks
from wildpose.export.writing import whole_file, whole_folder

Writer = Callable[[ExportedRun, Path, ExportOptions], list[str]]
"""Writes a run to a place; gives back notes for the user."""


@dataclass(frozen=True)
class ExportFormat:
    """One format.

    Attributes
    ----------
    write : Writer
    file_name : str
        Of the one file that it is; empty where it is a folder of files.
    knows : tuple of str
        Names of the :class:`ExportOptions` that mean something to it.
    """

    write: Writer
    file_name: str = ""
    knows: tuple[str, ...] = ()


FORMATS = {
    "csv": ExportFormat(write_csv_tables),
    "coco": ExportFormat(write_coco, "coco.json", ("dense_pose",)),
    "megadetector": ExportFormat(write_megadetector, "megadetector.json"),
    "camtrap-dp": ExportFormat(write_camtrap_dp, knows=(
        "deployments", "project", "species", "species_table", "gap", "level")),
    "mot": ExportFormat(write_mot),
    "via-tracks": ExportFormat(write_via_tracks),
}


@dataclass(frozen=True)
class ExportSummary:
    """What an export wrote.

    Attributes
    ----------
    format : str
    out : Path
        The file or folder.
    clips : int
        All that were found: read, and not.
    clips_failed, clips_partial : int
    animals, people : int
        Detections.
    notes : tuple of str
        What a reader of the file should know.
    """

    format: str
    out: Path
    clips: int
    clips_failed: int
    clips_partial: int
    animals: int
    people: int
    notes: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """Give the same as an object for programs."""
        return asdict(self)


def export_run(
    run: Path, format_name: str, out: Path, options: ExportOptions | None = None
) -> ExportSummary:
    """Write a finished run in a format that other programs read.

    Parameters
    ----------
    run : Path
        The run folder; it is not changed.
    format_name : str
        One of :data:`FORMATS`.
    out : Path
        A folder, made if missing. Formats of one file also take a name that ends as the file's
        does, and replace that file; formats of many files want a folder with nothing in it.
    options : ExportOptions, optional

    Returns
    -------
    ExportSummary

    Raises
    ------
    UsageError
        For an unknown format, an option that it does not know, a folder that is no finished run,
        or a place that can't be written.
    DataError
        When the run's own files are damaged.
    """
    chosen = options or ExportOptions()
    kind = _format(format_name, chosen)
    read = ExportedRun(run)
    target = _target(kind, format_name, out)
    place = whole_file(target) if kind.file_name else whole_folder(target)
    with place as beside:
        notes = kind.write(read, beside, chosen)
    return _summary(format_name, target, read, notes)


def _format(name: str, options: ExportOptions) -> ExportFormat:
    if name not in FORMATS:
        raise UsageError(f"--format {name}: there is no such format.",
                         f"Known are {', '.join(FORMATS)}.")
    given = [f.name for f in fields(options) if getattr(options, f.name) != f.default]
    for option in given:
        if option not in FORMATS[name].knows:
            others = [other for other, kind in FORMATS.items() if option in kind.knows]
            raise UsageError(f"--{option.replace('_', '-')}: {name} has no place for it.",
                             f"It goes with --format {' or '.join(others)}.")
    return FORMATS[name]


def _target(kind: ExportFormat, name: str, out: Path) -> Path:
    if not kind.file_name:
        return out
    suffix = Path(kind.file_name).suffix
    if out.suffix.lower() == suffix and not out.is_dir():
        return out
    if out.is_file():
        raise UsageError(f"{out}: {name} is written as a {suffix} file.",
                         f"Give a folder, or a name that ends in {suffix}.")
    return out / kind.file_name


def _summary(name: str, target: Path, run: ExportedRun, notes: list[str]) -> ExportSummary:
    classes = run.detection_table["class"]
    return ExportSummary(
        name, target, len(run.clip_table) + len(run.failed), len(run.failed), len(run.partial),
        int((classes == "animal").sum()), int((classes == "person").sum()), tuple(notes))
