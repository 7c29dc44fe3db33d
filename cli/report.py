"""`wildpose report`: the tables that ecologists need, and a page of plots."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from .answer import answering
from .options import Debug, Json, Quiet

if TYPE_CHECKING:
    from wildpose.ecology.report import Report


def report(
    run: Annotated[
        Path, typer.Argument(metavar="RUN", help="Folder that `wildpose analyze` wrote.")
    ],
    out: Annotated[
        Path, typer.Option("--out", metavar="DIR", help="Where the tables and the page go.")
    ],
    deployments: Annotated[
        Path | None,
        typer.Option(
            "--deployments",
            metavar="CSV",
            help="Table with deployment, start and end, and as far as known folder, latitude, "
            "longitude, timezone, species.",
            show_default="each folder is one, of unknown dates",
        ),
    ] = None,
    species: Annotated[
        str,
        typer.Option("--species", metavar="NAME", help="Of all that no table gives a species."),
    ] = "animal",
    species_table: Annotated[
        Path | None,
        typer.Option(
            "--species-table",
            metavar="CSV",
            help="Table with clip, species and, for one animal of a clip, track_id.",
        ),
    ] = None,
    gap: Annotated[
        float,
        typer.Option("--gap", metavar="MINUTES", help="Between clips of two events, at least."),
    ] = 30.0,
    gap_from: Annotated[
        Literal["last-record", "last-independent"],
        typer.Option(
            "--gap-from",
            help="Where the gap begins: at the end of the clip before, or of the event's first.",
        ),
    ] = "last-record",
    as_json: Json = False,
    debug: Debug = False,
    quiet: Quiet = False,
) -> int:
    """Make tables and a page of plots from a run: events, MaxN, activity, effort.

    Without --deployments each folder of clips is a deployment; then there are no trap nights and no
    abundance index, for which the dates must be known.
    """
    from wildpose.ecology import EcologySettings, Independence
    from wildpose.ecology.report import write_report

    rule = Independence(gap, gap_from)
    settings = EcologySettings(deployments, species, species_table, rule)
    with answering(as_json=as_json, quiet=quiet) as answer:
        written = write_report(run, out, settings)
        answer(written.as_json(), describe(written))
    return 0


def describe(written: Report) -> str:
    """Say in some lines what was found and where it lies."""
    found = written.as_json()
    effort = found["effort_days"]
    nights = "unknown effort" if math.isnan(effort) else f"{effort:.1f} trap nights"
    lines = [f"{_counted(found['clips'], 'clip')} at "
             f"{_counted(found['deployments'], 'deployment')}, {nights}: "
             f"{_counted(found['events'], 'independent event')}."]
    for name, figures in found["species"].items():
        rai = figures["rai"]
        lines.append(f"  {name}: {_counted(figures['events'], 'event')}, "
                     f"{_counted(figures['individuals'], 'individual')}"
                     + ("" if math.isnan(rai) else f", RAI {rai:.2f}"))
    for count, meaning, table in ((found["clips_without_time"], "without a time", "without_time"),
                                  (found["clips_failed"], "that could not be read", "failed")):
        if count:
            lines.append(f"{_counted(count, 'clip')} {meaning}: see {written.out / table}.csv")
    lines.append(f"Page with plots: {found['page']}")
    return "\n".join(lines)


def _counted(count: int, word: str) -> str:
    return f"{count} {word}" if count == 1 else f"{count} {word}s"
