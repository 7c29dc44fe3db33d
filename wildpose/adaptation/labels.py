"""A fixed teacher labels the drawn frames (Sanakoyeu et al. 2020, 3.5).

What it says becomes a labelled folder like any other, but of drafts: every label is marked as a
prediction and carries its grade. Detections that are sure enough are labels; doubtful ones, and
places where something moves, are neither learnt nor punished: most animals that a teacher misses
are there. A frame without even a doubtful detection is an empty one only if nothing moves in it;
else it is left out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from PIL import Image

from wildpose.adaptation.frames import DrawnFrame
from wildpose.adaptation.rankings import Ranking, choose_points
from wildpose.results.files import write_json
from wildpose.types import Array, ClassId, DensePose, Detections

DOUBTFUL = 0.05
"""Probability from which a detection that is no label hides its place from the student."""
PRECISION = 0.9
"""Share of the kept detections that should be right, by the teacher's own probabilities."""
LEAST_PROBABLE = 0.5
GRID = 256.0
"""Points of DensePose lie in the box stretched to so many pixels."""


class SaysWhatItSees(Protocol):
    """A model, or what remembers a model's answers."""

    def predict(self, images: Sequence[Array]) -> list[Detections]:
        """As :meth:`wildpose.models.predictor.Predictor.predict`."""
        ...


@dataclass(frozen=True)
class LabelSettings:
    """How a teacher's answers become labels.

    Attributes
    ----------
    keep_from : float or None
        Probability from which a detection is a label; None: :func:`keep_from` of all of them.
    ranking : {"uniform", "mask", "chart", "uv"}
        What the points of dense pose are ranked by.
    points : int
        Of each detection; k of the paper. None by default: with them the dense pose of students
        fell (docs/experiments.md).
    apart : int
        Cells of the dense pose's grid between the points of a detection, at least; the paper has
        none, and students did worse with them.
    seed : int
    """

    keep_from: float | None = None
    ranking: Ranking = "chart"
    points: int = 0
    seed: int = 0
    apart: int = 0


@dataclass(frozen=True)
class Labelled:
    """What the teacher said, in numbers.

    Attributes
    ----------
    threshold : float
        Probability from which detections were kept.
    scores : tuple of float
        Of all detections of animals.
    kept, doubtful, people, empty_frames, unused_frames : int
        Unused ones are without a detection, but not known to be empty.
    kept_day, kept_night : int
    points_per_chart : tuple of int, length 25
    """

    threshold: float
    scores: tuple[float, ...]
    kept: int
    doubtful: int
    people: int
    empty_frames: int
    unused_frames: int
    kept_day: int
    kept_night: int
    points_per_chart: tuple[int, ...]


@dataclass(frozen=True)
class _Said:
    """A frame and what the teacher said of it."""

    frame: DrawnFrame
    found: Detections = field(repr=False)


def keep_from(scores: Iterable[float], precision: float = PRECISION) -> float:
    """The lowest probability from which detections are right often enough.

    Where probabilities are calibrated, the mean of those that are kept is the share of them that
    is right. So the most detections are kept whose mean is still ``precision``; none below one
    half.

    Examples
    --------
    >>> keep_from([0.99, 0.95, 0.8, 0.6, 0.3])
    0.8
    """
    ordered = np.sort([s for s in scores if s >= LEAST_PROBABLE])[::-1]
    right = np.cumsum(ordered) / np.arange(1, len(ordered) + 1) >= precision
    # equal ones are kept together or not at all
    last_of_equals = np.append(np.diff(ordered) < 0, True)[: len(ordered)]
    usable = ordered[right & last_of_equals]
    return float(usable[-1]) if len(usable) else 1.0


def label_frames(
    predictor: SaysWhatItSees, frames: Sequence[DrawnFrame], folder: Path, settings: LabelSettings,
    progress: Callable[[int, int], None] = lambda done, total: None,
    looked_for: Sequence[str] = ("animal", "person"),
) -> Labelled:
    """Write ``FOLDER/annotations.json`` for the pictures in ``FOLDER/images``.

    Parameters
    ----------
    predictor : SaysWhatItSees
        The teacher, with a ``minimum_score`` of at most :data:`DOUBTFUL`.
    frames : sequence of DrawnFrame
    folder : Path
    settings : LabelSettings
    progress : callable
        Called with the frames done and their number.
    looked_for : sequence of str
        Classes that the teacher knows: nothing is said of others.

    Returns
    -------
    Labelled
    """
    said = []
    for done, frame in enumerate(frames, 1):
        with Image.open(folder / "images" / frame.file_name) as picture:
            pixels = np.asarray(picture.convert("RGB"))
        said.append(_Said(frame, predictor.predict([pixels])[0]))
        progress(done, len(frames))
    scores = [float(s) for one in said for s in _animal_scores(one.found)]
    threshold = settings.keep_from if settings.keep_from is not None else keep_from(scores)
    rng = np.random.default_rng(settings.seed)
    images: list[dict[str, Any]] = []
    annotations: list[dict[str, Any]] = []
    for one in said:
        labels = _labels(one.found, threshold, settings, rng)
        if not labels and one.frame.moving != ():
            continue
        images.append({**_entry(one.frame, len(images) + 1), "labelled": list(looked_for)})
        annotations += [{**a, "id": len(annotations) + i, "image_id": len(images)}
                        for i, a in enumerate(labels + _moving(one.frame), 1)]
    content = {"info": {"description": "Labels of a model, not of a person."},
               "images": images, "annotations": annotations,
               "categories": [{"id": int(c), "name": c.name.lower()} for c in ClassId]}
    write_json(folder / "annotations.json", content)
    return _counted(content, scores, threshold, len(frames))


def _animal_scores(found: Detections) -> Array:
    scores: Array = found.score[found.class_id == ClassId.ANIMAL]
    return scores


def _entry(frame: DrawnFrame, number: int) -> dict[str, Any]:
    return {"id": number, "file_name": frame.file_name, "height": frame.size[0],
            "width": frame.size[1], "draft": True, "camera_trap": True, "night": frame.night,
            "site": frame.place, "clip": frame.clip, "frame_index": frame.frame_index,
            "time_s": frame.time_s}


def _labels(
    found: Detections, threshold: float, settings: LabelSettings, rng: np.random.Generator
) -> list[dict[str, Any]]:
    labels = []
    for row in np.flatnonzero(found.score >= DOUBTFUL):
        label = _label(found, int(row))
        if found.score[row] < threshold:
            label["uncertain"] = True
        else:
            label |= _body(found, int(row), settings, rng)
        labels.append(label)
    return labels


def _label(found: Detections, row: int) -> dict[str, Any]:
    x1, y1, x2, y2 = (round(float(v), 2) for v in found.box_xyxy[row])
    width, height = max(x2 - x1, 0.5), max(y2 - y1, 0.5)
    return {"bbox": [x1, y1, width, height], "area": width * height, "iscrowd": 0,
            "category_id": int(found.class_id[row]), "grade": round(float(found.score[row]), 4),
            "label_source": "predicted"}


def _moving(frame: DrawnFrame) -> list[dict[str, Any]]:
    """Places where something moves, whatever it is: neither learnt nor punished."""
    return [{"bbox": [x1, y1, x2 - x1, y2 - y1], "area": (x2 - x1) * (y2 - y1), "iscrowd": 0,
             "category_id": int(ClassId.ANIMAL), "uncertain": True, "moving": True}
            for x1, y1, x2, y2 in frame.moving or ()]


def _body(
    found: Detections, row: int, settings: LabelSettings, rng: np.random.Generator
) -> dict[str, Any]:
    """Mask and points of a detection that is a label."""
    label: dict[str, Any] = {}
    mask, pose = found.masks[row], found.dense_pose[row]
    if mask is not None:
        label |= {"segmentation": mask, "mask_source": "predicted"}
    if pose is not None and settings.points:
        label |= _points(pose, found.box_xyxy[row], settings, rng)
    return label


def _points(
    pose: DensePose, box_xyxy: Array, settings: LabelSettings, rng: np.random.Generator
) -> dict[str, Any]:
    chosen = choose_points(pose, settings.ranking, settings.points, rng, settings.apart)
    x1, y1, x2, y2 = (float(v) for v in box_xyxy)
    place = (chosen.xy - [x1, y1]) / [max(x2 - x1, 0.5), max(y2 - y1, 0.5)] * GRID
    if len(place) == 0:
        return {}
    return {
        "dp_x": np.round(place[:, 0], 2).tolist(), "dp_y": np.round(place[:, 1], 2).tolist(),
        "dp_I": chosen.chart.tolist(), "dp_U": np.round(chosen.uv[:, 0], 4).tolist(),
        "dp_V": np.round(chosen.uv[:, 1], 4).tolist(),
        "dp_grade": np.round(chosen.grade, 4).tolist(), "dp_source": "predicted",
    }


def _counted(
    content: dict[str, Any], scores: list[float], threshold: float, frames: int
) -> Labelled:
    night = {i["id"]: i["night"] for i in content["images"]}
    hiding = {a["image_id"] for a in content["annotations"]}
    found = [a for a in content["annotations"] if not a.get("moving")]
    sure = [a for a in found if not a.get("uncertain")]
    animals = [a for a in sure if a["category_id"] == ClassId.ANIMAL]
    charts = np.concatenate([np.array(a.get("dp_I", []), int) for a in sure] or [np.zeros(0, int)])
    at_night = sum(night[a["image_id"]] for a in animals)
    return Labelled(
        threshold=threshold, scores=tuple(scores), kept=len(animals),
        doubtful=len(found) - len(sure), people=len(sure) - len(animals),
        empty_frames=len(night) - len(hiding), unused_frames=frames - len(night),
        kept_day=len(animals) - at_night, kept_night=at_night,
        points_per_chart=tuple(np.bincount(charts, minlength=25).tolist()),
    )
