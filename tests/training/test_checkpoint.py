from __future__ import annotations

import pytest
import torch
from torch import nn

from wildpose.errors import UsageError
from wildpose.training import checkpoint
from wildpose.training.checkpoint import TrainingState

IDENTITY = {"recipe": "one"}


def fresh(seed: int = 0) -> TrainingState:
    """A small network in place of the detector: only its state matters here."""
    torch.manual_seed(seed)
    net = nn.Linear(3, 2)
    optimiser = torch.optim.AdamW(net.parameters(), lr=0.1)
    return TrainingState(net, {k: v.clone() for k, v in net.state_dict().items()}, optimiser)


def step(state: TrainingState) -> None:
    state.optimiser.zero_grad()
    state.model(torch.ones(1, 3)).square().sum().backward()
    state.optimiser.step()
    state.step += 1
    state.update_average(0.9)


def test_going_on_from_a_checkpoint_is_going_on(tmp_path):
    straight = fresh()
    for _ in range(3):
        step(straight)
    checkpoint.save(straight, tmp_path / "c.pt", IDENTITY)
    resumed = fresh(seed=9)
    checkpoint.load(resumed, tmp_path / "c.pt", IDENTITY)
    assert resumed.step == 3
    for state in (straight, resumed):
        step(state)
    for one, other in ((straight.model.state_dict(), resumed.model.state_dict()),
                       (straight.average, resumed.average)):
        assert all(torch.equal(one[k], other[k]) for k in one)


def test_another_recipe_is_refused_and_the_state_stays_fresh(tmp_path):
    checkpoint.save(fresh(), tmp_path / "c.pt", IDENTITY)
    state = fresh(seed=9)
    with pytest.raises(UsageError, match=r"c\.pt was written with another recipe"):
        checkpoint.load(state, tmp_path / "c.pt", {"recipe": "two"})
    assert torch.equal(state.model.weight, fresh(seed=9).model.weight)


def test_a_kill_while_writing_leaves_the_last_whole_checkpoint(tmp_path, monkeypatch):
    state = fresh()
    checkpoint.save(state, tmp_path / "c.pt", IDENTITY)
    step(state)

    def killed(content, file):
        file.write(b"half")
        raise KeyboardInterrupt

    monkeypatch.setattr(torch, "save", killed)
    with pytest.raises(KeyboardInterrupt):
        checkpoint.save(state, tmp_path / "c.pt", IDENTITY)
    checkpoint.load(state, tmp_path / "c.pt", IDENTITY)
    assert state.step == 0


@pytest.mark.parametrize("content", [b"", b"half of a checkpoint"])
def test_what_is_no_checkpoint_says_what_to_do(tmp_path, content):
    (tmp_path / "c.pt").write_bytes(content)
    with pytest.raises(UsageError, match=r"c\.pt: can't be read as a checkpoint") as caught:
        checkpoint.load(fresh(), tmp_path / "c.pt", IDENTITY)
    assert "Remove it to start anew" in caught.value.remedy


def test_a_file_of_other_tensors_is_no_checkpoint(tmp_path):
    torch.save({"pictures": torch.zeros(1)}, tmp_path / "c.pt")
    with pytest.raises(UsageError, match="can't be read as a checkpoint"):
        checkpoint.load(fresh(), tmp_path / "c.pt", IDENTITY)


def test_the_average_follows_fast_at_first_and_slowly_later():
    early, late = fresh(), fresh()
    late.step = 10_000
    for state in (early, late):
        with torch.no_grad():
            state.model.weight.add_(1.0)
        before = state.average["weight"].clone()
        state.update_average(0.99)
        share = (state.average["weight"] - before) / 1.0
        assert share.mean().item() == pytest.approx(0.9 if state is early else 0.01, abs=1e-3)
