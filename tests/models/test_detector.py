from __future__ import annotations

import pytest
import torch

from wildpose.models.detector import Architecture, Detector, fuse
from wildpose.models.heads import BoxAnswer
from wildpose.models.proposals import ProposalLimits, Proposals, propose


def proposals(boxes: list[list[float]], score: list[float], column: list[int]) -> Proposals:
    return Proposals(torch.tensor(boxes), torch.tensor(score), torch.tensor(column))


def answer(probabilities: list[list[float]], deltas: list[list[float]] | None = None) -> BoxAnswer:
    logits = torch.tensor(probabilities).log()
    moves = torch.zeros(len(logits), 4) if deltas is None else torch.tensor(deltas)
    return BoxAnswer(logits, moves, torch.ones(len(logits)), None)


def test_the_score_is_the_geometric_mean_of_both_stages_in_the_class_of_the_first():
    first = proposals([[0, 0, 9, 9], [30, 0, 39, 9]], [0.81, 0.4], [0, 1])
    found = fuse(first, answer([[0.5, 0.36, 0.14], [0.1, 0.0, 0.9]]), (50, 50), 0.1)
    assert found.score.tolist() == pytest.approx([0.6, 0.54], abs=1e-6)
    assert found.column.tolist() == [1, 0]


@pytest.mark.parametrize("weight", [0.2, 0.8, 1.0])
def test_the_first_stage_counts_as_much_as_it_is_told_to(weight):
    first = proposals([[0, 0, 9, 9]], [0.81], [0])
    found = fuse(first, answer([[0.7, 0.3, 0.0]]), (50, 50), 0.1, weight)
    assert found.score.tolist() == pytest.approx([0.81**weight * 0.3 ** (1 - weight)])


def test_moved_boxes_are_cut_to_the_picture():
    first = proposals([[40.0, 40.0, 60.0, 60.0]], [0.9], [0])
    found = fuse(first, answer([[0.0, 1.0, 0.0]], [[10.0, -10.0, 0.0, 0.0]]), (64, 64), 0.1)
    assert found.box_xyxy[0].tolist() == pytest.approx([60, 20, 64, 40])


def test_boxes_that_become_doubles_by_moving_are_removed_and_the_better_stays():
    first = proposals([[0, 0, 20, 20], [20, 0, 40, 20]], [0.9, 0.5], [0, 0])
    moves = [[0.0, 0.0, 0.0, 0.0], [-10.0, 0.0, 0.0, 0.0]]
    found = fuse(first, answer([[0.0, 1.0, 0.0]] * 2, moves), (64, 64), 0.1)
    assert found.score.tolist() == pytest.approx([0.9**0.5])


def test_detections_below_the_minimum_are_dropped():
    first = proposals([[0.0, 0.0, 20.0, 20.0]], [0.5], [0])
    assert len(fuse(first, answer([[0.9, 0.1, 0.0]]), (64, 64), 0.3).score) == 0


@pytest.mark.parametrize("backbone", ["shufflenet_v2_x1_5", "efficientnet_lite0"])
def test_every_backbone_makes_a_whole_detector(backbone):
    torch.manual_seed(0)
    detector = Detector(Architecture(backbone, box_width=16)).eval()
    pictures = torch.randint(0, 256, (2, 3, 64, 96), dtype=torch.uint8)
    found, maps = detector.detect(pictures, ProposalLimits(after_nms=5), 0.0)
    assert len(found) == 2
    for one in found:
        assert 1 <= len(one.score) <= 5
        assert (one.score.diff() <= 0).all()
    masked = detector.mask_head(maps, [f.box_xyxy for f in found])
    assert masked.logits.shape[1:] == masked.alpha.shape[1:] == (28, 28)


def test_no_proposals_at_all_is_an_empty_answer_for_each_picture(fresh_detector):
    pictures = torch.zeros(2, 3, 64, 64, dtype=torch.uint8)
    found, _ = fresh_detector.detect(pictures, ProposalLimits(minimum_score=2.0), 0.0)
    assert [f.box_xyxy.shape for f in found] == [(0, 4), (0, 4)]


@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
def test_boxes_move_by_the_declared_share(share):
    torch.manual_seed(0)
    detector = Detector(Architecture(box_width=16, box_move=share)).eval()
    with torch.no_grad():
        detector.box_head.moves.bias[0] = 10.0 * 0.4  # to the right by 0.4 of the width
    pictures = torch.randint(0, 256, (1, 3, 128, 128), dtype=torch.uint8)
    limits = ProposalLimits(after_nms=1)
    (proposal,) = propose(detector.features(pictures).dense, (128, 128), limits)
    (found,), _ = detector.detect(pictures, limits, 0.0)
    x1, y1, x2, y2 = proposal.box_xyxy[0].tolist()
    shift = share * 0.4 * (x2 - x1)
    assert found.box_xyxy[0].tolist() == pytest.approx(
        [x1 + shift, y1, min(128, x2 + shift), y2], abs=1e-3
    )


def test_the_architecture_comes_back_from_its_json():
    one = Architecture("efficientnet_lite0", 64, 0.5, first_stage_weight=0.7, second_look=True)
    assert Architecture(**one.as_json()) == one
