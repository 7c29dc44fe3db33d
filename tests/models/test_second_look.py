from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from wildpose.models.detector import Architecture, Detector, PictureAnswer
from wildpose.models.predictor import Predictor
from wildpose.models.second_look import joined, mirrored, mirrored_back


def answer(boxes: list[list[float]], score: list[float], column: list[int]) -> PictureAnswer:
    return PictureAnswer(torch.tensor(boxes).reshape(-1, 4), torch.tensor(score),
                         torch.tensor(column, dtype=torch.int64))


NOTHING = answer([], [], [])


def test_an_animal_that_both_see_has_the_mean_score_and_the_weighted_mean_box():
    both = joined(answer([[10.0, 0.0, 30.0, 20.0]], [0.9], [0]),
                  answer([[12.0, 0.0, 32.0, 20.0]], [0.3], [0]))
    assert both.score.tolist() == pytest.approx([0.6])
    assert both.box_xyxy.tolist() == [pytest.approx([10.5, 0, 30.5, 20])]
    assert both.column.tolist() == [0]


@pytest.mark.parametrize("order", [1, -1])
def test_what_only_one_sees_counts_half(order):
    seen = answer([[0.0, 0.0, 9.0, 9.0], [40.0, 0.0, 50.0, 9.0]], [0.8, 0.2], [0, 1])
    both = joined(*[seen, NOTHING][::order])
    assert both.score.tolist() == pytest.approx([0.4, 0.1])
    assert both.column.tolist() == [0, 1]
    assert torch.equal(both.box_xyxy, seen.box_xyxy)


def test_a_person_and_an_animal_at_one_place_stay_apart():
    both = joined(answer([[0.0, 0.0, 9.0, 9.0]], [0.8], [0]),
                  answer([[0.0, 0.0, 9.0, 9.0]], [0.6], [1]))
    assert both.score.tolist() == pytest.approx([0.4, 0.3])
    assert both.column.tolist() == [0, 1]


def test_the_better_of_both_is_first_whatever_one_look_said():
    one = answer([[0.0, 0.0, 9.0, 9.0], [40.0, 0.0, 50.0, 9.0]], [0.8, 0.7], [0, 0])
    other = answer([[40.0, 0.0, 50.0, 9.0]], [0.7], [0])
    both = joined(one, other)
    assert both.score.tolist() == pytest.approx([0.7, 0.4])
    assert both.box_xyxy[0, 0] == 40


def test_nothing_seen_twice_is_nothing():
    assert joined(NOTHING, NOTHING).box_xyxy.shape == (0, 4)


def test_a_box_without_an_area_is_no_reason_to_fail():
    both = joined(answer([[5.0, 5.0, 5.0, 5.0]], [0.5], [0]), NOTHING)
    assert both.score.tolist() == [0.25]


def test_a_picture_is_turned_within_its_own_width_and_boxes_come_back():
    pictures = torch.arange(2 * 3 * 4 * 6, dtype=torch.uint8).reshape(2, 3, 4, 6)
    turned = mirrored(pictures, [6, 4])
    assert torch.equal(turned[0], pictures[0].flip(-1))
    assert torch.equal(turned[1, ..., :4], pictures[1, ..., :4].flip(-1))
    assert torch.equal(turned[1, ..., 4:], pictures[1, ..., 4:])
    assert torch.equal(mirrored(turned, [6, 4]), pictures)
    back = mirrored_back(answer([[1.0, 0.0, 3.0, 2.0]], [0.5], [0]), 6)
    assert back.box_xyxy.tolist() == [[3, 0, 5, 2]]


@pytest.fixture
def twice(fresh_detector, description) -> Predictor:
    return Predictor(fresh_detector, description, second_look=True)


@pytest.mark.parametrize("size", [(60, 120), (60, 90), (120, 60)])
def test_a_mirrored_picture_has_the_mirrored_answer(twice, make_picture, size):
    """The whole point: it no longer matters which way an animal walks."""
    picture = make_picture(*size)
    (here,) = twice.predict([picture])
    (there,) = twice.predict([picture[:, ::-1].copy()])
    assert len(here) == len(there) > 0
    turned = there.box_xyxy.copy()
    turned[:, [0, 2]] = size[1] - there.box_xyxy[:, [2, 0]]
    assert np.allclose(np.sort(here.score), np.sort(there.score), atol=0.02)
    for box, score in zip(here.box_xyxy, here.score, strict=True):
        distance = np.abs(turned - box).max(1) + 50 * np.abs(there.score - score)
        assert distance.min() < 2.0


def test_one_look_alone_is_not_even(fresh_detector, description, make_picture):
    """So that the test above can fail."""
    picture, once = make_picture(60, 120), Predictor(fresh_detector, description)
    (here,), (there,) = once.predict([picture]), once.predict([picture[:, ::-1].copy()])
    assert len(here) != len(there) or not np.allclose(np.sort(here.score), np.sort(there.score),
                                                      atol=0.02)


@pytest.mark.parametrize(("of_model", "asked", "looks"), [
    (False, None, 1), (True, None, 2), (True, False, 1), (False, True, 2),
])
def test_the_model_says_how_often_it_looks_unless_the_caller_does(
    description, make_picture, monkeypatch, of_model, asked, looks
):
    torch.manual_seed(3)
    network = Detector(Architecture(box_width=32, second_look=of_model))
    predictor = Predictor(network, description, second_look=asked)
    seen = []
    detect = network.detect
    monkeypatch.setattr(network, "detect", lambda *given: seen.append(1) or detect(*given))
    predictor.predict([make_picture(60, 120)])
    assert len(seen) == looks


def test_a_stricter_caller_gets_the_same_answers_above_the_limit(
    fresh_detector, description, make_picture
):
    picture = make_picture(60, 120)
    loose, strict = (Predictor(fresh_detector, replace(description), minimum_score=m,
                               second_look=True).predict([picture])[0] for m in (0.05, 0.3))
    above = loose.score >= 0.3
    assert 0 < above.sum() < len(loose)
    assert len(strict) == pytest.approx(above.sum(), abs=1)
    assert np.allclose(strict.score[:above.sum()], loose.score[above][:len(strict)], atol=0.04)
