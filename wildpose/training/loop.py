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
    """What one step cost and gave."""

    step: int
    losses: dict[str, float]
    gradient_norm: float
    rate: float
    seconds: float


def parameter_groups(detector: Detector, schedule: SchedulePart) -> list[dict[str, object]]:
    """Trunk, first stage (with pyramid) and heads, each at its own learning rate."""
    rate = schedule.rate
    parts: list[tuple[str, float, list[nn.Module]]] = [
        ("trunk", rate.trunk, [detector.trunk]),
        ("first_stage", rate.first_stage, [detector.pyramid, detector.first_stage]),
        ("heads", rate.heads, [detector.box_head, detector.mask_head]),
    ]
    return [
        {"name": name, "lr": lr, "peak": lr, "params": [p for m in modules for p in m.parameters()]}
        for name, lr, modules in parts
    ]


def rate_factor(step: int, schedule: SchedulePart) -> float:
    """Linear warm-up, then a cosine down to 2 % of the peak."""
    if step < schedule.warm_up:
        return (step + 1) / schedule.warm_up
    done = (step - schedule.warm_up) / max(1, schedule.steps - schedule.warm_up)
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
        factor = rate_factor(state.step - 1, schedule)
        on_step(StepReport(state.step, parts, norm, factor, time.monotonic() - started))


def _one_step(
    state: TrainingState, detector: Detector, mixture: Mixture, schedule: SchedulePart, out: Path
) -> tuple[Losses, float]:
    rank, world = _rank_and_world()
    examples = draw_batch(mixture, state.step, schedule.batch)[rank::world]
    pictures, targets = as_tensors(examples)
    device = next(detector.parameters()).device
    targets = [to_device(t, device) for t in targets]
    generator = torch.Generator().manual_seed(mixture.seed * 1_000_003 + state.step * 64 + rank)
    for group in state.optimiser.param_groups:
        group["lr"] = group["peak"] * rate_factor(state.step, schedule)
    state.optimiser.zero_grad(set_to_none=True)
    losses = batch_losses(detector, pictures.to(device), targets, generator)
    total = losses.total()
    _stop_if_not_finite(total, state.step, pictures, out, "loss")
    total.backward()  # type: ignore[no-untyped-call]  # torch leaves it untyped
    _average_gradients(detector, world)
    norm = nn.utils.clip_grad_norm_(
        [p for p in detector.parameters() if p.grad is not None], schedule.clip_gradient
    )
    _stop_if_not_finite(norm, state.step, pictures, out, "gradient")
    state.optimiser.step()
    return losses, float(norm)


@contextmanager
def _frozen_trunk(detector: Detector, frozen: bool) -> Iterator[None]:
    for p in detector.trunk.parameters():
        p.requires_grad_(not frozen)
    yield


def _stop_if_not_finite(
    value: torch.Tensor, step: int, pictures: torch.Tensor, out: Path, what: str
) -> None:
    if bool(torch.isfinite(value)):
        return
    path = out / f"not_finite_step_{step}.pt"
    torch.save({"step": step, "pictures": pictures}, path)
    raise GuardError(f"The {what} of step {step} is not finite; its batch was saved as {path}.",
                     "Lower the learning rates, or look at the batch.")


def _rank_and_world() -> tuple[int, int]:
    if dist.is_available() and dist.is_initialized():
        return dist.get_rank(), dist.get_world_size()
    return 0, 1


def _average_gradients(model: nn.Module, world: int) -> None:
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
