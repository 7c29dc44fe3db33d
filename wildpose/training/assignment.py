"""Which predictions answer for which animal.

First stage: task-aligned assignment (Feng et al. 2021): of the grid points inside an animal's box,
the ones that already say it best (score and overlap) learn it; how many hangs on how well it is
covered (Ge et al. 2021). Second stage: overlap of at least one half (Girshick 2015).
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor
from torchvision.ops import box_iou


class PointTargets(NamedTuple):
    """Points of the bodies of one picture, all animals in one run of K.

    Attributes
    ----------
    row : int64 [K]
        Whose body: a row of ``Targets.box_xyxy``.
    xy : float [K, 2]
        Pixels of the network's input.
    charts : bool [K, 25]
        The charts it may be; column 0 is background.
    uv : float [K, 2]
        NaN where it is not known.
    """

    row: Tensor
    xy: Tensor
    charts: Tensor
    uv: Tensor

    @classmethod
    def none(cls) -> PointTargets:
        """No point."""
        return cls(torch.zeros(0, dtype=torch.long), torch.zeros(0, 2),
                   torch.zeros(0, 25, dtype=torch.bool), torch.zeros(0, 2))


class Targets(NamedTuple):
    """Labels of one picture as tensors, in pixels of the network's input.

    Attributes
    ----------
    box_xyxy : float [N, 4]
    column : int64 [N]
        0 animal, 1 person.
    ignore_xyxy : float [K, 4]
        Boxes that are neither to be found nor to be missed.
    masks : float [M, H, W]
        Masks of the rows in ``mask_row``.
    mask_row : int64 [M]
    points : PointTargets
        What is known of the body at points of some of the animals.
    labelled : bool [2]
        Whether animals and people were looked for.
    weight : float
    exact_boxes : bool
        Whether the boxes teach where an animal ends.
    """

    box_xyxy: Tensor
    column: Tensor
    ignore_xyxy: Tensor
    masks: Tensor
    mask_row: Tensor
    points: PointTargets
    labelled: Tensor
    weight: float
    exact_boxes: bool = True


class PointAssignment(NamedTuple):
    """For the P grid points of a picture: the row of its target or -1, and whether it counts."""

    row: Tensor
    counted: Tensor


@torch.no_grad()
def assign_points(
    score: Tensor, box_xyxy: Tensor, points: Tensor, targets: Targets
) -> PointAssignment:
    """Assign grid points to boxes.

    Parameters
    ----------
    score : float [P, 2]
        Current probabilities.
    box_xyxy : float [P, 4]
        Current boxes.
    points : float [P, 3]
        x, y, stride.
    targets : Targets

    Returns
    -------
    PointAssignment
        ``counted`` [P, 2] is False where nothing may be learnt about a class.
    """
    row = torch.full((len(points),), -1, dtype=torch.long, device=points.device)
    counted = targets.labelled.expand(len(points), 2).clone()
    if len(targets.ignore_xyxy):
        counted &= ~_inside(points, targets.ignore_xyxy).any(1, keepdim=True)
    if not len(targets.box_xyxy):
        return PointAssignment(row, counted)
    overlap = box_iou(box_xyxy, targets.box_xyxy)
    centre = (targets.box_xyxy[:, :2] + targets.box_xyxy[:, 2:]) / 2
    near = (points[:, None, :2] - centre).abs().amax(-1) < 1.0 * points[:, 2:]
    allowed = _inside(points, targets.box_xyxy) | near
    fit = score[:, targets.column].clamp(min=1e-4).sqrt() * (overlap + 1e-3) ** 3
    fit = torch.where(allowed, fit, torch.zeros_like(fit))
    best_overlap = torch.full_like(row, -1, dtype=overlap.dtype)
    for n in range(len(targets.box_xyxy)):
        wanted = int(overlap[:, n].topk(10).values.sum().clamp(1, 10))
        chosen = fit[:, n].topk(wanted).indices
        chosen = chosen[allowed[chosen, n] & (overlap[chosen, n] > best_overlap[chosen])]
        row[chosen], best_overlap[chosen] = n, overlap[chosen, n]
    found = row >= 0
    counted[found] = True & targets.labelled
    return PointAssignment(row, counted)


def _inside(points: Tensor, box_xyxy: Tensor) -> Tensor:
    x, y = points[:, 0, None], points[:, 1, None]
    return ((x >= box_xyxy[:, 0]) & (y >= box_xyxy[:, 1])
            & (x <= box_xyxy[:, 2]) & (y <= box_xyxy[:, 3]))


class RegionSample(NamedTuple):
    """Regions of one picture that the second stage learns from.

    Attributes
    ----------
    box_xyxy : float [R, 4]
    label : int64 [R]
        0 background, 1 animal, 2 person.
    row : int64 [R]
        The target of a positive region, -1 for background.
    """

    box_xyxy: Tensor
    label: Tensor
    row: Tensor


POSITIVES, NEGATIVES = 12, 24


@torch.no_grad()
def sample_regions(
    proposals: Tensor, column: Tensor, targets: Targets, generator: torch.Generator
) -> RegionSample:
    """Choose regions among the proposals [R, 4] (best first) and shaken copies of the targets."""
    shaken = _shaken(targets.box_xyxy.repeat(2, 1), generator)
    boxes = torch.cat([targets.box_xyxy, shaken, proposals])
    said = torch.cat([targets.column.repeat(3), column])
    if len(targets.box_xyxy):
        best, row = box_iou(boxes, targets.box_xyxy).max(1)
    else:
        best, row = boxes.new_zeros(len(boxes)), torch.zeros_like(said)
    positive = best >= 0.5
    negative = (best < 0.4) & targets.labelled[said] & ~_mostly_ignored(boxes, targets)
    chosen = torch.cat([
        _random(positive.nonzero()[:, 0], POSITIVES, generator),
        _half_hard(negative.nonzero()[:, 0], generator),
    ])
    row = torch.where(positive, row, torch.full_like(row, -1))[chosen]
    label = torch.zeros_like(row)
    label[row >= 0] = targets.column[row[row >= 0]] + 1
    return RegionSample(boxes[chosen], label, row)


def _mostly_ignored(boxes: Tensor, targets: Targets) -> Tensor:
    if not len(targets.ignore_xyxy):
        return torch.zeros(len(boxes), dtype=torch.bool, device=boxes.device)
    side = (torch.minimum(boxes[:, None, 2:], targets.ignore_xyxy[:, 2:])
            - torch.maximum(boxes[:, None, :2], targets.ignore_xyxy[:, :2])).clamp(min=0)
    area = (boxes[:, 2:] - boxes[:, :2]).clamp(min=1).prod(1)
    return (side.prod(-1).amax(1) / area) > 0.4


def _shaken(boxes: Tensor, generator: torch.Generator) -> Tensor:
    side = (boxes[:, 2:] - boxes[:, :2]).repeat(1, 2)
    noise = torch.randn(boxes.shape, generator=generator).to(boxes.device)
    return boxes + 0.08 * side * noise.clamp(-2, 2)


def _random(index: Tensor, count: int, generator: torch.Generator) -> Tensor:
    order = torch.randperm(len(index), generator=generator).to(index.device)
    return index[order[:count]]


def _half_hard(index: Tensor, generator: torch.Generator) -> Tensor:
    hard = index[: NEGATIVES // 2]
    return torch.cat([hard, _random(index[NEGATIVES // 2 :], NEGATIVES - len(hard), generator)])
