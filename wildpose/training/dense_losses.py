"""Losses of the dense-pose head; each sees only what is annotated.

Likelihoods throughout (Sanakoyeu et al. 2020, 3.3): scaled softmax for foreground and chart,
Gaussian for (u, v) of the annotated chart alone. A part point ("lower leg, left") is the event that
one of its charts is the true one, so their probabilities are summed.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from wildpose.models.dense_head import CHARTS, DenseAnswer
from wildpose.models.uncertainty import gaussian_nll, scaled_log_softmax
from wildpose.training.regions import UNKNOWN, RegionTruth

UV_WEIGHT = 0.1
"""A Gaussian's gradient grows with 1 / sigma squared; this brings it near that of the charts."""
BACKGROUND_CELLS = 48
"""Cells outside the body, per region, that teach the charts' background."""


class DenseLosses(NamedTuple):
    """Parts of the loss of the dense-pose head, weighted."""

    dense_mask: Tensor
    chart: Tensor
    uv: Tensor

    def total(self) -> Tensor:
        """Sum of the parts."""
        return torch.stack(list(self)).sum()


def dense_losses(
    answer: DenseAnswer, truth: RegionTruth, generator: torch.Generator
) -> DenseLosses:
    """Measure the answer for R regions; 0 (with gradient 0) where nothing is known."""
    mask = _mask_loss(answer, truth)
    at_points = _Sampled.of(answer, truth.xy)
    log = scaled_log_softmax(at_points.chart_logits, at_points.chart_alpha, -1)
    chart = _mean_of_regions(summed_nll(log, truth.charts), truth.charts.any(-1))
    outside = _background_nll(answer, truth, generator)
    return DenseLosses(mask, chart + outside, UV_WEIGHT * _uv_loss(at_points, truth))


class _Sampled(NamedTuple):
    """The answer at K points of each region: [R, K, ...]."""

    chart_logits: Tensor
    chart_alpha: Tensor
    uv: Tensor
    uv_sigma: Tensor

    @classmethod
    def of(cls, answer: DenseAnswer, xy: Tensor) -> _Sampled:
        """Bilinear between cell centres; ``xy`` is -1 to 1 across the region."""
        layers = torch.cat([answer.chart_logits, answer.chart_alpha[:, None], answer.uv_sigma,
                            answer.uv.flatten(1, 2)], 1)
        values = functional.grid_sample(layers, xy[:, None], padding_mode="border",
                                        align_corners=False)[:, :, 0].transpose(1, 2)
        n = CHARTS + 1
        uv = values[..., n + 3 :].reshape(*values.shape[:2], 2, CHARTS)
        return cls(values[..., :n], values[..., n], uv, values[..., n + 1 : n + 3])


def _mask_loss(answer: DenseAnswer, truth: RegionTruth) -> Tensor:
    known = truth.mask != UNKNOWN
    each = functional.binary_cross_entropy_with_logits(
        answer.mask_logit * answer.mask_alpha, truth.mask.clamp(max=1).to(answer.mask_logit),
        reduction="none",
    )
    return (each * known).sum() / known.sum().clamp(min=1)


def summed_nll(log_probability: Tensor, allowed: Tensor) -> Tensor:
    """- log of the summed probability of the allowed charts; 0 where none is allowed.

    Parameters
    ----------
    log_probability : float [..., 25]
    allowed : bool [..., 25]

    Returns
    -------
    float [...]
    """
    some = allowed.any(-1)
    masked = log_probability.masked_fill(~allowed & some[..., None], float("-inf"))
    return -masked.logsumexp(-1) * some


def _mean_of_regions(each: Tensor, counted: Tensor) -> Tensor:
    """Mean over the points of a region, then over the regions that have any."""
    per_region = (each * counted).sum(1) / counted.sum(1).clamp(min=1)
    return per_region.sum() / counted.any(1).sum().clamp(min=1)


def _background_nll(
    answer: DenseAnswer, truth: RegionTruth, generator: torch.Generator
) -> Tensor:
    """- log probability of background at random cells known to lie outside the body."""
    outside = (truth.mask == 0).flatten(1)
    dice = torch.rand(outside.shape, generator=generator).to(outside.device)
    value, cell = (dice * outside).topk(BACKGROUND_CELLS, dim=1)
    logits = answer.chart_logits.flatten(2).gather(
        2, cell[:, None].expand(-1, CHARTS + 1, -1))
    alpha = answer.chart_alpha.flatten(1).gather(1, cell)
    each = -scaled_log_softmax(logits, alpha)[:, 0]
    return 0.5 * _mean_of_regions(each, value > 0)


def _uv_loss(said: _Sampled, truth: RegionTruth) -> Tensor:
    known = torch.isfinite(truth.uv).all(-1)
    chart = (truth.charts.to(torch.uint8).argmax(-1) - 1).clamp(min=0)
    index = chart[..., None, None].expand(*chart.shape, 2, 1)
    uv = said.uv.gather(-1, index)[..., 0]
    true = torch.where(known[..., None], truth.uv, uv.detach())
    return _mean_of_regions(gaussian_nll(uv, said.uv_sigma, true), known)
