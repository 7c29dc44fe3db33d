"""Train a model as a recipe says: gather, step, keep checkpoints and curves.

The folder that a run writes::

    OUT/checkpoint.pt  curves.csv  curves.png  held_out/annotations.json
    OUT/regions/  dense_checkpoint.pt  dense_curves.csv  dense_curves.png   (the dense-pose head)
    OUT/weights.safetensors  model.json  figures.json
"""

from __future__ import annotations

import csv
import json
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from wildpose.data.mixing import Mixture
from wildpose.data.paste import cut_outs
from wildpose.drawing.curves import plot_curves
from wildpose.errors import UsageError
from wildpose.models.detector import Detector
from wildpose.training import checkpoint
from wildpose.training.checkpoint import TrainingState
from wildpose.training.dense_run import collect, train_dense_head
from wildpose.training.families import family_of
from wildpose.training.loop import StepReport, train_steps
from wildpose.training.optimiser import make_optimiser
from wildpose.training.processes import is_chief, join, own_device, part
from wildpose.training.recipe import Recipe, read_recipe
from wildpose.training.refine import refine_boxes
from wildpose.training.shipping import write_model
from wildpose.training.sources import Gathered, gather


@dataclass(frozen=True)
class TrainingSummary:
    """What a run did."""

    out: Path
    steps: int
    pictures: int
    held_out: int
    last_losses: dict[str, float]
    figures: dict[str, Any]

    def as_json(self) -> dict[str, Any]:
        """As `wildpose train --json` prints it."""
        return {"out": str(self.out), "steps": self.steps, "pictures": self.pictures,
                "held_out": self.held_out, "losses": self.last_losses, "figures": self.figures}


def train(
    recipe_path: Path,
    out: Path,
    *,
    device: str = "cpu",
    resume: bool = True,
    on_step: Callable[[StepReport, int], None] = lambda report, steps: None,
) -> TrainingSummary:
    """Train from a recipe into a folder, going on where an earlier run of it stopped.

    Parameters
    ----------
    recipe_path : Path
    out : Path
        Made if it is not there.
    device : str
        A torch device; several processes with ``cuda`` take a card each.
    resume : bool
        Go on from ``OUT/checkpoint.pt`` where there is one; otherwise such a folder is refused.
    on_step : callable
        Called with the report of every step and the number of steps in all.

    Raises
    ------
    UsageError, DataError, ModelError, GuardError
        A recipe, folder, picture or starting weight that can't be used; a loss that explodes.
    """
    recipe = read_recipe(recipe_path)
    _make_folder(out)
    device = own_device(device)
    _seed(recipe.seed)
    join(device)
    gathered = gather(recipe, recipe_path.parent)
    state = _fresh_state(recipe, recipe_path.parent, device)
    gathered = _with_refined_boxes(gathered, recipe, state.model)
    kept = out / "checkpoint.pt"
    identity = {"recipe": recipe.model_dump_json()}
    if kept.exists():
        if not resume:
            raise UsageError(f"{out} holds a training run already.",
                             "Choose another --out, or resume it.")
        checkpoint.load(state, kept, identity)
    last = _step_and_keep(state, recipe, gathered, out, identity, on_step)
    if recipe.dense_schedule is not None and isinstance(state.model, Detector):
        state.model.load_state_dict(dict(state.average))
        state, last = _train_dense(state.model, recipe, gathered, out, on_step)
    part()
    figures: dict[str, Any] = {}
    if is_chief():
        figures = write_model(state.model, dict(state.average), recipe, gathered.held_out, out)
        (out / "figures.json").write_text(json.dumps(figures, indent=1), "utf-8")
    pictures = sum(len(s.images) for s in gathered.sources)
    held_out = len(gathered.held_out)
    return TrainingSummary(out, state.step, pictures, held_out, last, figures)


def _make_folder(out: Path) -> None:
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"{out}: can't be made a folder ({error.strerror}).",
                         "Choose another --out.") from error


def _step_and_keep(
    state: TrainingState,
    recipe: Recipe,
    gathered: Gathered,
    out: Path,
    identity: dict[str, Any],
    on_step: Callable[[StepReport, int], None],
) -> dict[str, float]:
    schedule = recipe.schedule
    animals = cut_outs([i for s in gathered.sources if s.share for i in s.images])
    mixture = Mixture(gathered.sources, tuple(animals), tuple(schedule.canvases), recipe.seed,
                      schedule.augmentation)
    curves = out / "curves.csv"
    chief = is_chief()
    if chief:
        _trim_curves(curves, state.step, family_of(state.model).loss_names)
    last: dict[str, float] = {}

    def keep(report: StepReport) -> None:
        last.update(report.losses)
        if not chief:
            return
        _append_curve(curves, report)
        if report.step % schedule.checkpoint_every == 0 or report.step == schedule.steps:
            checkpoint.save(state, out / "checkpoint.pt", identity)
            plot_curves(curves, out / "curves.png")
        on_step(report, schedule.steps)

    train_steps(state, mixture, schedule, out, keep)
    return last


def _train_dense(
    network: Detector, recipe: Recipe, gathered: Gathered, out: Path,
    on_step: Callable[[StepReport, int], None],
) -> tuple[TrainingState, dict[str, float]]:
    curves = out / "dense_curves.csv"
    last: dict[str, float] = {}

    def keep(report: StepReport, steps: int) -> None:
        last.update(report.losses)
        if report.step == 1 and curves.exists():
            curves.unlink()
        _append_curve(curves, report)
        if report.step % 50 == 0 or report.step == steps:
            plot_curves(curves, out / "dense_curves.png")
        on_step(report, steps)

    kept = collect(network, recipe, gathered.sources, out / "regions")
    return train_dense_head(network, recipe, kept, out, keep), last


def _with_refined_boxes(gathered: Gathered, recipe: Recipe, starting: nn.Module) -> Gathered:
    """The kept-out pictures keep their labels: a model is measured on what people drew."""
    if not isinstance(starting, Detector):
        return gathered
    shares = {part.name: part.box_share for part in recipe.sources}
    sources = tuple(
        replace(s, images=refine_boxes(starting, s.images, shares[s.name]))
        for s in gathered.sources
    )
    return Gathered(sources, gathered.held_out)


def _fresh_state(recipe: Recipe, recipe_folder: Path, device: str) -> TrainingState:
    family = family_of(recipe.model)
    network = family.fresh(recipe.model)
    for start in family.starts(network, recipe.model, recipe_folder):
        start.load()
    network.to(device)
    optimiser = make_optimiser(network, recipe.schedule)
    average = {k: v.detach().clone() for k, v in network.state_dict().items()}
    return TrainingState(network, average, optimiser)


def _seed(seed: int) -> None:
    random.seed(seed)
    np.random.seed(seed)
    torch.manual_seed(seed)


def _append_curve(path: Path, report: StepReport) -> None:
    row = {"step": report.step, **report.losses, "gradient_norm": report.gradient_norm,
           "rate": report.rate, "seconds": report.seconds}
    fresh = not path.exists()
    with path.open("a", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(row))
        if fresh:
            writer.writeheader()
        writer.writerow({k: f"{v:.5g}" if isinstance(v, float) else v for k, v in row.items()})


def _trim_curves(path: Path, step: int, losses: Sequence[str]) -> None:
    """Drop rows of steps after the checkpoint: they will be done again."""
    if not path.exists():
        return
    with path.open(newline="", encoding="utf-8") as file:
        rows = [r for r in csv.DictReader(file) if int(r["step"]) <= step]
    columns = ["step", *losses, "gradient_norm", "rate", "seconds"]
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, columns)
        writer.writeheader()
        writer.writerows(rows)
