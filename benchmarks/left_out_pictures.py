"""Pictures of a comparison: where teacher and student differ most, and what is still missed."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
from PIL import ImageDraw

from wildpose.analysis.mistakes import worst_mistakes
from wildpose.drawing.palette import INK, PAPER
from wildpose.drawing.side_by_side import MOST_ROWS, side_by_side
from wildpose.drawing.text import fit, font
from wildpose.evaluation.dataset import EvaluationSet
from wildpose.evaluation.intervals import group_of
from wildpose.evaluation.matching import ImageMatch, match_animals
from wildpose.evaluation.truth import Image
from wildpose.types import Detections

MISSES = 20
COLUMNS, CELL_WH, LINE = 5, (320, 240), 18
QUALITY = 85


def differing(teacher: EvaluationSet, student: EvaluationSet, folder: Path) -> bytes:
    """Both models on the pictures where hits and false alarms differ most, a JPEG.

    Parameters
    ----------
    teacher, student : EvaluationSet
        Of the same pictures; each shows what it says from its own threshold on.
    folder : Path
        Where the pictures are.

    Returns
    -------
    bytes
    """
    pairs = list(zip(*(match_animals(d, d.threshold) for d in (teacher, student)), strict=True))
    order = sorted(range(len(pairs)), key=lambda i: [-v for v in difference(*pairs[i])])
    first: dict[Any, int] = {}
    for i in order:  # a sequence fills no page
        first.setdefault(scene_of(teacher.images[i]), i)
    rows = []
    for i in list(first.values())[:MOST_ROWS]:
        image = teacher.images[i]
        with PIL.Image.open(folder / image["file_name"]) as picture:
            pixels = np.asarray(picture.convert("RGB"))
        rows.append((pixels, shown(teacher, image["id"]), shown(student, image["id"])))
    return side_by_side(rows)


def scene_of(image: Image) -> tuple[str, Any]:
    """The sequence of a picture, else what it would be drawn with."""
    known = image.get("sequence")
    return group_of(image) if known is None else ("sequence", known)


def difference(one: ImageMatch, other: ImageMatch) -> tuple[float, float]:
    """How far two answers to a picture differ: in hits and false alarms, then in their scores."""
    counts = [(m.hits, len(m.false_alarms)) for m in (one, other)]
    scores = [sum(d["score"] for d in m.detections) for m in (one, other)]
    whole = sum(abs(a - b) for a, b in zip(*counts, strict=True))
    return float(whole), float(abs(scores[0] - scores[1]))


def shown(data: EvaluationSet, image_id: Any) -> Detections:
    """What was found in a picture from the threshold on."""
    found: list[Mapping[str, Any]] = [d for d in data.detections if d["image_id"] == image_id
                                      and d["score"] >= data.threshold]
    boxes = np.array([d["bbox"] for d in found], np.float32).reshape(-1, 4)
    boxes[:, 2:] += boxes[:, :2]
    return Detections.of(boxes, [d["score"] for d in found], [d["category_id"] for d in found],
                         [d.get("segmentation") for d in found])


def misses(student: EvaluationSet, folder: Path) -> bytes:
    """The largest animals that are still missed, a JPEG; true boxes orange, found ones magenta.

    Parameters
    ----------
    student : EvaluationSet
    folder : Path

    Returns
    -------
    bytes
    """
    found, _ = worst_mistakes(student, folder)
    tiles = [(PIL.Image.open(io.BytesIO(p.image)), p.caption) for p in found[:MISSES]
             if isinstance(p.image, bytes)]
    return sheet(tiles)


def sheet(tiles: Sequence[tuple[PIL.Image.Image, str]]) -> bytes:
    """Pictures in rows of five with a caption under each, a JPEG."""
    rows = max(1, -(-len(tiles) // COLUMNS))
    width, height = CELL_WH[0], CELL_WH[1] + 2 * LINE
    page = PIL.Image.new("RGB", (COLUMNS * width, rows * height), PAPER)
    draw, letters = ImageDraw.Draw(page), font(13)
    for number, (picture, caption) in enumerate(tiles):
        left, top = number % COLUMNS * width, number // COLUMNS * height
        small = picture.copy()
        small.thumbnail((width - 6, height - 2 * LINE - 6))
        page.paste(small, (left + (width - small.width) // 2, top + 2))
        for line, text in enumerate(caption.split(": ", 1)):
            draw.text((left + 4, top + height - (2 - line) * LINE - 2),
                      fit(text, width - 8, letters), font=letters, fill=INK)
    store = io.BytesIO()
    page.save(store, "JPEG", quality=QUALITY)
    return store.getvalue()
