"""One optimisation step after another, with everything that can go wrong watched.

Several processes (``torchrun``) share a batch: each takes its part and gradients are averaged.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import torch
import torch.distributed as dist
from torch import nn

from wildpose.data.mixing import Mixture, draw_batch
from wildpose.errors import GuardError
from wildpose.models.detector import Detector
from wildpose.training.batches import as_tensors, to_device
from wildpose.training.checkpoint import TrainingState
from wildpose.training.losses import Losses, batch_losses
from wildpose.training.recipe import SchedulePart


@dataclass(frozen=True)
class StepReport:
    """What one step cost and gave; ``of`` is what learnt, for each has a schedule of its own."""

    step: int
    losses: dict[str, float]
    gradient_norm: float
    rate: float
    seconds: float
    of: Literal["network", "dense pose"] = "network"


def parameter_groups(detector: Detector, schedule: SchedulePart) -> list[dict[str, object]]:
    """Each part of the network at its own learning rate; a part at rate 0 does not learn."""
    parts = [
        (name, rate, parameters)
        for name, rate, parameters in _parts(detector, schedule) if parameters
    ]
    for _, rate, parameters in parts:
        for parameter in parameters:
            parameter.requires_grad_(rate > 0)
    return [{"name": n, "lr": r, "peak": r, "params": p} for n, r, p in parts if r > 0]


def _parts(
    detector: Detector, schedule: SchedulePart
) -> list[tuple[str, float, list[nn.Parameter]]]:
    rate = schedule.rate
    heads: list[nn.Module] = [detector.box_head, detector.mask_head]
    uncertainty = [p for h in heads for n, p in h.named_parameters() if n.startswith("uncertainty")]
    taken = {id(p) for p in uncertainty}
    dense = [] if detector.dense_head is None else list(detector.dense_head.parameters())
    first = [*detector.pyramid.parameters(), *detector.first_stage.parameters()]
    answers = [p for h in heads for p in h.parameters() if id(p) not in taken]
    return [
        ("trunk", rate.trunk, list(detector.trunk.parameters())),
        ("first_stage", rate.first_stage, first),
        ("heads", rate.heads, answers),
        ("uncertainty", rate.heads if rate.uncertainty is None else rate.uncertainty, uncertainty),
        ("dense_head", rate.heads if rate.dense_head is None else rate.dense_head, dense),
    ]


def cosine(step: int, warm_up: int, steps: int) -> float:
    """Linear warm-up, then a cosine down to 2 % of the peak."""
    if step < warm_up:
        return (step + 1) / warm_up
    done = (step - warm_up) / max(1, steps - warm_up)
    return 0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * min(1.0, done)))


def train_steps(
    state: TrainingState,
    mixture: Mixture,
    schedule: SchedulePart,
    out: Path,
    on_step: Callable[[StepReport], None],
) -> None:
    """Step from ``state.step`` to the end of the schedule.

    Raises
    ------
    GuardError
        The loss or a gradient is no longer finite; the batch is saved in ``out``.
    """
    detector = state.model
    while state.step < schedule.steps:
        started = time.monotonic()
        with _frozen_trunk(detector, state.step < schedule.trunk_frozen_steps):
            losses, norm = _one_step(state, detector, mixture, schedule, out)
        state.step += 1
        state.update_average(schedule.average_decay)
        parts = {k: float(v.detach()) for k, v in losses._asdict().items()}
        factor = cosine(state.step - 1, schedule.warm_up, schedule.steps)
        on_step(StepReport(state.step, parts, norm, factor, time.monotonic() - started))


def _one_step(
    state: TrainingState, detector: Detector, mixture: Mixture, schedule: SchedulePart, out: Path
) -> tuple[Losses, float]:
    rank, world = rank_and_world()
    examples = draw_batch(mixture, state.step, schedule.batch)[rank::world]
    pictures, targets = as_tensors(examples)
    device = next(detector.parameters()).device
    targets = [to_device(t, device) for t in targets]
    generator = torch.Generator().manual_seed(mixture.seed * 1_000_003 + state.step * 64 + rank)
    factor = cosine(state.step, schedule.warm_up, schedule.steps)
    for group in state.optimiser.param_groups:
        group["lr"] = group["peak"] * factor
    state.optimiser.zero_grad(set_to_none=True)
    losses = batch_losses(detector, pictures.to(device), targets, generator)
    total = losses.total()
    stop_if_not_finite(total, state.step, pictures, out, "loss")
    total.backward()  # type: ignore[no-untyped-call]  # torch leaves it untyped
    average_gradients(detector, world)
    norm = nn.utils.clip_grad_norm_(
        [p for p in detector.parameters() if p.grad is not None], schedule.clip_gradient
    )
    stop_if_not_finite(norm, state.step, pictures, out, "gradient")
    state.optimiser.step()
    return losses, float(norm)


@contextmanager
def _frozen_trunk(detector: Detector, frozen: bool) -> Iterator[None]:
    before = [p.requires_grad for p in detector.trunk.parameters()]
    for p in detector.trunk.parameters():
        p.requires_grad_(p.requires_grad and not frozen)
    yield
    for p, learns in zip(detector.trunk.parameters(), before, strict=True):
        p.requires_grad_(learns)


def stop_if_not_finite(
    value: torch.Tensor, step: int, pictures: torch.Tensor, out: Path, what: str
) -> None:
    """Raise GuardError where a loss or gradient is no number; the batch is saved in ``out``."""
    if bool(torch.isfinite(value)):
        return
    path = out / f"not_finite_step_{step}.pt"
    torch.save({"step": step, "pictures": pictures}, path)
    raise GuardError(f"The {what} of step {step} is not finite; its batch was saved as {path}.",
                     "Lower the learning rates, or look at the batch.")


def rank_and_world() -> tuple[int, int]:
    """Number of this process and number of processes; 0 and 1 without ``torchrun``."""
    if dist.is_available() and dist.is_initialized():
        return dist.get_rank(), dist.get_world_size()
    return 0, 1


def average_gradients(model: nn.Module, world: int) -> None:
    """Mean of the gradients of all processes, in place."""
    if world == 1:
        return
    for p in model.parameters():
        if p.requires_grad and p.grad is None:
            p.grad = torch.zeros_like(p)
    grads = [p.grad for p in model.parameters() if p.grad is not None]
    flat = torch.cat([g.flatten() for g in grads])
    dist.all_reduce(flat)
    flat /= world
    start = 0
    for grad in grads:
        grad.copy_(flat[start : start + grad.numel()].view_as(grad))
        start += grad.numel()
