from __future__ import annotations

import torch

from wildpose.models.proposals import (
    DensePrediction,
    FirstStage,
    ProposalLimits,
    grid_points,
    propose,
)

CPU = torch.device("cpu")


def sure(bins: list[int]) -> torch.Tensor:
    """Distance logits that leave no doubt about left, top, right and bottom."""
    logits = torch.full((4, 8), -50.0)
    logits[range(4), bins] = 50.0
    return logits


def dense(scores: list[tuple[float, float]], bins: list[list[int]], at: list) -> DensePrediction:
    """One picture: animal and person probability, distances and place of every point."""
    logits = torch.tensor(scores).logit()[None]
    return DensePrediction(logits, torch.stack([sure(b) for b in bins])[None], torch.tensor(at))


def test_points_stand_at_column_times_stride():
    points = grid_points(2, 3, 16, CPU)
    assert points.tolist() == [[0, 0, 16], [16, 0, 16], [32, 0, 16],
                               [0, 16, 16], [16, 16, 16], [32, 16, 16]]


def test_a_box_is_the_point_and_its_distances_in_strides():
    said = dense([(0.9, 0.1)], [[1, 2, 3, 4]], [[40.0, 80.0, 8.0]])
    assert said.boxes()[0].tolist() == [[40 - 8, 80 - 16, 40 + 24, 80 + 32]]


def test_doubt_between_two_distances_lands_between_them():
    logits = torch.full((1, 1, 4, 8), -50.0)
    logits[..., 2:4] = 0.0
    said = DensePrediction(torch.zeros(1, 1, 2), logits, torch.tensor([[80.0, 80.0, 8.0]]))
    assert said.boxes()[0].tolist() == [[60, 60, 100, 100]]


def test_one_row_per_grid_point_of_all_levels():
    levels = [torch.zeros(2, 128, 8, 12), torch.zeros(2, 128, 4, 6), torch.zeros(2, 128, 2, 3),
              torch.zeros(2, 128, 1, 2)]
    with torch.no_grad():
        said = FirstStage()(levels)
    assert said.logits.shape == (2, 96 + 24 + 6 + 2, 2)
    assert said.distance_logits.shape == (2, 128, 4, 8)
    assert said.points[-1].tolist() == [64, 0, 64]


def test_the_strongest_of_the_ten_animal_rows_is_the_animal():
    stage = FirstStage()
    with torch.no_grad():
        for level in stage.levels:
            level.out.weight.zero_()
            level.out.bias.zero_()
            level.out.bias[:11] = torch.arange(11.0)  # rows 0..9 are animals, row 10 is a person
        said = stage([torch.zeros(1, 128, 1, 1)] * 4)
    assert said.logits[0, 0].tolist() == [9, 10]


def test_doubles_go_but_an_animal_does_not_hide_a_person():
    at = [[40.0, 40.0, 8.0], [41.0, 40.0, 8.0]]
    said = dense([(0.9, 0.3), (0.8, 0.6)], [[3, 3, 3, 3]] * 2, at)
    (found,) = propose(said, (100, 100), ProposalLimits(minimum_score=0.2))
    assert found.column.tolist() == [0, 1]
    assert found.score.tolist() == [torch.tensor(0.9).logit().sigmoid().item(),
                                    torch.tensor(0.6).logit().sigmoid().item()]


def test_boxes_are_cut_to_the_picture_and_weak_ones_left_out():
    said = dense([(0.9, 0.01), (0.1, 0.01)], [[5, 5, 5, 5]] * 2, [[8.0, 8.0, 8.0]] * 2)
    (found,) = propose(said, (30, 20), ProposalLimits(minimum_score=0.2))
    assert found.box_xyxy.tolist() == [[0, 0, 20, 30]]


def test_no_more_than_the_limit_and_the_best_first():
    at = [[100.0 * i, 50.0, 8.0] for i in range(6)]
    scores = [(0.3 + 0.1 * i, 0.01) for i in range(6)]
    said = dense(scores, [[2, 2, 2, 2]] * 6, at)
    (found,) = propose(said, (200, 800), ProposalLimits(after_nms=2))
    assert found.box_xyxy[:, 2].tolist() == [516, 416]


def test_nothing_found_is_an_empty_answer():
    said = dense([(0.001, 0.001)], [[2, 2, 2, 2]], [[8.0, 8.0, 8.0]])
    (found,) = propose(said, (64, 64), ProposalLimits())
    assert found.box_xyxy.shape == (0, 4)
    assert len(found.score) == len(found.column) == 0
