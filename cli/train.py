"""`wildpose train`: a recipe in, a model folder out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from wildpose.errors import UsageError

from .answer import answering
from .options import Debug, Device, Json, Quiet, existing
from .progress import Pace, progress, time_span

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wildpose.training.loop import StepReport
    from wildpose.training.plan import Plan
    from wildpose.training.run import TrainingSummary
    from wildpose.training.trial import Cost


def train(
    recipe: Annotated[
        Path,
        typer.Argument(metavar="RECIPE", help="YAML file that says what to train, on which data."),
    ],
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="MODEL", help="Folder to write; made if missing.",
                     show_default=False),
    ] = None,
    resume: Annotated[
        bool,
        typer.Option(
            "--resume/--no-resume",
            help="Go on from the last checkpoint in MODEL, or refuse a folder that has one.",
        ),
    ] = True,
    dry_run: Annotated[
        bool,
        typer.Option("--dry-run", help="Look for all that the recipe needs, say what would be done "
                     "and what it costs; stop."),
    ] = False,
    device: Device = "cpu",
    as_json: Json = False,
    debug: Debug = False,
    quiet: Quiet = False,
) -> int:
    """Train a model from labelled pictures.

    Writes the calibrated model and the curves of the training (CSV and picture) into MODEL. If it
    is interrupted, the same command goes on from the last checkpoint.
    """
    existing(recipe, "recipe")
    if dry_run:
        return _planned(recipe, out, device, as_json=as_json, quiet=quiet)
    if out is None:
        raise UsageError("--out is missing.", "Say which folder the model goes to.")
    from wildpose.training.processes import is_chief
    from wildpose.training.run import train as train_model

    if not is_chief():  # of several processes one speaks
        as_json, quiet = False, True
    pace = Pace()
    with answering(as_json=as_json, quiet=quiet) as answer:
        with progress("steps", quiet=quiet) as show:

            def on_step(report: StepReport, steps: int) -> None:
                loss = sum(report.losses.values())
                show(pace.step(report.step, steps, f"loss {loss:.3f}"))

            summary = train_model(recipe, out, device=device, resume=resume, on_step=on_step)
        answer(summary.as_json(), describe(summary))
    return 0


def _planned(recipe: Path, out: Path | None, device: str, *, as_json: bool, quiet: bool) -> int:
    from wildpose.training.plan import plan

    with answering(as_json=as_json, quiet=quiet) as answer:
        found = plan(recipe, out, device=device)
        for problem in found.problems:
            typer.echo(f"error: {problem}", err=True)
        if as_json or not found.problems:
            answer(found.as_json(), describe_plan(found))
    return UsageError.exit_code if found.problems else 0


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


def describe_plan(found: Plan) -> str:
    """Say what a training would do, from which pictures, and what it costs."""
    starts = found.starts_from or ("nothing: a fresh network, which wants far more pictures",)
    lines = [f"{found.recipe}, starting from", *(f"  {name}" for name in starts)]
    if found.steps:
        sizes = ", ".join(f"{height}x{width}" for height, width in found.canvases)
        lines.append(f"{found.steps:,} steps of {found.batch} pictures, {sizes} pixels")
    if found.dense_steps:
        lines.append(f"{found.dense_steps:,} steps of {found.dense_batch} regions for the "
                     "dense-pose head alone")
    lines += ["", *_table(found), ""]
    lines.append(f"{found.held_out:,} pictures are kept out to choose and calibrate on.")
    if found.cost is not None:
        lines += _costs(found, found.cost)
    return "\n".join([*lines, "Nothing was written."])


def _table(found: Plan) -> Iterator[str]:
    columns = ["pictures", "animals", "people", "masks"]
    columns += ["drawn"] * bool(found.steps)
    columns += ["regions", "regions_drawn"] * bool(found.dense_steps)
    width = max(len("source"), *(len(s.name) for s in found.sources)) if found.sources else 6
    yield "source".ljust(width) + "".join(f"  {_heading(c):>8}" for c in columns)
    for source in found.sources:
        numbers = (getattr(source, c) for c in columns)
        yield source.name.ljust(width) + "".join(f"  {n:>8,}" for n in numbers)


def _heading(column: str) -> str:
    return "drawn" if column == "regions_drawn" else column


def _costs(found: Plan, cost: Cost) -> Iterator[str]:
    parts = [("moving boxes", cost.refining_s), ("steps", cost.steps_s),
             ("cutting regions", cost.regions_s), ("dense-pose steps", cost.dense_steps_s)]
    said = ", ".join(f"{name} {time_span(seconds)}" for name, seconds in parts if seconds)
    if cost.picture_s is not None:
        height, width = max(found.canvases, key=lambda canvas: canvas[0] * canvas[1])
        said = (f"one picture of {height}x{width} took {cost.picture_s:.1f} s, times "
                f"{found.batch} pictures, times {found.steps:,} steps")
    yield (f"Time    about {time_span(cost.seconds)} on this machine as busy as it is now "
           f"({said}); calibrating comes on top")
    yield f"Disk    about {_size(cost.disk_bytes)} for the model folder"
    if cost.memory_bytes is not None:
        yield (f"Memory  {_size(cost.memory_bytes)} in the steps that were tried"
               if cost.picture_s is None else
               f"Memory  about {_size(cost.memory_bytes)} for {found.batch} pictures in one "
               "process, reckoned from one")


def _size(number: int) -> str:
    return f"{number / 1e6:.0f} MB" if number < 1e9 else f"{number / 1e9:.1f} GB"
