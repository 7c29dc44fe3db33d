"""What a training will do, whether all that it needs is there, and what it costs."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from wildpose.data.annotations import LabelledImage
from wildpose.data.mixing import Source
from wildpose.errors import GuardError, WildposeError
from wildpose.training.families import family_of
from wildpose.training.recipe import (
    ModelPart,
    Recipe,
    SourcePart,
    data_root,
    read_recipe,
    resolve,
)
from wildpose.training.sources import Gathered, gather, labelled_pictures
from wildpose.training.trial import Cost, try_out
from wildpose.types import ClassId


@dataclass(frozen=True)
class SourcePlan:
    """What is learnt from one source.

    Attributes
    ----------
    name : str
    pictures : int
        Without those that are kept out.
    animals, people : int
        Their labels; without crowds and the like, of which nothing is learnt.
    masks : int
        Of those labels with a mask.
    drawn : int
        Pictures that the schedule draws from here, about.
    regions, regions_drawn : int
        Regions that are cut for the dense-pose head, and how many it draws, about.
    """

    name: str
    pictures: int
    animals: int
    people: int
    masks: int
    drawn: int
    regions: int
    regions_drawn: int


@dataclass(frozen=True)
class Plan:
    """What a recipe will do here.

    Attributes
    ----------
    recipe : str
    steps, batch : int
    canvases : tuple of (int, int)
        Heights and widths.
    dense_steps, dense_batch : int
        Of the dense-pose head's own schedule; 0 without one.
    starts_from : tuple of str
        Model folder or files; empty where the network starts fresh.
    sources : tuple of SourcePlan
        Empty where a source can't be used.
    held_out : int
    problems : tuple of str
        All that is missing or can't be used, one line each. With any there is no cost.
    cost : Cost or None
    """

    recipe: str
    steps: int
    batch: int
    canvases: tuple[tuple[int, int], ...]
    dense_steps: int
    dense_batch: int
    starts_from: tuple[str, ...]
    sources: tuple[SourcePlan, ...]
    held_out: int
    problems: tuple[str, ...]
    cost: Cost | None

    def as_json(self) -> dict[str, Any]:
        """As `wildpose train --dry-run --json` prints it."""
        cost = None if self.cost is None else {"seconds": self.cost.seconds, **asdict(self.cost)}
        return {**asdict(self), "cost": cost}


def plan(recipe_path: Path, out: Path | None = None, *, device: str = "cpu") -> Plan:
    """Look at all that a recipe names, and try some steps if nothing is missing.

    Parameters
    ----------
    recipe_path : Path
    out : Path, optional
        The model folder: whether it can be made, and whether the disk has room. It is not made.
    device : str
        A torch device.

    Raises
    ------
    UsageError
        The recipe itself can't be read.
    """
    recipe, folder = read_recipe(recipe_path), recipe_path.parent
    problems = [*_device_problems(device), *_out_problems(out)]
    network, starts_from = _starting_network(recipe.model, folder, problems)
    gathered = _gathered(recipe, folder, problems)
    cost = None
    if gathered is not None and not problems:
        cost = _cost(network.to(device), recipe, gathered, problems)
    if cost is not None and out is not None:
        problems += _room_problems(out, cost.disk_bytes)
    dense = recipe.dense_schedule
    return Plan(
        recipe.name, recipe.schedule.steps, recipe.schedule.batch, tuple(recipe.schedule.canvases),
        dense.steps if dense else 0, dense.batch if dense else 0, starts_from,
        _source_plans(recipe, gathered.sources) if gathered else (),
        len(gathered.held_out) if gathered else 0, tuple(problems), cost,
    )


def _device_problems(device: str) -> list[str]:
    try:
        torch.zeros(1, device=device)
    except (RuntimeError, AssertionError) as error:  # torch raises both for a card that is missing
        return [f"--device {device}: can't be used here ({str(error).splitlines()[0]})."]
    return []


def _out_problems(out: Path | None) -> list[str]:
    if out is None:
        return []
    there = _nearest(out)
    if there.is_dir() and os.access(there, os.W_OK):
        return []
    return [f"{out}: can't be made a folder. Choose another --out."]


def _room_problems(out: Path, needed_bytes: int) -> list[str]:
    free = shutil.disk_usage(_nearest(out)).free
    if free >= needed_bytes:
        return []
    return [f"{out}: {free / 1e9:.1f} GB are free, about {needed_bytes / 1e9:.1f} GB are needed. "
            "Make room, or choose another --out."]


def _nearest(path: Path) -> Path:
    """The path, or the nearest of its parents that is there."""
    path = path.absolute()
    return next(p for p in (path, *path.parents) if p.exists())


def _starting_network(
    model: ModelPart, recipe_folder: Path, problems: list[str]
) -> tuple[nn.Module, tuple[str, ...]]:
    """The network with what can be loaded; each file that can't is a problem of its own."""
    family = family_of(model)
    network = family.fresh(model)
    starts = family.starts(network, model, recipe_folder)
    for start in starts:
        try:
            start.load()
        except WildposeError as error:
            problems.append(_one_line(error))
    return network, tuple(start.name for start in starts)


def _gathered(recipe: Recipe, recipe_folder: Path, problems: list[str]) -> Gathered | None:
    """The pictures as training parts them; None, and a problem for each source, if it can't."""
    try:
        gathered = gather(recipe, recipe_folder)
    except WildposeError as error:
        found = _source_problems(recipe.sources, recipe_folder)
        problems += found or [_one_line(error)]
        return None
    named = [(f"Source {s.name}", s.images) for s in gathered.sources]
    for name, images in [*named, ("Kept out", gathered.held_out)]:
        problems += _missing_files(name, images)
    return gathered


def _source_problems(parts: Sequence[SourcePart], recipe_folder: Path) -> list[str]:
    found = []
    if not data_root().is_dir():
        found.append(f"{data_root()}: there is no such folder of data. "
                     "Set WILDPOSE_DATA to the folder of yours.")
    for part in parts:
        try:
            found += _missing_files(f"Source {part.name}", labelled_pictures(part, recipe_folder))
        except WildposeError as error:
            line = _one_line(error)
            named = line.startswith(f"Source {part.name}")
            found.append(line if named else f"Source {part.name}: {line}")
            pictures = resolve(part.pictures, recipe_folder) if part.pictures else None
            if pictures is not None and not pictures.is_dir():
                found.append(f"Source {part.name}: {pictures}: there is no such folder. "
                             "Copy the pictures there, or correct `pictures`.")
    return found


def _missing_files(name: str, images: Sequence[LabelledImage]) -> list[str]:
    missing = [i.path for i in images if not i.path.is_file()]
    if not missing:
        return []
    return [f"{name}: {len(missing):,} of {len(images):,} picture files are missing, "
            f"such as {missing[0]}. Copy them there, or correct `pictures`."]


def _cost(
    network: nn.Module, recipe: Recipe, gathered: Gathered, problems: list[str]
) -> Cost | None:
    try:
        return try_out(network, recipe, gathered)
    except GuardError:
        problems.append("The loss or its gradient is no number in the first steps. "
                        "Lower the learning rates, or check the starting weights.")
    except WildposeError as error:
        problems.append(_one_line(error))
    return None


def _source_plans(recipe: Recipe, sources: Sequence[Source]) -> tuple[SourcePlan, ...]:
    schedule, dense = recipe.schedule, recipe.dense_schedule
    drawn = schedule.steps * schedule.batch
    of_regions = dense.steps * dense.batch if dense else 0
    whole = sum(p.share for p in recipe.sources) or 1.0
    cut = [p.dense_share if p.regions else 0.0 for p in recipe.sources]
    found = []
    for part, source, share in zip(recipe.sources, sources, cut, strict=True):
        classes = np.concatenate([i.class_id[~i.ignore] for i in source.images])
        masks = sum(m is not None and not skipped for i in source.images
                    for m, skipped in zip(i.masks, i.ignore, strict=True))
        found.append(SourcePlan(
            part.name, len(source.images), int((classes == ClassId.ANIMAL).sum()),
            int((classes == ClassId.PERSON).sum()), masks, round(drawn * part.share / whole),
            part.regions if dense and share else 0,
            round(of_regions * share / (sum(cut) or 1.0)),
        ))
    return tuple(found)


def _one_line(error: WildposeError) -> str:
    return " ".join(str(error).split())
