from __future__ import annotations

import pytest
import torch

from wildpose.data.annotations import read_labelled
from wildpose.data.mixing import Mixture, Source
from wildpose.errors import GuardError
from wildpose.training.checkpoint import TrainingState
from wildpose.training.loop import train_steps
from wildpose.training.optimiser import parameter_groups, rate_factor
from wildpose.training.recipe import SchedulePart

SCHEDULE = SchedulePart(steps=2, batch=1, canvases=[(64, 64)], warm_up=0, trunk_frozen_steps=1)


@pytest.fixture
def mixture(blob_root) -> Mixture:
    images = tuple(read_labelled(blob_root / "blobs"))
    return Mixture((Source("blobs", images, 1.0),), (), ((64, 64),), seed=0)


@pytest.fixture
def state(small_detector) -> TrainingState:
    optimiser = torch.optim.AdamW(parameter_groups(small_detector, SCHEDULE))
    average = {k: v.clone() for k, v in small_detector.state_dict().items()}
    return TrainingState(small_detector, average, optimiser)


def trunk_of(state: TrainingState) -> torch.Tensor:
    return torch.cat([p.detach().flatten() for p in state.model.trunk.parameters()])


def test_every_parameter_is_in_one_group_at_its_own_rate(small_detector):
    groups = parameter_groups(small_detector, SCHEDULE)
    listed = [p for g in groups for p in g["params"]]
    assert {id(p) for p in listed} == {id(p) for p in small_detector.parameters()}
    assert len(listed) == len({id(p) for p in listed})
    assert [g["lr"] for g in groups] == [1e-4, 2e-4, 1e-3]


def test_the_rate_warms_up_and_falls_to_two_hundredths():
    schedule = SchedulePart(steps=100, warm_up=10)
    factors = [rate_factor(step, schedule) for step in range(101)]
    assert factors[0] == pytest.approx(0.1)
    assert factors[9] == factors[10] == 1
    assert factors == sorted(factors[:10]) + sorted(factors[10:], reverse=True)
    assert factors[100] == pytest.approx(0.02)
    assert 0 < rate_factor(150, schedule) <= 0.021


def test_a_frozen_trunk_rests_and_then_moves(state, mixture, tmp_path):
    courses = [trunk_of(state)]
    train_steps(state, mixture, SCHEDULE, tmp_path, lambda _: courses.append(trunk_of(state)))
    start, after_one, after_two = courses
    assert torch.equal(start, after_one)
    assert not torch.equal(after_one, after_two)


def test_reports_say_what_a_step_gave(state, mixture, tmp_path):
    reports = []
    train_steps(state, mixture, SCHEDULE, tmp_path, reports.append)
    assert [r.step for r in reports] == [1, 2]
    assert set(reports[0].losses) == {
        "score", "overlap", "distance", "box_class", "box_move", "mask", "dense_mask", "chart", "uv"
    }
    assert all(r.gradient_norm > 0 and r.seconds > 0 for r in reports)
    assert reports[0].rate == 1


def test_each_group_steps_at_its_own_rate_times_the_factor(state, mixture, tmp_path):
    schedule = SCHEDULE.model_copy(update={"warm_up": 2})
    rates = []
    train_steps(state, mixture, schedule, tmp_path,
                lambda _: rates.append([g["lr"] for g in state.optimiser.param_groups]))
    assert rates[0] == pytest.approx([0.5e-4, 1e-4, 0.5e-3])
    assert rates[1] == pytest.approx([1e-4, 2e-4, 1e-3])


def test_nothing_is_left_to_do_at_the_end_of_the_schedule(state, mixture, tmp_path):
    state.step = SCHEDULE.steps
    train_steps(state, mixture, SCHEDULE, tmp_path, lambda _: pytest.fail("stepped"))


def test_a_loss_that_is_no_number_stops_and_keeps_its_batch(state, mixture, tmp_path):
    with torch.no_grad():
        state.model.box_head.joined.weight[0] = float("inf")
    before = trunk_of(state)
    with pytest.raises(GuardError, match=r"The loss of step 0 is not finite.*not_finite") as caught:
        train_steps(state, mixture, SCHEDULE, tmp_path, lambda _: pytest.fail("stepped"))
    assert caught.value.exit_code == 4
    kept = torch.load(tmp_path / "not_finite_step_0.pt", weights_only=True)
    assert kept["step"] == 0
    assert kept["pictures"].shape == (1, 3, 64, 64)
    assert kept["pictures"].dtype == torch.uint8
    assert torch.equal(before, trunk_of(state))


def test_a_gradient_that_is_no_number_stops_before_it_moves_the_weights(
    state, mixture, tmp_path
):
    bias = state.model.box_head.joined.bias
    bias.register_hook(lambda grad: grad * float("nan"))
    before = bias.detach().clone()
    with pytest.raises(GuardError, match="The gradient of step 0 is not finite"):
        train_steps(state, mixture, SCHEDULE, tmp_path, lambda _: pytest.fail("stepped"))
    assert torch.equal(bias, before)
    assert (tmp_path / "not_finite_step_0.pt").is_file()
