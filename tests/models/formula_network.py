"""Weights and pictures by formula, so that a network can be checked without shipping either.

A tensor's values come from its name alone (a CRC-32 of the name seeds numpy's frozen legacy
generator), scaled so that signals keep their size through the network. The answers of the
reference implementation to the same weights and pictures stand in ``chart_rcnn/``.
"""

from __future__ import annotations

import zlib

import numpy as np
import torch
from torch import Tensor

TAG = "wildpose-parity-v1"
CLASS_SHIFT = -7.0
"""Added to the bias of the object's score, so that few boxes pass."""

GAINS = (
    ("stem.conv1.weight", 1 / 64),
    *((f"{part}{level}.weight", 0.5) for part in ("fpn_lateral", "fpn_output")
      for level in range(2, 6)),
    ("objectness_logits.weight", 0.6),
    ("anchor_deltas.weight", 0.15),
    ("box_predictor.cls_score.weight", 2.0),
    ("box_predictor.bbox_pred.weight", 0.5),
    ("decoder.predictor.weight", 0.1),
    *((f"densepose_predictor.{name}_lowres.weight", gain) for name, gain in
      (("u", 0.5), ("v", 0.5), ("ann_index", 3.0), ("index_uv", 3.0))),
    ("mask_head.predictor.weight", 0.5),
)


def generator(key: str) -> np.random.RandomState:
    """The generator that a name seeds."""
    return np.random.RandomState(zlib.crc32(key.encode()))


def weight(name: str, shape: tuple[int, ...]) -> Tensor:
    """The values of one tensor of a network."""
    z = generator(f"{TAG}/{name}").standard_normal(size=shape)
    values = _base(name, z)
    for suffix, gain in GAINS:
        if name.endswith(suffix):
            values = values * gain
            break
    if name == "roi_heads.box_predictor.cls_score.bias":
        values = values + np.array([CLASS_SHIFT, 0.0])
    return torch.from_numpy(values.astype(np.float32))


def _base(name: str, z: np.ndarray) -> np.ndarray:
    kind = name.rsplit(".", 1)[-1]
    if kind == "running_var":
        return np.exp(0.1 * z)
    if kind in ("running_mean", "bias"):
        return (0.1 if kind == "running_mean" else 0.05) * z
    if z.ndim == 1:
        return (1 + 0.1 * z) * (0.4 if name.endswith("conv3.norm.weight") else 1.0)
    if name.endswith("_lowres.weight"):
        inputs = 4 * z.shape[0]
    elif name == "roi_heads.mask_head.deconv.weight":
        inputs = z.shape[0]
    else:
        inputs = int(np.prod(z.shape[1:]))
    return z * np.sqrt(2 / inputs)


def weights(shapes: dict[str, tuple[int, ...]], known: dict[str, Tensor]) -> dict[str, Tensor]:
    """The tensors of a network; those of ``known`` are taken from there, new ones put there."""
    for name, shape in shapes.items():
        if name not in known:
            known[name] = weight(name, shape)
    return {name: known[name] for name in shapes}


def picture(height: int, width: int, seed: int) -> np.ndarray:
    """A picture of waves and ellipses, uint8 [H, W, 3], blue first."""
    random = np.random.RandomState(seed)
    y, x = np.mgrid[:height, :width].astype(np.float64)
    image = np.full((height, width, 3), 110.0)
    for channel in range(3):
        for _ in range(4):
            fx, fy = random.uniform(0.01, 0.12), random.uniform(0.01, 0.12)
            phase = random.uniform(0, 2 * np.pi)
            image[..., channel] += 18 * np.sin(fx * x + fy * y + phase)
    for _ in range(10):
        cx, cy = random.uniform(0.1, 0.9) * width, random.uniform(0.1, 0.9) * height
        rx, ry = random.uniform(0.05, 0.22) * width, random.uniform(0.05, 0.3) * height
        colour = [random.uniform(-90, 90) for _ in range(3)]
        image[((x - cx) / rx) ** 2 + ((y - cy) / ry) ** 2 <= 1] += colour
    return np.clip(np.floor(image), 0, 255).astype(np.uint8)
