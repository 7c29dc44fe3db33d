"""What the network is punished for, part by part; each part sees only what is labelled.

Quality focal loss and distribution focal loss (Li et al. 2020), generalised IoU (Rezatofighi et
al. 2019), cross-entropy and smooth L1 of the box head (Girshick 2015), pixel cross-entropy of the
mask head (He et al. 2017). With auto-calibration the last three are the likelihoods of Sanakoyeu et
al. 2020, eq. 2 and 3.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional
from torchvision.ops import box_iou, generalized_box_iou_loss, roi_align

from wildpose.models.dense_head import pool_regions
from wildpose.models.detector import Detector, Features
from wildpose.models.heads import MASK_SIZE, deltas_between
from wildpose.models.proposals import (
    DISTANCE_BINS,
    DensePrediction,
    ProposalLimits,
    propose,
)
from wildpose.models.uncertainty import gaussian_nll, scaled_log_softmax
from wildpose.training.assignment import (
    RegionSample,
    Targets,
    assign_points,
    sample_regions,
)
from wildpose.training.dense_losses import DenseLosses, dense_losses
from wildpose.training.regions import truth_regions

TRAINING_LIMITS = ProposalLimits(0.01, 300, 0.7, 100)
MASKS_PER_PICTURE = 6


class Losses(NamedTuple):
    """The parts of the loss of one batch, already weighted; their sum is minimised."""

    score: Tensor
    overlap: Tensor
    distance: Tensor
    box_class: Tensor
    box_move: Tensor
    mask: Tensor
    dense_mask: Tensor
    chart: Tensor
    uv: Tensor

    def total(self) -> Tensor:
        """Sum of the parts."""
        return torch.stack(list(self)).sum()


def batch_losses(
    detector: Detector, pictures: Tensor, targets: list[Targets], generator: torch.Generator
) -> Losses:
    """Run a batch through the network and measure it.

    Parameters
    ----------
    detector : Detector
    pictures : uint8 [B, 3, H, W]
    targets : list of Targets, length B
    generator : torch.Generator
        For the choice of regions.
    """
    features = detector.features(pictures)
    said = torch.cat([features.dense.logits.flatten(), features.dense.distance_logits.flatten()])
    if not bool(torch.isfinite(said).all()):
        # boxes that are no numbers can't be cut out; the caller stops at such a loss
        return Losses(*[said.sum() * float("nan")] * len(Losses._fields))
    score, overlap, distance = first_stage_losses(features.dense, targets)
    proposals = propose(features.dense, features.maps.size, TRAINING_LIMITS)
    samples = [
        sample_regions(p.box_xyxy, p.column, t, generator)
        for p, t in zip(proposals, targets, strict=True)
    ]
    box_class, box_move = box_losses(detector, features, samples, targets)
    mask = mask_loss(detector, features, samples, targets)
    dense = dense_loss(detector, features, targets, generator)
    return Losses(score, overlap, distance, box_class, box_move, mask, *dense)


def first_stage_losses(
    dense: DensePrediction, targets: list[Targets]
) -> tuple[Tensor, Tensor, Tensor]:
    """Score, overlap and distance losses of the grid, normalised by what was assigned."""
    boxes = dense.boxes()
    zero = dense.logits.sum() * 0
    score, overlap, distance = zero, zero, zero
    assigned = 0.0
    for i, target in enumerate(targets):
        probability = dense.logits[i].detach().sigmoid()
        row, counted = assign_points(probability, boxes[i].detach(), dense.points, target)
        wanted = torch.zeros_like(dense.logits[i])
        found = (row >= 0).nonzero()[:, 0]
        if len(found):
            true = target.box_xyxy[row[found]]
            own = boxes[i][found]
            fit = _paired_iou(own.detach(), true)
            wanted[found, target.column[row[found]]] = fit
            assigned += float(fit.sum())
            giou = generalized_box_iou_loss(own, true)
            weight = _box_weight(target)
            overlap = overlap + weight * (fit.clamp(min=0.2) * giou).sum()
            spread = distribution_loss(dense.distance_logits[i][found], dense.points[found], true)
            distance = distance + weight * (fit.clamp(min=0.2) * spread).sum()
        focal = quality_focal_loss(dense.logits[i], wanted)
        score = score + target.weight * (focal * counted).sum()
    count = max(assigned, 1.0)
    return score / count, 2.0 * overlap / count, 0.25 * distance / count


def _box_weight(target: Targets) -> float:
    """Of the losses of where a box ends: a detector's own boxes would teach it its own errors."""
    return target.weight if target.exact_boxes else 0.0


def quality_focal_loss(logits: Tensor, wanted: Tensor) -> Tensor:
    """|sigmoid - wanted|^2 times the cross-entropy (Li et al. 2020, eq. 6); the logits' shape."""
    gap = (logits.detach().sigmoid() - wanted).abs() ** 2
    return gap * functional.binary_cross_entropy_with_logits(logits, wanted, reduction="none")


def distribution_loss(distance_logits: Tensor, points: Tensor, box_xyxy: Tensor) -> Tensor:
    """Cross-entropy with the two bins beside the true distance (Li et al. 2020, eq. 10); [N]."""
    x, y, stride = points.unbind(1)
    true = torch.stack([x - box_xyxy[:, 0], y - box_xyxy[:, 1],
                        box_xyxy[:, 2] - x, box_xyxy[:, 3] - y], 1) / stride[:, None]
    true = true.clamp(0, DISTANCE_BINS - 1 - 0.01)
    low = true.floor()
    share = true - low
    log = distance_logits.log_softmax(-1)
    below = log.gather(-1, low.long()[..., None])[..., 0]
    above = log.gather(-1, low.long()[..., None] + 1)[..., 0]
    return -((1 - share) * below + share * above).mean(1)


def box_losses(
    detector: Detector, features: Features, samples: list[RegionSample], targets: list[Targets]
) -> tuple[Tensor, Tensor]:
    """Class and move losses of the box head over all sampled regions."""
    answer = detector.box_head(features.maps, [s.box_xyxy for s in samples])
    label = torch.cat([s.label for s in samples])
    weight, exact = (torch.cat([
        torch.full((len(s.label),), of(t)) for s, t in zip(samples, targets, strict=True)
    ]).to(label.device) for of in (lambda t: t.weight, _box_weight))
    if not len(label):
        nothing = answer.class_logits.sum() + answer.deltas.sum()
        return nothing, nothing
    log = scaled_log_softmax(answer.class_logits, answer.class_alpha)
    each = functional.nll_loss(log, label, reduction="none")
    box_class = (each * weight).sum() / weight.sum()
    boxes = torch.cat([s.box_xyxy for s in samples])
    true = torch.cat([
        t.box_xyxy[s.row.clamp(min=0)] if len(t.box_xyxy) else s.box_xyxy
        for s, t in zip(samples, targets, strict=True)
    ])
    positive = (label > 0).nonzero()[:, 0]
    wanted = deltas_between(boxes[positive], true[positive])
    said = answer.deltas[positive]
    if answer.delta_sigma is None:
        error = functional.smooth_l1_loss(said, wanted, reduction="none").sum(1)
    else:
        error = gaussian_nll(said, answer.delta_sigma[positive], wanted)
    box_move = (error * exact[positive]).sum() / max(len(label), 1)
    return box_class, box_move


def mask_loss(
    detector: Detector, features: Features, samples: list[RegionSample], targets: list[Targets]
) -> Tensor:
    """Pixel cross-entropy of the mask head over positive regions whose animal has a mask."""
    boxes, truths = [], []
    for sample, target in zip(samples, targets, strict=True):
        match = sample.row[:, None] == target.mask_row[None]
        region, mask = match.nonzero(as_tuple=True)
        region, mask = region[:MASKS_PER_PICTURE], mask[:MASKS_PER_PICTURE]
        chosen = sample.box_xyxy[region]
        boxes.append(chosen)
        if len(region):
            index = mask.to(chosen)[:, None]
            truths.append(roi_align(target.masks[:, None], torch.cat([index, chosen], 1),
                                    MASK_SIZE, sampling_ratio=2, aligned=True)[:, 0])
    if not truths:
        return features.dense.logits.sum() * 0
    answer = detector.mask_head(features.maps, boxes)
    return functional.binary_cross_entropy_with_logits(answer.logits * answer.alpha,
                                                       torch.cat(truths))


def dense_loss(
    detector: Detector, features: Features, targets: list[Targets], generator: torch.Generator
) -> DenseLosses:
    """Losses of the dense-pose head over animals with points or a mask.

    0 without such a head, and where it is frozen: it would be run for nothing.
    """
    nothing = features.dense.logits.sum() * 0
    head = detector.dense_head
    if head is None or not any(p.requires_grad for p in head.parameters()):
        return DenseLosses(nothing, nothing, nothing)
    regions, truth = truth_regions(targets, generator)
    if not len(truth.mask):
        return DenseLosses(nothing, nothing, nothing)
    answer = head(pool_regions(features.maps, regions))
    return dense_losses(answer, truth, generator)


def _paired_iou(first: Tensor, second: Tensor) -> Tensor:
    overlaps: Tensor = box_iou(first, second)
    return overlaps.diagonal()
