"""Pictures of the animals whose dense pose names the most marked points wrongly."""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from PIL import Image, ImageDraw

from wildpose.drawing.dense_pose import paint_dense_pose
from wildpose.drawing.evaluation import Picture
from wildpose.drawing.palette import INK, PAPER, Rgb
from wildpose.evaluation.dataset import EvaluationSet
from wildpose.evaluation.part_points import NO_SIDE, NOT_ASKED, PART_OF_CHART, score_point
from wildpose.evaluation.truth import Annotation, is_left_out
from wildpose.types import Array, DensePose

SHOWN = 20
SIDE = 420
MARGIN = 0.15
"""Of the box, around the animal."""


class _Body(NamedTuple):
    """An animal, the charts said at its points, and how many parts and sides are right."""

    animal: Annotation
    charts: list[int]
    parts_right: int
    sides_wrong: int
    asked: int


def worst_bodies(
    data: EvaluationSet, poses: Mapping[Any, DensePose], folder: Path
) -> tuple[Picture, ...]:
    """Draw the animals with the smallest share of right parts.

    Parameters
    ----------
    data : EvaluationSet
        With answers at part points.
    poses : mapping
        Dense pose on the true box, by annotation id.
    folder : Path
        Where the pictures are.

    Returns
    -------
    tuple of Picture
        Worst first; of equal shares that with more wrong points, then wrong sides.
    """
    animals = {a["id"]: a for a in data.annotations if a.get("part_points") and not is_left_out(a)}
    bodies = [_judged(animals[row["annotation_id"]], row["given_box"]) for row in data.points or ()
              if row["annotation_id"] in animals and row["annotation_id"] in poses]
    bodies = [b for b in bodies if b.asked]
    bodies.sort(key=lambda b: (b.parts_right / b.asked, b.parts_right - b.asked, -b.sides_wrong))
    images = {i["id"]: i for i in data.images}
    return tuple(
        Picture(_drawn(body, poses[body.animal["id"]], folder / image["file_name"]),
                _caption(body, image))
        for body in bodies[:SHOWN] for image in [images[body.animal["image_id"]]]
    )


def _judged(animal: Annotation, charts: list[int]) -> _Body:
    pairs = zip(animal["part_points"], charts, strict=True)
    scores = [score_point(p[2], p[3], c) for p, c in pairs if p[2] != NOT_ASKED]
    return _Body(animal, charts, sum(s.part for s in scores),
                 sum(s.side is False for s in scores), len(scores))


def _caption(body: _Body, image: Mapping[str, Any]) -> str:
    species = f", {image['species']}" if image.get("species") else ""
    sides = f", {body.sides_wrong} on the wrong side" if body.sides_wrong else ""
    return (f"{image['file_name']}: {body.parts_right} of {body.asked} parts right{sides}{species}")


def _drawn(body: _Body, pose: DensePose, path: Path) -> bytes:
    with Image.open(path) as file:
        pixels = np.asarray(file.convert("RGB"))
    x, y, width, height = body.animal["bbox"]
    edge = MARGIN * max(width, height)
    corners = np.array([x - edge, y - edge, x + width + edge, y + height + edge])
    left, top, right, bottom = np.clip(corners, 0, [*pixels.shape[1::-1]] * 2).round().astype(int)
    scale = SIDE / max(right - left, bottom - top)
    crop = Image.fromarray(pixels[top:bottom, left:right])
    size = (max(1, round(crop.width * scale)), max(1, round(crop.height * scale)))
    plain = np.asarray(crop.resize(size, Image.Resampling.BICUBIC))
    painted = paint_dense_pose(plain, _moved(pose, left, top, scale))
    pair = Image.fromarray(np.concatenate([plain, painted], axis=int(size[0] < size[1])))
    # the plain picture stands above or beside, so that one can see what there was to be seen
    offset = (size[0], 0) if size[0] < size[1] else (0, size[1])
    _mark(ImageDraw.Draw(pair), body, np.array([left, top]), scale, offset)
    store = io.BytesIO()
    pair.save(store, "JPEG", quality=82)
    return store.getvalue()


def _moved(pose: DensePose, left: int, top: int, scale: float) -> DensePose:
    box = (pose.box_xyxy.astype(np.float64) - [left, top, left, top]) * scale
    return DensePose(box.astype(np.float32), pose.chart, pose.uv, pose.chart_confidence,
                     pose.uv_sigma, pose.cut_by)


def _mark(
    draw: ImageDraw.ImageDraw, body: _Body, corner: Array, scale: float, offset: tuple[int, int]
) -> None:
    for marked, chart in zip(body.animal["part_points"], body.charts, strict=True):
        if marked[2] == NOT_ASKED:
            continue
        x, y = (np.array(marked[:2]) - corner) * scale + offset
        good = score_point(marked[2], marked[3], chart).part
        ring: Rgb = PAPER if good else INK
        draw.ellipse((x - 4, y - 4, x + 4, y + 4), fill=INK if good else PAPER, outline=ring,
                     width=2)
        if not good:
            side = "" if marked[3] == NO_SIDE else f" {marked[3]}"
            said = PART_OF_CHART.get(chart, "background").replace("_", " ")
            draw.text((x + 6, y - 6), f"{marked[2].replace('_', ' ')}{side}, not {said}",
                      fill=PAPER, font_size=11, stroke_width=2, stroke_fill=INK)
