"""Regions that the dense-pose head learns from, and what is known of their cells and points."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor
from torchvision.ops import roi_align

from wildpose.models.dense_head import CHARTS, GRID, region_of
from wildpose.training.assignment import Targets

PER_PICTURE = 6
POINTS = 128
"""Points of one region; more are drawn from at random, fewer are filled up with none."""
UNKNOWN = 255
SHAKE = 0.06
"""Boxes at inference are not the drawn ones: each side moves by about this share of its length."""


class RegionTruth(NamedTuple):
    """What is known of R regions.

    Attributes
    ----------
    mask : uint8 [R, 56, 56]
        1 body, 0 none, 255 not known.
    xy : float [R, K, 2]
        Points, -1 to 1 across the region.
    charts : bool [R, K, 25]
        The charts that a point may lie on; none at all where there is no point.
    uv : float [R, K, 2]
        NaN where not known.
    """

    mask: Tensor
    xy: Tensor
    charts: Tensor
    uv: Tensor

    def take(self, index: Tensor) -> RegionTruth:
        """The regions at ``index``."""
        return RegionTruth(*(field[index] for field in self))


@torch.no_grad()
def truth_regions(
    targets: list[Targets], generator: torch.Generator, *, any_box: bool = False
) -> tuple[list[Tensor], RegionTruth]:
    """Choose regions round shaken boxes of animals with a mask or with points.

    Parameters
    ----------
    targets : list of Targets
        One per picture.
    generator : torch.Generator
    any_box : bool
        Animals of which nothing but the box is known will do too.

    Returns
    -------
    list of float [N, 4]
        Regions xyxy of each picture, in pixels of the network's input.
    RegionTruth
        Of all of them in one run.
    """
    regions, masks = [], []
    points: list[tuple[Tensor, Tensor, Tensor]] = []
    for target in targets:
        rows = _rows(target, generator, any_box)
        side = (target.box_xyxy[rows, 2:] - target.box_xyxy[rows, :2]).repeat(1, 2)
        noise = torch.randn(side.shape, generator=generator).clamp(-2, 2).to(side)
        region = region_of(target.box_xyxy[rows] + SHAKE * side * noise)
        regions.append(region)
        masks.append(_masks(target, rows, region))
        points.extend(_points(target, int(r), box, generator)
                      for r, box in zip(rows, region, strict=True))
    device = regions[0].device if regions else None
    if not points:
        none = torch.zeros(0, POINTS, 2, device=device)
        return regions, RegionTruth(torch.zeros(0, GRID, GRID, dtype=torch.uint8, device=device),
                                    none, torch.zeros(0, POINTS, CHARTS + 1, dtype=torch.bool,
                                                      device=device), none)
    return regions, RegionTruth(torch.cat(masks), *(torch.stack(f) for f in zip(*points,
                                                                             strict=True)))


def _rows(target: Targets, generator: torch.Generator, any_box: bool) -> Tensor:
    rows = torch.unique(torch.cat([target.mask_row, target.points.row]))
    if any_box:
        rows = torch.arange(len(target.box_xyxy), device=rows.device)
    order = torch.randperm(len(rows), generator=generator).to(rows.device)
    chosen: Tensor = rows[order[:PER_PICTURE]]
    return chosen


def _masks(target: Targets, rows: Tensor, regions: Tensor) -> Tensor:
    mask = torch.full((len(rows), GRID, GRID), UNKNOWN, dtype=torch.uint8, device=rows.device)
    known, layer = (rows[:, None] == target.mask_row[None]).nonzero(as_tuple=True)
    if len(known):
        boxes = torch.cat([layer[:, None].to(regions), regions[known]], 1)
        shown = roi_align(target.masks[:, None], boxes, GRID, sampling_ratio=2, aligned=True)
        mask[known] = (shown[:, 0] > 0.5).to(torch.uint8)
    return mask


def _points(
    target: Targets, row: int, region: Tensor, generator: torch.Generator
) -> tuple[Tensor, Tensor, Tensor]:
    """Points of one body that lie in its region: xy, charts, uv, each of length POINTS."""
    own = (target.points.row == row).nonzero()[:, 0]
    place = (target.points.xy[own] - region[:2]) / (region[2:] - region[:2]) * 2 - 1
    inside = (place.abs() < 1).all(1).nonzero()[:, 0]
    inside = inside[torch.randperm(len(inside), generator=generator).to(inside.device)[:POINTS]]
    own, place = own[inside], place[inside]
    xy = place.new_zeros(POINTS, 2)
    charts = torch.zeros(POINTS, CHARTS + 1, dtype=torch.bool, device=xy.device)
    uv = torch.full_like(xy, float("nan"))
    xy[: len(own)] = place
    charts[: len(own)] = target.points.charts[own]
    uv[: len(own)] = target.points.uv[own]
    return xy, charts, uv
