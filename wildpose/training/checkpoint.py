"""What a stopped training run needs to go on as if nothing had happened."""

from __future__ import annotations

import os
import pickle
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from wildpose.errors import UsageError


@dataclass
class TrainingState:
    """Everything that changes while training.

    Attributes
    ----------
    model : nn.Module
    average : dict
        Exponential moving average of the model's state; this is what is shipped.
    optimiser : torch.optim.Optimizer
    step : int
        Steps done.
    """

    model: nn.Module
    average: dict[str, Tensor]
    optimiser: torch.optim.Optimizer
    step: int = 0

    def update_average(self, decay: float) -> None:
        """Move the average a little towards the model; fast at the start."""
        share = 1 - min(decay, (1 + self.step) / (10 + self.step))
        with torch.no_grad():
            for name, value in self.model.state_dict().items():
                if value.dtype.is_floating_point:
                    self.average[name].lerp_(value, share)


def save(state: TrainingState, path: Path, identity: Mapping[str, Any]) -> None:
    """Write beside and rename, so that a kill leaves the last whole checkpoint."""
    content = {
        "identity": dict(identity),
        "step": state.step,
        "model": state.model.state_dict(),
        "average": state.average,
        "optimiser": state.optimiser.state_dict(),
    }
    beside = path.with_suffix(".part")
    with beside.open("wb") as file:
        torch.save(content, file)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)


def load(state: TrainingState, path: Path, identity: Mapping[str, Any]) -> None:
    """Fill a fresh state from a checkpoint.

    Raises
    ------
    UsageError
        The checkpoint belongs to another recipe, or is none.
    """
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
        written_with = content["identity"]
    except (OSError, EOFError, RuntimeError, KeyError, TypeError, pickle.UnpicklingError) as error:
        raise UsageError(f"{path}: can't be read as a checkpoint.",
                         "Remove it to start anew, or choose another --out.") from error
    if written_with != dict(identity):
        raise UsageError(f"{path} was written with another recipe.",
                         "Choose another --out, or remove the folder to start anew.")
    state.model.load_state_dict(content["model"])
    state.average = {k: v.to(state.average[k].device) for k, v in content["average"].items()}
    state.optimiser.load_state_dict(content["optimiser"])
    state.step = content["step"]
