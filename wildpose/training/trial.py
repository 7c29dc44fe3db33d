"""What a training will cost, from a few steps of it that are thrown away.

The parts of the real run are timed on the recipe's own pictures: moving boxes, a step on each size
of picture, cutting regions, a step of the dense-pose head. Files go to a scratch folder that is
removed, so that their size is known and nothing stays.

A step of the DensePose R-CNN takes minutes on a laptop and its files are large: one picture on the
largest canvas is timed, and time, memory and files of a step are reckoned from it.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from torch import nn

from wildpose.data.mixing import Mixture, Source
from wildpose.data.paste import cut_outs
from wildpose.models.detector import Detector
from wildpose.training import checkpoint
from wildpose.training.checkpoint import TrainingState
from wildpose.training.dense_run import KeptSource, collect, train_dense_head
from wildpose.training.families import family_of
from wildpose.training.loop import StepReport, train_steps
from wildpose.training.optimiser import make_optimiser
from wildpose.training.recipe import Recipe, SourcePart
from wildpose.training.refine import refine_boxes
from wildpose.training.sources import Gathered

REFINED = 6
"""Pictures of a source whose boxes are moved to time it."""
FEW, MANY = 2, 26
"""Regions of a source that are cut to time it: the difference is free of what is done once."""
DENSE_STEPS = 4
"""The first is not counted."""


@dataclass(frozen=True)
class Cost:
    """What a training takes, about.

    Attributes
    ----------
    refining_s, steps_s, regions_s, dense_steps_s : float
        Seconds for moving boxes, for the schedule, for cutting regions, for the dense-pose head's
        schedule. Choosing and calibrating at the end are not in them.
    disk_bytes : int
        Largest size of the model folder, regions and checkpoints among it.
    memory_bytes : int or None
        The most that this process took so far, trial steps among it; None where the system does
        not say. The memory of a graphics card is not in it, but where ``picture_s`` says so.
    picture_s : float or None
        Seconds for one picture on the largest canvas, where steps and memory were reckoned from
        that (memory on the device that was tried); None where whole steps were tried.
    """

    refining_s: float
    steps_s: float
    regions_s: float
    dense_steps_s: float
    disk_bytes: int
    memory_bytes: int | None
    picture_s: float | None = None

    @property
    def seconds(self) -> float:
        """All of it."""
        return self.refining_s + self.steps_s + self.regions_s + self.dense_steps_s


def try_out(network: nn.Module, recipe: Recipe, gathered: Gathered) -> Cost:
    """Time a few steps of a training and reckon what all of it takes.

    Parameters
    ----------
    network : nn.Module
        With the weights to start from, on the device to train on; it is changed.
    recipe : Recipe
    gathered : Gathered

    Raises
    ------
    DataError, UsageError, GuardError
        What the training itself would stop at, as far as these steps meet it.
    """
    if family_of(network).one_picture_tells:
        return _from_one_picture(network, recipe, gathered)
    if not isinstance(network, Detector):
        raise TypeError(f"no way to try out a {type(network).__name__}")
    return _from_steps(network, recipe, gathered)


def _from_one_picture(network: nn.Module, recipe: Recipe, gathered: Gathered) -> Cost:
    schedule = recipe.schedule
    largest = max(schedule.canvases, key=lambda canvas: canvas[0] * canvas[1])
    state, mixture = _fresh(network, recipe, gathered)
    before = _taken_bytes(network)
    reports: list[StepReport] = []
    with tempfile.TemporaryDirectory() as name:
        train_steps(state, replace(mixture, canvases=(largest,)),
                    schedule.model_copy(update={"steps": 1, "batch": 1, "trunk_frozen_steps": 0}),
                    Path(name), reports.append)
    moments = [v for held in state.optimiser.state.values() for v in held.values()
               if isinstance(v, torch.Tensor)]
    weights = _bytes(state.average.values())
    kept = 2 * weights + _bytes(moments)
    after = _taken_bytes(network)
    memory = None
    if before is not None and after is not None:
        # What the process had taken before, to load weights, is used again by gradients and
        # moments: nearly as much. On a card nothing of that kind is in the way.
        once = 0
        if next(network.parameters()).device.type == "cuda":
            once = _bytes(moments) + _bytes(p for p in network.parameters() if p.requires_grad)
        memory = after + (schedule.batch - 1) * max(0, after - before - once)
    picture_s = reports[0].seconds
    return Cost(0.0, schedule.steps * schedule.batch * picture_s, 0.0, 0.0, weights + 2 * kept,
                memory, picture_s)


def _bytes(tensors: Iterable[torch.Tensor]) -> int:
    return sum(t.nbytes for t in tensors)


def _taken_bytes(network: nn.Module) -> int | None:
    """The most memory that was taken so far, on the device of the network."""
    device = next(network.parameters()).device
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device)
    return peak_memory_bytes()


def _fresh(
    network: nn.Module, recipe: Recipe, gathered: Gathered
) -> tuple[TrainingState, Mixture]:
    """What a training begins with."""
    schedule = recipe.schedule
    optimiser = make_optimiser(network, schedule)
    average = {k: v.detach().clone() for k, v in network.state_dict().items()}
    animals = tuple(cut_outs([i for s in gathered.sources if s.share for i in s.images]))
    mixture = Mixture(gathered.sources, animals, tuple(schedule.canvases), recipe.seed,
                      schedule.augmentation)
    return TrainingState(network, average, optimiser), mixture


def _from_steps(detector: Detector, recipe: Recipe, gathered: Gathered) -> Cost:
    weights = sum(v.nbytes for v in detector.state_dict().values())
    checkpoints = [0]
    regions_s = dense_steps_s = 0.0
    with tempfile.TemporaryDirectory() as name:
        scratch = Path(name)
        refining_s = _refining_seconds(detector, recipe.sources, gathered.sources)
        steps_s = 0.0
        if recipe.schedule.steps:
            steps_s = recipe.schedule.steps * _step_seconds(detector, recipe, gathered, scratch)
            checkpoints.append((scratch / "checkpoint.pt").stat().st_size)
        stored = 0
        if recipe.dense_schedule is not None:
            regions_s, stored, kept = _regions(detector, recipe, gathered.sources, scratch)
            step_s = _dense_step_seconds(detector, recipe, kept, scratch)
            dense_steps_s = recipe.dense_schedule.steps * step_s
            checkpoints.append((scratch / "dense_checkpoint.pt").stat().st_size)
    # A new checkpoint is written beside the old one.
    disk = weights + sum(checkpoints) + max(checkpoints) + stored
    return Cost(refining_s, steps_s, regions_s, dense_steps_s, disk, peak_memory_bytes())


def _refining_seconds(
    detector: Detector, parts: Sequence[SourcePart], sources: Sequence[Source]
) -> float:
    seconds = 0.0
    for part, source in zip(parts, sources, strict=True):
        if not part.box_share:
            continue
        sample = source.images[:: -(-len(source.images) // REFINED)]
        refine_boxes(detector, sample[:1], part.box_share)
        started = time.perf_counter()
        refine_boxes(detector, sample, part.box_share)
        seconds += (time.perf_counter() - started) / len(sample) * len(source.images)
    return seconds


def _step_seconds(
    detector: Detector, recipe: Recipe, gathered: Gathered, scratch: Path
) -> float:
    """Mean over the sizes of pictures of one step with the trunk learning; writes a checkpoint."""
    schedule = recipe.schedule
    state, all_sizes = _fresh(detector, recipe, gathered)
    reports: list[StepReport] = []
    for canvas in [schedule.canvases[0], *schedule.canvases]:
        mixture = replace(all_sizes, canvases=(canvas,))
        one_more = schedule.model_copy(
            update={"steps": state.step + 1, "trunk_frozen_steps": 0}
        )
        train_steps(state, mixture, one_more, scratch, reports.append)
    checkpoint.save(state, scratch / "checkpoint.pt", {})
    return sum(r.seconds for r in reports[1:]) / len(schedule.canvases)


def _regions(
    detector: Detector, recipe: Recipe, sources: Sequence[Source], scratch: Path
) -> tuple[float, int, list[KeptSource]]:
    """Seconds and bytes of all regions of a recipe, and some of them."""
    seconds, size = 0.0, 0.0
    found: list[KeptSource] = []
    for number, (part, source) in enumerate(zip(recipe.sources, sources, strict=True)):
        if not (part.regions and part.dense_share):
            continue
        took = []
        for regions in (FEW, MANY):
            folder = scratch / f"{number}-{regions}"
            alone = recipe.model_copy(
                update={"sources": [part.model_copy(update={"regions": regions})]}
            )
            started = time.perf_counter()
            kept = collect(detector, alone, [source], folder)
            took.append(time.perf_counter() - started)
        stored = sum(file.stat().st_size for file in folder.rglob("*.npy"))
        size += stored / MANY * part.regions
        seconds += max(0.0, took[1] - took[0]) / (MANY - FEW) * part.regions
        found += kept
    return seconds, round(size), found


def _dense_step_seconds(
    detector: Detector, recipe: Recipe, kept: Sequence[KeptSource], scratch: Path
) -> float:
    if recipe.dense_schedule is None:
        return 0.0
    short = recipe.dense_schedule.model_copy(update={"steps": DENSE_STEPS})
    reports: list[StepReport] = []
    train_dense_head(detector, recipe.model_copy(update={"dense_schedule": short}), kept, scratch,
                     lambda report, steps: reports.append(report))
    return sum(r.seconds for r in reports[1:]) / (DENSE_STEPS - 1)


def peak_memory_bytes() -> int | None:
    """The most memory that this process has taken; None where the system does not say (Windows)."""
    try:
        import resource
    except ImportError:
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
