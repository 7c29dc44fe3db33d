"""Train a model as a recipe says: gather, step, keep checkpoints and curves.

The folder that a run writes::

    OUT/checkpoint.pt  curves.csv  curves.png  held_out/annotations.json
    OUT/regions/  dense_checkpoint.pt  dense_curves.csv  dense_curves.png   (the dense-pose head)
    OUT/weights.safetensors  model.json  figures.json
"""

from __future__ import annotations

import csv
import json
import os
import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.distributed as dist

from wildpose.data.annotations import LabelledImage, read_labelled
from wildpose.data.mixing import Mixture, Source
from wildpose.data.paste import cut_outs
from wildpose.data.split import split_by_place
from wildpose.drawing.curves import plot_curves
from wildpose.errors import UsageError
from wildpose.models.detector import Architecture, Detector
from wildpose.models.pretrained import load_first_stage, load_model_weights, load_trunk
from wildpose.training import checkpoint
from wildpose.training.checkpoint import TrainingState
from wildpose.training.dense_run import collect, train_dense_head
from wildpose.training.loop import StepReport, parameter_groups, train_steps
from wildpose.training.losses import Losses
from wildpose.training.recipe import Recipe, SourcePart, read_recipe, resolve, start_folder
from wildpose.training.refine import refine_boxes
from wildpose.training.shipping import write_model


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


@dataclass(frozen=True)
class Gathered:
    """The pictures of a recipe, parted."""

    sources: tuple[Source, ...]
    held_out: tuple[LabelledImage, ...]


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
        A torch device.
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
    _seed(recipe.seed)
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
    if recipe.dense_schedule is not None:
        state.model.load_state_dict(dict(state.average))
        state, last = _train_dense(state, recipe, gathered, out, on_step)
    figures: dict[str, Any] = {}
    if _is_chief():
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
    mixture = Mixture(gathered.sources, tuple(animals), tuple(schedule.canvases), recipe.seed)
    curves = out / "curves.csv"
    chief = _is_chief()
    if chief:
        _trim_curves(curves, state.step)
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
    state: TrainingState, recipe: Recipe, gathered: Gathered, out: Path,
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

    kept = collect(state.model, recipe, gathered.sources, out / "regions")
    return train_dense_head(state.model, recipe, kept, out, keep), last


def gather(recipe: Recipe, recipe_folder: Path) -> Gathered:
    """Read the sources of a recipe and keep its places and species out.

    In neither part are drafts and rendered pictures of a kept-out species (nothing is chosen on a
    detector's labels, nor on pictures of our own making) and kept-out pictures from a place that
    training has seen, under whatever source: they would flatter.

    Raises
    ------
    DataError
        A folder that can't be read.
    UsageError
        A source without pictures, or all of whose pictures are kept out.
    """
    sources: list[Source] = []
    held_out: list[tuple[str, LabelledImage]] = []
    seen: set[str] = set()
    for part in recipe.sources:
        pictures = resolve(part.pictures, recipe_folder) if part.pictures else None
        labelled = read_labelled(resolve(part.folder, recipe_folder), pictures,
                                 part.labels.rules(recipe_folder))
        images = [i for i in labelled if _wanted(i, part)]
        if not images:
            raise UsageError(f"Source {part.name}: no picture is left.",
                             "Check its `folder`, `where` and `leave_out`.")
        made = all(_is_made(i) for i in images)
        empty = not any(len(i.box_xyxy) for i in images)
        share = recipe.hold_out.empty_share if empty else recipe.hold_out.share
        split = split_by_place(images, 0 if made else share, recipe.hold_out.species)
        if not split.train:
            raise UsageError(f"Source {part.name}: all of its {len(images)} pictures are kept out.",
                             "Lower the share or the species of `hold_out`.")
        sources.append(Source(part.name, split.train, part.share, part.paste_chance))
        seen.update(split.train_places)
        named = zip(split.held_out_places, split.held_out, strict=True)
        held_out.extend((p, i) for p, i in named if not _is_made(i))
    return Gathered(tuple(sources), tuple(i for p, i in held_out if p not in seen))


def _with_refined_boxes(gathered: Gathered, recipe: Recipe, starting: Detector) -> Gathered:
    """The kept-out pictures keep their labels: a model is measured on what people drew."""
    shares = {part.name: part.box_share for part in recipe.sources}
    sources = tuple(
        replace(s, images=refine_boxes(starting, s.images, shares[s.name]))
        for s in gathered.sources
    )
    return Gathered(sources, gathered.held_out)


def _is_made(image: LabelledImage) -> bool:
    return image.draft or image.facts.get("set") == "rendered"


def _wanted(image: LabelledImage, part: SourcePart) -> bool:
    def is_in(values: dict[str, list[str]]) -> list[bool]:
        return [str(image.facts.get(k)) in allowed for k, allowed in values.items()]

    return all(is_in(part.where)) and not any(is_in(part.leave_out))


def _fresh_state(recipe: Recipe, recipe_folder: Path, device: str) -> TrainingState:
    model = recipe.model
    detector = Detector(Architecture(
        model.backbone, box_move=model.box_move, auto_calibration=model.auto_calibration,
        dense_pose=model.dense_pose, dense_context=model.dense_context,
    ))
    if model.start_from:
        load_model_weights(detector, start_folder(model.start_from, recipe_folder))
    if recipe.model.trunk:
        load_trunk(detector, resolve(recipe.model.trunk, recipe_folder))
    if recipe.model.first_stage:
        load_first_stage(detector, resolve(recipe.model.first_stage, recipe_folder))
    detector.to(device)
    optimiser = torch.optim.AdamW(
        parameter_groups(detector, recipe.schedule), weight_decay=recipe.schedule.weight_decay
    )
    average = {k: v.detach().clone() for k, v in detector.state_dict().items()}
    return TrainingState(detector, average, optimiser)


def _is_chief() -> bool:
    return not dist.is_initialized() or dist.get_rank() == 0


def _seed(seed: int) -> None:
    random.seed(seed)
    np.random.seed(seed)
    torch.manual_seed(seed)
    if "RANK" in os.environ and not dist.is_initialized():
        dist.init_process_group("gloo")


def _append_curve(path: Path, report: StepReport) -> None:
    row = {"step": report.step, **report.losses, "gradient_norm": report.gradient_norm,
           "rate": report.rate, "seconds": report.seconds}
    fresh = not path.exists()
    with path.open("a", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(row))
        if fresh:
            writer.writeheader()
        writer.writerow({k: f"{v:.5g}" if isinstance(v, float) else v for k, v in row.items()})


def _trim_curves(path: Path, step: int) -> None:
    """Drop rows of steps after the checkpoint: they will be done again."""
    if not path.exists():
        return
    with path.open(newline="", encoding="utf-8") as file:
        rows = [r for r in csv.DictReader(file) if int(r["step"]) <= step]
    columns = ["step", *Losses._fields, "gradient_norm", "rate", "seconds"]
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, columns)
        writer.writeheader()
        writer.writerows(rows)
