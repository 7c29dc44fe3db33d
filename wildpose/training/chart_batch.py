"""What a DensePose R-CNN is punished for, part by part; the counterpart of ``losses``.

Anchors and boxes after Ren et al. 2015 and Girshick 2015, masks after He et al. 2017, the dense
head as :mod:`wildpose.training.chart_losses` says. What labels mean for this network of one class
stands in :mod:`wildpose.training.chart_matching`. The weight of a picture multiplies all that it
teaches; what it is divided by is counted without weights.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from wildpose.models.chart_rcnn.box_head import cut_for_boxes
from wildpose.models.chart_rcnn.network import ChartRcnn
from wildpose.models.chart_rcnn.pictures import normalised
from wildpose.models.chart_rcnn.proposals import RawProposals, anchors_of, choose
from wildpose.models.heads import DELTA_SCALE, MASK_SIZE, deltas_between
from wildpose.training.assignment import Targets
from wildpose.training.chart_losses import chart_losses, masks_on_grid
from wildpose.training.chart_matching import (
    PUBLISHED,
    Limits,
    Objects,
    Regions,
    drawn,
    match_anchors,
    objects_of,
    sample_regions,
)
from wildpose.training.chart_truth import joined_parts, rows_with_truth, truth_of

Levels = Sequence[Tensor]


class ChartRcnnLosses(NamedTuple):
    """The parts of the loss of one batch, already weighted; their sum is minimised."""

    objectness: Tensor
    proposal_move: Tensor
    box_class: Tensor
    box_move: Tensor
    mask: Tensor
    chart: Tensor
    coarse: Tensor
    uv: Tensor

    def total(self) -> Tensor:
        """Sum of the parts."""
        return torch.stack(list(self)).sum()


def chart_rcnn_losses(
    network: ChartRcnn, pictures: Tensor, targets: list[Targets], generator: torch.Generator,
    limits: Limits = PUBLISHED,
) -> ChartRcnnLosses:
    """Run a batch through the network and measure it.

    Labels mean what the network's subject makes of them: animals are background for a network that
    finds people; people are neither learnt nor punished by one that finds animals
    (:mod:`wildpose.training.chart_matching`).

    Parameters
    ----------
    network : ChartRcnn
        Neither folded nor quickened. A dense head or mask head of which nothing learns is not run.
    pictures : uint8 [B, 3, H, W]
        RGB; H and W are multiples of 32.
    targets : list of Targets, length B
        In pixels of the pictures.
    generator : torch.Generator
        On the CPU; for the choice of anchors and regions.
    limits : Limits
        How much of each picture learns.

    Returns
    -------
    ChartRcnnLosses
        0, with gradient 0, where nothing is known; NaN where the network's answers are no finite
        numbers.
    """
    height, width = pictures.shape[-2:]
    levels = network.levels(normalised(pictures, network.config))
    raw = network.proposal_generator.rpn_head(levels)
    said = torch.cat([field.flatten() for level in raw for field in level])
    if not bool(torch.isfinite(said).all()):
        # boxes that are no numbers can't be cut out; the caller stops at such a loss
        return ChartRcnnLosses(*[said.sum() * float("nan")] * len(ChartRcnnLosses._fields))
    objects = [objects_of(target, network.config.subject) for target in targets]
    batch = _Batch(network, targets, _per_picture(levels), (height, width), said.sum() * 0)
    objectness, proposal_move = _first_stage_losses(raw, batch, objects, limits, generator)
    regions = _regions(raw, batch, objects, limits, generator)
    box_class, box_move = _box_losses(batch, regions)
    mask = _mask_loss(batch, regions, limits, generator)
    chart, coarse, uv = _dense_losses(batch, regions, limits, generator)
    return ChartRcnnLosses(objectness, proposal_move, box_class, box_move, mask, chart, coarse, uv)


class _Batch(NamedTuple):
    """A batch on its way through the network.

    Attributes
    ----------
    network : ChartRcnn
    targets : list of Targets, length B
    levels : list of sequence of float [1, 256, H, W]
        p2 to p6 of each picture.
    size : (int, int)
        Height and width of the pictures.
    nothing : scalar Tensor
        0, with gradient 0.
    """

    network: ChartRcnn
    targets: list[Targets]
    levels: list[Levels]
    size: tuple[int, int]
    nothing: Tensor


def _per_picture(levels: Levels) -> list[Levels]:
    return list(zip(*(level.chunk(len(level)) for level in levels), strict=True))


def _first_stage_losses(
    raw: Sequence[RawProposals], batch: _Batch, objects: Sequence[Objects], limits: Limits,
    generator: torch.Generator,
) -> tuple[Tensor, Tensor]:
    """Cross-entropy and moves of the chosen anchors, summed, by the number that may be chosen."""
    anchors = torch.cat([anchors_of(i, level.logits.shape[-2:], level.logits.device)
                         for i, level in enumerate(raw)])
    flat = [level.per_anchor() for level in raw]
    logits, deltas = (torch.cat(fields, 1) for fields in zip(*flat, strict=True))
    objectness, move = batch.nothing, batch.nothing
    for i, (target, own) in enumerate(zip(batch.targets, objects, strict=True)):
        sample = match_anchors(anchors, batch.size, own, limits, generator)
        holds = sample.row >= 0
        objectness = objectness + target.weight * functional.binary_cross_entropy_with_logits(
            logits[i, sample.chosen], holds.to(logits), reduction="sum")
        if target.exact_boxes:
            index = sample.chosen[holds]
            # The first stage says moves as large as they are.
            wanted = deltas_between(anchors[index], target.box_xyxy[sample.row[holds]])
            wanted = wanted / wanted.new_tensor(DELTA_SCALE)
            move = move + target.weight * (deltas[i, index] - wanted).abs().sum()
    count = limits.anchors * len(objects)
    return objectness / count, move / count


@torch.no_grad()
def _regions(
    raw: Sequence[RawProposals], batch: _Batch, objects: Sequence[Objects], limits: Limits,
    generator: torch.Generator,
) -> list[Regions]:
    """Regions of each picture, from what the first stage proposes."""
    config = replace(batch.network.config, proposals_per_level=limits.proposals_per_level,
                     proposals=limits.proposals)
    found = []
    for i, own in enumerate(objects):
        one = [RawProposals(level.logits[i : i + 1], level.deltas[i : i + 1]) for level in raw]
        proposals = choose(one, batch.size, config).box_xyxy
        found.append(sample_regions(proposals, batch.size, own, limits, generator))
    return found


def _box_losses(batch: _Batch, regions: Sequence[Regions]) -> tuple[Tensor, Tensor]:
    """Cross-entropy and moves of the second stage, both by the number of regions."""
    count = sum(len(found.row) for found in regions)
    if not count:
        return batch.nothing, batch.nothing
    heads, config = batch.network.roi_heads, batch.network.config
    cut = [cut_for_boxes(levels, found.box_xyxy, config)
           for levels, found in zip(batch.levels, regions, strict=True)]
    answer = heads.box_predictor(heads.box_head(torch.cat(cut)))
    box_class, box_move = batch.nothing, batch.nothing
    counts = [len(found.row) for found in regions]
    said = zip(answer.logits.split(counts), answer.deltas.split(counts), strict=True)
    for target, found, (logits, deltas) in zip(batch.targets, regions, said, strict=True):
        holds = found.row >= 0
        box_class = box_class + target.weight * functional.cross_entropy(
            logits, (~holds).long(), reduction="sum")
        if target.exact_boxes:
            wanted = deltas_between(found.box_xyxy[holds], target.box_xyxy[found.row[holds]])
            box_move = box_move + target.weight * (deltas[holds] - wanted).abs().sum()
    return box_class / count, box_move / count


def _mask_loss(
    batch: _Batch, regions: Sequence[Regions], limits: Limits, generator: torch.Generator
) -> Tensor:
    """Mean cross-entropy of the mask head's cells, over regions whose object has a mask."""
    total, count = batch.nothing, 0
    head = batch.network.roi_heads.mask_head
    if head is None or not _learns(head):
        return total
    for target, levels, found in zip(batch.targets, batch.levels, regions, strict=True):
        region, layer = torch.nonzero(found.row[:, None] == target.mask_row, as_tuple=True)
        some = drawn(torch.arange(len(region), device=region.device), limits.mask_regions,
                     generator)
        if not len(some):
            continue
        boxes = found.box_xyxy[region[some]]
        logits = head(levels, boxes)
        true = masks_on_grid(target.masks, layer[some], boxes, MASK_SIZE)
        total = total + target.weight * functional.binary_cross_entropy_with_logits(
            logits, true.to(logits), reduction="sum")
        count += true.numel()
    return total / max(count, 1)


def _dense_losses(
    batch: _Batch, regions: Sequence[Regions], limits: Limits, generator: torch.Generator
) -> tuple[Tensor, Tensor, Tensor]:
    """Charts, coarse segmentation, and u and v, over regions that cover their object well."""
    nothing, network = batch.nothing, batch.network
    heads = network.roi_heads
    if not _learns(heads.densepose_head, heads.densepose_predictor, heads.decoder):
        return nothing, nothing, nothing
    chosen = [
        drawn(rows_with_truth(found, target, limits.chart_iou), limits.chart_regions, generator)
        for target, found in zip(batch.targets, regions, strict=True)
    ]
    if not any(len(index) for index in chosen):
        return nothing, nothing, nothing
    seen = torch.cat([
        network.regions(levels, found.box_xyxy[index])
        for levels, found, index in zip(batch.levels, regions, chosen, strict=True)
    ])
    config = network.config
    maps = joined_parts(network.charts_of(seen))
    truth = truth_of(batch.targets, regions, chosen, maps.u.shape[-1])
    said = chart_losses(maps, truth, replace(config, coarse_channels=2))
    uv = torch.stack([loss for name, loss in said.items() if name in ("u", "v", "uv")]).sum()
    return said["chart"], said["coarse"], uv


def _learns(*parts: nn.Module | None) -> bool:
    return any(parameter.requires_grad for part in parts if part is not None
               for parameter in part.parameters())
