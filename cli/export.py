"""`wildpose export`: a run in the formats that other programs read."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from .answer import answering
from .options import Debug, Json, Quiet

if TYPE_CHECKING:
    from wildpose.export import ExportSummary

Deployments = Annotated[
    Path | None,
    typer.Option(
        "--deployments",
        metavar="CSV",
        help="With camtrap-dp, needed: table with deployment, start, end, latitude, longitude, "
        "timezone, and as far as known folder, species.",
    ),
]
Project = Annotated[
    Path | None,
    typer.Option(
        "--project",
        metavar="FILE.yaml",
        help="With camtrap-dp, needed: title of the project, whose data it is, licences; "
        "docs/export.md shows one.",
    ),
]
Species = Annotated[
    str,
    typer.Option(
        "--species",
        metavar="NAME",
        help="With camtrap-dp: scientific name of all that no table gives a species.",
        show_default="not known",
    ),
]
SpeciesTable = Annotated[
    Path | None,
    typer.Option(
        "--species-table",
        metavar="CSV",
        help="With camtrap-dp: table with clip, species and, for one animal of a clip, track_id.",
    ),
]
Gap = Annotated[
    float,
    typer.Option(
        "--gap",
        metavar="MINUTES",
        help="With camtrap-dp: between clips of two events, at least.",
    ),
]
Level = Annotated[
    Literal["both", "media", "event"],
    typer.Option(
        "--level",
        help="With camtrap-dp: observations of clips, of events, or both. For camtrapR take one: "
        "it counts the rows of both.",
    ),
]


def export(
    run: Annotated[
        Path, typer.Argument(metavar="RUN", help="Folder that `wildpose analyze` wrote.")
    ],
    format_name: Annotated[
        str,
        typer.Option(
            "--format",
            metavar="FORMAT",
            help="csv, coco, megadetector, camtrap-dp, mot (MOTChallenge) or via-tracks.",
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
    deployments: Deployments = None,
    project: Project = None,
    species: Species = "",
    species_table: SpeciesTable = None,
    gap: Gap = 30.0,
    level: Level = "both",
    as_json: Json = False,
    debug: Debug = False,
    quiet: Quiet = False,
) -> int:
    """Write the results of a run in a format that other programs read.

    csv: tables for a spreadsheet. coco: boxes and masks, for training and annotation tools.
    megadetector: for Timelapse, AddaxAI and others. camtrap-dp: for GBIF, camtraptor and camtrapR.
    mot: tracks, for TrackEval. via-tracks: tracks, for movement and the VGG annotator. Clips that
    could not be read are marked or left out in each of them: they never look like clips without
    animals.
    """
    from wildpose.export import ExportOptions, export_run

    with answering(as_json=as_json, quiet=quiet) as answer:
        options = ExportOptions(dense_pose, deployments, project, species, species_table, gap,
                                level)
        summary = export_run(run, format_name, out, options)
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
