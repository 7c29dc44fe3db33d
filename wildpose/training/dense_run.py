"""Train the dense-pose head alone, on kept regions of the frozen network.

Trunk, pyramid and the other heads stay as they are to the last bit, so boxes and masks do not
change. A step on kept regions costs a tenth of one on whole pictures.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from wildpose.data.annotations import LabelledImage
from wildpose.data.mixing import Mixture, Source, draw_batch
from wildpose.data.paste import cut_outs
from wildpose.errors import UsageError
from wildpose.models.dense_head import DenseHead, PooledRegions, pool_regions
from wildpose.models.detector import Detector
from wildpose.training import checkpoint
from wildpose.training.batches import as_tensors, to_device
from wildpose.training.checkpoint import TrainingState
from wildpose.training.dense_losses import dense_losses
from wildpose.training.loop import (
    StepReport,
    average_gradients,
    cosine,
    rank_and_world,
    stop_if_not_finite,
)
from wildpose.training.recipe import DensePart, Recipe, SourcePart
from wildpose.training.region_store import RegionStore, open_store
from wildpose.training.regions import RegionTruth, truth_regions
from wildpose.training.twins import (
    mirrored_regions,
    mirrored_truth,
    side_by_side,
    twin_loss,
    twin_pictures,
)

PICTURES = 4
"""Pictures that go through the network at a time while regions are cut."""
BARREN = 60
"""So many batches in a row without a region, and a source has nothing to give."""


@dataclass(frozen=True)
class KeptSource:
    """Kept regions of one source and how often they are drawn."""

    store: RegionStore
    share: float
    twins: bool


def train_dense_head(
    detector: Detector,
    recipe: Recipe,
    kept: Sequence[KeptSource],
    out: Path,
    on_step: Callable[[StepReport, int], None],
) -> TrainingState:
    """Step the dense-pose head from ``OUT/dense_checkpoint.pt``, or from where it is.

    Parameters
    ----------
    detector : Detector
        With a dense-pose head; all other parts are frozen.
    recipe : Recipe
        With a ``dense_schedule``.
    kept : sequence of KeptSource
        What :func:`collect` cut.
    out : Path
        For the checkpoint.
    on_step : callable
        Called with each report and the number of steps in all.

    Raises
    ------
    UsageError
        The checkpoint is of another recipe.
    GuardError
        The loss or its gradient is no longer finite.
    """
    schedule, head = recipe.dense_schedule, detector.dense_head
    if schedule is None or head is None:
        raise ValueError("a recipe without a dense-pose head or without its schedule")
    for parameter in detector.parameters():
        parameter.requires_grad_(False)
    for parameter in head.parameters():
        parameter.requires_grad_(True)
    optimiser = torch.optim.AdamW(
        [{"params": list(head.parameters()), "peak": schedule.rate}], lr=schedule.rate,
        weight_decay=recipe.schedule.weight_decay,
    )
    average = {k: v.detach().clone() for k, v in detector.state_dict().items()}
    state = TrainingState(detector, average, optimiser)
    saved = out / "dense_checkpoint.pt"
    identity = {"recipe": recipe.model_dump_json()}
    if saved.exists():
        checkpoint.load(state, saved, identity)
    while state.step < schedule.steps:
        report = _step(state, head, kept, recipe.seed, schedule, out)
        if rank_and_world()[0] == 0:
            on_step(report, schedule.steps)
            if state.step % schedule.checkpoint_every == 0 or state.step == schedule.steps:
                checkpoint.save(state, saved, identity)
    return state


def collect(
    detector: Detector, recipe: Recipe, sources: Sequence[Source], folder: Path
) -> list[KeptSource]:
    """Cut the regions that each source declares into a folder; what is there already is used.

    Parameters
    ----------
    detector : Detector
        Its trunk and pyramid are what regions hang on.
    recipe : Recipe
    sources : sequence of Source
        The recipe's sources in its order, without what is kept out.
    folder : Path

    Raises
    ------
    UsageError
        A source that declares regions has no animal with a mask or points.
    DataError
        A picture that can't be read, a folder that can't be written.
    """
    weights = _digest(detector)
    found = []
    for part, source in zip(recipe.sources, sources, strict=True):
        if part.regions and part.dense_share:
            store = _collect_source(detector.eval(), recipe, part, source, folder, weights)
            found.append(KeptSource(store, part.dense_share, part.twins))
    return found


def _collect_source(
    detector: Detector, recipe: Recipe, part: SourcePart, source: Source, folder: Path,
    weights: str,
) -> RegionStore:
    rank, world = rank_and_world()
    schedule = recipe.schedule
    identity: dict[str, Any] = {
        "weights": weights, "seed": recipe.seed, "canvases": [list(c) for c in schedule.canvases],
        "source": part.model_dump(mode="json", exclude={"share", "dense_share"}),
        "hold_out": recipe.hold_out.model_dump(mode="json"),
    }
    capacity = 2 * -(-part.regions // (2 * world))
    place = folder / f"{part.name.replace(' ', '-')}-{rank}-of-{world}"
    store = open_store(place, capacity, detector.trunk.channels[0], identity)
    known = tuple(i for i in source.images if part.twins or teaches_dense_pose(i))
    if not known:
        raise UsageError(f"Source {part.name}: no animal with a mask or points in it.",
                         "Set its `regions` to 0, or give it annotations.")
    mixture = Mixture((replace(source, images=known, share=1.0),), tuple(cut_outs(known)),
                      tuple(schedule.canvases), recipe.seed)
    rows, batches = store.progress
    barren = 0
    while rows < capacity:
        pooled, truth = _cut(detector, mixture, batches * world + rank, part.twins)
        batches += 1
        barren = 0 if len(truth.mask) else barren + 1
        if barren == BARREN:
            raise UsageError(f"Source {part.name}: {BARREN * PICTURES} pictures in a row without "
                             "an animal large enough.", "Set its `regions` to 0.")
        rows = store.append(pooled, truth, batches)
    return store


def teaches_dense_pose(image: LabelledImage) -> bool:
    """Whether an animal of a picture has a mask or points."""
    with_points = any("dp_x" in a or a.get("part_points") for a in image.annotations)
    return with_points or any(m is not None for m in image.masks)


@torch.no_grad()
def _cut(
    detector: Detector, mixture: Mixture, number: int, twins: bool
) -> tuple[PooledRegions, RegionTruth]:
    examples = draw_batch(mixture, number, PICTURES)
    generator = torch.Generator().manual_seed(mixture.seed * 1_000_003 + number)
    device = next(detector.parameters()).device
    pictures, targets = as_tensors(examples)
    targets = [to_device(t, device) for t in targets]
    regions, truth = truth_regions(targets, generator, any_box=twins)
    pooled = pool_regions(detector.features(pictures.to(device)).maps, regions)
    if not twins:
        return pooled, truth
    rng = np.random.default_rng([mixture.seed, number, 2])
    other, _ = as_tensors(twin_pictures(examples, rng))
    turned = mirrored_regions(regions, int(other.shape[-1]))
    pooled_other = pool_regions(detector.features(other.to(device)).maps, turned)
    return side_by_side((pooled, truth), (pooled_other, mirrored_truth(truth)))


def _step(
    state: TrainingState, head: DenseHead, kept: Sequence[KeptSource], seed: int,
    schedule: DensePart, out: Path,
) -> StepReport:
    started = time.monotonic()
    rank, world = rank_and_world()
    device = next(head.parameters()).device
    pooled, truth, first = draw_regions(kept, seed, state.step * world + rank,
                                        -(-schedule.batch // world))
    pooled = PooledRegions(*(f.to(device) for f in pooled)).channels_last()
    truth = RegionTruth(*(f.to(device) for f in truth))
    generator = torch.Generator().manual_seed(seed * 1_000_003 + state.step * 64 + rank)
    factor = _rate(state, schedule)
    state.optimiser.zero_grad(set_to_none=True)
    answer = head(pooled)
    losses = dense_losses(answer, truth, generator)
    apart = schedule.twin_weight * twin_loss(answer, first.to(device))
    total = losses.total() + apart
    stop_if_not_finite(total, state.step, pooled.near, out, "loss")
    total.backward()  # type: ignore[no-untyped-call]  # torch leaves it untyped
    average_gradients(head, world)
    norm = nn.utils.clip_grad_norm_(head.parameters(), schedule.clip_gradient)
    stop_if_not_finite(norm, state.step, pooled.near, out, "gradient")
    state.optimiser.step()
    state.step += 1
    state.update_average(schedule.average_decay)
    parts = {k: float(v.detach()) for k, v in {**losses._asdict(), "twins": apart}.items()}
    return StepReport(state.step, parts, float(norm), factor, time.monotonic() - started,
                      "dense pose")


def _rate(state: TrainingState, schedule: DensePart) -> float:
    factor = cosine(state.step, schedule.warm_up, schedule.steps)
    for group in state.optimiser.param_groups:
        group["lr"] = group["peak"] * factor
    return factor


def draw_regions(
    kept: Sequence[KeptSource], seed: int, number: int, size: int
) -> tuple[PooledRegions, RegionTruth, Tensor]:
    """``size`` regions by the sources' shares; a function of seed and number alone.

    Returns
    -------
    PooledRegions, RegionTruth
    int64 [T]
        Rows whose twin is the next row; of a source with twins both are drawn.
    """
    rng = np.random.default_rng([seed, number, 0xD])
    shares = np.array([k.share for k in kept])
    chosen = rng.choice(len(kept), size=size, p=shares / shares.sum())
    drawn, rows = [], 0
    first: list[int] = []
    for i, source in enumerate(kept):
        count = int(np.count_nonzero(chosen == i))
        if source.twins:
            pair = 2 * rng.integers(source.store.capacity // 2, size=-(-count // 2))
            first.extend(range(rows, rows + 2 * len(pair), 2))
            index = np.stack([pair, pair + 1], 1).ravel()
        else:
            index = rng.integers(source.store.capacity, size=count)
        if len(index):
            drawn.append(source.store.read(index))
        rows += len(index)
    pooled = PooledRegions(*(torch.cat(f) for f in zip(*(p for p, _ in drawn), strict=True)))
    truth = RegionTruth(*(torch.cat(f) for f in zip(*(t for _, t in drawn), strict=True)))
    return pooled, truth, torch.tensor(first, dtype=torch.long)


def _digest(detector: Detector) -> str:
    """Of what regions hang on: trunk and pyramid."""
    sha = hashlib.sha256()
    for module in (detector.trunk, detector.pyramid):
        for name, value in sorted(module.state_dict().items()):
            sha.update(name.encode())
            sha.update(value.detach().cpu().contiguous().numpy().tobytes())
    return sha.hexdigest()
