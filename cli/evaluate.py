"""`wildpose evaluate`: how good a model is on pictures with known answers."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from .answer import answering
from .options import Debug, Device, Json, Quiet, existing
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
    device: Device = "cpu",
    as_json: Json = False,
    debug: Debug = False,
    quiet: Quiet = False,
) -> int:
    """Measure a model on pictures whose animals are known.

    Prints for each group of pictures how well boxes and masks fit (average precision, AP), how
    many animals are found (recall), how many finds are right (precision), how well pictures with
    an animal are told from empty ones (presence) and how honest the probabilities are (ECE).
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
                save_predictions=save_predictions,
                report=report,
                progress=lambda done, total: show(pace.step(done, total)),
            )
        answer(found, describe(found, report))
    return 0


_COLUMNS = ("pictures", "box AP", "AP50", "mask AP", "recall", "precision", "presence", "ECE")


def describe(found: Mapping[str, Any], report: Path | None = None) -> str:
    """Lay the figures out as a table for people, one line for each group of pictures."""
    subsets = {name: subset for name, subset in found["subsets"].items() if subset["images"]}
    rows = [("", *_COLUMNS)] + [(name, *_figures(subset)) for name, subset in subsets.items()]
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    lines = [f"{found['model']} on {found['data']}"]
    for name, *cells in rows:
        right = [cell.rjust(width) for cell, width in zip(cells, widths[1:], strict=True)]
        lines.append("  ".join([name.ljust(widths[0]), *right]).rstrip())
    if report is not None:
        lines.append(f"Page with pictures: {report / 'index.html'}")
    return "\n".join(lines)


def _figures(subset: Mapping[str, Any]) -> tuple[str, ...]:
    box, mask, presence = (subset.get(key) or {} for key in ("box", "mask", "presence"))
    values = (
        box.get("ap"), box.get("ap50"), mask.get("ap"),
        subset.get("recall"), subset.get("precision"), presence.get("auc"), subset.get("ece"),
    )
    return (str(subset["images"]), *("-" if value is None else f"{value:.3f}" for value in values))
