"""What is known of the body at points of one animal: a chart, or a few that it may be, and (u, v).

Three kinds of truth become the same thing: the sparse points of DensePose-COCO (chart and (u, v)
known), part points of real pictures ("lower leg, left": one of two charts, no (u, v)), and dense
maps of rendered pictures, of which some pixels are drawn anew at each reading.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from wildpose import masks
from wildpose.errors import DataError
from wildpose.formats.densepose import read_points
from wildpose.formats.iuv_png import read_iuv_levels
from wildpose.surface.charts import CHARTS, CHARTS_OF_PART, MIRROR_CHART, charts_of_part
from wildpose.types import Array, Rle

_MIRROR = np.asarray(MIRROR_CHART)


@dataclass(frozen=True, eq=False)
class BodyPoints:
    """Points of one body.

    Attributes
    ----------
    xy : float32 [P, 2]
        Pixels of the picture (or of the canvas that it was placed on).
    charts : bool [P, 25]
        The charts that the point may lie on; column 0 is background. One True where it is known.
    uv : float32 [P, 2]
        Coordinates on the chart in [0, 1]; NaN where they are not known.
    on_reference : bool
        They are coordinates on the reference surface; else on a body whose mirror image has other
        ones than 1 - u.
    """

    xy: Array
    charts: Array
    uv: Array
    on_reference: bool = True

    def __post_init__(self) -> None:
        count = len(self.xy)
        shapes = self.xy.shape, self.charts.shape, self.uv.shape
        if shapes != ((count, 2), (count, len(CHARTS)), (count, 2)):
            raise ValueError(f"points, charts and (u, v) of shapes {shapes}")

    def __len__(self) -> int:
        return len(self.xy)

    @classmethod
    def known(cls, xy: npt.ArrayLike, chart: npt.ArrayLike, uv: npt.ArrayLike) -> BodyPoints:
        """Points [P, 2] whose chart [P] and coordinates [P, 2] are known."""
        number = np.asarray(chart, np.intp).reshape(-1)
        one_hot = np.zeros((len(number), len(CHARTS)), bool)
        one_hot[np.arange(len(number)), number] = True
        return cls(np.asarray(xy, np.float32).reshape(-1, 2), one_hot,
                   np.asarray(uv, np.float32).reshape(-1, 2))

    def take(self, index: Array) -> BodyPoints:
        """The points at ``index`` (integers or a boolean mask)."""
        return replace(self, xy=self.xy[index], charts=self.charts[index], uv=self.uv[index])

    def without_uv(self) -> BodyPoints:
        """The same points with (u, v) unknown."""
        return replace(self, uv=np.full_like(self.uv, np.nan))

    def moved(self, factor: npt.ArrayLike, offset: npt.ArrayLike) -> BodyPoints:
        """The points at ``xy * factor + offset``; both are (x, y)."""
        xy = self.xy * np.asarray(factor, np.float32) + np.asarray(offset, np.float32)
        return replace(self, xy=xy)

    def mirrored(self, width: float) -> BodyPoints:
        """The points in the mirrored picture, ``width`` pixels wide.

        Left and right charts change places and u turns over, as the reference body does
        (:func:`wildpose.surface.reference.mirrored_uv`); on another body (u, v) are not known then.
        """
        xy, uv = self.xy.copy(), self.uv.copy()
        xy[:, 0], uv[:, 0] = width - xy[:, 0], 1 - uv[:, 0]
        turned = replace(self, xy=xy, charts=self.charts[:, _MIRROR], uv=uv)
        return turned if self.on_reference else turned.without_uv()

    def inside(self, width: float, height: float) -> BodyPoints:
        """Those that lie in a picture of this size."""
        beyond = np.array([width, height], np.float32)
        within = np.flatnonzero(((self.xy >= 0) & (self.xy < beyond)).all(1))
        return self if len(within) == len(self) else self.take(within)


@dataclass(frozen=True)
class DenseMap:
    """A dense map of a whole picture, and how many points of each body to draw at a reading.

    Attributes
    ----------
    path : Path
        As written by :func:`wildpose.formats.iuv_png.write_iuv_png`.
    points : int
    """

    path: Path
    points: int

    def draw(
        self, bodies: Sequence[Rle | None], rng: np.random.Generator
    ) -> list[BodyPoints | None]:
        """Draw points of each body, spread over all of its pixels that have a chart.

        Every pixel has the same chance; one is drawn from each of ``points`` runs of equal length,
        which costs less than drawing without replacement.

        Parameters
        ----------
        bodies : sequence of Rle or None
            Masks of the bodies; a body without one gets no points.
        rng : numpy.random.Generator

        Returns
        -------
        list of BodyPoints or None
            At pixel centres. All of a body's pixels where it has no more than ``points``.

        Raises
        ------
        DataError
            The map can't be read or has another size than a mask.
        """
        levels = read_iuv_levels(self.path)
        return [None if rle is None else self._of_body(rle, levels, rng) for rle in bodies]

    def _of_body(self, rle: Rle, levels: Array, rng: np.random.Generator) -> BodyPoints | None:
        chart = levels[..., 0]
        if tuple(rle["size"]) != chart.shape:
            raise DataError(f"{self.path}: {chart.shape[1]}x{chart.shape[0]} pixels, but its "
                            f"picture has {rle['size'][1]}x{rle['size'][0]}.")
        x1, y1, x2, y2 = masks.box_of_mask(rle).astype(int)
        there = np.flatnonzero(masks.decode(rle)[y1:y2, x1:x2] & (chart[y1:y2, x1:x2] > 0))
        if len(there) == 0:
            return None
        if len(there) > self.points:
            step = len(there) / self.points
            within = (np.arange(self.points) + rng.random(self.points)) * step
            there = there[np.minimum(within.astype(int), len(there) - 1)]
        row, column = np.divmod(there, x2 - x1)
        row, column = row + y1, column + x1
        return BodyPoints.known(np.stack([column, row], 1) + 0.5, chart[row, column],
                                levels[row, column, 1:] / 255.0)


def map_name(file_name: str) -> str:
    """Where `wildpose synth --iuv` puts the dense map of a picture, within its folder.

    Examples
    --------
    >>> map_name("still_00001.jpg"), map_name("clip_0001.mp4/frame000012.jpg")
    ('still_00001.png', 'clip_0001/frame000012.png')
    """
    return "/".join(part.rsplit(".", 1)[0] for part in file_name.split("/")) + ".png"


def points_of_annotation(annotation: dict[str, Any]) -> BodyPoints | None:
    """The points that an annotation holds: those of DensePose-COCO, and part points.

    Parameters
    ----------
    annotation : dict
        With ``bbox``; ``dp_x dp_y dp_I dp_U dp_V`` and ``part_points`` where there are any.

    Returns
    -------
    BodyPoints or None
        None where it has no points.

    Raises
    ------
    DataError
        Fields that are not of the format (see :func:`wildpose.formats.densepose.read_points` and
        :func:`read_part_points`).
    """
    found = []
    if "dp_x" in annotation:
        dense = read_points(annotation)
        found.append(BodyPoints.known(dense.xy, dense.chart, dense.uv))
    if annotation.get("part_points"):
        found.append(read_part_points(annotation))
    found = [points for points in found if len(points)]
    if len(found) < 2:
        return found[0] if found else None
    xy, charts, uv = (np.concatenate([getattr(p, name) for p in found])
                      for name in ("xy", "charts", "uv"))
    return BodyPoints(xy, charts, uv)


def read_part_points(annotation: dict[str, Any]) -> BodyPoints:
    """The part points ``[x, y, part, side]`` of an annotation; those of a tail have no chart.

    Raises
    ------
    DataError
        A point that is not of this form, a word that is no part, a side other than L, R and -.
    """
    kept, charts = [], []
    for point in annotation["part_points"]:
        if not _is_part_point(point):
            raise DataError(
                f"annotation {annotation.get('id')}: {str(point)[:60]} is no part point "
                "[x, y, part, side].",
                f"Parts are {', '.join(CHARTS_OF_PART)}; sides are L, R and -.")
        allowed = charts_of_part(point[2], point[3])
        if allowed:
            kept.append(point[:2])
            charts.append(allowed)
    may_be = np.zeros((len(kept), len(CHARTS)), bool)
    for row, allowed in zip(may_be, charts, strict=True):
        row[list(allowed)] = True
    xy = np.asarray(kept, np.float32).reshape(-1, 2)
    return BodyPoints(xy, may_be, np.full(xy.shape, np.nan, np.float32))


def _is_part_point(point: Any) -> bool:
    if not isinstance(point, list) or len(point) != 4:
        return False
    placed = all(isinstance(v, int | float) and np.isfinite(v) for v in point[:2])
    named = isinstance(point[2], str) and point[2] in CHARTS_OF_PART
    return placed and named and point[3] in ("L", "R", "-")
