"""Pictures of what a model got most wrong, for the evaluation page."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw

from wildpose.drawing.evaluation import Picture
from wildpose.evaluation.dataset import EvaluationSet
from wildpose.evaluation.matching import ImageMatch, match_animals

SHOWN = 24
SIDE = 420
TRUE_COLOUR, FOUND_COLOUR = (255, 176, 0), (220, 38, 127)


def worst_mistakes(
    data: EvaluationSet, folder: Path
) -> tuple[tuple[Picture, ...], tuple[Picture, ...]]:
    """Draw the largest missed animals and the most confident false alarms at the threshold.

    Parameters
    ----------
    data : EvaluationSet
    folder : Path
        Where the pictures are.

    Returns
    -------
    (misses, false_alarms) : two tuples of Picture
        Worst first; in each picture true boxes are orange and detections are magenta.
    """
    matches = match_animals(data, data.threshold)
    asked = data.members("all", "animal")
    pairs = [(i, m) for i, m, a in zip(data.images, matches, asked, strict=True) if a]
    return _misses(data, pairs, folder), _false_alarms(data, pairs, folder)


def _misses(
    data: EvaluationSet, pairs: list[tuple[Any, ImageMatch]], folder: Path
) -> tuple[Picture, ...]:
    of_id = {a["id"]: a for a in data.annotations}
    missed = [(i, m, of_id[k]) for i, m in pairs for k in m.missed_ids]

    def share(row: tuple[Any, ImageMatch, Any]) -> float:
        image, _, annotation = row
        width, height = annotation["bbox"][2:]
        return float(width * height / (image["width"] * image["height"]))

    missed.sort(key=share, reverse=True)
    return tuple(
        Picture(_drawn(data, image, match, folder),
                f"{image['file_name']}: {100 * share((image, match, a)):.1f} % of the picture"
                f"{', ' + str(image['species']) if image.get('species') else ''}")
        for image, match, a in missed[:SHOWN]
    )


def _false_alarms(
    data: EvaluationSet, pairs: list[tuple[Any, ImageMatch]], folder: Path
) -> tuple[Picture, ...]:
    wrong = [(i, m, d) for i, m in pairs for d in m.false_alarms]
    wrong.sort(key=lambda row: -row[2]["score"])
    return tuple(
        Picture(_drawn(data, image, match, folder),
                f"{image['file_name']}: probability {detection['score']:.2f}")
        for image, match, detection in wrong[:SHOWN]
    )


def _drawn(data: EvaluationSet, image: Any, match: ImageMatch, folder: Path) -> bytes:
    with Image.open(folder / image["file_name"]) as file:
        picture = file.convert("RGB")
    scale = SIDE / max(picture.size)
    picture = picture.resize([max(1, round(s * scale)) for s in picture.size])
    draw = ImageDraw.Draw(picture)
    true = [a["bbox"] for a in data.annotations
            if a["image_id"] == image["id"] and a["category_id"] == 1]
    found = [d["bbox"] for d in match.detections]
    for colour, boxes in ((TRUE_COLOUR, true), (FOUND_COLOUR, found)):
        for x, y, width, height in boxes:
            corners = [v * scale for v in (x, y, x + width, y + height)]
            draw.rectangle(corners, outline=colour, width=2)
    for detection in match.detections:
        x, y = (v * scale for v in detection["bbox"][:2])
        draw.text((x + 3, y + 2), f"{detection['score']:.2f}", fill=FOUND_COLOUR, font_size=13)
    store = io.BytesIO()
    picture.save(store, "JPEG", quality=80)
    return store.getvalue()
