"""Losses of the DensePose R-CNN's dense head, as its reference implementation weighs them.

Marked points teach u, v and the chart; marked body parts or instance masks teach the coarse
segmentation. u and v are learnt by a robust distance, or, where the network predicts its own
uncertainty, by the likelihood of a Gaussian (Neverova et al. 2019). A point that may lie on several
charts is the event that one of them is the true one: their probabilities are summed. Each loss sees
what is annotated for it; the reference drops all of them for batches without a point on a body.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional
from torchvision.ops import roi_align

from wildpose.models.chart_rcnn.chart_maps import ChartMaps, variance_of
from wildpose.models.chart_rcnn.config import Config
from wildpose.models.uncertainty import gaussian_nll
from wildpose.training.dense_losses import summed_nll


@dataclass(frozen=True)
class MarkedPoints:
    """N points that people marked on bodies.

    Attributes
    ----------
    row : int64 [N]
        Which proposal each belongs to.
    xy : float [N, 2]
        Pixels of the network's input.
    charts : bool [N, 25]
        The charts that it may lie on; column 0 is background.
    uv : float [N, 2]
        NaN where not known; it is learnt where there is one chart only.
    """

    row: Tensor
    xy: Tensor
    charts: Tensor
    uv: Tensor


@dataclass(frozen=True)
class ChartTruth:
    """What is known of R proposals.

    Attributes
    ----------
    proposal_xyxy : float [R, 4]
        In pixels of the network's input.
    points : MarkedPoints
    coarse : int64 [R, S, S]
        Class of each cell of the proposals (:func:`parts_on_grid`, :func:`masks_on_grid`).
    has_coarse : bool [R]
        Where ``coarse`` is known.
    weight : float [R]
        Factor of all that a proposal teaches.
    """

    proposal_xyxy: Tensor
    points: MarkedPoints
    coarse: Tensor
    has_coarse: Tensor
    weight: Tensor


class Places(NamedTuple):
    """Where N points lie on the grids of their proposals.

    Attributes
    ----------
    valid : bool [N]
        Inside the proposal.
    low, high : int64 [N, 2]
        Column and row before and after the point.
    weight : float [N, 2]
        Share of ``high``.
    """

    valid: Tensor
    low: Tensor
    high: Tensor
    weight: Tensor


def places_of(truth: ChartTruth, cells: int) -> Places:
    """Where the points lie on grids of ``cells`` each way; cell k begins at k, not at k - 1/2."""
    points = truth.points
    proposal = truth.proposal_xyxy[points.row]
    at = points.xy - proposal[:, :2]
    side = proposal[:, 2:] - proposal[:, :2]
    valid = ((at >= 0) & (at < side)).all(1)
    on_grid = at * cells / side
    low = on_grid.floor().clamp(0, cells - 1)
    high = (low + 1).clamp(max=cells - 1)
    return Places(valid, low.long(), high.long(), torch.minimum(on_grid, high) - low)


def at_points(field: Tensor, row: Tensor, places: Places) -> Tensor:
    """Values [N, C] of maps [R, C, S, S] at points of the proposals ``row`` [N], bilinear."""
    x, y = places.weight[:, :1], places.weight[:, 1:]
    (left, top), (right, bottom) = places.low.unbind(1), places.high.unbind(1)
    upper = field[row, :, top, left] * (1 - x) + field[row, :, top, right] * x
    lower = field[row, :, bottom, left] * (1 - x) + field[row, :, bottom, right] * x
    return upper * (1 - y) + lower * y


def parts_on_grid(
    part: Tensor, true_xyxy: Tensor, proposal_xyxy: Tensor, cells: int
) -> Tensor:
    """Body parts marked over true boxes, on grids over proposals.

    Parameters
    ----------
    part : uint8 [R, 256, 256]
        0 is background.
    true_xyxy, proposal_xyxy : float [R, 4]
    cells : int

    Returns
    -------
    int64 [R, cells, cells]
        The nearest part; 0 outside the true box.
    """
    step = torch.arange(cells, device=part.device) / cells
    corner, far = proposal_xyxy[:, None, :2], proposal_xyxy[:, None, 2:]
    place = corner + step[:, None] * (far - corner)
    true_corner, true_far = true_xyxy[:, None, :2], true_xyxy[:, None, 2:]
    x, y = ((place - true_corner) / (true_far - true_corner) * 2 - 1).unbind(2)
    grid = torch.stack([x[:, None].expand(-1, cells, -1), y[:, :, None].expand(-1, -1, cells)], -1)
    near = functional.grid_sample(part[:, None].float(), grid, mode="nearest",
                                  padding_mode="zeros", align_corners=True)
    return near[:, 0].long()


def masks_on_grid(masks: Tensor, index: Tensor, boxes: Tensor, cells: int) -> Tensor:
    """Instance masks on grids over boxes.

    Parameters
    ----------
    masks : float [M, H, W]
    index : int64 [R]
        Which mask each box shows.
    boxes : float [R, 4]
        In pixels of the masks.
    cells : int

    Returns
    -------
    int64 [R, cells, cells]
        1 where at least one half of a cell is covered.
    """
    each = torch.cat([index[:, None].to(boxes), boxes], 1)
    cut: Tensor = roi_align(masks[:, None], each, cells, 1.0, 0, aligned=True)
    return (cut[:, 0] >= 0.5).long()


def chart_losses(maps: ChartMaps, truth: ChartTruth, config: Config) -> dict[str, Tensor]:
    """Measure the maps of R proposals.

    Parameters
    ----------
    maps : ChartMaps
    truth : ChartTruth
    config : Config
        Its weights, and which confidences there are.

    Returns
    -------
    dict of str to scalar Tensor
        Weighted: ``chart``, ``coarse``, and ``uv``, or ``u`` and ``v`` where the network predicts
        no uncertainty. 0, with gradient 0, where nothing is known. Those of the charts and of the
        coarse segmentation are means, those of u and v sums, as the reference has them.
    """
    points = truth.points
    places = places_of(truth, maps.u.shape[-1])
    inside = places.valid & points.charts.any(1)
    row, charts = points.row[inside], points.charts[inside]
    places, weight = Places(*(field[inside] for field in places)), truth.weight[row]
    each = summed_nll(at_points(maps.fine_segm, row, places).log_softmax(1), charts)
    known = (torch.isfinite(points.uv[inside]).all(1) & (charts.sum(1) == 1) & ~charts[:, 0])
    chart = charts[known].to(torch.uint8).argmax(1)
    said = _Said.of(maps, row[known], Places(*(f[known] for f in places)), chart)
    uv = _uv_losses(said, points.uv[inside][known], weight[known], config)
    return {
        **{name: config.point_weight * loss for name, loss in uv.items()},
        "chart": config.part_weight * (each * weight).sum() / max(len(each), 1),
        "coarse": config.index_weight * _coarse_loss(maps.coarse_segm, truth, config),
    }


def _coarse_loss(logits: Tensor, truth: ChartTruth, config: Config) -> Tensor:
    """Mean over the cells of the proposals of which it is known."""
    known = truth.has_coarse
    target = truth.coarse[known]
    if config.coarse_channels == 2:
        target = (target > 0).long()
    each = functional.cross_entropy(logits[known], target, reduction="none")
    return (each * truth.weight[known, None, None]).sum() / max(each.numel(), 1)


class _Said(NamedTuple):
    """The maps at N points, in the chart that each has: [N, 2], [N] or None, [N, 2] or None."""

    uv: Tensor
    raw_sigma_2: Tensor | None
    kappa: Tensor | None

    @classmethod
    def of(cls, maps: ChartMaps, row: Tensor, places: Places, chart: Tensor) -> _Said:
        """Look them up."""

        def read(field: Tensor) -> Tensor:
            return at_points(field, row, places).gather(1, chart[:, None])[:, 0]

        kappa = (None if maps.kappa_u is None or maps.kappa_v is None
                 else torch.stack([read(maps.kappa_u), read(maps.kappa_v)], 1))
        return cls(torch.stack([read(maps.u), read(maps.v)], 1),
                   None if maps.sigma_2 is None else read(maps.sigma_2), kappa)


def _uv_losses(
    said: _Said, true: Tensor, weight: Tensor, config: Config
) -> dict[str, Tensor]:
    """Sums over the points, so that many points weigh more than few."""
    if said.raw_sigma_2 is None:
        each = functional.smooth_l1_loss(said.uv, true, reduction="none") * weight[:, None]
        u, v = each.sum(0)
        return {"u": u, "v": v}
    variance = variance_of(said.raw_sigma_2, config.uv_epsilon)
    if said.kappa is None:
        sigma = variance.sqrt()[:, None].expand_as(true)
        # The reference counts the constant of one dimension, and not of two.
        each = gaussian_nll(said.uv, sigma, true) - 0.5 * math.log(2 * math.pi)
    else:
        each = correlated_nll(said.uv - true, variance, said.kappa)
    return {"uv": (each * weight).sum()}


def correlated_nll(error: Tensor, variance: Tensor, kappa: Tensor) -> Tensor:
    """Negative log-likelihood of a Gaussian with covariance ``variance I + kappa kappa'``.

    Neverova et al. 2019, the independent anisotropic case; log 2 pi once, as the reference has it.

    Parameters
    ----------
    error, kappa : float [N, 2]
    variance : float [N]

    Returns
    -------
    float [N]
    """
    determinant = variance * (variance + kappa.square().sum(1))
    along = (error * kappa).sum(1).square() / determinant
    across = error.square().sum(1) / variance
    return 0.5 * (math.log(2 * math.pi) + determinant.log() + across - along)
