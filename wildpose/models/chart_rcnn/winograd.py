"""3x3 convolutions on processors with less than half of the multiplications.

Lavin and Gray 2016 (Winograd's minimal filtering): the 2x2 outputs of a 4x4 tile of the input need
16 products in place of 36, after tile and kernel were added up in a certain way. In single
precision the result is nearer to the exact one than that of a direct convolution, which sums up
more products. The sums run along the channels, so that processors do several at once; the products
are one matrix product for each of the 16 places of a tile.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import numba
import numpy as np
import torch
from torch import Tensor

from wildpose.types import Array

Function = Callable[..., Any]
TILES_AT_ONCE = 512
"""Tiles of a strip: its transform stays in the processor's cache."""


def _fast(function: Function) -> Function:
    return cast(Function, numba.njit(cache=True, nogil=True)(function))


def transformed_kernel(weight: Tensor) -> Tensor:
    """A kernel [after, before, 3, 3] in the form that :func:`convolved` wants, [16, before, after].

    Computed in double precision, rounded at the end.
    """
    matrix = torch.tensor([[1, 0, 0], [0.5, 0.5, 0.5], [0.5, -0.5, 0.5], [0, 0, 1]],
                          dtype=torch.float64, device=weight.device)
    places = torch.einsum("ij,abjk,lk->ilba", matrix, weight.double(), matrix)
    return places.flatten(0, 1).to(weight.dtype).contiguous()


def convolved(x: Tensor, kernel: Tensor, bias: Tensor | None, *, relu: bool) -> Tensor:
    """3x3 convolution with stride 1 and a margin of zeros, then ReLU if asked for.

    Parameters
    ----------
    x : float32 [B, before, H, W]
        On the CPU; fastest in the memory format "channels last", which the result has too.
    kernel : float32 [16, before, after]
        Of :func:`transformed_kernel`.
    bias : float32 [after] or None
    relu : bool

    Returns
    -------
    float32 [B, after, H, W]
    """
    source = x.permute(0, 2, 3, 1).contiguous()
    count, height, width, before = source.shape
    after = kernel.shape[2]
    out = torch.empty((count, height, width, after))
    added = torch.zeros(after) if bias is None else bias
    lowest = np.float32(0.0 if relu else -np.inf)
    down, across = (height + 1) // 2, (width + 1) // 2
    rows = max(1, min(down, TILES_AT_ONCE // max(across, 1)))
    strip = torch.empty((2 * rows + 2, 2 * across + 2, before))
    for picture, said in zip(source.numpy(), out.numpy(), strict=True):
        for first in range(0, down, rows):
            some = min(rows, down - first)
            tiles = torch.empty((16, some * across, before))
            _cut_strip(picture, first, some, strip.numpy())
            _transform(strip.numpy(), some, across, tiles.numpy())
            places = torch.bmm(tiles, kernel)
            _transform_back(places.numpy(), (first, some, across), added.numpy(), lowest, said)
    return out.permute(0, 3, 1, 2)


@_fast
def _cut_strip(picture: Array, first: int, rows: int, strip: Array) -> None:
    """Copy the rows that some rows of tiles see, with zeros where the picture ends."""
    height, width, _ = picture.shape
    for i in range(2 * rows + 2):
        y = 2 * first - 1 + i
        if 0 <= y < height:
            strip[i, 0] = 0
            strip[i, 1 : width + 1] = picture[y]
            strip[i, width + 1 :] = 0
        else:
            strip[i] = 0


@_fast
def _transform(strip: Array, rows: int, across: int, tiles: Array) -> None:
    channels = strip.shape[2]
    for i in range(rows):
        for j in range(across):
            t = i * across + j
            for k in range(4):
                # The rows of the tile first, one of four sums at a time; then its columns.
                one = strip[2 * i + (0, 1, 2, 1)[k], 2 * j : 2 * j + 4]
                two = strip[2 * i + (2, 2, 1, 3)[k], 2 * j : 2 * j + 4]
                sign = np.float32((-1, 1, -1, -1)[k])
                for c in range(channels):
                    a = one[0, c] + sign * two[0, c]
                    b = one[1, c] + sign * two[1, c]
                    d = one[2, c] + sign * two[2, c]
                    e = one[3, c] + sign * two[3, c]
                    tiles[4 * k, t, c] = a - d
                    tiles[4 * k + 1, t, c] = b + d
                    tiles[4 * k + 2, t, c] = d - b
                    tiles[4 * k + 3, t, c] = b - e


@_fast
def _transform_back(
    places: Array, where: tuple[int, int, int], bias: Array, lowest: float, out: Array
) -> None:
    first, rows, across = where
    height, width, channels = out.shape
    spare = np.empty(channels, np.float32)
    for i in range(rows):
        for j in range(across):
            t, y, x = i * across + j, 2 * (first + i), 2 * j
            for k in range(2):
                here = y + k < height
                left = out[y + k, x] if here else spare
                right = out[y + k, x + 1] if here and x + 1 < width else spare
                # rows 0 + 1 + 2 of the 4x4 places give the upper outputs, 1 - 2 - 3 the lower
                n, sign = 4 * k, np.float32(1 - 2 * k)
                for c in range(channels):
                    a = places[n, t, c] + sign * (places[n + 4, t, c] + places[n + 8, t, c])
                    b = places[n + 1, t, c] + sign * (places[n + 5, t, c] + places[n + 9, t, c])
                    d = places[n + 2, t, c] + sign * (places[n + 6, t, c] + places[n + 10, t, c])
                    e = places[n + 3, t, c] + sign * (places[n + 7, t, c] + places[n + 11, t, c])
                    one, two = a + b + d + bias[c], b - d - e + bias[c]
                    left[c] = one if one > lowest else lowest
                    right[c] = two if two > lowest else lowest
