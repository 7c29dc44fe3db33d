"""The dense-pose figures of a set of predictions, for any choice of its pictures.

Average precision (GPS, GPSm) is of the detections, as published figures are. All that is said of
single points (RCP and what follows from it, uncertainties) is of the dense pose on the true boxes,
so that it does not mix with finding the animal (the single-person setting of Neverova et al., Slim
DensePose, CVPR 2019, 4).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from wildpose.evaluation.average_precision import (
    CategoryMatches,
    average_precision,
    average_recall,
)
from wildpose.evaluation.correct_points import point_figures
from wildpose.evaluation.dataset import EvaluationSet
from wildpose.evaluation.dense_images import Lookup, dense_images, has_dense_points
from wildpose.evaluation.dense_matching import AREAS_PX, match_dense
from wildpose.evaluation.point_answers import PointAnswers, evaluator_answers
from wildpose.evaluation.surface_distance import ChartDistance, reference_distance
from wildpose.evaluation.truth import Annotation
from wildpose.formats.densepose import read_points
from wildpose.types import Array, ClassId

Similarity = Literal["gps", "gpsm"]
Matches = dict[tuple[str, str], CategoryMatches]
"""Comparisons under the similarity and the range of areas (a key of ``AREAS_PX``)."""


@dataclass(frozen=True)
class DensePointErrors:
    """All P dense points of the animals of a set, with the answers on the true boxes.

    Attributes
    ----------
    image_index : int64 [P]
        Position of the point's picture in the set.
    true_chart : int64 [P]
    said : PointAnswers
        Of length P.
    distance_m : float64 [P]
        Along the surface; infinite where background was said.
    uv_step : float64 [P, 2]
        Said minus true u and v; NaN where the chart is not the true one.
    """

    image_index: Array
    true_chart: Array
    said: PointAnswers
    distance_m: Array
    uv_step: Array

    @property
    def chart_right(self) -> Array:
        """Whether the true chart was said, bool [P]."""
        return np.asarray(self.said.chart == self.true_chart)

    def of_images(self, chosen: Array) -> DensePointErrors:
        """The points of the chosen pictures (bool [images])."""
        rows = np.asarray(chosen, bool)[self.image_index]
        said = PointAnswers(self.said.chart[rows], self.said.uv[rows],
                            self.said.confidence[rows], self.said.sigma[rows])
        return DensePointErrors(self.image_index[rows], self.true_chart[rows], said,
                                self.distance_m[rows], self.uv_step[rows])


@dataclass(frozen=True)
class DenseFigures:
    """What is worked out once; figures of a subset are sums of it.

    Attributes
    ----------
    matches : Matches
    points : DensePointErrors
    """

    matches: Matches
    points: DensePointErrors

    def report(self, chosen: Array) -> dict[str, float | None] | None:
        """The seven figures of design: AP of GPS and GPSm, areas under RCP, shares within.

        Parameters
        ----------
        chosen : bool [images]

        Returns
        -------
        dict or None
            None where no animal of the chosen pictures has dense points.
        """
        precision = {f"{kind}_ap": average_precision(self.matches[kind, "all"], chosen)
                     for kind in ("gps", "gpsm")}
        if any(value is None for value in precision.values()):
            return None
        areas: dict[str, float | None] = {k: v["ap"] for k, v in precision.items() if v}
        return areas | point_figures(self.points.of_images(chosen).distance_m)


def precision_table(
    matches: Matches, kind: Similarity, chosen: Array
) -> dict[str, float | None]:
    """The ten figures of DensePose's evaluator.

    Parameters
    ----------
    matches : Matches
        From :func:`dense_matches`.
    kind : {"gps", "gpsm"}
    chosen : bool or int [images]
        Which pictures count, or how often.

    Returns
    -------
    dict
        ``ap ap50 ap75 apm apl ar ar50 ar75 arm arl``; None where nothing is to be found.
    """
    precision = {a: average_precision(matches[kind, a], chosen) or {} for a in AREAS_PX}
    recall = {a: average_recall(matches[kind, a], chosen) or {} for a in AREAS_PX}
    return {
        **{k: precision["all"].get(k) for k in ("ap", "ap50", "ap75")},
        "apm": precision["medium"].get("ap"), "apl": precision["large"].get("ap"),
        **{k: recall["all"].get(k) for k in ("ar", "ar50", "ar75")},
        "arm": recall["medium"].get("ar"), "arl": recall["large"].get("ar"),
    }


def dense_matches(
    data: EvaluationSet, distance: ChartDistance, lookup: Lookup = evaluator_answers
) -> Matches:
    """Compare the dense poses of detections with the bodies of a set.

    Parameters
    ----------
    data : EvaluationSet
    distance : ChartDistance
    lookup : Lookup
        By default as published figures have it.

    Returns
    -------
    Matches
    """
    images = dense_images(data, distance, lookup)
    kinds: tuple[Similarity, ...] = ("gps", "gpsm")
    return {(kind, area): match_dense(images, kind, area) for kind in kinds for area in AREAS_PX}


def dense_figures(
    data: EvaluationSet, distance: ChartDistance | None = None
) -> DenseFigures | None:
    """Compare the dense poses of a set with its (I, u, v) points.

    Parameters
    ----------
    data : EvaluationSet
    distance : ChartDistance, optional
        By default along the built-in reference body.

    Returns
    -------
    DenseFigures or None
        None where the truth has no such points, or the model gives no dense pose.

    Raises
    ------
    DataError
        Where truth or answers do not follow their format.
    """
    asked = [a for a in data.annotations
             if a["category_id"] == ClassId.ANIMAL and has_dense_points(a)]
    if data.dense_points is None or not asked:
        return None
    metres = reference_distance() if distance is None else distance
    return DenseFigures(dense_matches(data, metres), _point_errors(data, asked, metres))


def _point_errors(
    data: EvaluationSet, asked: list[Annotation], distance: ChartDistance
) -> DensePointErrors:
    position = {image["id"]: i for i, image in enumerate(data.images)}
    rows: dict[Any, Mapping[str, Any]] = {
        row["annotation_id"]: row["given_box"] for row in data.dense_points or ()}
    truth = [read_points(dict(a)) for a in asked]
    said = [PointAnswers.from_json(rows[a["id"]], len(t.chart)) if a["id"] in rows
            else PointAnswers.nothing(len(t.chart)) for a, t in zip(asked, truth, strict=True)]
    joined = PointAnswers(*(np.concatenate([getattr(s, name) for s in said])
                            for name in ("chart", "uv", "confidence", "sigma")))
    chart = np.concatenate([t.chart for t in truth]).astype(np.int64)
    uv = np.concatenate([t.uv for t in truth])
    right = (joined.chart == chart)[:, None]
    return DensePointErrors(
        image_index=np.repeat([position[a["image_id"]] for a in asked], [len(s) for s in said]),
        true_chart=chart,
        said=joined,
        distance_m=distance(chart, uv, joined.chart, joined.uv),
        uv_step=np.where(right, joined.uv - uv, np.nan),
    )
