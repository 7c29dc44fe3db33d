"""The optional mask head (He et al. 2017); no published configuration switches it on."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn
from torch.nn import functional

from wildpose.models.chart_rcnn.layers import Convolution, Shape
from wildpose.models.chart_rcnn.pyramid import WIDTH, Cutter
from wildpose.models.heads import MASK_ROI

_CUTTER = Cutter(MASK_ROI, 0, aligned=True)


class MaskHead(nn.Module):
    """Four convolutions, twice the size, one channel."""

    def __init__(self) -> None:
        super().__init__()
        for index in range(1, 5):
            self.add_module(f"mask_fcn{index}", Convolution(WIDTH, WIDTH, relu=True))
        self.deconv = nn.ConvTranspose2d(WIDTH, WIDTH, 2, stride=2)
        self.predictor = Convolution(WIDTH, 1, Shape(1))

    def forward(self, levels: Sequence[Tensor], boxes: Tensor) -> Tensor:
        """Logits [R, 28, 28] of boxes [R, 4] from p2 to p5."""
        x = _CUTTER.from_fitting(levels[:4], boxes)
        for index in range(1, 5):
            x = self.get_submodule(f"mask_fcn{index}")(x)
        logits: Tensor = self.predictor(functional.relu(self.deconv(x)))
        return logits[:, 0]
