"""`wildpose train`: a recipe in, a model folder out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .answer import answering
from .options import Debug, Device, Json, Quiet, existing
from .progress import Pace, progress

if TYPE_CHECKING:
    from wildpose.training.loop import StepReport
    from wildpose.training.run import TrainingSummary


def train(
    recipe: Annotated[
        Path,
        typer.Argument(metavar="RECIPE", help="YAML file that says what to train, on which data."),
    ],
    out: Annotated[
        Path, typer.Option("--out", metavar="MODEL", help="Folder to write; made if missing.")
    ],
    resume: Annotated[
        bool,
        typer.Option(
            "--resume/--no-resume",
            help="Go on from the last checkpoint in MODEL, or refuse a folder that has one.",
        ),
    ] = True,
    device: Device = "cpu",
    as_json: Json = False,
    debug: Debug = False,
    quiet: Quiet = False,
) -> int:
    """Train a model from labelled pictures.

    Writes the calibrated model and the curves of the training (CSV and picture) into MODEL. If it
    is interrupted, the same command goes on from the last checkpoint.
    """
    from wildpose.training.run import train as train_model

    existing(recipe, "recipe")
    pace = Pace()
    with answering(as_json=as_json, quiet=quiet) as answer:
        with progress("steps", quiet=quiet) as show:

            def on_step(report: StepReport, steps: int) -> None:
                loss = sum(report.losses.values())
                show(pace.step(report.step, steps, f"loss {loss:.3f}"))

            summary = train_model(recipe, out, device=device, resume=resume, on_step=on_step)
        answer(summary.as_json(), describe(summary))
    return 0


def describe(summary: TrainingSummary) -> str:
    """Say in some lines what the training did."""
    lines = [
        f"{summary.steps} steps on {summary.pictures} pictures; "
        f"{summary.held_out} were kept out to choose and calibrate on."
    ]
    box = (summary.figures.get("all") or {}).get("box")
    if box:
        lines.append(f"On those: box AP {box['ap']:.3f}, AP50 {box['ap50']:.3f}.")
    lines += [
        f"Model   {summary.out}",
        f"Curves  {summary.out / 'curves.png'}",
        f"To measure it: wildpose evaluate {summary.out} DATA",
    ]
    return "\n".join(lines)
