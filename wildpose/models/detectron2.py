"""detectron2's own DensePose R-CNN, built from our configuration, where detectron2 is installed.

For comparing: the network of :mod:`wildpose.models.chart_rcnn` and the original, side by side on
one machine, with the same weights and pictures. Nothing else in wildpose needs detectron2.
"""

from __future__ import annotations

import math
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from wildpose.errors import ModelError
from wildpose.models.chart_rcnn.chart_maps import ChartMaps
from wildpose.models.chart_rcnn.config import Config
from wildpose.models.chart_rcnn.pictures import scaled
from wildpose.models.chart_rcnn.yaml_config import values_of
from wildpose.types import Array

HOW_TO_INSTALL = (
    "Install it from source (docs/detectron2.md, 'detectron2 itself'); wildpose runs these models "
    "without it.")


class Answer(NamedTuple):
    """What a network says of one picture.

    Attributes
    ----------
    box_xyxy : float [N, 4]
        In pixels of the picture, best first.
    score : float [N]
    maps : ChartMaps or None
        Of all boxes; None where there is no box.
    """

    box_xyxy: Tensor
    score: Tensor
    maps: ChartMaps | None


def reason_absent() -> str:
    """Why detectron2's DensePose can't be used here; empty where it can."""
    for name in ("detectron2.modeling", "densepose.modeling"):
        try:
            import_module(name)
        except ImportError as error:
            return f"{name.split('.')[0]} is not installed ({error})"
    return ""


def settings_of(config: Config) -> Any:
    """detectron2's settings (a ``CfgNode``) with which it builds the network of a configuration.

    Raises
    ------
    ModelError
        detectron2 or its DensePose project is not installed.
    """
    missing = reason_absent()
    if missing:
        raise ModelError(f"{missing}.", HOW_TO_INSTALL)
    settings = import_module("detectron2.config").get_cfg()
    import_module("densepose").add_densepose_config(settings)
    settings.MODEL.DEVICE = "cpu"
    for key, value in values_of(config).items():
        place, name = settings, key
        while "." in name:
            above, name = name.split(".", 1)
            place = place[above]
        place[name] = tuple(value) if isinstance(place.get(name), tuple) else value
    return settings


def build(config: Config, checkpoint: Path | None = None) -> nn.Module:
    """detectron2's network on the CPU, ready to look at pictures.

    Parameters
    ----------
    config : Config
    checkpoint : Path, optional
        A ``.pkl`` or ``.pth`` file, read by detectron2's own loader: that runs what a pickle says,
        so give it only files that you trust. By default the weights are fresh.

    Raises
    ------
    ModelError
        detectron2 is not installed, or the checkpoint lacks weights.
    """
    settings = settings_of(config)
    network: nn.Module = import_module("detectron2.modeling").build_model(settings)
    if checkpoint is not None:
        _load(network, checkpoint)
    return network.eval().requires_grad_(False)


def _load(network: nn.Module, checkpoint: Path) -> None:
    """Load weights; the loader only warns of missing ones, so they are marked before."""
    state = network.state_dict()
    for tensor in state.values():
        tensor.fill_(math.nan)
    import_module("detectron2.checkpoint").DetectionCheckpointer(network).load(str(checkpoint))
    missing = [name for name, tensor in state.items() if bool(torch.isnan(tensor).any())]
    if missing:
        raise ModelError(f"{checkpoint}: lacks {len(missing)} tensors of the network "
                         f"({missing[0]}, ...).",
                         "Give the configuration that this file was trained with.")


@torch.inference_mode()
def look(network: nn.Module, image: Array, config: Config) -> Answer:
    """What detectron2's network says of a picture.

    Parameters
    ----------
    network : nn.Module
        Of :func:`build`.
    image : uint8 [H, W, 3]
        RGB.
    config : Config
        The one that it was built from.
    """
    shown = torch.from_numpy(scaled(image, config)[:, :, ::-1].copy()).permute(2, 0, 1)
    height, width = image.shape[:2]
    (said,) = network([{"image": shown.float(), "height": height, "width": width}])
    found = said["instances"]
    boxes, score = found.pred_boxes.tensor, found.scores
    if not found.has("pred_densepose"):
        return Answer(boxes, score, None)
    maps = (getattr(found.pred_densepose, name, None) for name in ChartMaps._fields)
    return Answer(boxes, score, ChartMaps._make(maps))
