"""How the weights are moved: each part of a network at its own rate, and rates over the steps."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import nn

from wildpose.training.families import family_of
from wildpose.training.recipe import SchedulePart

MOMENTUM = 0.9
LOWEST = 0.02
"""What the cosine falls to, of the peak."""
NORMS = (nn.GroupNorm, nn.LayerNorm, nn.modules.batchnorm._BatchNorm)


def parameter_groups(network: nn.Module, schedule: SchedulePart) -> list[dict[str, Any]]:
    """Each part of the network at its own learning rate; a part at rate 0 does not learn."""
    groups = [g for g in family_of(network).groups(network, schedule.rate) if g.parameters]
    for group in groups:
        for parameter in group.parameters:
            parameter.requires_grad_(group.rate > 0)
    return [{"name": g.name, "lr": g.rate, "peak": g.rate, "params": g.parameters}
            for g in groups if g.rate > 0]


def make_optimiser(network: nn.Module, schedule: SchedulePart) -> torch.optim.Optimizer:
    """AdamW, or stochastic gradient descent as the reference implementation of DensePose has it.

    The latter has a momentum of .9, and does not decay the weights of normalisations.
    """
    groups = parameter_groups(network, schedule)
    if schedule.optimiser == "adamw":
        return torch.optim.AdamW(groups, weight_decay=schedule.weight_decay)
    norms = {id(p) for m in network.modules() if isinstance(m, NORMS) for p in m.parameters()}
    parted = [{**group, "params": params, **decay} for group in groups
              for params, decay in _parted(group["params"], norms)]
    return torch.optim.SGD(parted, momentum=MOMENTUM, weight_decay=schedule.weight_decay)


def _parted(
    parameters: list[nn.Parameter], norms: set[int]
) -> list[tuple[list[nn.Parameter], dict[str, float]]]:
    """Those that decay and those of normalisations, as far as there are any."""
    decaying = [p for p in parameters if id(p) not in norms]
    resting = [p for p in parameters if id(p) in norms]
    both: list[tuple[list[nn.Parameter], dict[str, float]]] = [
        (decaying, {}), (resting, {"weight_decay": 0.0})]
    return [(some, decay) for some, decay in both if some]


def rate_factor(step: int, schedule: SchedulePart) -> float:
    """What the rates are multiplied by in this step, the first being 0."""
    rising, warm_up, least = 1.0, schedule.warm_up, schedule.warm_up_from
    if step < warm_up:
        rising = (step + 1) / warm_up if least is None else least + (1 - least) * step / warm_up
    if schedule.drops:
        return rising * 0.1 ** sum(step >= drop for drop in schedule.drops)
    return rising * cosine(max(step, warm_up), warm_up, schedule.steps)


def cosine(step: int, warm_up: int, steps: int) -> float:
    """Linear warm-up, then a cosine down to 2 % of the peak."""
    if step < warm_up:
        return (step + 1) / warm_up
    done = (step - warm_up) / max(1, steps - warm_up)
    return LOWEST + (1 - LOWEST) * 0.5 * (1 + math.cos(math.pi * min(1.0, done)))


def clip(parameters: list[nn.Parameter], schedule: SchedulePart) -> torch.Tensor:
    """Clip gradients, all together by their norm or each number; the norm from before."""
    if schedule.clip_value is None:
        norm: torch.Tensor = nn.utils.clip_grad_norm_(parameters, schedule.clip_gradient)
        return norm
    norm = nn.utils.get_total_norm([p.grad for p in parameters if p.grad is not None])
    nn.utils.clip_grad_value_(parameters, schedule.clip_value)
    return norm
