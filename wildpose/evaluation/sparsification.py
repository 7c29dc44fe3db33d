"""Does uncertainty tell which answers are wrong? Errors of what stays when the unsure ones go.

References
----------
Ilg et al., Uncertainty Estimates and Multi-Hypotheses Networks for Optical Flow, ECCV 2018, 5
(sparsification plot; its distance from the oracle's, both as a share of the mean error; AUSE is
the area of it).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from wildpose.types import Array


@dataclass(frozen=True)
class Sparsification:
    """Mean error of what stays, as a share of the mean error of all.

    Attributes
    ----------
    removed : float64 [N]
        Share of answers taken away, from 0 on.
    by_uncertainty : float64 [N]
        Where the most uncertain ones go first.
    oracle : float64 [N]
        Where the worst ones go first; no order is better.
    """

    removed: Array
    by_uncertainty: Array
    oracle: Array

    @property
    def ause(self) -> float:
        """Area between the two curves: 0 where uncertainty puts errors in their order."""
        return float((self.by_uncertainty - self.oracle).mean())

    @property
    def ause_random(self) -> float:
        """The same area for a random order, whose curve stays at 1 in the mean."""
        return float((1 - self.oracle).mean())

    @property
    def relative(self) -> float:
        """AUSE as a share of a random order's: 0 is perfect, 1 says nothing, above misleads."""
        return self.ause / self.ause_random if self.ause_random > 0 else 0.0


def sparsification(error: npt.ArrayLike, uncertainty: npt.ArrayLike) -> Sparsification | None:
    """Take answers away by falling uncertainty and by falling error.

    Equal uncertainties go in a random order in the mean: each counts with their mean error.

    Parameters
    ----------
    error : float [N]
        Finite, not negative.
    uncertainty : float [N]
        Larger where the model is less sure.

    Returns
    -------
    Sparsification or None
        None without answers, or where none is wrong.

    Examples
    --------
    >>> sparsification([3.0, 0.0, 1.0], [0.9, 0.1, 0.5]).ause
    0.0
    >>> sparsification([3.0, 0.0, 1.0], [0.5, 0.5, 0.5]).relative
    1.0
    """
    errors = np.asarray(error, np.float64)
    if len(errors) == 0 or not errors.sum() > 0:
        return None
    _, group = np.unique(np.asarray(uncertainty, np.float64), return_inverse=True)
    shared = (np.bincount(group, errors) / np.bincount(group))[group]
    return Sparsification(
        removed=np.arange(len(errors)) / len(errors),
        by_uncertainty=_mean_of_rest(shared[np.argsort(group, kind="stable")]),
        oracle=_mean_of_rest(np.sort(errors)),
    )


def _mean_of_rest(ordered: Array) -> Array:
    """Mean of the first N, N - 1, ... 1 values, as a share of the mean of all."""
    means = np.cumsum(ordered) / np.arange(1, len(ordered) + 1)
    return np.asarray(means[::-1] / means[-1])
