"""What a model's dense pose answers where people marked the body: points, facing, (I, u, v).

``given_box`` is the dense pose on the true box; ``detected`` is that of the detection which is
paired with the animal at the threshold (:func:`wildpose.evaluation.matching.match_image`), and
background where none is. The lists are those of a predictions file.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from wildpose.evaluation.dense_images import has_dense_points
from wildpose.evaluation.matching import match_image
from wildpose.evaluation.point_answers import PointAnswers, answers_at
from wildpose.evaluation.truth import Annotation, is_left_out
from wildpose.formats.dense_rows import dense_row
from wildpose.formats.densepose import read_points
from wildpose.types import Array, ClassId, DensePose, Detections

DensePoser = Callable[[Array, Array], Sequence[DensePose]]
"""Dense poses of a picture uint8 [H, W, 3] on boxes float32 [N, 4] (x1, y1, x2, y2)."""

Row = dict[str, Any]


class AnswerBook:
    """Gathers the answers of a model while it goes through the pictures.

    Parameters
    ----------
    annotations : iterable of Annotation
        Of all pictures.
    dense_pose : DensePoser
        The model on given boxes.
    threshold : float
        Score from which on a detection counts as one.

    Attributes
    ----------
    poses : dict
        Dense poses on the true boxes of animals with part points, by annotation id: for pictures.
    """

    def __init__(
        self, annotations: Iterable[Annotation], dense_pose: DensePoser, threshold: float
    ) -> None:
        self._animals: dict[Any, list[Annotation]] = defaultdict(list)
        for annotation in annotations:
            if annotation["category_id"] == ClassId.ANIMAL:
                self._animals[annotation["image_id"]].append(annotation)
        self._dense_pose = dense_pose
        self._threshold = threshold
        self._points: list[Row] = []
        self._facing: list[Row] = []
        self._dense: list[Row] = []
        self.poses: dict[Any, DensePose] = {}

    def look(self, image_id: Any, picture: Array, detections: Detections, rows: list[Row]) -> None:
        """Ask the model about the animals of one picture.

        Parameters
        ----------
        image_id : int or str
        picture : uint8 [H, W, 3]
        detections : Detections
        rows : list of dict
            The same as COCO results, in the same order; those of a picture with (I, u, v) points
            get their ``dense_pose``.
        """
        animals = self._animals.get(image_id, [])
        asked = [a for a in animals if _is_asked(a)]
        if not asked:
            return
        xywh = np.array([a["bbox"] for a in asked], np.float32)
        boxes = np.concatenate([xywh[:, :2], xywh[:, :2] + xywh[:, 2:]], axis=1)
        given = self._dense_pose(picture, boxes)
        detected = self._detected(animals, detections, rows)
        for animal, pose in zip(asked, given, strict=True):
            self._answer(animal, pose, detected.get(animal["id"]))
        if any(has_dense_points(a) for a in asked):
            for row, own in zip(rows, detections.dense_pose, strict=True):
                if own is not None:
                    row["dense_pose"] = dense_row(own)

    def as_predictions(self) -> dict[str, list[Row]]:
        """``points``, ``facing`` and ``dense_points`` of a predictions file.

        Only what some animal was asked for is there.
        """
        tables = {"points": self._points, "facing": self._facing, "dense_points": self._dense}
        return {name: rows for name, rows in tables.items() if rows}

    def _detected(
        self, animals: Sequence[Annotation], detections: Detections, rows: Sequence[Row]
    ) -> dict[Any, DensePose]:
        """Dense pose of the detection on each animal, by annotation id."""
        kept = [{"row": i, "bbox": row["bbox"], "score": row["score"]} for i, row in enumerate(rows)
                if row["category_id"] == ClassId.ANIMAL and row["score"] >= self._threshold]
        match = match_image(animals, kept)
        pairs = zip(match.detections, match.annotation_ids, strict=True)
        found = {number: detections.dense_pose[d["row"]] for d, number in pairs}
        return {number: pose for number, pose in found.items()
                if number is not None and pose is not None}

    def _answer(self, animal: Annotation, pose: DensePose, detected: DensePose | None) -> None:
        from wildpose.surface.orientation import facing

        marked = {"annotation_id": animal["id"]}
        if animal.get("part_points"):
            self.poses[animal["id"]] = pose
            xy = [p[:2] for p in animal["part_points"]]
            said = answers_at(pose, xy)
            other = PointAnswers.nothing(len(xy)) if detected is None else answers_at(detected, xy)
            columns = said.as_json()
            self._points.append(marked | {
                "given_box": columns["chart"], "detected": other.as_json()["chart"],
                "given_box_confidence": columns["confidence"]})
        if animal.get("facing"):
            self._facing.append(marked | {"given_box": facing(pose)})
        if has_dense_points(animal):
            said = answers_at(pose, read_points(dict(animal)).xy)
            self._dense.append(marked | {"given_box": said.as_json()})


def _is_asked(animal: Mapping[str, Any]) -> bool:
    marked = animal.get("part_points") or animal.get("facing") or has_dense_points(animal)
    return bool(marked) and not is_left_out(animal)
