"""`wildpose evaluate`: how good a model is on pictures with known answers."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from .answer import answering
from .options import Debug, Device, Fast, Json, Quiet, existing
from .progress import Pace, progress


def evaluate(
    model: Annotated[
        str, typer.Argument(metavar="MODEL", help="Name of a shipped model or a model folder.")
    ],
    data: Annotated[
        Path,
        typer.Argument(
            metavar="DATA", help="Folder with annotations.json (COCO format) and images/."
        ),
    ],
    save_predictions: Annotated[
        Path | None,
        typer.Option("--save-predictions", metavar="FILE", help="Keep what the model found."),
    ] = None,
    report: Annotated[
        Path | None,
        typer.Option(
            "--report",
            metavar="DIR",
            help="Write a page with the worst misses and false alarms as pictures.",
        ),
    ] = None,
    fast: Fast = False,
    device: Device = "cpu",
    as_json: Json = False,
    debug: Debug = False,
    quiet: Quiet = False,
) -> int:
    """Measure a model on pictures whose animals are known.

    Prints for each group of pictures how well boxes and masks fit (average precision, AP), how
    many animals are found (recall), how many finds are right (precision), how well pictures with
    an animal are told from empty ones (presence) and how honest the probabilities are (ECE).
    Where body parts, directions or dense points are marked, also how often dense pose is right
    about them.
    """
    from wildpose.analysis.evaluate import evaluate_model

    existing(data, "folder")
    pace = Pace(pictures=True)
    with answering(as_json=as_json, quiet=quiet) as answer:
        with progress("pictures", quiet=quiet) as show:
            found = evaluate_model(
                model,
                data,
                device=device,
                fast=fast,
                save_predictions=save_predictions,
                report=report,
                progress=lambda done, total: show(pace.step(done, total)),
            )
        answer(found, describe(found, report))
    return 0


_COLUMNS = ("pictures", "box AP", "AP50", "mask AP", "recall", "precision", "presence", "ECE")
_DENSE_COLUMNS = ("points", "part", "coarse", "side", "facing", "GPSm AP", "AUC 10 cm", "AUC 30 cm")


def describe(found: Mapping[str, Any], report: Path | None = None) -> str:
    """Lay the figures out for people: a table of boxes, and one of dense pose if there is any."""
    subsets = {name: subset for name, subset in found["subsets"].items() if subset["images"]}
    lines = [f"{found['model']} on {found['data']}",
             *_table(_COLUMNS, {name: _figures(subset) for name, subset in subsets.items()})]
    dense = {name: _dense_figures(subset) for name, subset in subsets.items()}
    dense = {name: cells for name, cells in dense.items() if set(cells) != {"-"}}
    if dense:
        lines += ["", "dense pose on true boxes, GPSm AP on detections",
                  *_table(_DENSE_COLUMNS, dense)]
    if report is not None:
        lines.append(f"Page with pictures: {report / 'index.html'}")
    return "\n".join(lines)


def _table(columns: tuple[str, ...], cells_of: Mapping[str, tuple[str, ...]]) -> list[str]:
    rows = [("", *columns), *((name, *cells) for name, cells in cells_of.items())]
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    lines = []
    for name, *cells in rows:
        right = [cell.rjust(width) for cell, width in zip(cells, widths[1:], strict=True)]
        lines.append("  ".join([name.ljust(widths[0]), *right]).rstrip())
    return lines


def _figures(subset: Mapping[str, Any]) -> tuple[str, ...]:
    box, mask, presence = (subset.get(key) or {} for key in ("box", "mask", "presence"))
    values = (
        box.get("ap"), box.get("ap50"), mask.get("ap"),
        subset.get("recall"), subset.get("precision"), presence.get("auc"), subset.get("ece"),
    )
    return (str(subset["images"]), *map(_shown, values))


def _dense_figures(subset: Mapping[str, Any]) -> tuple[str, ...]:
    points, facing, dense = (subset.get(k) or {} for k in ("part_points", "facing", "dense_pose"))
    given = points.get("given_box") or {}
    values = (given.get("part"), given.get("coarse"), given.get("side"), facing.get("accuracy"),
              dense.get("gpsm_ap"), dense.get("auc_10"), dense.get("auc_30"))
    return (str(points.get("n", "-")), *map(_shown, values))


def _shown(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"
