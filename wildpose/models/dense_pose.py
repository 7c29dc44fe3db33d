"""From the answer of the dense-pose head to dense pose in pixels of a picture."""

from __future__ import annotations

from typing import Literal

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from wildpose.models.dense_head import GRID, MARGIN, DenseAnswer
from wildpose.models.uncertainty import scaled_log_softmax
from wildpose.types import Array, DensePose

CutBy = Literal["mask_head", "dense_head"]

FOREGROUND = 0.3
"""Probability from which the own mask cuts. On pictures kept out of training .5, .4, .3 and .2
give outlines of IoU .808, .808, .796 and .771, and the right part at .69, .70, .71 and .72 of the
points that people marked: thin legs get lost first."""


def dense_poses(
    answer: DenseAnswer, region_xyxy: Array, mask_probability: Tensor | None = None
) -> list[DensePose]:
    """Dense pose of R regions.

    Parameters
    ----------
    answer : DenseAnswer
    region_xyxy : float [R, 4]
        The regions in pixels of the picture.
    mask_probability : float [R, S, S], optional
        Of the mask head, over the boxes that the regions were made of: where it is given, its
        foreground decides, otherwise the head's own does.
    """
    if mask_probability is None:
        cut: CutBy = "dense_head"
        body = (answer.mask_logit * answer.mask_alpha).sigmoid()
        foreground = body >= FOREGROUND
    else:
        cut = "mask_head"
        body = over_region(mask_probability)
        foreground = body >= 0.5
    likely, chart = scaled_log_softmax(answer.chart_logits, answer.chart_alpha)[:, 1:].max(1)
    row = chart[:, None, None].expand(-1, 2, 1, -1, -1)
    uv = answer.uv.gather(2, row)[:, :, 0].clamp(0, 1)
    chart = torch.where(foreground, chart + 1, 0)
    sigma = answer.uv_sigma.square().mean(1).sqrt()
    return [
        DensePose(region.astype(np.float32), charts, coordinates, confidence, spread, cut, probable)
        for region, charts, coordinates, confidence, spread, probable in zip(
            region_xyxy,
            chart.cpu().numpy().astype(np.uint8),
            (uv * foreground[:, None]).cpu().numpy().astype(np.float16),
            likely.exp().cpu().numpy().astype(np.float16),
            sigma.cpu().numpy().astype(np.float16),
            body.cpu().numpy().astype(np.float16),
            strict=True,
        )
    ]


def over_region(probability: Tensor) -> Tensor:
    """Masks [R, S, S] over boxes as [R, 56, 56] over the wider regions; 0 outside the boxes."""
    centre = (torch.arange(GRID, device=probability.device) + 0.5) / GRID * 2 - 1
    y, x = torch.meshgrid(centre * MARGIN, centre * MARGIN, indexing="ij")
    grid = torch.stack([x, y], -1).expand(len(probability), -1, -1, -1)
    sampled = functional.grid_sample(
        probability[:, None], grid, mode="bilinear", padding_mode="zeros", align_corners=False
    )
    return sampled[:, 0]

