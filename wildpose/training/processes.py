"""Several processes that train one network together, as ``torchrun`` starts them."""

from __future__ import annotations

import os

import torch
import torch.distributed as dist

from wildpose.errors import UsageError


def is_chief() -> bool:
    """Whether this process writes and speaks for all: the first, or the only one."""
    return int(os.environ.get("RANK", "0")) == 0


def own_device(device: str) -> str:
    """The device of this process: of several on one machine each takes a graphics card of its own.

    Raises
    ------
    UsageError
        There are fewer cards than processes.
    """
    if device != "cuda" or "LOCAL_RANK" not in os.environ:
        return device
    number = int(os.environ["LOCAL_RANK"])
    if number >= torch.cuda.device_count():
        raise UsageError(f"--device cuda: process {number + 1} of this machine has no graphics "
                         f"card; there are {torch.cuda.device_count()}.",
                         "Start as many processes as there are cards (--nproc-per-node).")
    return f"cuda:{number}"


def join(device: str) -> None:
    """Meet the other processes, where there are any: over NCCL between cards, else over Gloo."""
    if "RANK" not in os.environ or dist.is_initialized():
        return
    on_card = torch.device(device).type == "cuda"
    if on_card:
        torch.cuda.set_device(device)
    dist.init_process_group("nccl" if on_card else "gloo")


def part() -> None:
    """Leave the others, once all have come so far."""
    if dist.is_available() and dist.is_initialized():
        dist.barrier()
        dist.destroy_process_group()
