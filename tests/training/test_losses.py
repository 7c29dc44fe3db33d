from __future__ import annotations

import math

import pytest
import torch
from torch.nn import functional

from wildpose.models.detector import Architecture, Detector
from wildpose.models.proposals import DensePrediction, grid_points
from wildpose.training.losses import (
    Losses,
    batch_losses,
    distribution_loss,
    first_stage_losses,
    quality_focal_loss,
)

LEFT, RIGHT = [8.0, 8.0, 40.0, 48.0], [56.0, 16.0, 88.0, 56.0]
BATCHES = {
    "box and mask": [dict(boxes=[LEFT], mask_row=[0])],
    "two classes": [dict(boxes=[LEFT, RIGHT], column=[0, 1], mask_row=[1])],
    "empty": [dict(boxes=[])],
    "boxes without masks": [dict(boxes=[LEFT, RIGHT])],
    "only ignored": [dict(boxes=[], ignore=[[0.0, 0.0, 96.0, 64.0]])],
    "nothing was looked for": [dict(boxes=[], labelled=(False, False))],
    "a class that was not looked for": [dict(boxes=[RIGHT], column=[1], labelled=(True, False))],
    "a sliver": [dict(boxes=[[90.0, 60.0, 92.0, 62.0]], mask_row=[0])],
    "mixed": [dict(boxes=[LEFT], mask_row=[0], weight=0.5), dict(boxes=[])],
}


def measured(detector, make_targets, batch: list[dict]) -> Losses:
    seed = torch.Generator().manual_seed(0)
    pictures = torch.randint(0, 256, (len(batch), 3, 64, 96), dtype=torch.uint8, generator=seed)
    return batch_losses(detector, pictures, [make_targets(**t) for t in batch], seed)


@pytest.mark.parametrize("batch", BATCHES.values(), ids=BATCHES)
def test_losses_and_gradients_are_finite(small_detector, make_targets, batch):
    losses = measured(small_detector, make_targets, batch)
    values = [float(part.detach()) for part in losses]
    assert all(math.isfinite(v) and v >= 0 for v in values)
    losses.total().backward()
    gradients = [p.grad for p in small_detector.parameters() if p.grad is not None]
    assert gradients
    assert all(bool(torch.isfinite(g).all()) for g in gradients)


def test_a_gradient_reaches_every_part(small_detector, make_targets):
    measured(small_detector, make_targets, BATCHES["two classes"]).total().backward()
    for name, part in small_detector.named_children():
        reached = [p.grad is not None and bool(p.grad.any()) for p in part.parameters()]
        assert any(reached), name
    # The box head's last layers start at zero, so what is below them moves from step 2 on.
    head = small_detector.box_head
    assert head.moves.weight.grad.any()
    assert head.classes.weight.grad.any()


@pytest.mark.parametrize(("batch", "silent"), [
    ("empty", {"overlap", "distance", "box_move", "mask"}),
    ("boxes without masks", {"mask"}),
    ("only ignored", {"score", "overlap", "distance", "box_class", "box_move", "mask"}),
    ("nothing was looked for", {"score", "overlap", "distance", "box_class", "box_move", "mask"}),
])
def test_each_loss_sees_only_what_is_labelled(small_detector, make_targets, batch, silent):
    losses = measured(small_detector, make_targets, BATCHES[batch])._asdict()
    without_head = {"dense_mask", "chart", "uv"}
    assert {n for n, v in losses.items() if float(v.detach()) == 0} == silent | without_head


@pytest.fixture
def teacher() -> Detector:
    torch.manual_seed(0)
    return Detector(Architecture(box_width=16, auto_calibration=True, dense_pose=True))


@pytest.mark.parametrize("batch", BATCHES.values(), ids=BATCHES)
def test_with_all_heads_and_uncertainties_losses_and_gradients_are_finite(
    teacher, make_targets, batch
):
    losses = measured(teacher, make_targets, batch)
    assert all(math.isfinite(float(part.detach())) for part in losses)
    losses.total().backward()
    gradients = [p.grad for p in teacher.parameters() if p.grad is not None]
    assert all(bool(torch.isfinite(g).all()) for g in gradients)


def test_masks_teach_the_dense_pose_head_and_every_uncertainty(teacher, make_targets):
    measured(teacher, make_targets, BATCHES["two classes"]).total().backward()
    assert teacher.dense_head.mask.weight.grad.any()
    for head in (teacher.box_head, teacher.mask_head, teacher.dense_head):
        assert head.uncertainty.weight.grad.any()


def test_a_frozen_dense_pose_head_is_not_run(teacher, make_targets):
    for parameter in teacher.dense_head.parameters():
        parameter.requires_grad_(False)
    losses = measured(teacher, make_targets, BATCHES["two classes"])
    assert float(losses.dense_mask.detach()) == float(losses.chart.detach()) == 0


def test_steps_on_one_batch_lower_its_loss(small_detector, make_targets):
    optimiser = torch.optim.AdamW(small_detector.parameters(), lr=1e-3)
    course = []
    for _ in range(8):
        optimiser.zero_grad()
        total = measured(small_detector, make_targets, BATCHES["two classes"]).total()
        total.backward()
        torch.nn.utils.clip_grad_norm_(small_detector.parameters(), 10.0)
        optimiser.step()
        course.append(float(total.detach()))
    assert course[-1] < 0.8 * course[0]


def test_weights_that_are_no_numbers_give_a_loss_that_is_none(small_detector, make_targets):
    with torch.no_grad():
        small_detector.pyramid.reduce[0].weight[0] = float("nan")
    losses = measured(small_detector, make_targets, BATCHES["two classes"])
    assert not torch.isfinite(losses.total())


@pytest.fixture
def dense() -> DensePrediction:
    """An undecided first stage as leaves, to look at single gradients."""
    points = grid_points(8, 12, 8, torch.device("cpu"))
    return DensePrediction(torch.zeros(1, 96, 2, requires_grad=True),
                           torch.zeros(1, 96, 4, 8, requires_grad=True), points)


def test_a_picture_that_was_not_searched_for_people_teaches_nothing_of_people(dense, make_targets):
    first_stage_losses(dense, [make_targets([LEFT], labelled=(True, False))])[0].backward()
    assert dense.logits.grad[..., 0].all()
    assert not dense.logits.grad[..., 1].any()


def test_points_within_an_ignored_region_learn_nothing(dense, make_targets):
    first_stage_losses(dense, [make_targets([], ignore=[LEFT])])[0].backward()
    x, y = dense.points[:, 0], dense.points[:, 1]
    within = (x >= 8) & (x <= 40) & (y >= 8) & (y <= 48)
    assert torch.equal(dense.logits.grad[0].any(1), ~within)


def test_a_draft_counts_half(dense, make_targets):
    whole = first_stage_losses(dense, [make_targets([LEFT])])
    half = first_stage_losses(dense, [make_targets([LEFT], weight=0.5)])
    for one, other in zip(whole, half, strict=True):
        assert float(other.detach()) == pytest.approx(float(one.detach()) / 2)


def test_boxes_of_a_detector_teach_that_there_is_an_animal_but_not_where_it_ends(
    dense, make_targets
):
    whole = first_stage_losses(dense, [make_targets([LEFT])])
    drafted = first_stage_losses(dense, [make_targets([LEFT])._replace(exact_boxes=False)])
    assert float(drafted[0].detach()) == pytest.approx(float(whole[0].detach()))
    assert whole[1].item() > 0
    assert drafted[1].item() == drafted[2].item() == 0



def exact(boxes: list[list[float]]) -> DensePrediction:
    """A first stage whose points say the box that they lie in, and nothing of its class."""
    points = grid_points(8, 12, 8, torch.device("cpu"))
    x, y = points[:, 0], points[:, 1]
    distance_logits = torch.zeros(1, 96, 4, 8)
    for x1, y1, x2, y2 in boxes:
        strides = torch.stack([x - x1, y - y1, x2 - x, y2 - y], 1) / 8
        within = (strides >= 0).all(1)
        distance_logits[0, within] = -30.0
        distance_logits[0, within] += 60.0 * functional.one_hot(strides[within].long(), 8)
    doubtful = torch.full((1, 96, 2), -4.0, requires_grad=True)
    return DensePrediction(doubtful, distance_logits, points)


def test_exact_boxes_have_no_loss_each_against_its_own_animal(make_targets):
    _, overlap, distance = first_stage_losses(
        exact([LEFT, RIGHT]), [make_targets([LEFT, RIGHT], [0, 1])]
    )
    assert float(overlap.detach()) == pytest.approx(0, abs=1e-4)
    assert float(distance.detach()) == pytest.approx(0, abs=1e-4)


def test_each_animal_raises_the_score_of_its_class_within_its_box_and_nowhere_else(make_targets):
    said = exact([LEFT, RIGHT])
    first_stage_losses(said, [make_targets([LEFT, RIGHT], [0, 1])])[0].backward()
    x, y = said.points[:, 0], said.points[:, 1]
    for column, (x1, y1, x2, y2) in enumerate((LEFT, RIGHT)):
        raised = said.logits.grad[0, :, column] < 0
        assert int(raised.sum()) == 10
        assert ((x >= x1) & (y >= y1) & (x <= x2) & (y <= y2))[raised].all()


def test_focal_loss_is_zero_where_the_answer_is_right_and_grows_with_the_gap():
    logits = torch.tensor([0.0, 0.0, 0.0])
    wanted = torch.tensor([0.5, 0.75, 1.0])
    loss = quality_focal_loss(logits, wanted)
    two = math.log(2)
    assert loss.tolist() == pytest.approx([0.0, 0.0625 * two, 0.25 * two])


def test_distances_between_two_bins_share_their_probability():
    point = torch.tensor([[40.0, 40.0, 8.0]])
    box = torch.tensor([[40.0 - 20, 40.0 - 8, 40.0 + 16, 40.0 + 80]])  # 2.5, 1, 2, beyond 7
    logits = torch.full((1, 4, 8), -20.0)
    logits[0, 0, [2, 3]] = 0.0
    logits[0, 1, 1] = logits[0, 2, 2] = logits[0, 3, 7] = 0.0
    best = float(distribution_loss(logits, point, box))
    two = math.log(2)
    assert best == pytest.approx((two + 0.01 * 20) / 4, abs=0.01)
    for worse in ([0, 0, 2], [0, 1, 1], [0, 2, 2]):
        shifted = logits.clone()
        shifted[tuple(worse)] -= 2.0
        assert float(distribution_loss(shifted, point, box)) > best - 1e-6
