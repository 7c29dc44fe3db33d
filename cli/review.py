"""`wildpose review`: look at a run in the FiftyOne App."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .answer import answering
from .options import Debug, Json, Quiet
from .progress import Pace, progress

if TYPE_CHECKING:
    from wildpose.review import ReviewSummary


def review(
    run: Annotated[
        Path, typer.Argument(metavar="RUN", help="Folder that `wildpose analyze` wrote.")
    ],
    port: Annotated[
        int, typer.Option("--port", metavar="N", help="Port of the App on this computer.")
    ] = 5151,
    no_app: Annotated[
        bool, typer.Option("--no-app", help="Only make or update the dataset; do not open the App.")
    ] = False,
    as_json: Json = False,
    debug: Debug = False,
    quiet: Quiet = False,
) -> int:
    """Look at the clips of a run, with boxes, masks and tracks, in your browser.

    Makes a FiftyOne dataset of the run, in one database for all your runs, and opens the App. Run
    again, it updates the dataset; what you tagged or edited stays.
    """
    from wildpose.review import build_dataset, open_app

    pace = Pace()
    with answering(as_json=as_json, quiet=quiet) as answer:
        with progress("clips", quiet=quiet) as show:
            summary = build_dataset(
                run, report=lambda done, total, clip: show(pace.step(done, total, clip))
            )
        answer(summary.as_json(), describe(summary))
        if not no_app:
            open_app(run, port=port, ready=None if quiet else _say_where)
    return 0


def describe(summary: ReviewSummary) -> str:
    """Say in some lines what happened to the dataset."""
    lines = [
        f"Dataset {summary.dataset}: {summary.clips} clips ({summary.added} new, "
        f"{summary.updated} updated, {summary.unchanged} as before, {summary.removed} removed)."
    ]
    if summary.edited:
        lines.append(f"Clips with boxes edited by hand: {', '.join(summary.edited)}")
    return "\n".join([*lines, *summary.notes])


def _say_where(url: str) -> None:
    typer.echo(f"Open {url} in your browser. Ctrl-C here ends the review.", err=True)
