"""Starting weights for training: a COCO-trained detector, or an ImageNet trunk.

Files are read from the folder that the recipe names; nothing is downloaded.
"""

from __future__ import annotations

import pickle
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from wildpose.errors import ModelError
from wildpose.models.backbones import EfficientNetLiteTrunk, Trunk, freeze_normalisation
from wildpose.models.detector import Detector
from wildpose.models.folder import find_model

COCO_ANIMAL_ROWS = range(14, 24)
COCO_PERSON_ROW = 0
COCO_CLASSES = 80
UNUSABLE = (OSError, EOFError, RuntimeError, KeyError, SafetensorError, pickle.UnpicklingError)
"""What the readers raise on a file that is missing, damaged or of another kind."""


def load_trunk(detector: Detector, path: Path) -> None:
    """Fill the trunk from a file: safetensors with its own names, or EfficientNet-Lite0's .pth.

    Raises
    ------
    ModelError
        The file is missing or its tensors do not fit.
    """
    try:
        if path.suffix == ".pth":
            state = torch.load(path, map_location="cpu", weights_only=True)
            state = efficientnet_lite_names(state)
        else:
            state = load_file(path)
        state = {k: v for k, v in state.items() if not k.endswith("num_batches_tracked")}
        detector.trunk.load_state_dict(state, strict=True)
    except UNUSABLE as error:
        raise ModelError(f"{path}: not weights of this trunk ({_first_line(error)}).",
                         "Check the recipe's `trunk`.") from error


def load_first_stage(detector: Detector, path: Path) -> None:
    """Fill pyramid and first stage from the COCO detector, its animal classes side by side.

    Raises
    ------
    ModelError
        The file is missing or its tensors do not fit.
    """
    try:
        state = load_file(path)
        neck = {k.removeprefix("neck."): v for k, v in state.items() if k.startswith("neck.")}
        head = {f"levels.{k.removeprefix('head.')}": _fused_rows(k, v)
                for k, v in state.items() if k.startswith("head.")}
        detector.pyramid.load_state_dict(neck, strict=True)
        detector.first_stage.load_state_dict(head, strict=True)
    except UNUSABLE as error:
        raise ModelError(f"{path}: not a pyramid and first stage ({_first_line(error)}).",
                         "Check the recipe's `first_stage`.") from error


def _fused_rows(name: str, value: Tensor) -> Tensor:
    if ".out." not in name:
        return value
    rows = [*COCO_ANIMAL_ROWS, COCO_PERSON_ROW, *range(COCO_CLASSES, len(value))]
    return value[rows]


def efficientnet_lite_names(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """The published EfficientNet-Lite0 tensors under the names of our trunk, in their order.

    Both networks list the same layers in the same order (stem, blocks), so they are paired by
    position and checked by shape; the last 1x1 convolution and the classifier are left out.
    """
    reference: Trunk = EfficientNetLiteTrunk()
    freeze_normalisation(reference)
    wanted = reference.state_dict()
    given = [v for k, v in state.items() if not k.endswith("num_batches_tracked")]
    renamed = {}
    for (name, own), value in zip(wanted.items(), given, strict=False):
        if own.shape != value.shape:
            raise KeyError(f"{name}: {tuple(value.shape)} instead of {tuple(own.shape)}")
        renamed[name] = value
    return renamed


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:200]


def load_model_weights(
    detector: Detector, name_or_folder: str | Path, *, fresh_dense_head: bool = False
) -> None:
    """Take over the weights of a model folder, as far as both networks have the same parts.

    A part that only one of them has (dense-pose head, uncertainties) is left as it is, and with
    ``fresh_dense_head`` so is the dense-pose head.

    Raises
    ------
    ModelError
        No such model, or a part that both have differs in size.
    """
    path = find_model(name_or_folder) / "weights.safetensors"
    try:
        weights = load_file(path)
    except UNUSABLE as error:
        raise ModelError(f"{path}: can't be read ({_first_line(error)}).",
                         "Copy the model folder anew.") from error
    if fresh_dense_head:
        weights = {n: v for n, v in weights.items() if not n.startswith("dense_head.")}
    own = detector.state_dict()
    optional = ("dense_head.", "box_head.uncertainty.", "mask_head.uncertainty.")
    odd = {n for n in own.keys() ^ weights.keys() if not n.startswith(optional)}
    odd |= {n for n in own.keys() & weights.keys() if own[n].shape != weights[n].shape}
    if odd:
        raise ModelError(f"{path}: not of the same architecture ({min(odd)} and {len(odd) - 1} "
                         "more).", "Start from a model with the same backbone and heads.")
    detector.load_state_dict({n: weights.get(n, own[n]) for n in own})
