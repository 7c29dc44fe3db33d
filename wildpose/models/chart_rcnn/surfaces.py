"""From the maps of the dense head to the surface under the pixels of a picture.

Twice: on the grid of the head, which is what the rest of the package keeps
(:class:`wildpose.types.DensePose`), and on the pixels of the box, as the reference implementation
hands its results over and as masks are drawn from.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from wildpose import masks
from wildpose.models.chart_rcnn.chart_maps import ChartMaps, uv_sigma
from wildpose.models.dense_head import FIXED_SIGMA
from wildpose.models.dense_pose import CutBy
from wildpose.types import Array, DensePose, Rle

_UV_FIELDS = ("sigma_2", "kappa_u", "kappa_v")
_SEGM_FIELDS = ("fine_segm_confidence", "coarse_segm_confidence")


class PixelSurface(NamedTuple):
    """The surface under the pixels of one box.

    Attributes
    ----------
    corner : (int, int)
        x and y of the first pixel in the picture.
    chart : int64 [h, w]
        1 to 24; 0 where there is no body.
    uv : float [2, h, w]
        Not clamped; 0 where there is no body.
    foreground : float [h, w]
        Probability of a body.
    confidences : dict of str to float [h, w]
        Those that the network has, by their name in :class:`ChartMaps`.
    """

    corner: tuple[int, int]
    chart: Tensor
    uv: Tensor
    foreground: Tensor
    confidences: dict[str, Tensor]


def on_pixels(maps: ChartMaps, index: int, box_xyxy: Array) -> PixelSurface:
    """The surface under the pixels of one detection.

    Parameters
    ----------
    maps : ChartMaps
        Of R detections.
    index : int
        Which.
    box_xyxy : float [4]
        Its box in pixels of the picture. Its corner, width and height are cut to whole pixels,
        each for itself, as the reference does.
    """
    x1, y1, x2, y2 = (np.float32(edge) for edge in box_xyxy)
    size = (max(1, int(y2 - y1)), max(1, int(x2 - x1)))
    own = maps.rows(slice(index, index + 1))

    def resized(field: Tensor) -> Tensor:
        return functional.interpolate(field, size, mode="bilinear", align_corners=False)[0]

    coarse, chart = resized(own.coarse_segm), resized(own.fine_segm).argmax(0)
    chart = chart * (coarse.argmax(0) > 0)

    def of_chart(field: Tensor) -> Tensor:
        return resized(field).gather(0, chart[None])[0] * (chart > 0)

    said = own._asdict()
    confidences = {name: of_chart(said[name]) for name in _UV_FIELDS if said[name] is not None}
    confidences |= {name: resized(said[name])[0] for name in _SEGM_FIELDS
                    if said[name] is not None}
    return PixelSurface((int(x1), int(y1)), chart, torch.stack([of_chart(own.u), of_chart(own.v)]),
                        1 - coarse.softmax(0)[0], confidences)


def mask_of(surface: PixelSurface, size: tuple[int, int]) -> tuple[Rle, float]:
    """The mask that a surface draws in a picture (height, width), and how sure it is.

    Returns
    -------
    (Rle, float)
        The mean probability of a body inside the mask; NaN where nothing is inside.
    """
    x, y = surface.corner
    inside = (surface.chart > 0).cpu().numpy()[: size[0] - y, : size[1] - x]
    full = np.zeros(size, bool)
    full[y : y + inside.shape[0], x : x + inside.shape[1]] = inside
    sure = surface.foreground.cpu().numpy()[: inside.shape[0], : inside.shape[1]][inside]
    return masks.encode(full), float(sure.mean()) if len(sure) else float("nan")


def on_grid(
    maps: ChartMaps, box_xyxy: Array, epsilon: float, mask_probability: Tensor | None = None
) -> list[DensePose]:
    """Dense pose of R detections on the grid of the head.

    Parameters
    ----------
    maps : ChartMaps
    box_xyxy : float [R, 4]
        In pixels of the picture.
    epsilon : float
        Added to the variances of u and v.
    mask_probability : float [R, S, S], optional
        Of the mask head: where it is given, its foreground decides instead of the head's own.

    Returns
    -------
    list of DensePose
        u and v clamped to [0, 1]. Without a learnt variance ``uv_sigma`` is
        :data:`wildpose.models.dense_head.FIXED_SIGMA`.
    """
    cut: CutBy = "dense_head" if mask_probability is None else "mask_head"
    chart, foreground = _cut_out(maps, mask_probability)
    row = chart[:, None]
    body = chart > 0
    uv = torch.cat([maps.u.gather(1, row), maps.v.gather(1, row)], 1).clamp(0, 1) * body[:, None]
    likely = maps.fine_segm.softmax(1).gather(1, row)[:, 0]
    spread = uv_sigma(maps, epsilon)
    sigma = torch.full_like(likely, FIXED_SIGMA) if spread is None else spread.gather(1, row)[:, 0]
    fields = [chart.to(torch.uint8), *(field.half() for field in (uv, likely, sigma, foreground))]
    return [
        DensePose(box.astype(np.float32), charts, coordinates, confidence, deviation, cut, probable)
        for box, charts, coordinates, confidence, deviation, probable in zip(
            box_xyxy, *(field.cpu().numpy() for field in fields), strict=True)
    ]


def _cut_out(maps: ChartMaps, mask_probability: Tensor | None) -> tuple[Tensor, Tensor]:
    """Chart of every cell, 0 where there is no body; and the probability that decides."""
    if mask_probability is None:
        foreground = 1 - maps.coarse_segm.softmax(1)[:, 0]
        return maps.fine_segm.argmax(1) * (maps.coarse_segm.argmax(1) > 0), foreground
    foreground = functional.interpolate(mask_probability[:, None], maps.u.shape[-2:],
                                        mode="bilinear", align_corners=False)[:, 0]
    return (maps.fine_segm[:, 1:].argmax(1) + 1) * (foreground >= 0.5), foreground
