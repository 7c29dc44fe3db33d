"""The ratio of correct points over the distance that still counts as correct, and its area.

References
----------
Güler et al., DensePose, CVPR 2018, 2.3 (RCP curve f(t): share of points whose geodesic distance is
below t; AUC_a = 1/a of the integral of f from 0 to a, a = 10 and 30 cm). Neverova et al., Slim
DensePose, CVPR 2019, 4 (shares within 5, 10 and 20 cm).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from wildpose.types import Array

AREA_LIMITS_M = {"auc_10": 0.10, "auc_30": 0.30}
WITHIN_M = {"within_5cm": 0.05, "within_10cm": 0.10, "within_20cm": 0.20}


def ratio_of_correct_points(distance_m: npt.ArrayLike, threshold_m: npt.ArrayLike) -> Array:
    """Share of points that lie nearer than each threshold.

    Parameters
    ----------
    distance_m : float [P]
        Infinite for a point that was said to be background: never correct.
    threshold_m : float [T]

    Returns
    -------
    float64 [T]
        NaN without points.

    Examples
    --------
    >>> ratio_of_correct_points([0.02, 0.08, np.inf, 0.3], [0.05, 0.1, 1.0]).tolist()
    [0.25, 0.5, 0.75]
    """
    distance = np.sort(np.asarray(distance_m, np.float64))
    if len(distance) == 0:
        return np.full(np.shape(threshold_m), np.nan)
    below = np.searchsorted(distance, np.asarray(threshold_m, np.float64), side="left")
    return np.asarray(below / len(distance))


def point_credit(distance_m: npt.ArrayLike, limit_m: float) -> Array:
    """What each point adds to the area under the curve up to a limit, float64 [P] in [0, 1].

    The area is the mean of it: a point that is ``d`` off is correct from ``d`` to the limit. So the
    area is exact, without steps.

    Examples
    --------
    >>> point_credit([0.0, 0.05, 0.2], 0.1).tolist()
    [1.0, 0.5, 0.0]
    """
    return np.clip(1 - np.asarray(distance_m, np.float64) / limit_m, 0, 1)


def area_under_rcp(distance_m: npt.ArrayLike, limit_m: float) -> float | None:
    """Area under the ratio of correct points from 0 to a limit, divided by the limit.

    Parameters
    ----------
    distance_m : float [P]
    limit_m : float
        0.1 for AUC_10, 0.3 for AUC_30.

    Returns
    -------
    float or None
        In [0, 1]; None without points.

    Examples
    --------
    >>> round(area_under_rcp([0.0, 0.05, 0.2], 0.1), 4)
    0.5
    """
    each = point_credit(distance_m, limit_m)
    return float(each.mean()) if len(each) else None


def point_figures(distance_m: npt.ArrayLike) -> dict[str, float | None]:
    """The figures of a set of points.

    Parameters
    ----------
    distance_m : float [P]

    Returns
    -------
    dict
        ``auc_10``, ``auc_30``, ``within_5cm``, ``within_10cm``, ``within_20cm``; None without
        points.
    """
    ratio = ratio_of_correct_points(distance_m, list(WITHIN_M.values()))
    within = [None if np.isnan(r) else float(r) for r in ratio]
    areas = {k: area_under_rcp(distance_m, a) for k, a in AREA_LIMITS_M.items()}
    return {**areas, **dict(zip(WITHIN_M, within, strict=True))}
