"""What a network starts from: each file or folder that a recipe names, and how to load it.

Weights of a trunk alone that were published for detectron2 name their tensors without what stands
before them in the whole network; the longest name that ends the network's own one is taken.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import NamedTuple

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from wildpose.errors import ModelError
from wildpose.models.chart_rcnn.config import FAMILY, Config
from wildpose.models.chart_rcnn.network import ChartRcnn, expected_keys
from wildpose.models.detector import Detector
from wildpose.models.exchange.checkpoint import opened_checkpoint
from wildpose.models.folder import find_model, read_description
from wildpose.models.pretrained import load_first_stage, load_model_weights, load_trunk
from wildpose.training.recipe import ModelPart, resolve, start_folder

TRUNK = "backbone.bottom_up."
MASK_HEAD = "roi_heads.mask_head."
STATISTICS = {".running_mean": 0.0, ".running_var": 1.0}
"""Files of trunks may have them multiplied into the weights; then these are what is left."""
UNREADABLE = (OSError, RuntimeError, SafetensorError)


class Start(NamedTuple):
    """A file or folder that weights come from; ``load`` raises ModelError if it can't be used."""

    name: str
    load: Callable[[], None]


def small_starts(network: Detector, model: ModelPart, recipe_folder: Path) -> list[Start]:
    """Of the small network, in the order in which they are loaded."""
    starts = []
    if model.start_from:
        name = start_folder(model.start_from, recipe_folder)
        starts.append(Start(name, partial(load_model_weights, network, name,
                                          fresh_dense_head=model.fresh_dense_head)))
    if model.trunk:
        trunk = resolve(model.trunk, recipe_folder)
        starts.append(Start(str(trunk), partial(load_trunk, network, trunk)))
    if model.first_stage:
        first_stage = resolve(model.first_stage, recipe_folder)
        starts.append(Start(str(first_stage), partial(load_first_stage, network, first_stage)))
    return starts


def chart_rcnn_starts(network: ChartRcnn, model: ModelPart, recipe_folder: Path) -> list[Start]:
    """Of the DensePose R-CNN, in the order in which they are loaded."""
    starts = []
    if model.start_from:
        name = start_folder(model.start_from, recipe_folder)
        starts.append(Start(name, partial(load_whole, network, name)))
    if model.trunk:
        trunk = resolve(model.trunk, recipe_folder)
        starts.append(Start(str(trunk), partial(load_residual_trunk, network, trunk)))
    return starts


def load_whole(network: ChartRcnn, name_or_folder: str | Path) -> None:
    """Take over the weights of a model folder; a mask head that only one of both has is left.

    Raises
    ------
    ModelError
        No such model, another family, or another configuration.
    """
    folder = find_model(name_or_folder)
    architecture = read_description(folder).architecture
    if architecture.get("family") != FAMILY:
        raise ModelError(f"{folder}: not a DensePose R-CNN.",
                         "Start from an imported model, or from one of such a recipe.")
    try:
        weights = load_file(folder / "weights.safetensors")
    except UNREADABLE as error:
        raise ModelError(f"{folder}: its weights can't be read ({_first_line(error)}).",
                         "Copy the model folder anew.") from error
    own = network.state_dict()
    odd = {n for n in own.keys() ^ weights.keys() if not n.startswith(MASK_HEAD)}
    odd |= {n for n in own.keys() & weights.keys() if own[n].shape != weights[n].shape}
    if odd:
        raise ModelError(f"{folder}: not of the configuration of the recipe ({min(odd)} and "
                         f"{len(odd) - 1} more).",
                         "Give `chart_rcnn` the fields of `architecture` in its model.json.")
    network.load_state_dict({n: weights.get(n, value) for n, value in own.items()})


def load_residual_trunk(network: ChartRcnn, path: Path) -> None:
    """Fill the residual trunk from ImageNet weights: a .pkl or .pth of detectron2, or safetensors.

    Raises
    ------
    ModelError
        The file is missing, refused, or holds no trunk of this depth.
    """
    wanted = {n: shape for n, shape in expected_keys(Config(depth=network.config.depth)).items()
              if n.startswith(TRUNK)}
    given = _read(path, wanted)
    for name, shape in wanted.items():
        ending = next((e for e in STATISTICS if name.endswith(e)), None)
        if name not in given and ending is not None:
            given[name] = torch.full(shape, STATISTICS[ending])
    odd = [n for n, shape in wanted.items() if n not in given or given[n].shape != shape]
    if odd:
        raise ModelError(f"{path}: no trunk of depth {network.config.depth}: {odd[0]} is missing "
                         f"or of another shape (and {len(odd) - 1} more).",
                         "Give detectron2's R-50.pkl or R-101.pkl, as `chart_rcnn.depth` says.")
    network.load_state_dict(given, strict=False)


def _read(path: Path, wanted: dict[str, tuple[int, ...]]) -> dict[str, Tensor]:
    """What a file holds of the wanted tensors, by the network's names."""
    if path.suffix == ".safetensors":
        try:
            content = load_file(path)
        except UNREADABLE as error:
            raise ModelError(f"{path}: can't be read ({_first_line(error)}).",
                             "Check the recipe's `trunk`.") from error
        return {n: content[own].float() for n, own in matched(wanted, content).items()}
    with opened_checkpoint(path) as found:
        entries = {n: found.entries[own] for n, own in matched(wanted, found.entries).items()}
        arrays = replace(found, entries=entries).fitted(
            {n: tuple(e.shape) for n, e in entries.items()})
    return {n: torch.from_numpy(array.copy()) for n, array in arrays.items()}


def matched(wanted: Iterable[str], given: Iterable[str]) -> dict[str, str]:
    """Which of the given names each wanted one is: itself, or the longest that ends it.

    Examples
    --------
    >>> matched(["backbone.bottom_up.res2.0.conv1.weight"], ["conv1.weight", "res2.0.conv1.weight"])
    {'backbone.bottom_up.res2.0.conv1.weight': 'res2.0.conv1.weight'}
    """
    known = set(given)
    found = {}
    for name in wanted:
        parts = name.split(".")
        endings = (".".join(parts[i:]) for i in range(len(parts)))
        own = next((e for e in endings if e in known), None)
        if own is not None:
            found[name] = own
    return found


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:200]
