"""The two-stage detector: trunk, pyramid, first stage; box, mask and dense-pose heads.

Scores of the two stages are fused as their weighted geometric mean (probabilistic two-stage
detection, Zhou et al. 2021): the first stage knows how well a box fits, the second what is in it.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torchvision.ops import batched_nms, clip_boxes_to_image

from wildpose.models.backbones import build_trunk, normalise
from wildpose.models.dense_head import DenseHead
from wildpose.models.heads import BoxAnswer, BoxHead, MaskHead, RegionMaps, apply_deltas
from wildpose.models.proposals import (
    DensePrediction,
    FirstStage,
    ProposalLimits,
    Proposals,
    propose,
)
from wildpose.models.pyramid import GhostPyramid, with_gain


@dataclass(frozen=True)
class Architecture:
    """What has to be known to build the network before its weights are loaded.

    Attributes
    ----------
    backbone : str
        A name in :data:`wildpose.models.backbones.TRUNKS`.
    box_width : int
        Width of the box head's layers.
    box_move : float
        Share of the box head's predicted move that is made: 0 keeps the first stage's boxes, which
        are the better ones as long as the box head is young. Chosen on kept-out pictures.
    first_stage_weight : float
        Exponent of the first stage's score in the fused one, above 0; that of the box head's is
        what is left to 1. Chosen on kept-out pictures.
    second_look : bool
        Predictions are made of each picture and of its mirror image
        (:mod:`wildpose.models.second_look`).
    auto_calibration : bool
        Heads predict the uncertainty of their answers.
    dense_pose : bool
        There is a dense-pose head.
    dense_context : bool
        It looks at the whole region (ASPP and a non-local layer).
    """

    backbone: str = "shufflenet_v2_x1_5"
    box_width: int = 256
    box_move: float = 1.0
    auto_calibration: bool = False
    dense_pose: bool = False
    dense_context: bool = True
    first_stage_weight: float = 0.5
    second_look: bool = False

    def as_json(self) -> dict[str, Any]:
        """As written in ``model.json``."""
        return asdict(self)


class Features(NamedTuple):
    """What trunk, pyramid and first stage make of a batch."""

    dense: DensePrediction
    maps: RegionMaps


class PictureAnswer(NamedTuple):
    """Boxes of one picture in pixels of the network's input, best first.

    Attributes
    ----------
    box_xyxy : float [N, 4]
    score : float [N]
        Fused, not calibrated.
    column : int64 [N]
        0 animal, 1 person.
    """

    box_xyxy: Tensor
    score: Tensor
    column: Tensor


class Detector(nn.Module):
    """Class-agnostic R-CNN (Sanakoyeu et al. 2020, 3.2) on a light COCO-trained first stage."""

    def __init__(self, architecture: Architecture) -> None:
        super().__init__()
        self.architecture = architecture
        self.trunk = build_trunk(architecture.backbone)
        self.pyramid = GhostPyramid(self.trunk.channels)
        self.first_stage = FirstStage()
        calibrated, fine = architecture.auto_calibration, self.trunk.channels[0]
        self.box_head = BoxHead(architecture.box_width, calibrated=calibrated)
        self.mask_head = MaskHead(fine, calibrated=calibrated)
        self.dense_head = DenseHead(
            fine, calibrated=calibrated, context=architecture.dense_context
        ) if architecture.dense_pose else None

    def features(self, pictures: Tensor) -> Features:
        """Run the part that sees whole pictures.

        Parameters
        ----------
        pictures : uint8 or float 0..255 [B, 3, H, W]
            RGB; H and W are multiples of 64, or of 32 at the least.
        """
        pyramid, maps = self._pyramid_and_maps(pictures)
        return Features(self.first_stage(pyramid), maps)

    def region_maps(self, pictures: Tensor) -> RegionMaps:
        """What heads cut regions from that are known already: :meth:`features` without a search."""
        return self._pyramid_and_maps(pictures)[1]

    def _pyramid_and_maps(self, pictures: Tensor) -> tuple[list[Tensor], RegionMaps]:
        trunk_maps = self.trunk(normalise(pictures))
        pyramid = self.pyramid(trunk_maps)
        scaled = with_gain(pyramid)
        named = {name: level for name, level in zip(("p3", "p4", "p5"), scaled, strict=False)}
        size = (int(pictures.shape[-2]), int(pictures.shape[-1]))
        return pyramid, RegionMaps(named, trunk_maps.c2, size)

    @torch.no_grad()
    def detect(
        self, pictures: Tensor, limits: ProposalLimits, minimum_score: float
    ) -> tuple[list[PictureAnswer], RegionMaps]:
        """Boxes of a batch; the maps are handed back for the mask head."""
        features = self.features(pictures)
        proposals = propose(features.dense, features.maps.size, limits)
        boxes = [p.box_xyxy for p in proposals]
        answer = self.box_head(features.maps, boxes)
        answers = answer.split([len(b) for b in boxes])
        found = [
            fuse(p, a._replace(deltas=a.deltas * self.architecture.box_move),
                 features.maps.size, minimum_score, self.architecture.first_stage_weight)
            for p, a in zip(proposals, answers, strict=True)
        ]
        return found, features.maps


def fuse(
    proposals: Proposals, answer: BoxAnswer, size: tuple[int, int], minimum_score: float,
    first_stage_weight: float = 0.5,
) -> PictureAnswer:
    """Final boxes of one picture: moved boxes, weighted mean of both scores, doubles removed."""
    second = answer.class_probability().gather(1, proposals.column[:, None] + 1)[:, 0]
    score = proposals.score**first_stage_weight * second ** (1 - first_stage_weight)
    box = clip_boxes_to_image(apply_deltas(proposals.box_xyxy, answer.deltas), size)
    keep = batched_nms(box, score, proposals.column, 0.6)
    keep = keep[score[keep] >= minimum_score]
    return PictureAnswer(box[keep], score[keep], proposals.column[keep])
