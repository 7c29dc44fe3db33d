"""Charts at hand-marked points: parts, groups, sides, and the words without a chart."""

from __future__ import annotations

import pytest

from wildpose.evaluation.facing import facing_report
from wildpose.evaluation.part_points import (
    LEFT_CHARTS,
    PART_OF_CHART,
    RIGHT_CHARTS,
    part_point_report,
    score_point,
)


def test_all_charts_have_a_part_and_the_trunk_no_side():
    assert sorted(PART_OF_CHART) == list(range(1, 25))
    assert frozenset(range(3, 25)) == LEFT_CHARTS | RIGHT_CHARTS
    assert not LEFT_CHARTS & RIGHT_CHARTS


@pytest.mark.parametrize(
    ("part", "side", "chart", "judged"),
    [
        ("head", "R", 23, (True, True, True)),
        ("head", "L", 23, (True, True, False)),
        ("hand", "-", 3, (True, True, None)),
        ("upper_arm", "L", 19, (False, True, None)),  # lower arm: the right leg, the wrong part
        ("foot", "L", 3, (False, False, None)),
        ("neck", "L", 24, (True, True, None)),  # the body has no neck: head or trunk will do
        ("neck", "-", 2, (True, True, None)),
        ("wing", "R", 20, (True, True, None)),
        ("wing", "R", 7, (False, False, None)),
        ("head", "R", 0, (False, False, None)),
    ],
)
def test_one_point(part, side, chart, judged):
    score = score_point(part, side, chart)
    assert (score.part, score.group, score.side) == judged


def test_no_answer_is_background_and_tails_are_not_asked():
    marked = [[0, 0, "head", "R"], [1, 1, "tail", "-"]]
    animals = [{"id": 1, "part_points": marked}, {"id": 2, "part_points": marked}, {"id": 3}]
    answers = [{"annotation_id": 1, "given_box": [23, 5], "detected": [0, 0]}]
    report = part_point_report(animals, answers, hit_ids={2})
    assert report == {
        "n": 2,
        "given_box": {"part": 0.5, "coarse": 0.5, "side": 1.0},
        "detected": {"part": 0.0, "coarse": 0.0, "side": None},
        "matched": 0.5,
        "detected_where_matched": {"part": 0.0, "coarse": 0.0, "side": None},
    }
    assert part_point_report([{"id": 3}], answers, set()) is None


def test_facing_counts_no_answer_as_wrong():
    animals = [{"id": 1, "facing": "left"}, {"id": 2, "facing": "away"}, {"id": 3}]
    said = [{"annotation_id": 1, "given_box": "left"}]
    assert facing_report(animals, said) == {"n": 2, "accuracy": 0.5}
    assert facing_report([{"id": 3}], said) is None
