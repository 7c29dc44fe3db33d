"""Geodesic point similarity: how well a dense pose fits the points of one body.

References
----------
Güler et al., DensePose: Dense Human Pose Estimation In The Wild, CVPR 2018, 2.3, eq. 2. The
lengths by part and the factor for masks (GPSm) are those of the evaluator in detectron2's
projects/DensePose.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from wildpose.surface.charts import GPS_NORMALISER
from wildpose.types import Array


def point_similarity(distance_m: npt.ArrayLike, chart: npt.ArrayLike) -> Array:
    """Similarity of each point, ``exp(-g^2 / (2 k^2))``.

    Parameters
    ----------
    distance_m : float [P]
        Along the surface between the true point and the one that was said; infinite for
        background.
    chart : int [P]
        True chart of each point, which says how large ``k`` is.

    Returns
    -------
    float64 [P]
        In [0, 1].

    Examples
    --------
    A point on the torso that is 35 cm off, and one that was said to be background:

    >>> point_similarity([0.351, np.inf], [1, 1]).round(4).tolist()
    [0.6065, 0.0]
    """
    length = np.asarray(GPS_NORMALISER)[np.asarray(chart, np.int64)]
    ratio = np.asarray(distance_m, np.float64) / length
    return np.asarray(np.exp(-(ratio**2) / 2))


def geodesic_point_similarity(distance_m: npt.ArrayLike, chart: npt.ArrayLike) -> float:
    """Mean similarity of the points of one body (GPS).

    Parameters
    ----------
    distance_m : float [P]
    chart : int [P]

    Returns
    -------
    float
        In [0, 1]; 0 for a body without points.

    Examples
    --------
    Two of three points of the torso are 35 cm off:

    >>> round(geodesic_point_similarity([0.0, 0.35, 0.35], [1, 2, 1]), 4)
    0.7388
    """
    each = point_similarity(distance_m, chart)
    return float(each.mean()) if len(each) else 0.0


def masked_similarity(gps: npt.ArrayLike, mask_iou: npt.ArrayLike) -> Array:
    """GPSm, the geometric mean of GPS and the overlap of the masks.

    Parameters
    ----------
    gps, mask_iou : float, of one shape

    Returns
    -------
    float64, of that shape

    Examples
    --------
    >>> float(masked_similarity(0.81, 1.0))
    0.9
    """
    return np.asarray(np.sqrt(np.asarray(gps, np.float64) * np.asarray(mask_iou, np.float64)))
