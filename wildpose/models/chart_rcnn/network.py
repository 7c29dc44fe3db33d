"""The whole network, made from a configuration or from a checkpoint's weights."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn

from wildpose.errors import ModelError
from wildpose.models.chart_rcnn.box_head import (
    BoxHead,
    BoxPredictor,
    FoundBoxes,
    cut_for_boxes,
    final_boxes,
)
from wildpose.models.chart_rcnn.chart_maps import ChartLayers, ChartMaps
from wildpose.models.chart_rcnn.config import Config
from wildpose.models.chart_rcnn.decoder import Decoder, Window
from wildpose.models.chart_rcnn.dense_heads import StackedHead
from wildpose.models.chart_rcnn.fresh import initialise
from wildpose.models.chart_rcnn.mask_head import MaskHead
from wildpose.models.chart_rcnn.proposals import ProposalGenerator
from wildpose.models.chart_rcnn.pyramid import STRIDES, Cutter, Pyramid

IGNORED = ("pixel_mean", "pixel_std", "proposal_generator.anchor_generator.")
"""Tensors of older checkpoints that hold nothing learnt."""


class RegionHeads(nn.Module):
    """All heads that look at one region at a time."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.box_head = BoxHead()
        self.box_predictor = BoxPredictor()
        self.mask_head = MaskHead() if config.mask_head else None
        self.decoder = Decoder() if config.decoder else None
        self.densepose_head = StackedHead(config)
        self.densepose_predictor = ChartLayers(config)


class ChartRcnn(nn.Module):
    """DensePose R-CNN; its parameters are named as those of detectron2.

    Boxes are in pixels of the network's input. It sees one picture at a time; trunk, pyramid and
    first stage take a batch.
    """

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.config = config
        self.backbone = Pyramid(config.depth)
        self.proposal_generator = ProposalGenerator()
        self.roi_heads = RegionHeads(config)

    def levels(self, picture: Tensor) -> list[Tensor]:
        """Maps p2 to p6 of normalised, padded pictures [B, 3, H, W]."""
        maps: list[Tensor] = self.backbone(picture)
        return maps

    def find(
        self, levels: Sequence[Tensor], size: tuple[int, int], minimum_score: float | None = None
    ) -> FoundBoxes:
        """Boxes in a picture of this height and width (without the padding), best first.

        Parameters
        ----------
        levels : sequence of float [1, 256, H, W]
            p2 to p6.
        size : (int, int)
        minimum_score : float, optional
            Boxes need a higher one; by default that of the configuration.
        """
        least = self.config.score_threshold if minimum_score is None else minimum_score
        proposals = self.proposal_generator(levels, size, self.config)
        hidden = self.roi_heads.box_head(cut_for_boxes(levels, proposals.box_xyxy, self.config))
        answer = self.roi_heads.box_predictor(hidden)
        return final_boxes(proposals, answer, size, self.config, least)

    def regions(self, levels: Sequence[Tensor], boxes: Tensor) -> Tensor:
        """What the dense head sees of boxes [R, 4]: float [R, 256, S, S]; R may be 0."""
        config, decoder = self.config, self.roi_heads.decoder
        cutter = Cutter(config.dense_cells, config.dense_sampling, config.dense_aligned)
        if decoder is None:
            return cutter.from_fitting(levels[:4], boxes)
        if not len(boxes):
            return cutter.from_one(levels[0], boxes, STRIDES[0])
        # The decoder costs as much as several regions do: it sees no more than it has to.
        window = Window.around(boxes, levels[3].shape[-2:])
        return cutter.from_one(decoder(window.cut(levels)), window.moved(boxes), STRIDES[0])

    def charts_of(self, regions: Tensor) -> ChartMaps:
        """Dense pose of regions [R, 256, S, S]."""
        heads = self.roi_heads
        said: ChartMaps = heads.densepose_predictor(heads.densepose_head(regions))
        return said

    def charts(self, levels: Sequence[Tensor], boxes: Tensor) -> ChartMaps:
        """Dense pose of boxes [R, 4]; R may be 0."""
        return self.charts_of(self.regions(levels, boxes))

    def masks(self, levels: Sequence[Tensor], boxes: Tensor) -> Tensor | None:
        """Mask logits [R, 28, 28] of boxes [R, 4]; None without a mask head."""
        head = self.roi_heads.mask_head
        return None if head is None else head(levels, boxes)


def build(config: Config) -> ChartRcnn:
    """The network with fresh weights, all of them ready to learn."""
    network = ChartRcnn(config)
    initialise(network)
    return network


def expected_keys(config: Config) -> dict[str, tuple[int, ...]]:
    """Name and shape of every tensor of a checkpoint, in the network's order; no memory is used."""
    with torch.device("meta"):
        state = ChartRcnn(config).state_dict()
    return {name: tuple(tensor.shape) for name, tensor in state.items()}


def load(config: Config, weights: Mapping[str, Tensor]) -> ChartRcnn:
    """The network with a checkpoint's weights, ready to look at pictures.

    Parameters
    ----------
    config : Config
    weights : mapping of str to Tensor
        By the names of :func:`expected_keys`. Weights of a mask head that the configuration has not
        got are left out, and so are the constants that older checkpoints carry.

    Raises
    ------
    ModelError
        A tensor is missing, too many, or of another shape: the configuration is another one.
    """
    spare = IGNORED if config.mask_head else (*IGNORED, "roi_heads.mask_head.")
    given = {k: v for k, v in weights.items() if not k.startswith(spare)}
    expected = expected_keys(config)
    for name in sorted(expected.keys() | given.keys()):
        found = tuple(given[name].shape) if name in given else None
        if found != expected.get(name):
            raise ModelError(f"The weights don't fit the configuration: {name} is "
                             f"{found or 'missing'}, expected {expected.get(name, 'nothing')}.",
                             "Give the .yaml that belongs to the checkpoint.")
    with torch.device("meta"):
        network = ChartRcnn(config)
    network.load_state_dict({k: v.float() for k, v in given.items()}, assign=True)
    return network.eval().requires_grad_(False)
