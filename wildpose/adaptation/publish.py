"""From an accepted student to a model folder; a refused one is put aside with its report."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from wildpose.adaptation import card
from wildpose.adaptation.census import Census
from wildpose.adaptation.drawn import DrawnFrames
from wildpose.adaptation.failures import Failures, remaining
from wildpose.adaptation.inputs import Inputs
from wildpose.adaptation.settings import AdaptSettings
from wildpose.adaptation.verdict import Verdict
from wildpose.drawing.side_by_side import side_by_side
from wildpose.models.folder import read_description, write_description
from wildpose.models.predictor import Predictor, load_predictor
from wildpose.results.files import write_bytes
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
    drawn : DrawnFrames
    census : Census
    verdict : Verdict
    judged_on : Path or None
        The labelled pictures that the student's failures are shown of.
    """

    folder: Path
    model: Path
    teacher: str
    drawn: DrawnFrames
    census: Census
    verdict: Verdict
    judged_on: Path | None


def publish(accepted: Sequence[Round], settings: AdaptSettings, inputs: Inputs) -> None:
    """Write the model folder: weights, description, card and pictures.

    Parameters
    ----------
    accepted : sequence of Round
        Those whose student was accepted; the last one's becomes the model.
    settings : AdaptSettings
    inputs : Inputs
    """
    last, out = accepted[-1], settings.out
    own, before = read_description(last.model), read_description(inputs.teacher)
    fields = {**vars(own), "name": out.resolve().name,
              "description": f"{before.name}, adapted to {settings.species}.",
              "lineage": {**own.lineage, "adapted_from": before.name,
                          "teacher_sha256": before.weights_sha256, "species": settings.species}}
    with _moved_into(out, out / "rounds" / "ready") as ready:
        failures = _copy_report(last, ready)
        shutil.copyfile(last.model / "weights.safetensors", ready / "weights.safetensors")
        text = _card(accepted, settings, inputs, failures)
        (ready / "README.md").write_text(text, "utf-8")
        write_description(ready, type(own)(**fields))


def refuse(last: Round, settings: AdaptSettings) -> None:
    """Put a student that was not accepted aside, with its report; nothing is published."""
    with _moved_into(settings.out / "refused", settings.out / "rounds" / "ready") as ready:
        failures = _copy_report(last, ready)
        for name in ("weights.safetensors", "model.json"):
            shutil.copyfile(last.model / name, ready / name)
        (ready / "README.md").write_text(
            f"# A student that was refused\n\n{last.verdict.reason}\n\n"
            f"{card.figures_text(last.verdict)}\n## Failures\n\n"
            f"{card.failures_text(last.census, last.verdict, failures)}\n\n"
            "## Teacher and student on the same frames\n\n"
            "![teacher and student](side_by_side.jpg)\n", "utf-8")


@contextmanager
def _moved_into(out: Path, ready: Path) -> Iterator[Path]:
    """Yield a folder to write to, whose files then take their place, ``model.json`` last.

    So what stands in OUT is always whole: a model is one only with its description.
    """
    shutil.rmtree(ready, ignore_errors=True)
    ready.mkdir(parents=True)
    yield ready
    out.mkdir(parents=True, exist_ok=True)
    for path in sorted(ready.iterdir(), key=lambda p: (p.name == "model.json", p.name)):
        if path.is_dir():
            shutil.rmtree(out / path.name, ignore_errors=True)
        path.replace(out / path.name)
    ready.rmdir()


def _copy_report(last: Round, folder: Path) -> Failures | None:
    picture = last.folder / "side_by_side.jpg"
    if not picture.exists():
        write_bytes(picture, _side_by_side(last))
    for path in (picture, last.folder / "census.jpg", last.folder / "census.json",
                 last.folder / "verdict.json"):
        shutil.copyfile(path, folder / path.name)
    if last.judged_on is None:
        return None
    failures = remaining(last.model, last.judged_on, last.folder / "said")
    if failures.misses or failures.alarms:
        (folder / "failures").mkdir()
    for name, pictures in (("missed", failures.misses), ("false", failures.alarms)):
        for number, shown in enumerate(pictures, 1):
            if isinstance(shown.image, bytes):
                (folder / "failures" / f"{name}-{number}.jpg").write_bytes(shown.image)
    return failures


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


def _card(
    accepted: Sequence[Round], settings: AdaptSettings, inputs: Inputs, failures: Failures | None
) -> str:
    last, before = accepted[-1], read_description(inputs.teacher)
    figures = "\n".join(
        (f"### Round {number}{': the teacher is the student before' if number > 1 else ''}\n\n"
         if len(accepted) > 1 else "") + card.figures_text(one.verdict)
        for number, one in enumerate(accepted, 1))
    return f"""# {settings.out.resolve().name}

{before.name}, adapted to {settings.species} with `wildpose adapt`: a fixed teacher labelled frames
of unlabelled clips, a student that began with its weights learnt from them beside
{inputs.source.said}.

**{last.verdict.reason}**

To use it: `wildpose analyze CLIPS --model THIS_FOLDER --out RUN`. Licence of the weights:
{before.licence or 'that of its teacher'}.

## Figures

{figures}
## Failures that remain

{card.failures_text(last.census, last.verdict, failures)}

## Teacher and student on the same frames

The student has learnt from these, and nobody has labelled them: look for animals that one of them
misses.

![teacher and student](side_by_side.jpg)

## What it learnt from

{card.clips_text(last.drawn)}

{card.census_text(last.census)}

![census](census.jpg)

## Settings

{card.settings_table(settings, before, inputs.source.said)}
"""
