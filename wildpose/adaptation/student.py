"""A student: its teacher's weights, trained on the source and on the teacher's labels.

The student is an ordinary training from a recipe, which is written out: it can be read, changed and
run again by `wildpose train`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from wildpose.adaptation.source import SourceData
from wildpose.models.folder import find_model, read_description, write_description
from wildpose.training.loop import StepReport
from wildpose.training.run import train

CANVASES = [[256, 384], [320, 448], [384, 576]]


@dataclass(frozen=True)
class StudentSettings:
    """How a student is trained.

    Attributes
    ----------
    steps, batch : int
        Steps, and pictures in each.
    target_share : float
        Of the pictures, how many are of the target (the teacher's labels and corrections).
    seed : int
    device : str
    """

    steps: int = 200
    batch: int = 8
    target_share: float = 0.5
    seed: int = 0
    device: str = "cpu"


def student_recipe(
    name: str, teacher: str, source: SourceData, targets: list[dict[str, Any]],
    settings: StudentSettings,
) -> dict[str, Any]:
    """The recipe of a student.

    Parameters
    ----------
    name : str
        Of the model.
    teacher : str
        A shipped name or a model folder.
    source : SourceData
    targets : list of dict
        Sources of the recipe with pictures of the target; their shares are of the target alone.
    settings : StudentSettings

    Returns
    -------
    dict
        As :class:`wildpose.training.recipe.Recipe` reads it.
    """
    folder = find_model(teacher)
    description = read_description(folder)
    known = ("backbone", "box_move", "auto_calibration", "dense_pose", "dense_context")
    model = {k: v for k, v in description.architecture.items() if k in known}
    parts = [*_scaled(list(source.parts), 1 - settings.target_share),
             *_scaled(targets, settings.target_share)]
    return {
        "name": name,
        "description": f"{description.name}, adapted to clips of its user.",
        "licence": description.licence,
        "seed": settings.seed,
        "model": {**model, "start_from": str(folder.resolve())},
        "sources": parts,
        "hold_out": dict(source.hold_out),
        "schedule": {
            "steps": settings.steps, "batch": settings.batch, "canvases": CANVASES,
            "warm_up": min(20, settings.steps // 4 + 1), "average_decay": 0.98,
            "checkpoint_every": 25,
            # lower than the rates that the teacher was made with: it is nearly there
            "rate": {"trunk": 4e-5, "first_stage": 8e-5, "heads": 2e-4, "dense_head": 1e-4},
        },
    }


def _scaled(parts: list[dict[str, Any]], share: float) -> list[dict[str, Any]]:
    total = sum(p["share"] for p in parts)
    return [{**p, "share": round(p["share"] / total * share, 4)} for p in parts]


def train_student(
    recipe: dict[str, Any], teacher: str, folder: Path, *, device: str,
    on_step: Callable[[StepReport, int], None] = lambda report, steps: None,
) -> Path:
    """Train, or go on; the model folder.

    ``FOLDER/recipe.yaml`` is written first; a folder with another recipe is refused by the training
    itself.
    """
    model = folder / "student"
    path = folder / "recipe.yaml"
    path.write_text(yaml.safe_dump(recipe, sort_keys=False, allow_unicode=True), "utf-8")
    if not (model / "figures.json").is_file():
        train(path, model, device=device, on_step=on_step)
        carry_calibration(teacher, model)
    return model


def carry_calibration(teacher: str, model: Path) -> None:
    """Give a student its teacher's calibration and threshold, where it has none of its own.

    A student whose training kept nothing out could not be calibrated.
    """
    before, own = read_description(find_model(teacher)), read_description(model)
    if not own.calibration:
        fields = {**vars(own), "calibration": before.calibration, "threshold": before.threshold}
        write_description(model, type(own)(**fields))
