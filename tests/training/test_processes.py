"""Several processes train as one: the mean of their gradients moves the same weights."""

from __future__ import annotations

import csv
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from wildpose.data.mixing import Mixture, draw_batch
from wildpose.errors import UsageError
from wildpose.training.batches import as_tensors
from wildpose.training.losses import batch_losses
from wildpose.training.optimiser import clip
from wildpose.training.processes import own_device
from wildpose.training.recipe import read_recipe
from wildpose.training.run import _fresh_state, _seed
from wildpose.training.sources import gather

pytestmark = pytest.mark.long
# Descent without moments: roundings stay roundings.
CHANGES = {"hold_out.share": 0, "schedule.steps": 2, "schedule.optimiser": "sgd",
           "schedule.trunk_frozen_steps": 0, "schedule.canvases": [[64, 96]]}


def by_hand(recipe_path: Path) -> dict[str, torch.Tensor]:
    """The weights after both steps, each on the mean gradient of the two halves of its batch."""
    recipe = read_recipe(recipe_path)
    _seed(recipe.seed)
    sources = gather(recipe, recipe_path.parent).sources
    state, schedule = _fresh_state(recipe, recipe_path.parent, "cpu"), recipe.schedule
    mixture = Mixture(sources, (), tuple(schedule.canvases), recipe.seed)
    for step in range(schedule.steps):
        examples = draw_batch(mixture, step, schedule.batch)
        state.optimiser.zero_grad()
        for rank in (0, 1):
            pictures, targets = as_tensors(examples[rank::2])
            generator = torch.Generator().manual_seed(recipe.seed * 1_000_003 + step * 64 + rank)
            (batch_losses(state.model, pictures, targets, generator).total() / 2).backward()
        for group in state.optimiser.param_groups:
            group["lr"] = group["peak"] * (step + 1) / schedule.warm_up
        clip([p for p in state.model.parameters() if p.grad is not None], schedule)
        state.optimiser.step()
        state.step += 1
        state.update_average(schedule.average_decay)
    return state.average


def test_two_processes_of_torchrun_are_one_training(write_recipe, tmp_path):
    recipe, out = write_recipe(CHANGES), tmp_path / "model"
    program = shutil.which("wildpose", path=str(Path(sys.executable).parent))
    assert program, "wildpose is not installed beside this Python"
    call = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2",
            "--no-python", program, "train", str(recipe), "--out", str(out), "--json"]
    done = subprocess.run(call, capture_output=True, text=True, check=False,
                          env={**os.environ, "OMP_NUM_THREADS": "1"})
    assert done.returncode == 0, done.stderr[-2000:]
    assert len(done.stdout.splitlines()) == 1  # one of them speaks
    with (out / "curves.csv").open(encoding="utf-8") as file:
        assert [row["step"] for row in csv.DictReader(file)] == ["1", "2"]
    learnt, wanted = load_file(out / "weights.safetensors"), by_hand(recipe)
    assert learnt.keys() == wanted.keys()
    for name, value in wanted.items():
        torch.testing.assert_close(learnt[name], value, rtol=1e-4, atol=1e-6)


def test_each_process_takes_a_card_of_its_own(monkeypatch):
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    assert own_device("cuda") == "cuda"
    monkeypatch.setenv("LOCAL_RANK", "1")
    assert (own_device("cpu"), own_device("cuda")) == ("cpu", "cuda:1")
    monkeypatch.setenv("LOCAL_RANK", "2")
    with pytest.raises(UsageError, match="process 3 of this machine has no graphics card"):
        own_device("cuda")
