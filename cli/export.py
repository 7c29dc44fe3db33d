"""`wildpose export`: a run in the formats that other programs read."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .answer import answering
from .options import Debug, Json, Quiet

if TYPE_CHECKING:
    from wildpose.export import ExportSummary


def export(
    run: Annotated[
        Path, typer.Argument(metavar="RUN", help="Folder that `wildpose analyze` wrote.")
    ],
    format_name: Annotated[
        str,
        typer.Option(
            "--format",
            metavar="FORMAT",
            help="csv, coco, megadetector, mot (MOTChallenge) or via-tracks.",
        ),
    ],
    out: Annotated[
        Path,
        typer.Option(
            "--out",
            metavar="DIR_OR_FILE",
            help="Folder to write to; for coco and megadetector also a name that ends in .json.",
        ),
    ],
    dense_pose: Annotated[
        bool,
        typer.Option("--dense-pose", help="With coco: write dense pose, too (9 kB for each box)."),
    ] = False,
    as_json: Json = False,
    debug: Debug = False,
    quiet: Quiet = False,
) -> int:
    """Write the results of a run in a format that other programs read.

    csv: tables for a spreadsheet. coco: boxes and masks, for training and annotation tools.
    megadetector: for Timelapse, AddaxAI and others. mot: tracks, for TrackEval. via-tracks: tracks,
    for movement and the VGG annotator. Clips that could not be read are marked or left out in each
    of them: they never look like clips without animals.
    """
    from wildpose.export import ExportOptions, export_run

    with answering(as_json=as_json, quiet=quiet) as answer:
        summary = export_run(run, format_name, out, ExportOptions(dense_pose=dense_pose))
        answer(summary.as_json(), describe(summary))
    return 0


def describe(summary: ExportSummary) -> str:
    """Say in some lines what was written."""
    people = f", {summary.people} of people" if summary.people else ""
    lines = [f"{summary.clips} clips with {summary.animals} boxes of animals{people} in "
             f"{summary.out}"]
    if summary.clips_failed:
        lines.append(f"{summary.clips_failed} of the clips could not be read: nothing is said of "
                     "what is in them.")
    if summary.clips_partial:
        lines.append(f"{summary.clips_partial} of the clips were read in part.")
    return "\n".join([*lines, *summary.notes])
