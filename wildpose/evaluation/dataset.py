"""A labelled set of pictures and what a model found in them, checked once and indexed."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from wildpose.errors import DataError
from wildpose.evaluation.subsets import SUBSETS, subset_names
from wildpose.evaluation.truth import Annotation, Image, is_labelled, is_scored
from wildpose.types import Array

Detection = Mapping[str, Any]
"""``image_id``, ``category_id``, ``bbox`` (x, y, w, h pixels), ``score`` and, where the model
gives a mask, ``segmentation`` (compressed RLE of the whole picture)."""

DEFAULT_THRESHOLD = 0.5


@dataclass(frozen=True)
class EvaluationSet:
    """The pictures that are scored, in order of their ids, with truth and detections of each.

    Attributes
    ----------
    images : tuple of Image
    annotations : tuple of Annotation
        Of these pictures, in the order of the file.
    detections : tuple of Detection
        Of these pictures, in the order of the file.
    points : tuple or None
        Charts said at the part points of animals; None where the model says none.
    facing : tuple or None
        Directions said of animals; None where the model says none.
    dense_points : tuple or None
        Answers at the (I, u, v) points of animals on their true boxes: ``annotation_id`` and
        ``given_box`` (:meth:`~wildpose.evaluation.point_answers.PointAnswers.as_json`); None
        where the model says none.
    threshold : float
        Score from which on a detection counts as one.
    """

    images: tuple[Image, ...]
    annotations: tuple[Annotation, ...]
    detections: tuple[Detection, ...]
    points: tuple[Mapping[str, Any], ...] | None
    facing: tuple[Mapping[str, Any], ...] | None
    dense_points: tuple[Mapping[str, Any], ...] | None
    threshold: float

    @classmethod
    def of(
        cls,
        coco: Mapping[str, Any],
        predictions: Mapping[str, Any],
        threshold: float | None = None,
    ) -> EvaluationSet:
        """Join a COCO object and a predictions object; pictures that are not scored go.

        Parameters
        ----------
        coco : mapping
            ``images`` and ``annotations``.
        predictions : mapping
            ``detections``, optionally ``threshold``, ``points``, ``facing`` and
            ``dense_points``.
        threshold : float, optional
            In place of the predictions' own.

        Raises
        ------
        DataError
            Where one of them does not follow its format.
        """
        _check_format(coco, predictions)
        images = sorted((i for i in coco["images"] if is_scored(i)), key=lambda i: i["id"])
        known = {i["id"] for i in images}
        own = predictions.get("threshold", DEFAULT_THRESHOLD)
        return cls(
            images=tuple(images),
            annotations=tuple(a for a in coco["annotations"] if a["image_id"] in known),
            detections=tuple(d for d in predictions["detections"] if d["image_id"] in known),
            points=_optional(predictions, "points"),
            facing=_optional(predictions, "facing"),
            dense_points=_optional(predictions, "dense_points"),
            threshold=float(own if threshold is None else threshold),
        )

    def members(self, subset: str, labelled: str) -> Array:
        """Which pictures are in a subset and were labelled for a class.

        Parameters
        ----------
        subset : str
            A value of :data:`~wildpose.evaluation.subsets.SUBSETS`.
        labelled : {"animal", "person"}

        Returns
        -------
        bool [images]

        Raises
        ------
        DataError
            Where there is no such subset.
        """
        if subset not in SUBSETS:
            raise DataError(f"There is no subset {subset!r}.",
                            f"Choose one of {', '.join(SUBSETS)}.")
        chosen = [subset in subset_names(i) and is_labelled(i, labelled) for i in self.images]
        return np.array(chosen, bool)

    def truth_by_image(self, category: int) -> dict[Any, list[Annotation]]:
        """Group the annotations of one category under the id of their picture."""
        return _by_image(a for a in self.annotations if a["category_id"] == category)

    def detections_by_image(self, category: int) -> dict[Any, list[Detection]]:
        """Group the detections of one category under the id of their picture."""
        return _by_image(d for d in self.detections if d["category_id"] == category)


def _by_image(rows: Iterable[Mapping[str, Any]]) -> dict[Any, list[Mapping[str, Any]]]:
    grouped: dict[Any, list[Mapping[str, Any]]] = defaultdict(list)
    for row in rows:
        grouped[row["image_id"]].append(row)
    return grouped


def _optional(predictions: Mapping[str, Any], key: str) -> tuple[Mapping[str, Any], ...] | None:
    return tuple(predictions[key]) if key in predictions else None


def _check_format(coco: Mapping[str, Any], predictions: Mapping[str, Any]) -> None:
    for name, table, keys in (
        ("annotations", coco, ("images", "annotations")),
        ("predictions", predictions, ("detections",)),
    ):
        missing = [key for key in keys if not isinstance(table.get(key), list)]
        if missing:
            raise DataError(f"The {name} have no list {' and '.join(map(repr, missing))}.",
                            "Give a COCO file and a file written by --save-predictions.")
    twice = [key for key, n in Counter(i["id"] for i in coco["images"]).items() if n > 1]
    if twice:
        raise DataError(f"The annotations list picture id {twice[0]} more than once.",
                        "Give every picture an id of its own.")
    for position, row in enumerate(predictions["detections"]):
        missing = [k for k in ("image_id", "category_id", "bbox", "score") if k not in row]
        if missing or not np.isfinite([*row["bbox"], row["score"]]).all():
            wrong = f"has no {missing[0]!r}" if missing else "has a number that is not finite"
            raise DataError(f"Detection {position} of the predictions {wrong}.",
                            "Write the predictions again.")
