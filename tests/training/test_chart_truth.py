"""What the dense head hears of regions, from the labels of their objects."""

from __future__ import annotations

import math

import torch

from wildpose.models.chart_rcnn import Config
from wildpose.models.chart_rcnn.chart_maps import ChartMaps
from wildpose.training.assignment import PointTargets
from wildpose.training.chart_losses import chart_losses
from wildpose.training.chart_matching import Regions
from wildpose.training.chart_truth import joined_parts, rows_with_truth, truth_of

LEFT, RIGHT = [8.0, 8.0, 40.0, 48.0], [56.0, 16.0, 88.0, 56.0]
CELLS = 8
CONFIG = Config(part_weight=1.0, index_weight=1.0, point_weight=1.0)


def regions(*rows: int, iou: float = 0.9) -> Regions:
    boxes = torch.tensor([[RIGHT, LEFT][row == 0] for row in rows])
    return Regions(boxes, torch.tensor(rows), torch.full((len(rows),), iou))


def point(row: int, xy: list[float], charts: list[int], uv: list[float]) -> PointTargets:
    allowed = torch.zeros(1, 25, dtype=torch.bool)
    allowed[0, charts] = True
    return PointTargets(torch.tensor([row]), torch.tensor([xy]), allowed, torch.tensor([uv]))


def flat_maps(count: int, coarse: int = 2) -> ChartMaps:
    """All alike: no chart is likelier than another, u and v are 0."""
    return ChartMaps(*(torch.zeros(count, channels, CELLS, CELLS)
                       for channels in (coarse, 25, 25, 25)))


def test_regions_need_a_good_overlap_and_a_mask_or_points(make_targets):
    target = make_targets([LEFT, RIGHT], mask_row=[1])
    assert rows_with_truth(regions(0, 1, -1), target, 0.7).tolist() == [1]
    assert rows_with_truth(regions(1, iou=0.7), target, 0.7).tolist() == []
    marked = target._replace(points=point(0, [10.0, 10.0], [3], [0.5, 0.5]))
    assert rows_with_truth(regions(0, 1, -1), marked, 0.7).tolist() == [0, 1]


def test_points_and_masks_go_to_the_regions_of_their_own_object(make_targets):
    first = make_targets([LEFT, RIGHT], mask_row=[1], weight=0.5)
    second = make_targets([LEFT])._replace(points=point(0, [10.0, 12.0], [3], [0.1, 0.2]))
    truth = truth_of([first, second], [regions(0, 1), regions(0, 0)],
                     [torch.tensor([1]), torch.tensor([0, 1])], CELLS)
    assert truth.proposal_xyxy.tolist() == [RIGHT, LEFT, LEFT]
    assert truth.points.row.tolist() == [1, 2]
    assert truth.points.xy.tolist() == [[10, 12]] * 2
    assert truth.has_coarse.tolist() == [True, False, False]
    assert truth.coarse[0].all()
    assert truth.weight.tolist() == [0.5, 1, 1]


def test_a_point_that_may_lie_on_two_charts_is_half_as_surprising(make_targets):
    for charts, likely in (([3], 1 / 25), ([12, 14], 2 / 25)):
        target = make_targets([LEFT])._replace(points=point(0, [20.0, 20.0], charts,
                                                            [math.nan, 0.5]))
        truth = truth_of([target], [regions(0)], [torch.tensor([0])], CELLS)
        losses = chart_losses(flat_maps(1), truth, CONFIG)
        torch.testing.assert_close(losses["chart"], torch.tensor(-math.log(likely)))
        assert losses["u"] == losses["v"] == 0


def test_coordinates_are_learnt_where_the_chart_is_certain(make_targets):
    for charts, expected in (([3], 0.5 * 0.5**2), ([12, 14], 0.0), ([0], 0.0)):
        target = make_targets([LEFT])._replace(points=point(0, [20.0, 20.0], charts, [0.5, 0.0]))
        truth = truth_of([target], [regions(0)], [torch.tensor([0])], CELLS)
        assert float(chart_losses(flat_maps(1), truth, CONFIG)["u"]) == expected


def test_a_mask_says_body_of_all_parts_together(make_targets):
    truth = truth_of([make_targets([LEFT], mask_row=[0])], [regions(0)], [torch.tensor([0])],
                     CELLS)
    maps = joined_parts(flat_maps(1, coarse=15))
    assert maps.coarse_segm.shape[1] == 2
    loss = chart_losses(maps, truth, CONFIG)["coarse"]
    torch.testing.assert_close(loss, torch.tensor(-math.log(14 / 15)))
