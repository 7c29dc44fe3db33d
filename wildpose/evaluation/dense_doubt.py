"""What the doubt of a dense pose is worth: calibration, likelihood and order of its points.

Everything is of the points on the true boxes (:class:`DensePointErrors`). A chart is right where it
is the true one; its confidence is asked at every point that has one, background included.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from wildpose.evaluation.calibration import (
    ReliabilityBins,
    expected_calibration_error,
    reliability_bins,
)
from wildpose.evaluation.dense_scores import DensePointErrors
from wildpose.evaluation.likelihood import binary_nll, gaussian_nll
from wildpose.evaluation.sparsification import Sparsification, sparsification
from wildpose.types import Array


@dataclass(frozen=True)
class DenseDoubt:
    """The figures of one choice of pictures; each None where it can't be had.

    Attributes
    ----------
    points : int
    chart_right : float or None
        Share of points with the true chart.
    chart_bins : ReliabilityBins
        Of the confidence in charts.
    chart_ece, chart_nll : float or None
        The likelihood is that of being right or wrong.
    uv_nll : float or None
        In nats for each point with the true chart: u and v under one sigma.
    chart : Sparsification or None
        1 - confidence against wrong charts.
    uv : Sparsification or None
        Sigma against the distance in (u, v), of points with the true chart.
    geodesic : Sparsification or None
        Sigma against the distance along the body, of all points that have a chart.
    """

    points: int
    chart_right: float | None
    chart_bins: ReliabilityBins
    chart_ece: float | None
    chart_nll: float | None
    uv_nll: float | None
    chart: Sparsification | None
    uv: Sparsification | None
    geodesic: Sparsification | None


def dense_doubt(points: DensePointErrors) -> DenseDoubt:
    """Hold the confidences and sigmas of dense points against their errors.

    Parameters
    ----------
    points : DensePointErrors

    Returns
    -------
    DenseDoubt
    """
    right, said = points.chart_right, points.said
    inside = said.confidence > 0
    bins = reliability_bins(said.confidence[inside], right[inside])
    sigma = said.sigma
    usable = right & (sigma > 0)
    step = points.uv_step[usable]
    seen: Array = np.isfinite(points.distance_m) & (sigma > 0)
    return DenseDoubt(
        points=len(right),
        chart_right=float(right.mean()) if len(right) else None,
        chart_bins=bins,
        chart_ece=expected_calibration_error(bins),
        chart_nll=binary_nll(said.confidence[inside], right[inside]),
        uv_nll=gaussian_nll(step, sigma[usable]),
        chart=sparsification(~right[inside], 1 - said.confidence[inside]),
        uv=sparsification(np.linalg.norm(step, axis=1), sigma[usable]),
        geodesic=sparsification(points.distance_m[seen], sigma[seen]),
    )


def doubt_figures(points: DensePointErrors) -> dict[str, float | None]:
    """The most telling figures of :func:`dense_doubt`, for a report.

    Returns
    -------
    dict
        ``chart_right``, ``chart_ece``; ``chart_ause``, ``uv_ause``: shares of a random order's.
    """
    doubt = dense_doubt(points)
    return {
        "chart_right": doubt.chart_right,
        "chart_ece": doubt.chart_ece,
        "chart_ause": None if doubt.chart is None else doubt.chart.relative,
        "uv_ause": None if doubt.uv is None else doubt.uv.relative,
    }
