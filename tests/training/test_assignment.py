from __future__ import annotations

import pytest
import torch

from wildpose.masks import box_iou
from wildpose.models.proposals import STRIDES, grid_points
from wildpose.training.assignment import (
    NEGATIVES,
    POSITIVES,
    assign_points,
    sample_regions,
)

LEFT, RIGHT = [8.0, 8.0, 40.0, 48.0], [56.0, 16.0, 88.0, 56.0]


@pytest.fixture
def points() -> torch.Tensor:
    """All grid points of a picture 64 high and 96 wide."""
    cpu = torch.device("cpu")
    return torch.cat([grid_points(-(-64 // s), -(-96 // s), s, cpu) for s in STRIDES])


@pytest.fixture
def undecided(points):
    """A first stage that says 0.1 everywhere, and a box of two strides to each side."""
    reach = 2 * points[:, 2:]
    return torch.full((len(points), 2), 0.1), torch.cat(
        [points[:, :2] - reach, points[:, :2] + reach], 1
    )


def inside(points, box) -> torch.Tensor:
    x, y = points[:, 0], points[:, 1]
    return (x >= box[0]) & (x <= box[2]) & (y >= box[1]) & (y <= box[3])


def generator() -> torch.Generator:
    return torch.Generator().manual_seed(0)


class TestPoints:
    def test_points_within_a_box_get_it_and_all_others_get_none(
        self, points, undecided, make_targets
    ):
        found = assign_points(*undecided, points, make_targets([LEFT, RIGHT]))
        for n, box in enumerate((LEFT, RIGHT)):
            assert (found.row == n).any()
            assert inside(points, box)[found.row == n].all()
        assert found.counted.all()

    def test_between_one_and_ten_points_learn_an_animal(self, points, undecided, make_targets):
        found = assign_points(*undecided, points, make_targets([LEFT]))
        assert 1 <= int((found.row == 0).sum()) <= 10

    def test_the_better_a_box_is_covered_the_more_points_learn_it(
        self, points, undecided, make_targets
    ):
        score, boxes = undecided
        exact = torch.where(inside(points, LEFT)[:, None], torch.tensor(LEFT), boxes)
        few = assign_points(score, boxes, points, make_targets([LEFT]))
        many = assign_points(score, exact, points, make_targets([LEFT]))
        assert int((few.row == 0).sum()) < int((many.row == 0).sum()) == 10

    def test_the_points_that_say_it_best_learn_it(self, points, undecided, make_targets):
        score, boxes = undecided[0].clone(), undecided[1].clone()
        best = int(inside(points, LEFT).nonzero()[3])
        score[best, 0], boxes[best] = 0.9, torch.tensor(LEFT)
        found = assign_points(score, boxes, points, make_targets([LEFT]))
        assert found.row[best] == 0

    def test_of_two_animals_a_point_learns_the_one_that_it_overlaps_more(
        self, points, undecided, make_targets
    ):
        score = undecided[0]
        one, other = [16.0, 16.0, 64.0, 48.0], [24.0, 16.0, 72.0, 48.0]
        boxes = torch.cat([points[:, :2], points[:, :2] + 1], 1)
        at = (inside(points, one) & inside(points, other)).nonzero()[:8, 0]
        boxes[at] = torch.tensor(one)  # which covers most of the other animal, too
        for order in ([one, other], [other, one]):
            found = assign_points(score, boxes, points, make_targets(order))
            assert (found.row[at] == order.index(one)).all()

    def test_an_animal_smaller_than_the_grid_is_learnt_by_a_point_near_it(
        self, points, undecided, make_targets
    ):
        tiny = [35.0, 35.0, 38.0, 38.0]  # between the points at 32 and 40
        found = assign_points(*undecided, points, make_targets([tiny]))
        assert (found.row == 0).any()

    def test_no_boxes_at_all_leaves_every_point_to_the_background(
        self, points, undecided, make_targets
    ):
        found = assign_points(*undecided, points, make_targets([]))
        assert (found.row == -1).all()
        assert found.counted.all()

    def test_nothing_is_learnt_within_an_ignored_region(self, points, undecided, make_targets):
        found = assign_points(*undecided, points, make_targets([], ignore=[LEFT]))
        assert torch.equal(found.counted.any(1), ~inside(points, LEFT))

    def test_an_animal_within_an_ignored_crowd_is_learnt(self, points, undecided, make_targets):
        found = assign_points(*undecided, points, make_targets([LEFT], ignore=[[0, 0, 96, 64]]))
        assert torch.equal(found.counted.all(1), found.row == 0)

    def test_a_class_that_was_not_looked_for_does_not_count(self, points, undecided, make_targets):
        found = assign_points(*undecided, points, make_targets([LEFT], labelled=(True, False)))
        assert found.counted[:, 0].all()
        assert not found.counted[:, 1].any()


class TestRegions:
    PROPOSALS = torch.tensor([LEFT, [0.0, 0.0, 90.0, 60.0], RIGHT, [60.0, 0.0, 70.0, 8.0]])
    COLUMN = torch.zeros(4, dtype=torch.long)

    def test_labels_follow_the_overlap(self, make_targets):
        sample = sample_regions(
            self.PROPOSALS, self.COLUMN, make_targets([LEFT, RIGHT], [0, 1]), generator()
        )
        truth = torch.tensor([LEFT, RIGHT])
        best = torch.from_numpy(box_iou(sample.box_xyxy.numpy(), truth.numpy())).max(1)
        positive = sample.label > 0
        assert (best.values[positive] >= 0.5).all()
        assert (best.values[~positive] < 0.4).all()
        assert torch.equal(sample.row[positive], best.indices[positive])
        assert torch.equal(sample.label[positive], best.indices[positive] + 1)
        assert (sample.row[~positive] == -1).all()
        assert set(sample.label.tolist()) == {0, 1, 2}

    def test_the_true_boxes_are_learnt_even_without_a_proposal(self, make_targets):
        nothing = torch.zeros(0, 4)
        sample = sample_regions(nothing, self.COLUMN[:0], make_targets([LEFT]), generator())
        assert sample.label.tolist() == [1] * 3  # the box itself and two shaken copies

    def test_no_boxes_at_all_gives_background_alone(self, make_targets):
        sample = sample_regions(self.PROPOSALS, self.COLUMN, make_targets([]), generator())
        assert sample.label.tolist() == [0] * 4
        assert sample.row.tolist() == [-1] * 4

    def test_neither_boxes_nor_proposals_gives_nothing(self, make_targets):
        nothing = sample_regions(torch.zeros(0, 4), self.COLUMN[:0], make_targets([]), generator())
        assert [len(part) for part in nothing] == [0, 0, 0]

    def test_what_lies_in_an_ignored_region_is_no_background(self, make_targets):
        sample = sample_regions(
            self.PROPOSALS, self.COLUMN, make_targets([], ignore=[RIGHT]), generator()
        )
        assert RIGHT not in sample.box_xyxy.tolist()
        assert LEFT in sample.box_xyxy.tolist()

    def test_a_proposal_of_a_class_that_was_not_looked_for_is_no_background(self, make_targets):
        column = torch.tensor([0, 1, 0, 1])
        sample = sample_regions(
            self.PROPOSALS, column, make_targets([], labelled=(True, False)), generator()
        )
        assert sample.box_xyxy.tolist() == self.PROPOSALS[[0, 2]].tolist()

    def test_there_are_never_more_than_the_limits(self, make_targets):
        many = torch.tensor([LEFT]).repeat(60, 1)
        away = torch.tensor([[60.0, 0.0, 70.0, 8.0]]).repeat(60, 1)
        proposals = torch.cat([many, away])
        sample = sample_regions(
            proposals, torch.zeros(120, dtype=torch.long), make_targets([LEFT]), generator()
        )
        assert int((sample.label > 0).sum()) == POSITIVES
        assert int((sample.label == 0).sum()) == NEGATIVES

    def test_the_same_generator_draws_the_same_regions(self, make_targets):
        one, other = (
            sample_regions(self.PROPOSALS, self.COLUMN, make_targets([LEFT]), generator())
            for _ in range(2)
        )
        assert all(torch.equal(a, b) for a, b in zip(one, other, strict=True))
