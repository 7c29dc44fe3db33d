"""How likely the truth is under what a model says of its own doubt (negative log-likelihood).

References
----------
Sanakoyeu et al., Transferring Dense Pose to Proximal Animal Classes, CVPR 2020, 3.3, eq. 3.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

SUREST = 1 - 2.0**-11
"""Probabilities beyond it are taken for it: half floats know no step between it and 1."""


def gaussian_nll(step: npt.ArrayLike, sigma: npt.ArrayLike) -> float | None:
    """Mean negative log-likelihood of u and v under a normal distribution.

    Parameters
    ----------
    step : float [N, D]
        Said minus true.
    sigma : float [N]
        One standard deviation for all D, above 0.

    Returns
    -------
    float or None
        In nats for each point, lower is better; None without points.

    Examples
    --------
    >>> round(gaussian_nll([[0.0, 0.0]], [1.0]), 4)  # log(2 pi)
    1.8379
    """
    steps = np.asarray(step, np.float64)
    deviation = np.asarray(sigma, np.float64)
    if len(steps) == 0:
        return None
    dimensions = steps.shape[1]
    each = (dimensions * (np.log(2 * np.pi) / 2 + np.log(deviation))
            + (steps**2).sum(axis=1) / (2 * deviation**2))
    return float(each.mean())


def binary_nll(probability: npt.ArrayLike, right: npt.ArrayLike) -> float | None:
    """Mean negative log-likelihood of being right or wrong.

    Parameters
    ----------
    probability : float [N]
        That the model gives to being right.
    right : bool [N]

    Returns
    -------
    float or None
        In nats; None without answers.

    Examples
    --------
    >>> round(binary_nll([0.5, 0.5], [True, False]), 4)  # log(2)
    0.6931
    """
    p = np.clip(np.asarray(probability, np.float64), 1 - SUREST, SUREST)
    if len(p) == 0:
        return None
    return float(-np.log(np.where(np.asarray(right, bool), p, 1 - p)).mean())
