"""A tiny recipe on generated pictures, targets made to measure, and one finished training."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
import torch
import yaml

sys.path.insert(0, str(Path(__file__).parents[1] / "data"))

from wildpose.models.detector import Architecture, Detector
from wildpose.training.assignment import PointTargets, Targets
from wildpose.training.loop import StepReport
from wildpose.training.run import TrainingSummary, train

TINY = {
    "name": "tiny",
    "description": "blobs on noise",
    "licence": "CC0-1.0",
    "seed": 3,
    "sources": [{"name": "blobs", "folder": "./blobs", "share": 1}],
    "hold_out": {"share": 0.25},
    "schedule": {
        "steps": 4, "batch": 2, "canvases": [[64, 96], [96, 64]], "warm_up": 2,
        "trunk_frozen_steps": 1, "checkpoint_every": 2,
        "rate": {"trunk": 1e-4, "first_stage": 2e-4, "heads": 1e-3},
    },
}


def changed(recipe: dict, path: str, value: object) -> dict:
    """A copy of the recipe with one field, named like `schedule.steps`, set or (...) removed."""
    head, _, rest = path.partition(".")
    if rest:
        return {**recipe, head: changed(recipe.get(head, {}), rest, value)}
    return {k: v for k, v in {**recipe, head: value}.items() if v is not ...}


@pytest.fixture(scope="session")
def blob_root(tmp_path_factory) -> Path:
    """A folder with the labelled pictures `blobs` in it; recipes are written beside them."""
    from blob_pictures import write_blobs

    root = tmp_path_factory.mktemp("training")
    write_blobs(root / "blobs")
    return root


@pytest.fixture
def write_recipe(blob_root, tmp_path) -> Callable[..., Path]:
    """Write the tiny recipe with some fields changed: `write_recipe({"schedule.steps": 3})`."""
    (tmp_path / "blobs").symlink_to(blob_root / "blobs")

    def write(changes: dict[str, object] | None = None, name: str = "recipe.yaml") -> Path:
        recipe = TINY
        for path, value in (changes or {}).items():
            recipe = changed(recipe, path, value)
        (tmp_path / name).write_text(yaml.safe_dump(recipe), "utf-8")
        return tmp_path / name

    return write


@dataclass(frozen=True)
class Trained:
    """A training that ran through undisturbed; to be read only."""

    out: Path
    recipe: Path
    summary: TrainingSummary
    reports: list[StepReport]


@pytest.fixture(scope="session")
def trained(blob_root) -> Trained:
    recipe, out, reports = blob_root / "recipe.yaml", blob_root / "model", []
    recipe.write_text(yaml.safe_dump(TINY), "utf-8")
    summary = train(recipe, out, on_step=lambda report, steps: reports.append(report))
    return Trained(out, recipe, summary, reports)


@pytest.fixture
def small_detector() -> Detector:
    torch.manual_seed(0)
    return Detector(Architecture(box_width=16))


def targets(
    boxes: list[list[float]],
    column: list[int] | None = None,
    *,
    ignore: list[list[float]] | None = None,
    mask_row: list[int] | None = None,
    labelled: tuple[bool, bool] = (True, True),
    weight: float = 1.0,
) -> Targets:
    """Labels of a picture 64 high and 96 wide; a mask fills its box."""
    rows = mask_row or []
    layers = torch.zeros(len(rows), 64, 96)
    for layer, row in zip(layers, rows, strict=True):
        x1, y1, x2, y2 = (int(v) for v in boxes[row])
        layer[y1:y2, x1:x2] = 1
    return Targets(
        box_xyxy=torch.tensor(boxes, dtype=torch.float32).reshape(-1, 4),
        column=torch.tensor(column or [0] * len(boxes), dtype=torch.long),
        ignore_xyxy=torch.tensor(ignore or [], dtype=torch.float32).reshape(-1, 4),
        masks=layers,
        mask_row=torch.tensor(rows, dtype=torch.long),
        points=PointTargets.none(),
        labelled=torch.tensor(labelled),
        weight=weight,
    )


@pytest.fixture(scope="session")
def make_targets() -> Callable[..., Targets]:
    return targets
