"""The same answer for a picture and for its mirror image in another light.

Equivariance needs no label, so real pictures without any can teach it (the third kind of cue in
Sanakoyeu et al. 2020, 3.5, applied to flips and photometry as in Slim DensePose, Neverova et al.
2019, 3.3). Regions of a picture and of its twin lie side by side: rows 0 and 1, 2 and 3, ...
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from wildpose.data.augment import Example, camera_look
from wildpose.models.dense_head import CHARTS, DenseAnswer, PooledRegions
from wildpose.models.uncertainty import scaled_log_softmax
from wildpose.surface.charts import MIRROR_CHART
from wildpose.training.regions import RegionTruth


def twin_pictures(examples: Sequence[Example], rng: np.random.Generator) -> list[Example]:
    """Each picture mirrored and seen by another camera; the labels are left as they were."""
    return [camera_look(replace(e, image=np.ascontiguousarray(e.image[:, ::-1])), rng)
            for e in examples]


def mirrored_regions(regions: list[Tensor], width: int) -> list[Tensor]:
    """The same regions xyxy in the mirror images, ``width`` pixels wide."""
    return [torch.stack([width - r[:, 2], r[:, 1], width - r[:, 0], r[:, 3]], 1) for r in regions]


def mirrored_truth(truth: RegionTruth) -> RegionTruth:
    """What is known of the mirrored regions: sides change places, u turns over."""
    turn = truth.xy.new_tensor([-1.0, 1.0])
    uv = torch.stack([1 - truth.uv[..., 0], truth.uv[..., 1]], -1)
    return RegionTruth(truth.mask.flip(-1), truth.xy * turn, truth.charts[..., _mirror()], uv)


def side_by_side(
    one: tuple[PooledRegions, RegionTruth], other: tuple[PooledRegions, RegionTruth]
) -> tuple[PooledRegions, RegionTruth]:
    """Rows of both in turn: the first of one, the first of the other, the second of one, ..."""

    def mixed(a: Tensor, b: Tensor) -> Tensor:
        return torch.stack([a, b], 1).flatten(0, 1)

    return (PooledRegions(*(mixed(a, b) for a, b in zip(one[0], other[0], strict=True))),
            RegionTruth(*(mixed(a, b) for a, b in zip(one[1], other[1], strict=True))))


def twin_loss(answer: DenseAnswer, first: Tensor) -> Tensor:
    """Disagreement of charts between regions and their twins.

    Both are drawn to the mean of the two answers, which itself is held fixed; cells count by the
    body probability of that mean.

    Parameters
    ----------
    answer : DenseAnswer
    first : int64 [T]
        Rows whose twin is the next row.

    Returns
    -------
    float
        0 where T is 0.
    """
    if not len(first):
        return answer.chart_logits.sum() * 0
    log = scaled_log_softmax(answer.chart_logits, answer.chart_alpha)
    one, other = log[first], log[first + 1].flip(-1)[:, _mirror()]
    mean = ((one.exp() + other.exp()) / 2).detach()
    gap = (mean * (2 * mean.clamp(min=1e-6).log() - one - other)).sum(1)
    body = 1 - mean[:, 0]
    return (gap * body).sum() / body.sum().clamp(min=1.0)


def _mirror() -> list[int]:
    return [int(MIRROR_CHART[c]) for c in range(CHARTS + 1)]
