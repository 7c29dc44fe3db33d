"""Which anchors and regions of a DensePose R-CNN learn, and what (Ren et al. 2015, 3.1.2).

The network has one class. What it stands for (``Config.subject``) decides what labels mean:

* "person": people are the objects, animals are background.
* "animal": animals are the objects. People who are labelled as people are neither learnt nor
  punished, since published animal models find people too. Where people and animals are to be one
  class, the labels name people as animals.

Nothing is background in a picture in which the objects were not looked for, nor where a box to be
ignored covers most of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor
from torchvision.ops import box_iou, clip_boxes_to_image

from wildpose.models.chart_rcnn.config import Subject
from wildpose.models.chart_rcnn.proposals import has_area
from wildpose.training.assignment import Targets

_COLUMN: dict[Subject, int] = {"animal": 0, "person": 1}


@dataclass(frozen=True)
class Limits:
    """How much of a picture learns; the defaults are those of the published models.

    Attributes
    ----------
    anchors : int
        Per picture; the losses of the first stage are divided by it.
    anchor_share : float
        Of these, hold an object at most.
    anchor_iou : (float, float)
        Below the first an anchor is background, from the second on it holds the object. The best
        anchors of each object do so in any case.
    proposals_per_level, proposals : int
        In place of the configuration's, which hold for finding.
    regions : int
        Per picture, for the second stage.
    region_share : float
        Of these, hold an object at most.
    region_iou : float
        From here on a region holds the object; below it is background.
    chart_iou : float
        Only regions that cover the true box better than this learn dense pose.
    chart_regions, mask_regions : int
        Per picture, of the regions with an object: what the dense head and the mask head see. They
        take most of the memory; with fewer than ``regions * region_share``, the choice is random.
    covered : float
        Share of its area in the picture from which a box counts as covered by another one.
    """

    anchors: int = 256
    anchor_share: float = 0.5
    anchor_iou: tuple[float, float] = (0.3, 0.7)
    proposals_per_level: int = 2000
    proposals: int = 1000
    regions: int = 512
    region_share: float = 0.25
    region_iou: float = 0.5
    chart_iou: float = 0.7
    chart_regions: int = 128
    mask_regions: int = 128
    covered: float = 0.5


PUBLISHED = Limits()


class Objects(NamedTuple):
    """What a network is to find in one picture.

    Attributes
    ----------
    box_xyxy : float [N, 4]
    row : int64 [N]
        Their rows in ``Targets``.
    unclear_xyxy : float [K, 4]
        Boxes that are neither objects nor background.
    searched : bool
        Whether all that is no object is background.
    """

    box_xyxy: Tensor
    row: Tensor
    unclear_xyxy: Tensor
    searched: bool


class Sample(NamedTuple):
    """The boxes of one picture that learn.

    Attributes
    ----------
    chosen : int64 [S]
        Which boxes.
    row : int64 [S]
        The object's row in ``Targets``, -1 for background.
    """

    chosen: Tensor
    row: Tensor


class Regions(NamedTuple):
    """The regions of one picture that the second stage learns from.

    Attributes
    ----------
    box_xyxy : float [S, 4]
    row : int64 [S]
        The object's row in ``Targets``, -1 for background.
    iou : float [S]
        With the object that covers it best.
    """

    box_xyxy: Tensor
    row: Tensor
    iou: Tensor


def objects_of(targets: Targets, subject: Subject) -> Objects:
    """Sort the labels of a picture by what the network's class stands for."""
    own = targets.column == _COLUMN[subject]
    unclear = targets.ignore_xyxy
    if subject == "animal":
        unclear = torch.cat([unclear, targets.box_xyxy[~own]])
    row = torch.nonzero(own & has_area(targets.box_xyxy))[:, 0]
    searched = bool(targets.labelled[_COLUMN[subject]])
    return Objects(targets.box_xyxy[row], row, unclear, searched)


@torch.no_grad()
def match_anchors(
    anchors: Tensor, size: tuple[int, int], objects: Objects, limits: Limits,
    generator: torch.Generator,
) -> Sample:
    """Choose the anchors [P, 4] that the first stage learns from, in a picture of this size.

    An object teaches every anchor that covers it as well as its best one does. Such an anchor
    learns the object that it covers best, which may be another one, as the reference has it.
    """
    overlap = box_iou(objects.box_xyxy, anchors)
    best, nearest = _best(overlap)
    top = overlap.amax(1, keepdim=True)
    positive = (best >= limits.anchor_iou[1]) | ((overlap == top) & (top > 0)).any(0)
    negative = ~positive & (best < limits.anchor_iou[0]) & _background(
        anchors, size, objects, limits)
    index, holds = _draw(positive, negative, limits.anchors, limits.anchor_share, generator)
    return Sample(index, _rows(objects, nearest[index], holds))


@torch.no_grad()
def sample_regions(
    proposals: Tensor, size: tuple[int, int], objects: Objects, limits: Limits,
    generator: torch.Generator,
) -> Regions:
    """Choose regions among the proposals [R, 4] and the true boxes, in a picture of this size."""
    boxes = torch.cat([proposals, objects.box_xyxy])
    best, nearest = _best(box_iou(objects.box_xyxy, boxes))
    positive = best >= limits.region_iou
    negative = ~positive & _background(boxes, size, objects, limits)
    index, holds = _draw(positive, negative, limits.regions, limits.region_share, generator)
    return Regions(boxes[index], _rows(objects, nearest[index], holds), best[index])


def drawn(index: Tensor, count: int, generator: torch.Generator) -> Tensor:
    """At most ``count`` of the entries of ``index`` [N]; all of them in their order if they fit."""
    if len(index) <= count:
        return index
    return index[torch.randperm(len(index), generator=generator)[:count].to(index.device)]


def _best(overlap: Tensor) -> tuple[Tensor, Tensor]:
    """Of overlaps [N, P]: the best one of each of the P boxes, and with which of the N objects."""
    if not len(overlap):
        best = overlap.new_zeros(overlap.shape[1])
        return best, torch.zeros_like(best, dtype=torch.long)
    best, nearest = overlap.max(0)
    return best, nearest


def _background(
    boxes: Tensor, size: tuple[int, int], objects: Objects, limits: Limits
) -> Tensor:
    """Which boxes, if they hold no object, hold nothing for certain."""
    if not objects.searched:
        return torch.zeros_like(boxes[:, 0], dtype=torch.bool)
    certain = torch.ones_like(boxes[:, 0], dtype=torch.bool)
    inside = clip_boxes_to_image(boxes, size)
    area = (inside[:, 2:] - inside[:, :2]).prod(1)
    for cover in objects.unclear_xyxy:
        side = (torch.minimum(inside[:, 2:], cover[2:])
                - torch.maximum(inside[:, :2], cover[:2])).clamp(min=0)
        certain &= (side.prod(1) < limits.covered * area) | (area <= 0)
    return certain


def _draw(
    positive: Tensor, negative: Tensor, count: int, share: float, generator: torch.Generator
) -> tuple[Tensor, Tensor]:
    """Indices of the chosen boxes, and whether each is a positive one."""
    own = drawn(torch.nonzero(positive)[:, 0], int(count * share), generator)
    other = drawn(torch.nonzero(negative)[:, 0], count - len(own), generator)
    holds = torch.zeros(len(own) + len(other), dtype=torch.bool, device=own.device)
    holds[: len(own)] = True
    return torch.cat([own, other]), holds


def _rows(objects: Objects, nearest: Tensor, holds: Tensor) -> Tensor:
    row = torch.full_like(nearest, -1)
    if len(objects.row):
        row[holds] = objects.row[nearest[holds]]
    return row
