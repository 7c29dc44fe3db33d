"""One optimisation step after another, with everything that can go wrong watched.

Several processes (``torchrun``) share a batch: each takes its part and gradients are averaged.
"""

from __future__ import annotations

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
from wildpose.training.batches import as_tensors, to_device
from wildpose.training.checkpoint import TrainingState
from wildpose.training.families import BatchLosses, family_of
from wildpose.training.optimiser import clip, cosine, rate_factor
from wildpose.training.recipe import SchedulePart

__all__ = ["StepReport", "average_gradients", "cosine", "rank_and_world", "stop_if_not_finite",
           "train_steps"]


@dataclass(frozen=True)
class StepReport:
    """What one step cost and gave; ``of`` is what learnt, for each has a schedule of its own."""

    step: int
    losses: dict[str, float]
    gradient_norm: float
    rate: float
    seconds: float
    of: Literal["network", "dense pose"] = "network"


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
    while state.step < schedule.steps:
        started = time.monotonic()
        with _frozen_trunk(state.model, state.step < schedule.trunk_frozen_steps):
            losses, norm = _one_step(state, mixture, schedule, out)
        state.step += 1
        state.update_average(schedule.average_decay)
        parts = {k: float(v.detach()) for k, v in losses._asdict().items()}
        factor = rate_factor(state.step - 1, schedule)
        on_step(StepReport(state.step, parts, norm, factor, time.monotonic() - started))


def _one_step(
    state: TrainingState, mixture: Mixture, schedule: SchedulePart, out: Path
) -> tuple[BatchLosses, float]:
    rank, world = rank_and_world()
    examples = draw_batch(mixture, state.step, schedule.batch)[rank::world]
    pictures, targets = as_tensors(examples)
    network = state.model
    device = next(network.parameters()).device
    targets = [to_device(t, device) for t in targets]
    generator = torch.Generator().manual_seed(mixture.seed * 1_000_003 + state.step * 64 + rank)
    factor = rate_factor(state.step, schedule)
    for group in state.optimiser.param_groups:
        group["lr"] = group["peak"] * factor
    state.optimiser.zero_grad(set_to_none=True)
    losses = family_of(network).losses(network, pictures.to(device), targets, generator, schedule)
    total = losses.total()
    stop_if_not_finite(total, state.step, pictures, out, "loss")
    total.backward()  # type: ignore[no-untyped-call]  # torch leaves it untyped
    average_gradients(network, world)
    norm = clip([p for p in network.parameters() if p.grad is not None], schedule)
    stop_if_not_finite(norm, state.step, pictures, out, "gradient")
    state.optimiser.step()
    return losses, float(norm)


@contextmanager
def _frozen_trunk(network: nn.Module, frozen: bool) -> Iterator[None]:
    trunk = family_of(network).trunk(network)
    before = [p.requires_grad for p in trunk.parameters()]
    for p in trunk.parameters():
        p.requires_grad_(p.requires_grad and not frozen)
    yield
    for p, learns in zip(trunk.parameters(), before, strict=True):
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
