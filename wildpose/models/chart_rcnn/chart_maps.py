"""The last layers of the dense head: segmentations, chart coordinates and how sure they are."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from wildpose.models.chart_rcnn.config import Config
from wildpose.models.chart_rcnn.dense_heads import HEAD_WIDTH
from wildpose.models.chart_rcnn.layers import doubled
from wildpose.models.dense_head import CHARTS

PARTS = CHARTS + 1
"""Background and the charts."""


class ChartMaps(NamedTuple):
    """What the dense head says of R regions, on a grid four times as fine as it saw.

    Attributes
    ----------
    coarse_segm : float [R, 2, S, S]
        Logits of background and foreground (15 channels: body parts).
    fine_segm : float [R, 25, S, S]
        Logits of background and the charts. Both are scaled by their confidence already.
    u, v : float [R, 25, S, S]
        Per chart; in [0, 1] where the network is right, not clamped.
    sigma_2, kappa_u, kappa_v : float [R, 25, S, S] or None
        As they leave the network: the variance is ``softplus(sigma_2) + epsilon``.
    fine_segm_confidence, coarse_segm_confidence : float [R, 1, S, S] or None
        Above 0; the larger, the surer.
    """

    coarse_segm: Tensor
    fine_segm: Tensor
    u: Tensor
    v: Tensor
    sigma_2: Tensor | None = None
    kappa_u: Tensor | None = None
    kappa_v: Tensor | None = None
    fine_segm_confidence: Tensor | None = None
    coarse_segm_confidence: Tensor | None = None

    def rows(self, index: slice) -> ChartMaps:
        """The same of some regions."""
        return ChartMaps._make(None if field is None else field[index] for field in self)


def channels_of(config: Config) -> dict[str, int]:
    """Channels of each output layer that a configuration has, by its name in checkpoints."""
    channels = {"ann_index": config.coarse_channels, "index_uv": PARTS, "u": PARTS, "v": PARTS}
    if config.uv_confidence != "none":
        channels["sigma_2"] = PARTS
    if config.uv_confidence == "indep_aniso":
        channels |= {"kappa_u": PARTS, "kappa_v": PARTS}
    if config.segm_confidence:
        channels |= {"fine_segm_confidence": 1, "coarse_segm_confidence": 1}
    return channels


class ChartLayers(nn.Module):
    """Transposed convolutions to twice the size, then bilinear to four times."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.names = tuple(channels_of(config))
        self.epsilon = config.segm_epsilon
        for name, channels in channels_of(config).items():
            layer = nn.ConvTranspose2d(HEAD_WIDTH, channels, 4, stride=2, padding=1)
            self.add_module(f"{name}_lowres", layer)

    def forward(self, hidden: Tensor) -> ChartMaps:
        """Answer for [R, 512, S / 4, S / 4]; R may be 0."""
        said = {name: doubled(self.get_submodule(f"{name}_lowres")(hidden)) for name in self.names}
        said["coarse_segm"], said["fine_segm"] = said.pop("ann_index"), said.pop("index_uv")
        for part in ("fine_segm", "coarse_segm"):
            confidence = said.get(f"{part}_confidence")
            if confidence is not None:
                confidence = functional.softplus(confidence) + self.epsilon
                said[f"{part}_confidence"] = confidence
                said[part] = said[part] * confidence
        return ChartMaps(**said)


def variance_of(raw_sigma_2: Tensor, epsilon: float) -> Tensor:
    """Variance of u and v from the network's ``sigma_2``, same shape."""
    return functional.softplus(raw_sigma_2) + epsilon


def uv_sigma(maps: ChartMaps, epsilon: float) -> Tensor | None:
    """Standard deviation (root mean square of u's and v's), [R, 25, S, S]; None if not learnt.

    The covariance is ``s I + k k'`` with s the variance and k = (kappa_u, kappa_v) (Neverova et al.
    2019); without kappa, ``s I``.
    """
    if maps.sigma_2 is None:
        return None
    variance = variance_of(maps.sigma_2, epsilon)
    if maps.kappa_u is not None and maps.kappa_v is not None:
        variance = variance + (maps.kappa_u.square() + maps.kappa_v.square()) / 2
    return torch.sqrt(variance)
