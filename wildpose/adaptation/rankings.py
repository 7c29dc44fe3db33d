"""Which points of a teacher's dense pose a student learns from (Sanakoyeu et al. 2020, 3.5).

A detection gives a few points, the best first by one of the teacher's own confidences: of the
foreground (``mask``), of the chart (``chart``) or of the coordinates (``uv``); or any
(``uniform``). The reference implementation draws per part, among the better half; the paper, and
this, the k best of a detection.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from wildpose.types import Array, DensePose

Ranking = Literal["uniform", "mask", "chart", "uv"]
RANKINGS: tuple[Ranking, ...] = get_args(Ranking)


@dataclass(frozen=True)
class PseudoPoints:
    """Points of one detection that a teacher is sure of.

    Attributes
    ----------
    xy : float64 [P, 2]
        Centres of cells, in pixels of the picture.
    chart : uint8 [P]
    uv : float64 [P, 2]
    grade : float64 [P]
        Probability that the teacher gives to the chart, whatever ranked them.
    """

    xy: Array
    chart: Array
    uv: Array
    grade: Array


def choose_points(
    pose: DensePose, ranking: Ranking, most: int, rng: np.random.Generator, apart: int = 0
) -> PseudoPoints:
    """The ``most`` points that rank highest among the cells that show a body.

    The best cells lie side by side, nearly all on the animal's back: ``apart`` spreads them.

    Parameters
    ----------
    pose : DensePose
        With ``foreground`` for the ranking ``mask``.
    ranking : {"uniform", "mask", "chart", "uv"}
    most : int
        k of the paper; 0 gives none.
    rng : numpy.random.Generator
        Draws for ``uniform``, and between equals.
    apart : int
        Cells between chosen points, at least, along rows or columns of the grid; 0 or 1 lets
        neighbours in, as in the paper.

    Raises
    ------
    ValueError
        Ranking ``mask`` of a dense pose without ``foreground``.

    Examples
    --------
    >>> even = np.ones((1, 2), np.float16)
    >>> pose = DensePose(np.array([0, 0, 4, 2], np.float32), np.array([[7, 9]], np.uint8),
    ...                  np.full((2, 1, 2), 0.5, np.float16), np.array([[0.2, 0.9]], np.float16),
    ...                  even, "dense_head")
    >>> choose_points(pose, "chart", 1, np.random.default_rng(0)).chart.tolist()
    [9]
    """
    row, column = np.nonzero(pose.chart)
    shuffled = rng.permutation(len(row))
    row, column = row[shuffled], column[shuffled]
    ordered = np.argsort(-_confidence(pose, ranking)[row, column], kind="stable")
    best = _spread(np.stack([row, column], 1)[ordered], most, apart)
    row, column = row[ordered][best], column[ordered][best]
    h, w = pose.chart.shape
    x1, y1, x2, y2 = (float(v) for v in pose.box_xyxy)
    xy = np.stack([x1 + (column + 0.5) / w * (x2 - x1), y1 + (row + 0.5) / h * (y2 - y1)], 1)
    return PseudoPoints(xy, pose.chart[row, column],
                        pose.uv[:, row, column].T.astype(np.float64),
                        pose.chart_confidence[row, column].astype(np.float64))


def _spread(place: Array, most: int, apart: int) -> Array:
    """The first ``most`` rows of ``place`` [N, 2] that keep their distance from those before."""
    if apart <= 1:
        return np.arange(min(most, len(place)))
    chosen: list[int] = []
    open_ = np.ones(len(place), bool)
    while len(chosen) < most and open_.any():
        chosen.append(int(open_.argmax()))
        open_ &= np.abs(place - place[chosen[-1]]).max(1) >= apart
    return np.array(chosen, int)


def _confidence(pose: DensePose, ranking: Ranking) -> Array:
    """What ranks the cells, the higher the better, [h, w]."""
    if ranking == "uniform":
        return np.zeros(pose.chart.shape)
    if ranking == "chart":
        return pose.chart_confidence.astype(np.float64)
    if ranking == "uv":
        return -pose.uv_sigma.astype(np.float64)
    if pose.foreground is None:
        raise ValueError("this dense pose does not say how sure its foreground is")
    return pose.foreground.astype(np.float64)
