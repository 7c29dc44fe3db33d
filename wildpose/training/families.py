"""The networks that a recipe can train, and all that differs between them: plain functions.

``SMALL`` is our own network, ``CHART_RCNN`` the DensePose R-CNN of the published models. Loop,
checkpoints, curves and shipping are the same for both.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import torch
from torch import Tensor, nn

from wildpose.models.chart_rcnn.config import Config
from wildpose.models.chart_rcnn.network import ChartRcnn, build
from wildpose.models.chart_rcnn.predictor import ChartRcnnPredictor
from wildpose.models.detector import Architecture, Detector
from wildpose.models.folder import ModelDescription
from wildpose.models.predictor import Predictor
from wildpose.training.assignment import Targets
from wildpose.training.chart_batch import ChartRcnnLosses, chart_rcnn_losses
from wildpose.training.chart_matching import PUBLISHED
from wildpose.training.losses import Losses, batch_losses
from wildpose.training.recipe import ModelPart, RatePart, SchedulePart
from wildpose.training.starting import Start, chart_rcnn_starts, small_starts


class BatchLosses(Protocol):
    """Parts of the loss of one batch, weighted, by name."""

    def total(self) -> Tensor:
        """Their sum, which is minimised."""
        ...

    def _asdict(self) -> dict[str, Tensor]: ...


class Group(NamedTuple):
    """Parameters that learn at one rate; at 0 they stay as they are."""

    name: str
    rate: float
    parameters: list[nn.Parameter]


@dataclass(frozen=True)
class Family:
    """What training needs to know of a kind of network.

    Attributes
    ----------
    kind : type
        Of its networks.
    fresh : callable
        A network from the recipe's `model`, with fresh weights.
    starts : callable
        What a network starts from, by the recipe's `model` and its folder.
    trunk : callable
        The part that may rest during the first steps.
    groups : callable
        All parameters of a network by rate; each stands in one group.
    losses : callable
        Of a network on pictures uint8 [B, 3, H, W] with their targets; the generator draws regions,
        the schedule may say how many.
    loss_names : tuple of str
        In the order of the curves.
    predictor : callable
        Of a network, with a description, least score and least score for masks. The network may
        not be trained or saved afterwards.
    architecture : callable
        Of a network, as ``model.json`` has it.
    one_picture_tells : bool
        A step is too long to be tried: one picture of it is, and the rest reckoned.
    """

    kind: type[nn.Module]
    fresh: Callable[[ModelPart], nn.Module]
    starts: Callable[[Any, ModelPart, Path], list[Start]]
    trunk: Callable[[Any], nn.Module]
    groups: Callable[[Any, RatePart], list[Group]]
    losses: Callable[[Any, Tensor, list[Targets], torch.Generator, SchedulePart], BatchLosses]
    loss_names: tuple[str, ...]
    predictor: Callable[[Any, ModelDescription, float, float], Predictor]
    architecture: Callable[[Any], dict[str, Any]]
    one_picture_tells: bool = False


def family_of(what: ModelPart | nn.Module) -> Family:
    """The family that a recipe asks for, or that a network is of."""
    if isinstance(what, ModelPart):
        return SMALL if what.chart_rcnn is None else CHART_RCNN
    return CHART_RCNN if isinstance(what, ChartRcnn) else SMALL


def _small(model: ModelPart) -> Detector:
    return Detector(Architecture(
        model.backbone, box_move=model.box_move, auto_calibration=model.auto_calibration,
        dense_pose=model.dense_pose, dense_context=model.dense_context,
        first_stage_weight=model.first_stage_weight, second_look=model.second_look,
    ))


def _small_groups(detector: Detector, rate: RatePart) -> list[Group]:
    heads: list[nn.Module] = [detector.box_head, detector.mask_head]
    uncertainty = [p for h in heads for n, p in h.named_parameters() if n.startswith("uncertainty")]
    taken = {id(p) for p in uncertainty}
    dense = [] if detector.dense_head is None else list(detector.dense_head.parameters())
    first = [*detector.pyramid.parameters(), *detector.first_stage.parameters()]
    answers = [p for h in heads for p in h.parameters() if id(p) not in taken]
    return [
        Group("trunk", rate.trunk, list(detector.trunk.parameters())),
        Group("first_stage", rate.first_stage, first),
        Group("heads", rate.heads, answers),
        Group("uncertainty", rate.heads if rate.uncertainty is None else rate.uncertainty,
              uncertainty),
        Group("dense_head", rate.heads if rate.dense_head is None else rate.dense_head, dense),
    ]


def _small_losses(
    detector: Detector, pictures: Tensor, targets: list[Targets], generator: torch.Generator,
    _: SchedulePart,
) -> Losses:
    return batch_losses(detector, pictures, targets, generator)


def _small_predictor(
    detector: Detector, description: ModelDescription, minimum_score: float, mask_score: float
) -> Predictor:
    return Predictor(detector, description, _device(detector), minimum_score, mask_score)


def _chart_rcnn(model: ModelPart) -> ChartRcnn:
    return build(model.chart_rcnn or Config())


def _chart_rcnn_groups(network: ChartRcnn, rate: RatePart) -> list[Group]:
    """Stem and first stage of the trunk never learn (FREEZE_AT 2 of the reference)."""
    heads, trunk = network.roi_heads, network.backbone.bottom_up
    resting = [*trunk.stem.parameters(), *trunk.res2.parameters()]
    named = [heads.box_head, heads.box_predictor, heads.mask_head]
    dense = [heads.decoder, heads.densepose_head, heads.densepose_predictor]
    found = [
        Group("resting", 0.0, resting),
        Group("trunk", rate.trunk, [p for stage in (trunk.res3, trunk.res4, trunk.res5)
                                    for p in stage.parameters()]),
        Group("first_stage", rate.first_stage, []),
        Group("heads", rate.heads, [p for m in named if m is not None for p in m.parameters()]),
        Group("dense_head", rate.heads if rate.dense_head is None else rate.dense_head,
              [p for m in dense if m is not None for p in m.parameters()]),
    ]
    taken = {id(p) for group in found for p in group.parameters}
    found[2].parameters.extend(p for p in network.parameters() if id(p) not in taken)
    return found


def _chart_rcnn_losses(
    network: ChartRcnn, pictures: Tensor, targets: list[Targets], generator: torch.Generator,
    schedule: SchedulePart,
) -> ChartRcnnLosses:
    seen = schedule.dense_regions
    limits = replace(PUBLISHED, chart_regions=seen, mask_regions=seen)
    return chart_rcnn_losses(network, pictures, targets, generator, limits)


def _chart_rcnn_predictor(
    network: ChartRcnn, description: ModelDescription, minimum_score: float, mask_score: float
) -> Predictor:
    return ChartRcnnPredictor(network, description, _device(network), minimum_score, mask_score)


def _device(network: nn.Module) -> str:
    return str(next(network.parameters()).device)


SMALL = Family(
    Detector, _small, small_starts, lambda network: network.trunk, _small_groups, _small_losses,
    Losses._fields, _small_predictor, lambda network: network.architecture.as_json(),
)
CHART_RCNN = Family(
    ChartRcnn, _chart_rcnn, chart_rcnn_starts, lambda network: network.backbone.bottom_up,
    _chart_rcnn_groups, _chart_rcnn_losses, ChartRcnnLosses._fields, _chart_rcnn_predictor,
    lambda network: network.config.as_json(), one_picture_tells=True,
)
