"""What the evaluation page says of dense pose: tables with intervals, and curves."""

from __future__ import annotations

from typing import Any

import numpy as np

from wildpose.drawing.evaluation import Cell, FigureTable, Picture
from wildpose.drawing.palette import HUES, INK, UNTRACKED
from wildpose.drawing.plots import Axes, Line, line_plot
from wildpose.evaluation.average_precision import average_precision
from wildpose.evaluation.bootstrap import Interval
from wildpose.evaluation.calibration import ReliabilityBins, reliability_bins
from wildpose.evaluation.correct_points import WITHIN_M, ratio_of_correct_points
from wildpose.evaluation.dense_doubt import DenseDoubt, dense_doubt
from wildpose.evaluation.dense_scores import (
    DenseFigures,
    Similarity,
    dense_matches,
    precision_table,
)
from wildpose.evaluation.intervals import body_figures, draw_groups, interval
from wildpose.evaluation.part_points import NOT_ASKED, score_point
from wildpose.evaluation.point_answers import exact_answers
from wildpose.evaluation.scores import Comparison
from wildpose.evaluation.sparsification import Sparsification
from wildpose.evaluation.subsets import SUBSETS
from wildpose.evaluation.surface_distance import reference_distance
from wildpose.types import Array

CURVE_GROUPS = ("all", "day", "night")
COLOURS = dict(zip(CURVE_GROUPS, (INK, HUES[1], HUES[4]), strict=True))
FARTHEST_M = 0.3
CURVE_STEPS = 301


def dense_tables(
    compared: Comparison, subsets: dict[str, dict[str, Any]]
) -> tuple[FigureTable, ...]:
    """Tables of the dense-pose figures that can be had.

    Parameters
    ----------
    compared : Comparison
    subsets : dict
        Its figures.

    Returns
    -------
    tuple of FigureTable
    """
    tables = []
    if any(s.get("part_points") or s.get("facing") for s in subsets.values()):
        tables.append(_body_table(compared, subsets))
    if compared.dense is not None:
        tables += [_dense_table(compared, subsets), _precision_table(compared, compared.dense),
                   _doubt_table(compared, compared.dense)]
    return tuple(tables)


def dense_plots(compared: Comparison) -> tuple[Picture, ...]:
    """Curves of dense pose, day and night apart.

    Parameters
    ----------
    compared : Comparison

    Returns
    -------
    tuple of Picture
        None of them where the predictions hold no dense pose.
    """
    chosen = {name: compared.data.members(name, "animal") for name in CURVE_GROUPS}
    plots = []
    marked = {n: b for n, b in ((n, marked_bins(compared, c)) for n, c in chosen.items())
              if b.count.sum()}
    if marked:
        plots.append(_reliability(marked, "Chart confidence at part points", MARKED_MEANING))
    if compared.dense is not None:
        points = {n: compared.dense.points.of_images(c) for n, c in chosen.items()}
        points = {n: p for n, p in points.items() if len(p.said)}
        doubt = {n: dense_doubt(p) for n, p in points.items()}
        plots.append(_correct_points({n: p.distance_m for n, p in points.items()}))
        plots.append(_reliability({n: d.chart_bins for n, d in doubt.items()},
                                  "Chart confidence at dense points", CHART_MEANING))
        plots += _sparsification_plots(doubt["all"])
    return tuple(plots)


MARKED_MEANING = ("Right where the part (and the side, where one is marked) is that of the chart. "
                  "A part has several charts, so an honest confidence lies on or below the share.")
CHART_MEANING = "Right where the chart is the true one. On the line, confidence is honest."


def marked_bins(compared: Comparison, chosen: Array) -> ReliabilityBins:
    """Reliability of the chart confidence at part points on true boxes.

    Parameters
    ----------
    compared : Comparison
    chosen : bool [images]

    Returns
    -------
    ReliabilityBins
        A point is right where part and, where it is marked, side are right.
    """
    data = compared.data
    ids = {data.images[i]["id"] for i in np.flatnonzero(chosen)}
    truth = {a["id"]: a for a in data.annotations if a["image_id"] in ids}
    pairs = []
    for row in data.points or ():
        animal = truth.get(row["annotation_id"])
        if animal is None or "given_box_confidence" not in row:
            continue
        for marked, chart, confidence in zip(animal["part_points"], row["given_box"],
                                             row["given_box_confidence"], strict=True):
            if marked[2] != NOT_ASKED and chart:
                judged = score_point(marked[2], marked[3], chart)
                pairs.append((confidence, judged.part and judged.side is not False))
    return reliability_bins([c for c, _ in pairs], [r for _, r in pairs])


def _body_table(compared: Comparison, subsets: dict[str, dict[str, Any]]) -> FigureTable:
    figures, rows = body_figures(compared.data), []
    for name in SUBSETS:
        points, facing = (subsets[name].get(k) or {} for k in ("part_points", "facing"))
        if not points and not facing:
            continue
        chosen = compared.data.members(name, "animal")
        draws = draw_groups(compared.data.images, chosen)
        ranges = {k: _ranged(interval(f, chosen, draws)) for k, f in figures.items()}
        there: dict[str, Any] = points.get("detected_where_matched") or {}
        rows.append((name, points.get("n"), *(ranges.get(k) for k in ("part", "coarse", "side")),
                     points.get("matched"), *(there.get(k) for k in ("part", "coarse", "side")),
                     facing.get("n"), ranges.get("facing")))
    return FigureTable(
        title="Body parts and direction",
        columns=("group", "points", "part", "coarse", "side", "matched", "part there",
                 "coarse there", "side there", "animals", "facing"),
        rows=tuple(rows),
        note="Hand-marked points and directions: shares that are right on the true box, with 95 % "
             "intervals (clips, places or sequences drawn anew). Coarse is head, trunk, foreleg or "
             "hind leg. Matched is the share of animals that a detection hits; the three figures "
             "after it are those of the detection, over these animals.",
    )


def _dense_table(compared: Comparison, subsets: dict[str, dict[str, Any]]) -> FigureTable:
    names = ("gps_ap", "auc_10", "auc_30", "within_5cm", "within_10cm", "within_20cm")
    rows: list[tuple[Cell, ...]] = []
    for name in SUBSETS:
        figures = subsets[name].get("dense_pose")
        if figures:
            chosen = compared.data.members(name, "animal")
            rows.append((name, _ranged(_gpsm_interval(compared, chosen)),
                         *(figures[k] for k in names)))
    return FigureTable(
        title="Dense pose",
        columns=("group", "GPSm AP", "GPS AP", "AUC 10 cm", "AUC 30 cm", "within 5 cm",
                 "within 10 cm", "within 20 cm"),
        rows=tuple(rows),
        note="Average precision of detections by geodesic point similarity, with the overlap of "
             "masks (GPSm, 95 % interval) and without. The rest is of points on the true boxes: "
             "area under the ratio of correct points up to 10 and 30 cm, and shares within a "
             "distance along a body of 1.7 m.",
    )


def _gpsm_interval(compared: Comparison, chosen: Array) -> Interval | None:
    if compared.dense is None:
        return None
    matches = compared.dense.matches["gpsm", "all"]

    def figure(weight: Array) -> float | None:
        found = average_precision(matches, weight)
        return None if found is None else found["ap"]

    return interval(figure, chosen, draw_groups(compared.data.images, chosen, repeats=300))


def _precision_table(compared: Comparison, dense: DenseFigures) -> FigureTable:
    exact = dense_matches(compared.data, compared.distance or reference_distance(), exact_answers)
    chosen = compared.data.members("all", "animal")
    kinds: tuple[Similarity, ...] = ("gpsm", "gps")
    rows = [(f"{'GPSm' if kind == 'gpsm' else 'GPS'}{where}",
             *precision_table(matches, kind, chosen).values())
            for where, matches in (("", dense.matches), (", exact pixel", exact))
            for kind in kinds]
    return FigureTable(
        title="Average precision and recall of dense pose",
        columns=("similarity", "AP", "AP50", "AP75", "APm", "APl", "AR", "AR50", "AR75", "ARm",
                 "ARl"),
        rows=tuple(rows),
        note="As DensePose's evaluator prints them: all pictures, at most 20 detections each. It "
             "cuts points and boxes to whole pixels and is up to a pixel off, which costs much on "
             "small animals; the last two lines take the pixel that the point lies in.",
    )


def _doubt_table(compared: Comparison, dense: DenseFigures) -> FigureTable:
    rows: list[tuple[Cell, ...]] = []
    for name in CURVE_GROUPS:
        points = dense.points.of_images(compared.data.members(name, "animal"))
        if len(points.said):
            d = dense_doubt(points)
            rows.append((name, d.points, d.chart_right, d.chart_ece, d.chart_nll,
                         _relative(d.chart), d.uv_nll, _relative(d.uv), _relative(d.geodesic)))
    return FigureTable(
        title="Doubt of dense pose",
        columns=("group", "points", "chart right", "chart ECE", "chart NLL", "chart AUSE",
                 "uv NLL", "uv AUSE", "AUSE in metres"),
        rows=tuple(rows),
        note="AUSE as a share of a random order's: 0 where the model's doubt puts errors in their "
             "order, 1 where it says nothing. Charts by 1 - confidence; uv by sigma against the "
             "distance in (u, v) and along the body.",
    )


def _relative(curve: Sparsification | None) -> float | None:
    return None if curve is None else curve.relative


def _ranged(found: Interval | None) -> str | None:
    if found is None:
        return None
    # on one line: a fixed space, and no break beside the dash
    return f"{found.estimate:.3f}\u00a0({found.lower:.2f}\u2060\u2013\u2060{found.upper:.2f})"


def _correct_points(distance_m: dict[str, Array]) -> Picture:
    steps = np.linspace(0, FARTHEST_M, CURVE_STEPS)
    lines = [Line(name, steps * 100, ratio_of_correct_points(d, steps), COLOURS[name])
             for name, d in distance_m.items()]
    marks = tuple((limit * 100, f"{limit * 100:.0f} cm") for limit in WITHIN_M.values())
    axes = Axes("Ratio of correct points", "distance along the body (cm)", "share of points nearer",
                (0.0, FARTHEST_M * 100), marks=marks)
    return Picture(line_plot(axes, lines), "Share of points on the true boxes that lie nearer to "
                   "the truth than a distance.")


def _reliability(bins: dict[str, ReliabilityBins], title: str, meaning: str) -> Picture:
    honest = Line("", np.array([0, 1]), np.array([0, 1]), UNTRACKED, dashed=True)
    lines = [Line(name, b.mean_score, b.hit_rate, COLOURS[name], dots=True)
             for name, b in bins.items()]
    axes = Axes(title, "confidence", "share right", (0.0, 1.0))
    return Picture(line_plot(axes, [honest, *lines]), meaning)


def _sparsification_plots(doubt: DenseDoubt) -> list[Picture]:
    curves = {"uv sigma against metres along the body": doubt.geodesic,
              "uv sigma against distance in (u, v)": doubt.uv,
              "Chart confidence against wrong charts": doubt.chart}
    return [_sparsification(title, curve) for title, curve in curves.items() if curve is not None]


def _sparsification(title: str, curve: Sparsification) -> Picture:
    few = np.unique(np.linspace(0, len(curve.removed) - 1, CURVE_STEPS).astype(int))
    removed = curve.removed[few]
    top = max(1.2, float(curve.by_uncertainty[few].max()))
    lines = [Line("most doubtful first", removed, curve.by_uncertainty[few], HUES[4]),
             Line("worst first", removed, curve.oracle[few], INK, dashed=True),
             Line("random", np.array([0, 1]), np.array([1, 1]), UNTRACKED, dashed=True)]
    axes = Axes(title, "share of points taken away", "error of the rest (share of all)",
                (0.0, 1.0), (0.0, top))
    return Picture(line_plot(axes, lines), f"AUSE {curve.ause:.3f}, of a random order "
                   f"{curve.ause_random:.3f}: {curve.relative:.2f} of it.")
