"""A second look at each picture, mirrored, and one answer made of both.

A network is not quite as sure of an animal that walks to the left as of the same one that walks to
the right. The mean of both is nearer to the truth than either: a false alarm is seldom seen twice.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torchvision.ops import batched_nms, box_iou

from wildpose.models.detector import PictureAnswer

DOUBLE_IOU = 0.6
"""A box that overlaps a surer one more is left out, as among the boxes of one look."""
SAME_IOU = 0.7
"""Boxes of two looks that overlap more are averaged. Of .5, .6, .7 and .75 the best AP on the
kept-out pictures of ``animal-small``: looser ones blur the edges of both."""


def mirrored(pictures: Tensor, widths: Sequence[int]) -> Tensor:
    """Pictures from right to left, each within its own width; the grey right of it stays.

    Parameters
    ----------
    pictures : [B, 3, H, W]
    widths : sequence of int, length B
        Columns that each picture covers from the left on.
    """
    turned = pictures.clone()
    for picture, width in zip(turned, widths, strict=True):
        picture[..., :width] = picture[..., :width].flip(-1)
    return turned


def mirrored_back(answer: PictureAnswer, width: int) -> PictureAnswer:
    """An answer on a mirrored picture that covers ``width`` columns, on the picture as it is."""
    x1, y1, x2, y2 = answer.box_xyxy.unbind(-1)
    return answer._replace(box_xyxy=torch.stack([width - x2, y1, width - x1, y2], -1))


def joined(one: PictureAnswer, other: PictureAnswer) -> PictureAnswer:
    """Both answers as one, best first.

    An animal's score is the mean of both looks', 0 where one does not see it; its box is the mean
    of both, weighted by the scores.
    """
    box, score, column = (torch.cat(pair) for pair in zip(one, other, strict=True))
    look = torch.arange(len(score), device=score.device) >= len(one.score)
    keep = batched_nms(box, score, column, DOUBLE_IOU)
    same = (box_iou(box[keep], box) > SAME_IOU) & (column[keep, None] == column)
    same[torch.arange(len(keep), device=keep.device), keep] = True
    total, place = torch.zeros_like(score[keep]), torch.zeros_like(box[keep])
    for of_look in (~look, look):
        if not bool(of_look.any()):
            continue
        best, row = torch.where(same & of_look, score, torch.zeros_like(score)).max(1)
        total = total + best
        place = place + best[:, None] * box[row]
    order = torch.argsort(total, descending=True, stable=True)
    order = order[total[order] > 0]
    mean = place[order] / total[order, None]
    return PictureAnswer(mean, total[order] / 2, column[keep][order])
