"""Rendered clips with their whole truth, and what a model says of them seen in several ways.

Answers are kept as a pickle for each view, so that ideas can be tried without asking again.
"""

from __future__ import annotations

import json
import pickle
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from wildpose.models.folder import find_model, read_description
from wildpose.models.predictor import Predictor, load_predictor
from wildpose.types import Array, ClassId, DensePose, Detections, Frame
from wildpose.video import open_clip

LEAST_SCORE, LEAST_POSE_SCORE = 0.03, 0.1
"""Detections below the first are not looked at, those below the second have no dense pose."""

VIEWS = ("plain", "mirrored", "small", "large")
SCALE_OF_VIEW = {"small": 0.75, "large": 4 / 3}
_CELL = 32


@dataclass(frozen=True)
class Shot:
    """One frame with its truth.

    Attributes
    ----------
    frame : Frame
    truth : tuple of dict
        Annotations of its animals.
    site : str
        The place whose background it has.
    """

    frame: Frame
    truth: tuple[dict[str, Any], ...]
    site: str


Clip = list[Shot]
Answers = list[list[Detections]]
"""Detections of animals, by clip and frame."""


def read_clips(folder: Path, most: int | None) -> dict[str, Clip]:
    """The clips that ``wildpose synth`` wrote below ``folder``, by name."""
    truth = json.loads((folder / "clips" / "annotations.json").read_text("utf-8"))
    of_image = defaultdict(list)
    for annotation in truth["annotations"]:
        if annotation["category_id"] == ClassId.ANIMAL:
            of_image[annotation["image_id"]].append(annotation)
    frames = {(i["clip"], i["frame_index"]): (tuple(of_image[i["id"]]), i.get("site", i["clip"]))
              for i in truth["images"]}
    clips = {}
    for name in sorted({clip for clip, _ in frames})[:most]:
        with open_clip(folder / "clips" / f"{name}.mp4") as source:
            clips[name] = [Shot(f, *frames[name, f.frame_index]) for f in source]
    return clips


def answers_of(model: str, clips: dict[str, Clip], out: Path) -> dict[str, Answers]:
    """What ``model`` says of all frames in all views, boxes in pixels of the plain picture."""
    description = read_description(find_model(model))
    folder = out / f"{description.name}-{description.weights_sha256[:8]}"
    folder.mkdir(parents=True, exist_ok=True)
    ask: dict[str, Callable[[Array], Detections]] = {}
    answers: dict[str, Answers] = {view: [] for view in VIEWS}
    for name, clip in clips.items():
        for view in VIEWS:
            kept = folder / f"{name}-{view}.pkl"
            if not kept.is_file():
                if not ask:
                    ask = {v: _asking(v, model) for v in VIEWS}
                said = [_animals(ask[view](shot.frame.image)) for shot in clip]
                kept.write_bytes(pickle.dumps(said))
            answers[view].append(pickle.loads(kept.read_bytes()))  # noqa: S301 - we wrote it
    return answers


def _animals(found: Detections) -> Detections:
    return found.take(found.class_id == ClassId.ANIMAL)


def _asking(view: str, model: str) -> Callable[[Array], Detections]:
    plain = load_predictor(model, minimum_score=LEAST_SCORE, mask_score=LEAST_POSE_SCORE)
    if view == "mirrored":
        return lambda image: turned_back(
            plain.predict([np.ascontiguousarray(image[:, ::-1])])[0], image.shape[1])
    canvases = tuple(_scaled(c, SCALE_OF_VIEW.get(view, 1.0)) for c in plain.description.canvases)
    scaled = Predictor(plain.detector, replace(plain.description, canvases=canvases),
                       minimum_score=LEAST_SCORE, mask_score=LEAST_POSE_SCORE)
    return lambda image: scaled.predict([image])[0]


def _scaled(canvas: tuple[int, int], scale: float) -> tuple[int, int]:
    height, width = (max(_CELL, round(side * scale / _CELL) * _CELL) for side in canvas)
    return height, width


def turned_back(found: Detections, width: int) -> Detections:
    """Detections of a mirror image, in the picture itself: sides change places, u turns over."""
    boxes = found.box_xyxy[:, [2, 1, 0, 3]] * np.array([-1, 1, -1, 1], np.float32)
    boxes += np.array([width, 0, width, 0], np.float32)
    return replace(found, box_xyxy=boxes, masks=(None,) * len(found),
                   dense_pose=tuple(p and _pose_turned_back(p, width) for p in found.dense_pose))


def _pose_turned_back(pose: DensePose, width: int) -> DensePose:
    from wildpose.surface.charts import MIRROR_CHART

    x1, y1, x2, y2 = (float(v) for v in pose.box_xyxy)
    uv = pose.uv[:, :, ::-1].copy()
    chart = np.asarray(MIRROR_CHART, np.uint8)[pose.chart[:, ::-1]]
    uv[0] = np.where(chart > 0, 1 - uv[0], 0)
    return replace(
        pose, box_xyxy=np.array([width - x2, y1, width - x1, y2], np.float32),
        chart=chart, uv=uv,
        chart_confidence=pose.chart_confidence[:, ::-1], uv_sigma=pose.uv_sigma[:, ::-1],
        foreground=None if pose.foreground is None else pose.foreground[:, ::-1])
