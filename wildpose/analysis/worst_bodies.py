"""Pictures of the animals whose dense pose names the most marked points wrongly."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from PIL import Image, ImageDraw

from wildpose.drawing.dense_pose import paint_dense_pose
from wildpose.drawing.evaluation import Picture
from wildpose.drawing.palette import INK, PAPER
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
    wrong = "; ".join(f"{n} {_marked(p)}: {_said(c)}" for n, (p, c) in enumerate(_wrong(body), 1))
    return (f"{image['file_name']}: {body.parts_right} of {body.asked} parts right{sides}{species}"
            f"{'. ' + wrong if wrong else ''}")


def _wrong(body: _Body) -> list[tuple[Any, int]]:
    """The points on a wrong part with the chart said there."""
    pairs = zip(body.animal["part_points"], body.charts, strict=True)
    return [(p, c) for p, c in pairs
            if p[2] != NOT_ASKED and not score_point(p[2], p[3], c).part]


def _marked(point: Any) -> str:
    side = "" if point[3] == NO_SIDE else f" {point[3]}"
    return f"{point[2].replace('_', ' ')}{side}"


def _said(chart: int) -> str:
    return PART_OF_CHART.get(chart, "background").replace("_", " ")


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
    # the plain picture stands beside or above, so that one can see what there was to be seen
    beside = size[0] < 1.6 * size[1]
    pair = Image.fromarray(np.concatenate([plain, painted], axis=int(beside)))
    offset = (size[0], 0) if beside else (0, size[1])
    _mark(ImageDraw.Draw(pair), body, lambda xy: (np.array(xy) - [left, top]) * scale + offset)
    store = io.BytesIO()
    pair.save(store, "JPEG", quality=82)
    return store.getvalue()


def _moved(pose: DensePose, left: int, top: int, scale: float) -> DensePose:
    box = (pose.box_xyxy.astype(np.float64) - [left, top, left, top]) * scale
    return DensePose(box.astype(np.float32), pose.chart, pose.uv, pose.chart_confidence,
                     pose.uv_sigma, pose.cut_by)


def _mark(draw: ImageDraw.ImageDraw, body: _Body, place: Callable[[Any], Array]) -> None:
    wrong = [p for p, _ in _wrong(body)]
    for point in body.animal["part_points"]:
        if point[2] == NOT_ASKED or point in wrong:
            continue
        x, y = place(point[:2])
        draw.ellipse((x - 4, y - 4, x + 4, y + 4), fill=INK, outline=PAPER, width=2)
    for number, point in enumerate(wrong, 1):
        x, y = place(point[:2])
        draw.ellipse((x - 9, y - 9, x + 9, y + 9), fill=PAPER, outline=INK, width=2)
        draw.text((x, y), str(number), fill=INK, font_size=13, anchor="mm")
