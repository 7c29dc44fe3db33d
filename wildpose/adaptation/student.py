"""A student: its teacher's weights, trained on the source and on the teacher's labels.

The student is an ordinary training from a recipe, which is written out: it can be read, changed and
run again by `wildpose train`.

The dense-pose head has a schedule of its own after the other, or stays as it is. Trained along with
the rest it forgot: whole pictures have but part points, and few of those that the teacher is sure
of lie on a leg (docs/experiments.md).
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from wildpose.adaptation.source import SourceData
from wildpose.adaptation.teachers import CHART_RCNN_BATCH, is_chart_rcnn
from wildpose.models.folder import (
    ModelDescription,
    find_model,
    read_description,
    write_description,
)
from wildpose.training.loop import StepReport
from wildpose.training.recipe import ModelPart
from wildpose.training.run import train

CANVASES = [[256, 384], [320, 448], [384, 576]]
CHART_RCNN_CANVASES = [[384, 640], [448, 768]]
"""Of what they look at when they are used a third: a step on whole pictures takes minutes."""


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
    dense_steps : int
        Of the dense-pose head after the others; with 0 it stays as it is.
    regions : int
        Animals that each source gives to the dense-pose head.
    """

    steps: int = 200
    batch: int = 8
    target_share: float = 0.5
    seed: int = 0
    device: str = "cpu"
    dense_steps: int = 0
    regions: int = 300


def default_settings(teacher: str, steps: int, points: int) -> StudentSettings:
    """How a student is trained for so many steps, with so many points of each animal.

    The dense head of a DensePose R-CNN learns along with the rest, that of our own network after it
    for as many steps.

    Raises
    ------
    ModelError
        There is no such teacher.
    """
    if is_chart_rcnn(read_description(find_model(teacher))):
        return StudentSettings(steps=steps, batch=CHART_RCNN_BATCH)
    return StudentSettings(steps=steps, dense_steps=steps if points else 0)


def student_recipe(
    name: str, teacher: str, source: SourceData, targets: list[dict[str, Any]],
    settings: StudentSettings, *, points: int = 0,
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
        Those with a ``dense_share`` teach dense pose, too.
    settings : StudentSettings
    points : int
        Of each animal of the target: with any the dense head of a DensePose R-CNN learns along,
        without it stays.

    Returns
    -------
    dict
        As :class:`wildpose.training.recipe.Recipe` reads it.
    """
    folder = find_model(teacher)
    description = read_description(folder)
    if is_chart_rcnn(description):
        return _of_chart_rcnn(name, folder, source, targets, settings, points)
    known = ModelPart.model_fields
    model = {k: v for k, v in description.architecture.items() if k in known}
    dense = bool(settings.dense_steps) and bool(model.get("dense_pose"))
    regions = settings.regions if dense else 0
    parts = [*_scaled(list(source.parts), 1 - settings.target_share, regions),
             *_scaled(targets, settings.target_share, regions)]
    recipe = {
        **_head(name, description, settings),
        "model": {**model, "start_from": str(folder.resolve())},
        "sources": parts,
        "hold_out": dict(source.hold_out),
        "schedule": {
            "steps": settings.steps, "batch": settings.batch, "canvases": CANVASES,
            "warm_up": min(20, settings.steps // 4 + 1), "average_decay": 0.98,
            "checkpoint_every": 25,
            # lower than the rates that the teacher was made with: it is nearly there
            "rate": {"trunk": 4e-5, "first_stage": 8e-5, "heads": 2e-4, "dense_head": 0.0},
        },
    }
    if dense:
        recipe["dense_schedule"] = {
            "steps": settings.dense_steps, "batch": 12, "rate": 5e-4, "clip_gradient": 1.0,
            "warm_up": min(20, settings.dense_steps // 4 + 1), "average_decay": 0.98,
            "checkpoint_every": 25,
        }
    return recipe


def _head(
    name: str, description: ModelDescription, settings: StudentSettings
) -> dict[str, Any]:
    return {"name": name, "description": f"{description.name}, adapted to clips of its user.",
            "licence": description.licence, "seed": settings.seed}


def _of_chart_rcnn(
    name: str, folder: Path, source: SourceData, targets: list[dict[str, Any]],
    settings: StudentSettings, points: int,
) -> dict[str, Any]:
    """Of a DensePose R-CNN. Its points are on its own body; of all others charts alone are learnt.

    The rates are near those with which the published networks ended (2e-4 for 16 pictures).
    """
    description = read_description(folder)
    config = {k: v for k, v in description.architecture.items() if k != "family"}
    share = settings.target_share
    parts = [*_scaled(list(source.parts), 1 - share, 0), *_scaled(targets, share, 0)]
    for part in parts:
        part.pop("dense_share", None)
        part["labels"] = {"surface": "smpl" if part["name"] == "teacher" else "other"}
    return {
        **_head(name, description, settings),
        "model": {"start_from": str(folder.resolve()), "chart_rcnn": config},
        "sources": parts,
        "hold_out": dict(source.hold_out),
        "schedule": {
            "steps": settings.steps, "batch": settings.batch, "canvases": CHART_RCNN_CANVASES,
            "optimiser": "sgd", "clip_value": 1.0, "weight_decay": 1e-4,
            "warm_up": min(20, settings.steps // 4 + 1), "average_decay": 0.98,
            "checkpoint_every": 25,
            # the dense head takes most of a step: with 128 regions, as published, ten times as much
            "dense_regions": 8,
            "rate": {"trunk": 1e-4, "first_stage": 2e-4, "heads": 2e-4,
                     "dense_head": 2e-4 if points else 0.0},
        },
    }


def _scaled(parts: list[dict[str, Any]], share: float, regions: int) -> list[dict[str, Any]]:
    """Parts with their shares of the whole; without regions those that teach nothing fall out."""
    whole, dense = (sum(p.get(k, 0) for p in parts) or 1 for k in ("share", "dense_share"))
    scaled = []
    for part in parts:
        own = {**part, "share": round(part["share"] / whole * share, 4)}
        of_dense = round(own.pop("dense_share", 0) / dense * share, 4) if regions else 0
        if of_dense:
            own |= {"dense_share": of_dense, "regions": regions}
        if own["share"] or of_dense:
            scaled.append(own)
    return scaled


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
    shutil.rmtree(model / "regions", ignore_errors=True)  # hundreds of MB that have been learnt
    return model


def carry_calibration(teacher: str, model: Path) -> None:
    """Give a student its teacher's calibration and threshold, where it has none of its own.

    A student whose training kept nothing out could not be calibrated.
    """
    before, own = read_description(find_model(teacher)), read_description(model)
    if not own.calibration:
        fields = {**vars(own), "calibration": before.calibration, "threshold": before.threshold}
        write_description(model, type(own)(**fields))
