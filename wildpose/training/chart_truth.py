"""What labels say of the regions that the dense head of a DensePose R-CNN learns from."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from wildpose.models.chart_rcnn.chart_maps import ChartMaps
from wildpose.training.assignment import Targets
from wildpose.training.chart_losses import ChartTruth, MarkedPoints, masks_on_grid
from wildpose.training.chart_matching import Regions


def rows_with_truth(regions: Regions, target: Targets, least_iou: float) -> Tensor:
    """Which regions cover an object better than ``least_iou`` of whose body something is known.

    Returns
    -------
    int64 [N]
        Indices into ``regions``.
    """
    known = torch.cat([target.mask_row, target.points.row])
    return torch.nonzero((regions.iou > least_iou) & torch.isin(regions.row, known))[:, 0]


def truth_of(
    targets: Sequence[Targets], regions: Sequence[Regions], chosen: Sequence[Tensor], cells: int
) -> ChartTruth:
    """What is known of the chosen regions of all pictures, in one run.

    Parameters
    ----------
    targets : sequence of Targets
    regions : sequence of Regions
    chosen : sequence of int64 [N]
        Indices into the regions of each picture.
    cells : int
        Of the grids over the regions, each way.
    """
    each, first = [], 0
    for target, found, index in zip(targets, regions, chosen, strict=True):
        each.append(_of_picture(target, found.box_xyxy[index], found.row[index], first, cells))
        first += len(index)
    points = MarkedPoints(*(torch.cat([getattr(one.points, name) for one in each])
                            for name in MarkedPoints.__dataclass_fields__))
    return ChartTruth(
        proposal_xyxy=torch.cat([one.proposal_xyxy for one in each]),
        points=points,
        coarse=torch.cat([one.coarse for one in each]),
        has_coarse=torch.cat([one.has_coarse for one in each]),
        weight=torch.cat([one.weight for one in each]),
    )


def _of_picture(
    target: Targets, boxes: Tensor, row: Tensor, first: int, cells: int
) -> ChartTruth:
    """Of regions of one picture; its points name them from ``first`` on."""
    region, point = torch.nonzero(row[:, None] == target.points.row, as_tuple=True)
    marked = target.points
    points = MarkedPoints(region + first, marked.xy[point], marked.charts[point],
                          marked.uv[point])
    coarse = torch.zeros((len(row), cells, cells), dtype=torch.long, device=row.device)
    has_coarse = torch.isin(row, target.mask_row)
    shown, layer = torch.nonzero(row[:, None] == target.mask_row, as_tuple=True)
    if len(shown):
        coarse[shown] = masks_on_grid(target.masks, layer, boxes[shown], cells)
    return ChartTruth(boxes, points, coarse, has_coarse,
                      torch.full_like(boxes[:, 0], target.weight))


def joined_parts(maps: ChartMaps) -> ChartMaps:
    """The same maps with background and body alone as coarse segmentation.

    A mask does not say which body part a cell is: the probabilities of all parts are summed.
    """
    coarse = maps.coarse_segm
    if coarse.shape[1] == 2:
        return maps
    body = coarse[:, 1:].logsumexp(1, keepdim=True)
    return maps._replace(coarse_segm=torch.cat([coarse[:, :1], body], 1))
