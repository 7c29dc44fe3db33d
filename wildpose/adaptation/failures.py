"""What a student still gets wrong on labelled pictures, in numbers and in pictures."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from wildpose.adaptation.comparison import predictions_name
from wildpose.analysis.mistakes import worst_mistakes
from wildpose.data.annotations import read_coco
from wildpose.drawing.evaluation import Picture
from wildpose.evaluation.dataset import EvaluationSet
from wildpose.evaluation.matching import match_animals

SHOWN = 4
"""The worst of each kind."""


@dataclass(frozen=True)
class Failures:
    """Of one model on one labelled folder, at its threshold.

    Attributes
    ----------
    animals, missed, false_alarms : int
    missed_at_night, animals_at_night : int
    misses, alarms : tuple of Picture
        The worst few; true boxes are orange and detections magenta.
    """

    animals: int
    missed: int
    false_alarms: int
    animals_at_night: int
    missed_at_night: int
    misses: tuple[Picture, ...]
    alarms: tuple[Picture, ...]


def remaining(model: Path, data: Path, kept: Path) -> Failures:
    """What is left to get wrong, from the predictions that the comparison kept.

    Parameters
    ----------
    model : Path
        Of the student.
    data : Path
        Folder with ``annotations.json`` and ``images/``.
    kept : Path
        Folder of predictions.

    Returns
    -------
    Failures
    """
    coco = read_coco(data)
    checked = {**coco, "images": [i for i in coco["images"] if not i.get("draft")]}
    said = json.loads((kept / predictions_name(str(model), data)).read_text("utf-8"))
    found = EvaluationSet.of(checked, said)
    matches = match_animals(found, found.threshold)
    rows = [(bool(image.get("night")), m.hits, len(m.missed_ids), len(m.false_alarms))
            for image, m, asked in zip(found.images, matches, found.members("all", "animal"),
                                       strict=True) if asked]
    misses, alarms = worst_mistakes(found, data / "images")
    return Failures(
        animals=sum(hits + missed for _, hits, missed, _ in rows),
        missed=sum(missed for _, _, missed, _ in rows),
        false_alarms=sum(wrong for *_, wrong in rows),
        animals_at_night=sum(hits + missed for night, hits, missed, _ in rows if night),
        missed_at_night=sum(missed for night, _, missed, _ in rows if night),
        misses=_short(misses), alarms=_short(alarms),
    )


def _short(pictures: Sequence[Picture]) -> tuple[Picture, ...]:
    """The first few, without the folders in their names: a card is passed on."""
    return tuple(Picture(p.image, p.caption.rpartition("/")[2]) for p in pictures[:SHOWN])
