"""`wildpose corrections`: what people changed in the App, as files that other commands read."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from wildpose.errors import ClipError

from .answer import answering
from .options import Debug, Json, Quiet
from .progress import Pace, progress

if TYPE_CHECKING:
    from wildpose.review.corrections import CorrectionsSummary


def corrections(
    run: Annotated[
        Path, typer.Argument(metavar="RUN", help="Folder that `wildpose analyze` wrote.")
    ],
    out: Annotated[
        Path,
        typer.Option("--out", metavar="DIR",
                     help="Folder to write; an earlier export in it is replaced."),
    ],
    as_json: Json = False,
    debug: Debug = False,
    quiet: Quiet = False,
) -> int:
    """Write what you corrected in `wildpose review`.

    DIR becomes a folder of labelled pictures for `wildpose adapt --labels DIR` and `wildpose
    train`. Beside them lie species.csv for `wildpose report`, tracks.csv (tracks put together or
    parted) and adapt_clips.txt (clips tagged "adapt"). A frame becomes a picture only if somebody
    decided on each of its boxes: mark clips as done when all that is in them is right.
    """
    from wildpose.review.corrections import write_corrections

    pace = Pace()
    with answering(as_json=as_json, quiet=quiet) as answer:
        with progress("clips", quiet=quiet) as show:
            summary = write_corrections(
                run, out, report=lambda done, total, clip: show(pace.step(done, total, clip))
            )
        answer(summary.as_json(), describe(summary))
    return ClipError.exit_code if summary.clips_failed else 0


def describe(summary: CorrectionsSummary) -> str:
    """Say in some lines what was corrected and what was written."""
    boxes = [f"{number:,} {what}" for what, number in summary.boxes.items() if number]
    lines = [
        f"{_count(summary.clips, 'clip')} corrected, named or tagged, {summary.done:,} of them "
        "done.",
        f"Boxes: {', '.join(boxes) or 'none changed'}.",
        f"Tracks put together or parted: {summary.tracks_changed:,}. Species named: "
        f"{summary.species:,}. Clips for adapt: {summary.to_adapt:,}.",
        f"{_count(summary.pictures, 'picture')} with {_count(summary.animals, 'animal')} and "
        f"{summary.people:,} {'person' if summary.people == 1 else 'people'} in {summary.out}",
    ]
    if summary.left_open:
        which, whose = ("it", "its") if summary.left_open == 1 else ("them", "their")
        lines.append(
            f"{_count(summary.left_open, 'frame')} left out: somebody worked on {which}, but not "
            f"on all of {whose} boxes. Accept or reject the others, or mark the clip as done.")
    return "\n".join([*lines, *summary.notes])


def _count(number: int, word: str) -> str:
    return f"{number:,} {word}{'' if number == 1 else 's'}"
