"""`wildpose inpaint`: fill in dense pose between annotated points."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .answer import answering
from .options import Debug, Device, Json, Quiet, existing
from .progress import Pace, progress


def inpaint(
    model: Annotated[
        str, typer.Argument(metavar="MODEL", help="A teacher: a model folder or a shipped name.")
    ],
    recipe: Annotated[
        Path,
        typer.Argument(metavar="RECIPE", help="The recipe (YAML) that it was trained with."),
    ],
    out: Annotated[
        Path, typer.Option("--out", metavar="DIR", help="Folder for the annotations.")
    ],
    device: Device = "cpu",
    as_json: Json = False,
    debug: Debug = False,
    quiet: Quiet = False,
) -> int:
    """Fill in dense pose between the points that annotators marked.

    A teacher that was trained on bodies in front of plain grey (bodies_alone in its recipe)
    answers for all pixels of the same bodies; another model then learns from what this writes.
    """
    from wildpose.training.inpainting import inpaint as fill_in

    existing(recipe, "file")
    pace = Pace(pictures=True)
    with answering(as_json=as_json, quiet=quiet) as answer:
        with progress("pictures", quiet=quiet) as show:
            found = fill_in(model, recipe, out, device=device,
                            progress=lambda done, total: show(pace.step(done, total)))
        lines = [f"{name}: {n['filled']} of {n['bodies']} bodies filled in, "
                 f"{n['pictures']} pictures" for name, n in found.items()]
        answer({"out": str(out), "sources": found}, "\n".join([*lines, f"Annotations: {out}"]))
    return 0
