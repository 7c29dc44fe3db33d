"""Labels drawn by eye, moved part of the way to the boxes of the starting detector.

A box that a person drew on a grid is off by a few hundredths of the picture; so is a detector's,
but not in the same way. Where the two agree on what the animal is, a box between them is nearer to
the truth than either, and a detector trained on tight boxes does not unlearn them. Boxes of animals
with a person's mask are left as they are: they are tight already.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torchvision.ops import box_iou

from wildpose.data.annotations import LabelledImage
from wildpose.data.augment import PADDING, letterbox
from wildpose.models.detector import Detector
from wildpose.models.proposals import ProposalLimits, Proposals, propose
from wildpose.types import Array

AGREEMENT_IOU = 0.6
"""A label and a found box that overlap less are not taken for the same animal."""
CANVAS = (448, 640)
LIMITS = ProposalLimits(minimum_score=0.2, after_nms=30)


def refine_boxes(
    detector: Detector, images: Sequence[LabelledImage], share: float
) -> tuple[LabelledImage, ...]:
    """Move every labelled box by ``share`` of the way to the first stage's box of the same class.

    Parameters
    ----------
    detector : Detector
        With the weights that training starts from; only its first stage is asked.
    images : sequence of LabelledImage
    share : float
        0 leaves the labels, 1 takes the detector's boxes, in [0, 1].

    Returns
    -------
    tuple of LabelledImage
        The same pictures in the same order. A box without a counterpart stays.
    """
    if share == 0:
        return tuple(images)
    was_training = detector.training
    detector.eval()
    refined = tuple(_refined(detector, image, share) for image in images)
    detector.train(was_training)
    return refined


def _refined(detector: Detector, image: LabelledImage, share: float) -> LabelledImage:
    movable = np.array([a.get("mask_source") != "human" for a in image.annotations], bool)
    if not movable.any():
        return image
    found = _found(detector, image)
    boxes = moved_boxes(image.box_xyxy, image.class_id, found, share)
    return replace(image, box_xyxy=np.where(movable[:, None], boxes, image.box_xyxy))


@torch.inference_mode()
def _found(detector: Detector, image: LabelledImage) -> Proposals:
    placement = letterbox(image.size, CANVAS)
    height, width = placement.size
    canvas = np.full((*CANVAS, 3), PADDING, np.uint8)
    picture = Image.fromarray(image.read()).resize((width, height), Image.Resampling.BILINEAR)
    canvas[:height, :width] = np.asarray(picture)
    device = next(detector.parameters()).device
    features = detector.features(torch.from_numpy(canvas).permute(2, 0, 1)[None].to(device))
    (found,) = propose(features.dense, features.maps.size, LIMITS)
    scale = torch.tensor([width / image.size[1], height / image.size[0]] * 2)
    return Proposals(found.box_xyxy.cpu() / scale, found.score.cpu(), found.column.cpu())


def moved_boxes(box_xyxy: Array, class_id: Array, found: Proposals, share: float) -> Array:
    """Boxes [N, 4] between the labels and their best overlapping finds of the same class.

    One find serves one label: where two labels have the same best find, neither is moved, since
    the find is likely to hold both animals.
    """
    if not len(box_xyxy) or not len(found.box_xyxy):
        return box_xyxy
    overlap: Tensor = box_iou(torch.from_numpy(box_xyxy).float(), found.box_xyxy)
    same = torch.from_numpy(class_id.astype(np.int64))[:, None] - 1 == found.column[None]
    iou, best = torch.where(same, overlap, 0.0).max(1)
    shared = (best[:, None] == best[None]) & (iou > AGREEMENT_IOU)[None]
    alone = shared.sum(1) == 1
    weight = (share * ((iou > AGREEMENT_IOU) & alone).float())[:, None].numpy()
    between: Array = (box_xyxy * (1 - weight) + found.box_xyxy[best].numpy() * weight)
    return between.astype(np.float32)
