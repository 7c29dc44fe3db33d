"""`wildpose train`: a recipe in, a model folder out."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .answer import answering
from .options import Debug, Device, Json, Quiet, existing
from .progress import Pace, progress


def train(
    recipe: Annotated[
        Path,
        typer.Argument(metavar="RECIPE", help="YAML file that says what to train, on which data."),
    ],
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            metavar="MODEL",
            help="Folder for the model; made if missing.",
            show_default="as the recipe says",
        ),
    ] = None,
    resume: Annotated[
        bool,
        typer.Option(
            "--resume/--no-resume", help="Go on from the last checkpoint, or start anew."
        ),
    ] = True,
    device: Device = "cpu",
    as_json: Json = False,
    debug: Debug = False,
    quiet: Quiet = False,
) -> int:
    """Train a model from labelled pictures.

    Writes the model, its card and the curves of the training (CSV and picture) into MODEL. If it
    is interrupted, the same command goes on from the last checkpoint.
    """
    from wildpose.training.run import train as train_model

    existing(recipe, "recipe")
    pace = Pace()
    with answering(as_json=as_json, quiet=quiet) as answer:
        with progress("steps", quiet=quiet) as show:
            folder = train_model(
                recipe,
                out,
                device=device,
                resume=resume,
                on_step=lambda done, total, note="": show(pace.step(done, total, note)),
            )
        answer({"model": folder}, f"Model: {folder}\nMeasure it: wildpose evaluate {folder} DATA")
    return 0
