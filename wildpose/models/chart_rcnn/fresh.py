"""Weights that training from scratch starts from, part by part as the reference draws them.

Convolutions before a ReLU keep the scale of what they get (He et al. 2015); the last layers start
near 0, so that fresh answers are small. One thing is ours: the trunk, whose normalisation is frozen
and thus can't keep the scale for it, brings pixels to the size of 1 and adds little in each block.
It is meant for trunks that were trained before; a fresh one must at least not blow up.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

if TYPE_CHECKING:
    from wildpose.models.chart_rcnn.network import ChartRcnn

Fill = Callable[[Tensor], Tensor]
_TRUNK = "backbone.bottom_up."
_OF_A_PIXEL, _OF_A_BLOCK = 1 / 64, 0.2
"""Shares of the usual weights: 64 is about what pixels differ by, and blocks are many."""
_LAYERS = nn.Conv2d | nn.ConvTranspose2d | nn.Linear


def initialise(network: ChartRcnn) -> None:
    """Draw all weights anew, in place; what is not named here keeps torch's own start."""
    for name, module in network.named_modules():
        if isinstance(module, _LAYERS):
            fill = _fill_of(name)
            if fill is not None:
                fill(module.weight)
                if module.bias is not None:
                    nn.init.zeros_(module.bias)


def _fill_of(name: str) -> Fill | None:
    """How the layer of this name starts; the longest beginning that is known decides."""
    if name.startswith(_TRUNK) and name.endswith("conv3"):
        return _he_times(_OF_A_BLOCK)
    known = [beginning for beginning in _FILLS if name.startswith(beginning)]
    return _FILLS[max(known, key=len)] if known else None


def _he(weight: Tensor) -> Tensor:
    return nn.init.kaiming_normal_(weight, mode="fan_out", nonlinearity="relu")


def _he_times(factor: float) -> Fill:
    def fill(weight: Tensor) -> Tensor:
        with torch.no_grad():
            return _he(weight).mul_(factor)

    return fill


def _xavier(weight: Tensor) -> Tensor:
    # As Caffe2 has it: from the inputs alone.
    return nn.init.kaiming_uniform_(weight, a=1)


def _small(deviation: float) -> Fill:
    def fill(weight: Tensor) -> Tensor:
        return nn.init.normal_(weight, std=deviation)

    return fill


_FILLS: dict[str, Fill] = {
    _TRUNK: _he,
    f"{_TRUNK}stem.": _he_times(_OF_A_PIXEL),
    "backbone.fpn_": _xavier,
    "proposal_generator.rpn_head.": _small(0.01),
    "roi_heads.box_head.": _xavier,
    "roi_heads.box_predictor.cls_score": _small(0.01),
    "roi_heads.box_predictor.bbox_pred": _small(0.001),
    "roi_heads.mask_head.": _he,
    "roi_heads.mask_head.predictor": _small(0.001),
    "roi_heads.decoder.": _he,
    "roi_heads.densepose_head.body_conv_fcn": _he,
    "roi_heads.densepose_predictor.": _he,
}
