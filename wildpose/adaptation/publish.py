"""From an accepted student to a model folder; a refused one is put aside with its report."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from wildpose.adaptation.census import Census, census_table
from wildpose.adaptation.comparison import Compared
from wildpose.adaptation.verdict import Verdict
from wildpose.drawing.side_by_side import side_by_side
from wildpose.models.folder import find_model, read_description, write_description
from wildpose.models.predictor import Predictor, load_predictor
from wildpose.types import Array, Detections

SHOWN = 8
"""Pictures of teacher and student side by side."""


@dataclass(frozen=True)
class Round:
    """One round of teacher and student.

    Attributes
    ----------
    folder, model : Path
        All that the round wrote; the student's model folder.
    teacher : str
        A shipped name or a model folder.
    census : Census
    verdict : Verdict
    """

    folder: Path
    model: Path
    teacher: str
    census: Census
    verdict: Verdict


def publish(last: Round, out: Path, species: str, first_teacher: str, source: str) -> None:
    """Write the model folder: weights, description, card and pictures.

    Parameters
    ----------
    last : Round
        The last one whose student was accepted.
    out : Path
    species, first_teacher, source : str
        For the card: what it was adapted to, from which model, and beside which labelled data.
    """
    _copy_report(last, out)
    shutil.copy(last.model / "weights.safetensors", out)
    own, before = read_description(last.model), read_description(find_model(first_teacher))
    fields = {**vars(own), "name": out.name,
              "description": f"{before.name}, adapted to {species}.",
              "lineage": {**own.lineage, "adapted_from": before.name,
                          "teacher_sha256": before.weights_sha256, "species": species}}
    (out / "README.md").write_text(_card(last, out.name, species, before.name, source), "utf-8")
    write_description(out, type(own)(**fields))


def refuse(last: Round, out: Path) -> None:
    """Put a student that was not accepted aside, with its report; nothing is published."""
    folder = out / "refused"
    folder.mkdir(parents=True, exist_ok=True)
    _copy_report(last, folder)
    for name in ("weights.safetensors", "model.json"):
        shutil.copy(last.model / name, folder)
    (folder / "README.md").write_text(
        f"# A student that was refused\n\n{last.verdict.reason}\n\n{_figures(last.verdict)}",
        "utf-8")


def _copy_report(last: Round, folder: Path) -> None:
    picture = last.folder / "side_by_side.jpg"
    if not picture.exists():
        picture.write_bytes(_side_by_side(last))
    for path in (picture, last.folder / "census.jpg", last.folder / "census.json",
                 last.folder / "verdict.json"):
        shutil.copy(path, folder)


def _side_by_side(last: Round) -> bytes:
    """Frames of the target, evenly over those that hold a label of the teacher."""
    frames = last.folder / "frames"
    content = json.loads((frames / "annotations.json").read_text("utf-8"))
    labelled = {a["image_id"] for a in content["annotations"]}
    images = [i for i in content["images"] if i["id"] in labelled] or content["images"]
    places = np.unique(np.linspace(0, len(images) - 1, SHOWN).round().astype(int))
    models = [load_predictor(m) for m in (last.teacher, last.model)]
    rows = []
    for image in (images[i] for i in places):
        with Image.open(frames / "images" / image["file_name"]) as picture:
            pixels = np.asarray(picture.convert("RGB"))
        teacher, student = (_shown(m, pixels) for m in models)
        rows.append((pixels, teacher, student))
    return side_by_side(rows)


def _shown(model: Predictor, pixels: Array) -> Detections:
    found = model.predict([pixels])[0]
    return found.take(np.flatnonzero(found.score >= model.threshold))


def _card(last: Round, name: str, species: str, teacher: str, source: str) -> str:
    census = "\n".join(f"| {what} | {number} |" for what, number in census_table(last.census))
    return f"""# {name}

{teacher}, adapted to {species} with `wildpose adapt`: a fixed teacher labelled frames of unlabelled
clips, a student that began with its weights learnt from them beside {source}.

**{last.verdict.reason}**

## Figures

{_figures(last.verdict)}
## What it learnt from

| | |
|---|---|
{census}

![census](census.jpg)

## Teacher and student on the same frames

Nobody has labelled these: look for animals that one of them misses.

![teacher and student](side_by_side.jpg)
"""


def _figures(verdict: Verdict) -> str:
    tables = [_table(what, compared) for what, compared in (
        ("the kept-out part of the source", verdict.source), ("labelled target", verdict.target))
        if compared is not None]
    return "\n".join(tables) or "There was nothing labelled to measure on.\n"


def _table(what: str, compared: Compared) -> str:
    lines = [f"On {what} ({compared.teacher.images} pictures):", "",
             "| | box AP | mask AP | presence AUC | part |", "|---|---|---|---|---|"]
    for who, figures in (("teacher", compared.teacher), ("student", compared.student)):
        lines.append(f"| {who} | {_cells(vars(figures))} |")
        lines += [f"| {who}, {light} | {_cells(own)} |" for light, own in figures.by_light.items()]
    if compared.difference is not None:
        d = compared.difference
        lines += ["", f"Box AP, student less teacher: {d.estimate:+.3f} "
                      f"({d.lower:+.3f} to {d.upper:+.3f})."]
    return "\n".join([*lines, ""])


def _cells(figures: Mapping[str, Any]) -> str:
    values = [figures[k] for k in ("box_ap", "mask_ap", "presence_auc", "part")]
    return " | ".join("-" if v is None else f"{v:.3f}" for v in values)
