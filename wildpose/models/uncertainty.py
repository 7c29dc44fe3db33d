"""The network's own uncertainties: inverse temperatures and standard deviations.

Auto-calibration (Sanakoyeu et al. 2020, 3.3): beside every classification a head predicts a scalar
``alpha`` that scales its logits (eq. 2), beside every regression a ``sigma`` per output (eq. 3).
Both are learnt through the likelihood alone. A large alpha is the confident one, as eq. 2 says;
the sentence under it in the paper has it the other way round.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

ALPHA_MAX = 100.0
"""Logits times this saturate any softmax; beyond, only overflow is left to gain."""

SIGMA_MIN = 0.01
"""Smallest standard deviation, in the regression's own unit (charts: hundredths of a chart)."""

_START = math.log(math.expm1(1.0))
"""Softplus of this is 1: a fresh alpha changes nothing, a fresh sigma is the unit."""


def alpha_of(raw: Tensor) -> Tensor:
    """Inverse temperature from a network's output, in [0, 100], same shape."""
    return functional.softplus(raw).clamp(max=ALPHA_MAX)


def sigma_of(raw: Tensor) -> Tensor:
    """Standard deviation from a network's output, same shape, at least :data:`SIGMA_MIN`.

    The bound is added rather than cut off, so that a sigma at the bound still has a gradient and
    can grow again when its regression turns out wrong.
    """
    return SIGMA_MIN + functional.softplus(raw)


def start_at_one(layer: nn.Conv2d | nn.Linear) -> None:
    """Begin with alpha 1 (or sigma 1 + SIGMA_MIN) whatever the input."""
    nn.init.zeros_(layer.weight)
    if layer.bias is not None:
        nn.init.constant_(layer.bias, _START)


def scaled_log_softmax(logits: Tensor, alpha: Tensor, dim: int = 1) -> Tensor:
    """Log of the scaled softmax, eq. 2.

    Parameters
    ----------
    logits : float [..., K, ...]
    alpha : float
        The logits' shape without ``dim``.
    dim : int
        Axis of the K hypotheses.
    """
    return (logits * alpha.unsqueeze(dim)).log_softmax(dim)


def gaussian_nll(said: Tensor, sigma: Tensor, true: Tensor) -> Tensor:
    """Negative log-likelihood of independent Gaussians, eq. 3, summed over the last axis.

    Parameters
    ----------
    said, sigma, true : float [..., D]

    Returns
    -------
    float [...]
    """
    each = torch.log(sigma) + 0.5 * ((said - true) / sigma) ** 2 + 0.5 * math.log(2 * math.pi)
    return each.sum(-1)
