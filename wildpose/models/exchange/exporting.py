"""From a model folder to a checkpoint that detectron2 reads."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from safetensors import SafetensorError
from safetensors.numpy import load_file

from wildpose.errors import ModelError, UsageError
from wildpose.models.chart_rcnn.config import FAMILY, Config
from wildpose.models.exchange.importing import SETTINGS, WEIGHTS
from wildpose.models.exchange.pickle_writing import write_detectron2_pickle
from wildpose.models.folder import (
    ModelDescription,
    file_sha256,
    find_model,
    read_description,
)
from wildpose.types import Array

COPY_ANEW = "Copy the model folder anew."


@dataclass(frozen=True)
class Exported:
    """What was written.

    Attributes
    ----------
    out : Path
    settings : Path or None
        detectron2's settings beside it; None where the model has none of their own.
    tensors : int
    sha256 : str
        Of ``out``.
    licence : str
        Of the weights: it stays what it was.
    """

    out: Path
    settings: Path | None
    tensors: int
    sha256: str
    licence: str


def export_detectron2(name_or_folder: str | Path, out: Path) -> Exported:
    """Write the weights of a model as a ``.pkl`` of detectron2; a file of that name is replaced.

    Raises
    ------
    UsageError
        The name does not end in .pkl, or other settings stand beside it.
    ModelError
        The model is none of this family, or damaged.
    """
    if out.suffix != ".pkl":
        raise UsageError(f"{out}: detectron2 goes by the ending of the name.",
                         "Choose one that ends in .pkl.")
    folder = find_model(name_or_folder)
    description = read_description(folder)
    if description.architecture.get("family") != FAMILY:
        raise ModelError(f"{folder.name}: a network of wildpose's own, which detectron2 has not "
                         "got.", "Only DensePose R-CNNs can be exported to it.")
    names, weights = _weights(folder / WEIGHTS, description)
    settings = _settings_beside(folder / SETTINGS, out.with_suffix(".yaml"))
    out.parent.mkdir(parents=True, exist_ok=True)
    write_detectron2_pickle(out, {name: weights[name] for name in names})
    if settings is not None:
        shutil.copyfile(folder / SETTINGS, settings)
    return Exported(out, settings, len(weights), file_sha256(out), description.licence)


def _weights(path: Path, description: ModelDescription) -> tuple[list[str], dict[str, Array]]:
    """Names in the network's order, and weights by name."""
    # torch takes seconds to load: not for a model of another kind
    from wildpose.models.chart_rcnn.network import expected_keys

    wanted = expected_keys(Config.from_json(description.architecture))
    try:
        if file_sha256(path) != description.weights_sha256:
            raise ModelError(f"{path}: the checksum is not the one in model.json.", COPY_ANEW)
        weights = load_file(path)
    except (OSError, SafetensorError) as error:
        raise ModelError(f"{path}: can't be read ({error}).", COPY_ANEW) from error
    if {n: w.shape for n, w in weights.items()} != wanted:
        raise ModelError(f"{path}: its weights are not those of model.json.", COPY_ANEW)
    return list(wanted), weights


def _settings_beside(own: Path, beside: Path) -> Path | None:
    """Where the settings go; refuses to write over others."""
    if not own.is_file():
        return None
    if beside.exists() and beside.read_bytes() != own.read_bytes():
        raise UsageError(f"{beside}: there are other settings of that name already.",
                         "Choose another name for --out.")
    return beside
