"""Model folders on disk: ``model.json``, ``weights.safetensors``, ``README.md`` (the card).

No pickle and no code in it: a model is data.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal

from wildpose.errors import ModelError
from wildpose.models.calibration import Calibration

FORMAT = 1
DEFAULT_CANVASES = ((384, 640), (448, 576), (640, 384))


@dataclass(frozen=True)
class ModelDescription:
    """What ``model.json`` says.

    Attributes
    ----------
    name, description, licence : str
    architecture : dict
        Fields of :class:`wildpose.models.detector.Architecture`; or, where ``family`` is
        "chart_rcnn", those of :class:`wildpose.models.chart_rcnn.Config`.
    canvases : tuple of (int, int)
        Heights and widths that pictures are letterboxed to; the one that shrinks a picture least
        is taken (not by the family "chart_rcnn", which scales pictures by their edges).
    calibration : dict of str to Calibration
        By class name, ``animal`` and ``person``.
    threshold : float
        Default probability from which a detection is shown and counted.
    weights_sha256 : str
    dense_pose_cut_by : {"mask_head", "dense_head"}
        Whose foreground cuts dense pose out by default.
    lineage : dict
        Recipe, starting weights, data: what the weights came from.
    """

    name: str
    description: str
    licence: str
    architecture: dict[str, Any]
    canvases: tuple[tuple[int, int], ...] = DEFAULT_CANVASES
    calibration: dict[str, Calibration] = field(default_factory=dict)
    threshold: float = 0.5
    weights_sha256: str = ""
    dense_pose_cut_by: Literal["mask_head", "dense_head"] = "dense_head"
    lineage: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class ModelSummary:
    """A line of ``wildpose models``."""

    name: str
    folder: Path
    description: str
    licence: str
    digest: str


def shipped_folder() -> Path:
    """The folder of the models that come with the package."""
    return Path(str(files("wildpose.species_models")))


def find_model(name_or_folder: str | Path) -> Path:
    """The folder of a shipped model (by name) or of a user's own (by path).

    Raises
    ------
    ModelError
        There is neither.
    """
    for folder in (Path(name_or_folder), shipped_folder() / str(name_or_folder)):
        if (folder / "model.json").is_file():
            return folder
    names = ", ".join(m.name for m in available_models()) or "none"
    raise ModelError(f"{name_or_folder}: there is no such model.",
                     f"Give a folder with model.json, or one of: {names}.")


def available_models() -> list[ModelSummary]:
    """The shipped models, by name; reads JSON only."""
    found = []
    for path in sorted(shipped_folder().glob("*/model.json")):
        d = read_description(path.parent)
        found.append(ModelSummary(d.name, path.parent, d.description, d.licence, d.weights_sha256))
    return found


def read_description(folder: Path) -> ModelDescription:
    """Read ``model.json``.

    Raises
    ------
    ModelError
        It is missing, not JSON, of another format, or lacks a field.
    """
    path = folder / "model.json"
    try:
        content = json.loads(path.read_text("utf-8"))
        if content.pop("format") != FORMAT:
            raise ModelError(f"{path}: made for another version of wildpose.",
                             "Update wildpose, or take a model made with this version.")
        curves = {k: Calibration(v["slope"], v["offset"])
                  for k, v in content.pop("calibration").items()}
        canvases = tuple((int(h), int(w)) for h, w in content.pop("canvases"))
        if not canvases:
            raise ValueError("no canvases")
        return ModelDescription(calibration=curves, canvases=canvases, **content)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ModelError(f"{path}: not a model description ({error}).",
                         "Copy the model folder anew.") from error


def write_description(folder: Path, description: ModelDescription) -> None:
    """Write ``model.json``; the checksum is that of the weights in the folder."""
    content = {
        "format": FORMAT,
        **{k: v for k, v in vars(description).items() if k not in ("calibration", "canvases")},
        "canvases": [list(c) for c in description.canvases],
        "calibration": {k: c.as_json() for k, c in description.calibration.items()},
        "weights_sha256": file_sha256(folder / "weights.safetensors"),
    }
    (folder / "model.json").write_text(json.dumps(content, indent=1) + "\n", "utf-8")


def settings_sha256(description: ModelDescription) -> str:
    """Checksum of all that turns the network's answers into detections, but for its weights.

    The same weights with another calibration, or with a second look, are another model.
    """
    content = {
        "architecture": description.architecture,
        "canvases": description.canvases,
        "calibration": {k: c.as_json() for k, c in description.calibration.items()},
        "dense_pose_cut_by": description.dense_pose_cut_by,
    }
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def file_sha256(path: Path) -> str:
    """Checksum of a file, read in pieces."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
