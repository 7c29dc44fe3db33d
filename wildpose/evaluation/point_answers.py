"""What a dense pose says at points of the picture.

Two rules of looking up a point stand side by side. Ours takes the cell that the point lies in
(:func:`answers_at`). The evaluator that published figures come from (detectron2,
projects/DensePose, ``densepose_coco_evaluation``) places points with a divisor of 255, where
annotations and loaders say 256, and cuts positions and boxes to whole pixels; figures that are to
be compared with published ones follow it (:func:`evaluator_answers`). On small animals that costs
much: a dense pose without any error on a deer 40 pixels wide reaches a similarity of .76 by their
rule and .96 by ours, since thin legs are missed by a pixel.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from wildpose.errors import DataError
from wildpose.formats.densepose import read_points
from wildpose.types import Array, DensePose

EVALUATOR_GRID = 255.0
_JSON_DIGITS = 4


@dataclass(frozen=True)
class PointAnswers:
    """Charts and their coordinates at P points.

    Attributes
    ----------
    chart : int64 [P]
        1 to 24; 0 where the point lies on the background or outside of the region.
    uv : float64 [P, 2]
        In [0, 1].
    confidence : float64 [P]
        Probability that the model gives to ``chart``; 0 outside of the region.
    sigma : float64 [P]
        Standard deviation that the model gives of u and v.
    """

    chart: Array
    uv: Array
    confidence: Array
    sigma: Array

    def __len__(self) -> int:
        return len(self.chart)

    @classmethod
    def nothing(cls, count: int) -> PointAnswers:
        """Background everywhere: what counts where a model does not answer."""
        return cls(np.zeros(count, np.int64), np.zeros((count, 2)), np.zeros(count),
                   np.zeros(count))

    def as_json(self) -> dict[str, list[Any]]:
        """Lists for a predictions file: ``chart``, ``u``, ``v``, ``confidence``, ``sigma``."""
        columns = {"u": self.uv[:, 0], "v": self.uv[:, 1], "confidence": self.confidence,
                   "sigma": self.sigma}
        return {"chart": [int(c) for c in self.chart],
                **{k: [round(float(v), _JSON_DIGITS) for v in c] for k, c in columns.items()}}

    @classmethod
    def from_json(cls, row: Mapping[str, Any], count: int) -> PointAnswers:
        """Read the lists back.

        Raises
        ------
        DataError
            A list is missing or is not of length ``count``.
        """
        names = ("chart", "u", "v", "confidence", "sigma")
        wrong = [k for k in names if len(row.get(k, ())) != count]
        if wrong:
            raise DataError(f"An answer at {count} dense points has not as many {wrong[0]!r}.",
                            "Write the predictions again on these annotations.")
        chart, u, v, confidence, sigma = (np.asarray(row[k], np.float64) for k in names)
        return cls(chart.astype(np.int64), np.stack([u, v], axis=1), confidence, sigma)


def answers_at(dense: DensePose, xy: npt.ArrayLike) -> PointAnswers:
    """Read a dense pose at points.

    Parameters
    ----------
    dense : DensePose
    xy : float [P, 2]
        Pixels of the picture.

    Returns
    -------
    PointAnswers
    """
    return _read(dense, *dense.cells_at(xy))


def exact_answers(dense: DensePose, annotation: Mapping[str, Any]) -> PointAnswers:
    """Read a dense pose at the points of an annotation, by the cell that each point lies in.

    Parameters
    ----------
    dense : DensePose
    annotation : mapping
        With ``bbox`` and the fields of dense pose.

    Returns
    -------
    PointAnswers
    """
    return answers_at(dense, read_points(dict(annotation)).xy)


def evaluator_answers(dense: DensePose, annotation: Mapping[str, Any]) -> PointAnswers:
    """Read a dense pose at the points of an annotation, where the published evaluator reads it.

    The point is put at ``int(dp_x * w / 255 + x - x_detection)`` of a detection that is
    ``int(w_detection)`` pixels wide (toward zero, so that up to one pixel left of the box counts as
    inside); the cell of our grid under the middle of that pixel answers. A grid of one cell per
    pixel gives the evaluator's own answer.

    Parameters
    ----------
    dense : DensePose
    annotation : mapping
        With ``bbox``, ``dp_x``, ``dp_y``.

    Returns
    -------
    PointAnswers
    """
    x, y, width, height = (float(v) for v in annotation["bbox"])
    x1, y1, x2, y2 = (float(v) for v in dense.box_xyxy)
    column, inside_x = _evaluator_cells(
        np.asarray(annotation["dp_x"], np.float64) * width / EVALUATOR_GRID + x - x1,
        x2 - x1, dense.chart.shape[1])
    row, inside_y = _evaluator_cells(
        np.asarray(annotation["dp_y"], np.float64) * height / EVALUATOR_GRID + y - y1,
        y2 - y1, dense.chart.shape[0])
    return _read(dense, row, column, inside_x & inside_y)


def _evaluator_cells(offset: Array, length: float, cells: int) -> tuple[Array, Array]:
    pixel, pixels = offset.astype(np.int64), int(length)
    inside = (pixel >= 0) & (pixel < pixels)
    cell = np.floor((pixel + 0.5) / max(pixels, 1) * cells).astype(np.int64)
    return np.clip(cell, 0, cells - 1), inside


def _read(dense: DensePose, row: Array, column: Array, inside: Array) -> PointAnswers:
    chart = np.where(inside, dense.chart[row, column], 0).astype(np.int64)
    there = chart > 0
    return PointAnswers(
        chart=chart,
        uv=np.where(there[:, None], dense.uv[:, row, column].T.astype(np.float64), 0.0),
        confidence=np.where(inside, dense.chart_confidence[row, column].astype(np.float64), 0.0),
        sigma=np.where(inside, dense.uv_sigma[row, column].astype(np.float64), 0.0),
    )
