"""Which cells of a teacher's dense pose become points, and whether they are right.

A cell is held against the true point that lies nearest to its centre (there are some 200 on each
body); a cell beside the animal that its detection hit counts as wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.spatial import cKDTree

from benchmarks.label_clips import Clip
from benchmarks.label_ideas import Flow, Flows, best_partner
from wildpose import masks
from wildpose.evaluation.surface_distance import ChartDistance
from wildpose.evaluation.truth import Annotation
from wildpose.formats.densepose import read_points
from wildpose.types import Array, DensePose, Detections

POINTS = 5
APART_CELLS = 8
"""Of the 56 along each side of a region: so far apart are points that are spread in space."""


@dataclass(frozen=True)
class Cells:
    """All M cells of one body that show it, with what speaks for each.

    Attributes
    ----------
    clip : int
    place : int64 [M, 2]
        Row and column in the grid.
    chart : int64 [M]
    uv : float64 [M, 2]
    sure : dict of str to float64 [M]
        Confidences by ranking (``chart``, ``mask``, ``uv``; the higher the better), and for each
        other view or neighbouring frame its confidence where it says the same chart, else 0; NaN
        where it says nothing at all.
    true_chart : int64 [M]
        0 where the body is not.
    true_uv : float64 [M, 2]
    """

    clip: int
    place: Array
    chart: Array
    uv: Array
    sure: dict[str, Array]
    true_chart: Array
    true_uv: Array


Right = tuple[int, int, int, Annotation]
"""A label that is right: clip, frame, row, and the animal that it hit."""


def cells_of(clip: Clip, views: dict[str, list[Detections]], rows: Sequence[Right],
             between: Flows) -> list[Cells]:
    """The cells of the right labels of one clip."""
    found = []
    for c, f, r, animal in rows:
        pose = views["plain"][f].dense_pose[r]
        if pose is None or not pose.chart.any():
            continue
        place = np.argwhere(pose.chart > 0)
        xy = centres(pose, place)
        row, column = place.T
        chart = pose.chart[row, column].astype(np.int64)
        sure = {"chart": pose.chart_confidence[row, column], "uv": -pose.uv_sigma[row, column]}
        if pose.foreground is not None:
            sure["mask"] = pose.foreground[row, column]
        box = views["plain"][f].box_xyxy[r]
        for name, answers in views.items():
            if name != "plain":
                sure[name] = agreement(box, answers[f], xy, chart)
        for name, j in (("before", f - 1), ("after", f + 1)):
            sure[name] = np.full(len(chart), np.nan)
            if 0 <= j < len(clip):
                sure[name] = _after_flow(box, views["plain"][j], xy, chart, between[f, j])
        true_chart, true_uv = _truth(animal, clip[f].frame.image.shape[:2], xy)
        found.append(Cells(c, place, chart, pose.uv[:, row, column].T.astype(float),
                           {k: v.astype(float) for k, v in sure.items()}, true_chart, true_uv))
    return found


def centres(pose: DensePose, place: Array) -> Array:
    """Pixels of the middle of cells (row, column), float [M, 2]."""
    x1, y1, x2, y2 = (float(v) for v in pose.box_xyxy)
    h, w = pose.chart.shape
    return np.stack([x1 + (place[:, 1] + 0.5) / w * (x2 - x1),
                     y1 + (place[:, 0] + 0.5) / h * (y2 - y1)], 1)


def agreement(box: Array, found: Detections, xy: Array, chart: Array) -> Array:
    """Confidence of another answer where it says the same chart, else 0; NaN without an answer."""
    partner = int(best_partner(box[None], found)[0])
    pose = found.dense_pose[partner] if partner >= 0 else None
    if pose is None:
        return np.full(len(xy), np.nan)
    row, column, inside = pose.cells_at(xy)
    same = inside & (pose.chart[row, column] == chart)
    agreed: Array = np.where(same, pose.chart_confidence[row, column], 0).astype(float)
    return agreed


def _after_flow(box: Array, found: Detections, xy: Array, chart: Array, flow: Flow) -> Array:
    h, w = flow.sure.shape
    column, row = (np.clip(xy[:, i].astype(int), 0, size - 1) for i, size in ((0, w), (1, h)))
    step, known = flow.step[row, column], flow.sure[row, column]
    if not known.any():
        return np.full(len(xy), np.nan)
    moved = box + np.tile(np.median(step[known], axis=0), 2)
    return np.where(known, agreement(moved, found, xy + step, chart), np.nan)


def _truth(animal: Annotation, size: tuple[int, int], xy: Array) -> tuple[Array, Array]:
    """Chart and uv of the annotated point that is nearest; chart 0 beside the animal."""
    known = read_points(dict(animal))
    if not len(known.chart):
        return np.zeros(len(xy), np.int64), np.zeros((len(xy), 2))
    _, nearest = cKDTree(known.xy).query(xy)
    h, w = size
    column, row = np.floor(xy).astype(int).T
    inside = (column >= 0) & (row >= 0) & (column < w) & (row < h)
    body = masks.decode(masks.from_coco(animal["segmentation"], h, w))
    own = inside & body[np.clip(row, 0, h - 1), np.clip(column, 0, w - 1)]
    return np.where(own, known.chart[nearest], 0).astype(np.int64), known.uv[nearest]


Chooser = Callable[[Cells, np.random.Generator], Array]
"""The indices of the chosen cells, best first."""


def best(*names: str, agreed: bool = False) -> Chooser:
    """The cells of the highest mean of these confidences, where an answer that is there counts.

    With ``agreed`` only cells for which all answers that are there speak, and at least one of
    the views beside the first name is there.
    """
    def choose(cells: Cells, rng: np.random.Generator) -> Array:
        worth, able = _mean(cells, names, agreed)
        return _ordered(worth, able, rng)[:POINTS]

    return choose


def spread(*names: str, agreed: bool = False) -> Chooser:
    """The best cell of each chart, the best charts first; then the next best of any chart."""
    def choose(cells: Cells, rng: np.random.Generator) -> Array:
        order = _ordered(*_mean(cells, names, agreed), rng)
        _, first = np.unique(cells.chart[order], return_index=True)
        firsts = np.sort(first)
        return np.append(order[firsts], np.delete(order, firsts))[:POINTS]

    return choose


def apart(*names: str, agreed: bool = False) -> Chooser:
    """The best cells that lie at least :data:`APART_CELLS` from those chosen before."""
    def choose(cells: Cells, rng: np.random.Generator) -> Array:
        order = _ordered(*_mean(cells, names, agreed), rng)
        chosen: list[int] = []
        for i in order:
            gap = cells.place[chosen] - cells.place[i]
            if len(chosen) < POINTS and (np.abs(gap).max(1, initial=0) >= APART_CELLS).all():
                chosen.append(int(i))
        return np.array(chosen, int)

    return choose


def better_half(name: str, per_chart: bool = False) -> Chooser:
    """Any of the better half of the cells, of the whole body or of each chart."""
    def choose(cells: Cells, rng: np.random.Generator) -> Array:
        worth = cells.sure[name]
        able = np.zeros(len(worth), bool)
        for group in np.unique(cells.chart) if per_chart else [None]:
            own = np.flatnonzero((cells.chart == group) if per_chart else np.ones(len(worth), bool))
            able[own[np.argsort(-worth[own])[: (len(own) + 1) // 2]]] = True
        return rng.permutation(np.flatnonzero(able))[:POINTS]

    return choose


def anywhere(cells: Cells, rng: np.random.Generator) -> Array:
    """The ranking ``uniform``."""
    return rng.permutation(len(cells.chart))[:POINTS]


def _mean(cells: Cells, names: tuple[str, ...], agreed: bool) -> tuple[Array, Array]:
    columns = np.stack([cells.sure[n] for n in names])
    worth = np.nanmean(columns, 0)  # the first is never missing
    if not agreed:
        return worth, np.ones(len(worth), bool)
    others = columns[1:]
    return worth, (np.isnan(others) | (others > 0)).all(0) & (others > 0).any(0)


def _ordered(worth: Array, able: Array, rng: np.random.Generator) -> Array:
    shuffled = rng.permutation(np.flatnonzero(able))
    return shuffled[np.argsort(-worth[shuffled], kind="stable")]


@dataclass(frozen=True)
class Chosen:
    """What a way to choose gave, by body; B bodies.

    Attributes
    ----------
    clip : int64 [B]
    points, right, on_body, charts, right_charts : int64 [B]
        Points; those on the right chart, and on the animal at all; different charts, and
        different charts among the right points.
    error_m : float64 [B]
        Sum of the distances along the body over the points that lie on it.
    """

    clip: Array
    points: Array
    right: Array
    on_body: Array
    charts: Array
    right_charts: Array
    error_m: Array


def chosen_by(
    bodies: list[Cells], choose: Chooser, distance: ChartDistance,
    most: Array | None = None,
) -> Chosen:
    """Choose points of all bodies, at most ``most`` of each (int [B])."""
    rng = np.random.default_rng(0)
    picks = [choose(b, rng) for b in bodies]
    if most is not None:
        picks = [p[:m] for p, m in zip(picks, most, strict=True)]
    said, truth, uv, true_uv = (np.concatenate([getattr(b, name)[p] for b, p in
                                                zip(bodies, picks, strict=True)])
                                for name in ("chart", "true_chart", "uv", "true_uv"))
    metres = distance(said, np.clip(uv, 0, 1), truth, np.clip(true_uv, 0, 1))
    metres = np.where(np.isfinite(metres), metres, 0.0)
    body = np.repeat(np.arange(len(bodies)), [len(p) for p in picks])
    right = said == truth

    def total(value: Array) -> Array:
        return np.bincount(body, value, len(bodies))

    return Chosen(np.array([b.clip for b in bodies]), total(np.ones(len(body))), total(right),
                  total(truth > 0), _different(body, said, len(bodies)),
                  _different(body[right], said[right], len(bodies)), total(metres))


def _different(body: Array, chart: Array, bodies: int) -> Array:
    pairs = np.unique(np.stack([body, chart]), axis=1)
    return np.bincount(pairs[0], minlength=bodies)
