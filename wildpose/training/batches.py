"""Augmented examples as the tensors that the losses take."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from wildpose.data.augment import Example
from wildpose.training.assignment import PointTargets, Targets
from wildpose.types import Array, ClassId


def as_tensors(examples: Sequence[Example]) -> tuple[Tensor, list[Targets]]:
    """Pictures uint8 [B, 3, H, W] and one :class:`Targets` each."""
    stacked = np.stack([e.image for e in examples])
    pictures = torch.from_numpy(stacked).permute(0, 3, 1, 2).contiguous()
    return pictures, [_targets(e) for e in examples]


def _targets(example: Example) -> Targets:
    kept = np.flatnonzero(~example.ignore)
    with_mask = [(new, example.masks[old]) for new, old in enumerate(kept)
                 if example.masks[old] is not None]
    size = example.image.shape[:2]
    layers = np.array([m for _, m in with_mask], np.float32).reshape(-1, *size)
    return Targets(
        box_xyxy=torch.from_numpy(example.box_xyxy[kept]),
        column=torch.from_numpy(example.class_id[kept].astype(np.int64) - 1),
        ignore_xyxy=torch.from_numpy(example.box_xyxy[example.ignore]),
        masks=torch.from_numpy(layers),
        mask_row=torch.tensor([row for row, _ in with_mask], dtype=torch.long),
        points=_points(example, kept),
        labelled=torch.tensor([c in example.labelled for c in ClassId]),
        weight=example.weight,
        exact_boxes=example.exact_boxes,
    )


def _points(example: Example, kept: Array) -> PointTargets:
    found = [(new, example.body_points[old]) for new, old in enumerate(kept)
             if example.body_points]
    bodies = [(row, points) for row, points in found if points is not None and len(points)]
    if not bodies:
        return PointTargets.none()
    return PointTargets(
        row=torch.cat([torch.full((len(p),), row) for row, p in bodies]),
        xy=torch.from_numpy(np.concatenate([p.xy for _, p in bodies])),
        charts=torch.from_numpy(np.concatenate([p.charts for _, p in bodies])),
        uv=torch.from_numpy(np.concatenate([p.uv for _, p in bodies])),
    )


def to_device(targets: Targets, device: torch.device) -> Targets:
    """The same targets on another device."""
    return Targets(
        box_xyxy=targets.box_xyxy.to(device),
        column=targets.column.to(device),
        ignore_xyxy=targets.ignore_xyxy.to(device),
        masks=targets.masks.to(device),
        mask_row=targets.mask_row.to(device),
        points=PointTargets(*(field.to(device) for field in targets.points)),
        labelled=targets.labelled.to(device),
        weight=targets.weight,
        exact_boxes=targets.exact_boxes,
    )
