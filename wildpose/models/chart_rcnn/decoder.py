"""One map for the dense head, summed from all levels of the pyramid (Kirillov et al. 2019)."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn

from wildpose.models.chart_rcnn.layers import Convolution, Shape, doubled
from wildpose.models.chart_rcnn.pyramid import WIDTH


class Doubled(nn.Module):
    """:func:`wildpose.models.chart_rcnn.layers.doubled` as a layer."""

    def forward(self, x: Tensor) -> Tensor:
        """Map [B, C, H, W] to [B, C, 2 H, 2 W]."""
        return doubled(x)


class Decoder(nn.Module):
    """Convolve and enlarge each level to stride 4, sum them, convolve once more."""

    def __init__(self) -> None:
        super().__init__()
        self.p2 = nn.Sequential(Convolution(WIDTH, WIDTH, relu=True))
        self.p3, self.p4, self.p5 = (
            nn.Sequential(*(layer for _ in range(steps)
                            for layer in (Convolution(WIDTH, WIDTH, relu=True), Doubled())))
            for steps in (1, 2, 3)
        )
        self.predictor = Convolution(WIDTH, WIDTH, Shape(1))

    def forward(self, levels: Sequence[Tensor]) -> Tensor:
        """Map p2 to p5 [1, 256, H / s, W / s] to [1, 256, H / 4, W / 4]."""
        branches = (self.p2, self.p3, self.p4, self.p5)
        total, *others = (branch(x) for branch, x in zip(branches, levels, strict=False))
        for part in others:
            total = total + part
        out: Tensor = self.predictor(total)
        return out
