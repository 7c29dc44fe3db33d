"""Measure a model on a folder of labelled pictures: figures, and a page with its worst mistakes."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wildpose.analysis.dense_page import dense_plots, dense_tables
from wildpose.analysis.mistakes import worst_mistakes
from wildpose.analysis.worst_bodies import worst_bodies
from wildpose.data.annotations import read_coco
from wildpose.drawing.evaluation import (
    Cell,
    EvaluationPage,
    FigureTable,
    evaluation_page,
)
from wildpose.errors import UsageError
from wildpose.evaluation.answers import AnswerBook
from wildpose.evaluation.dataset import EvaluationSet
from wildpose.evaluation.scores import Comparison
from wildpose.types import DensePose

if TYPE_CHECKING:
    from wildpose.models.predictor import Predictor

LOWEST_SCORE = 1e-9
"""Average precision wants doubtful detections too; a steep calibration puts many far down."""

LOWEST_MASK = 0.05
"""Masks cost more than boxes, and those of likelier detections decide."""


def evaluate_model(
    model: str,
    data: Path,
    *,
    device: str = "cpu",
    fast: bool = False,
    save_predictions: Path | None = None,
    report: Path | None = None,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> dict[str, Any]:
    """Run a model over a folder and score what it says.

    Parameters
    ----------
    model : str
        Name of a shipped model, or a folder.
    data : Path
        Folder with ``annotations.json`` (COCO) and ``images/``.
    device : str
    fast : bool
        Look at each picture once, also where the model looks at its mirror image, too.
    save_predictions : Path, optional
        File for the predictions, in the form that the scores are defined on.
    report : Path, optional
        Folder for ``index.html`` with figures, curves and pictures of what is most wrong.
    progress : callable
        Called with pictures done and pictures in all.

    Returns
    -------
    dict
        ``model``, ``data`` and ``subsets`` (design section 7).

    Raises
    ------
    ModelError, DataError, UsageError
        A model or data that can't be used; a place that can't be written to.
    """
    from wildpose.models.predictions import predict_pictures

    page_path = None if report is None else report / "index.html"
    for target in (save_predictions, page_path):
        _check_writable(target)
    coco = read_coco(data)
    predictor = _predictor(model, device, fast=fast)
    pictures = [(i["id"], data / "images" / i["file_name"]) for i in coco["images"]]
    book = (AnswerBook(coco["annotations"], predictor.dense_pose, predictor.threshold)
            if predictor.has_dense_pose else None)
    predictions = predict_pictures(predictor, pictures, lambda n: progress(n, len(pictures)),
                                   None if book is None else book.look)
    predictions |= {} if book is None else book.as_predictions()
    if save_predictions is not None:
        _write(save_predictions, json.dumps(predictions))
    compared = Comparison(EvaluationSet.of(coco, predictions))
    subsets = compared.figures()
    if page_path is not None:
        poses = None if book is None else book.poses
        named = f"{predictor.name} --fast" if fast else predictor.name
        _write(page_path, _page(named, compared, subsets, data, poses))
    return {"model": predictor.name, "data": data.resolve().name, "subsets": subsets}


def _predictor(model: str, device: str, *, fast: bool) -> Predictor:
    from wildpose.models.predictor import load_predictor

    return load_predictor(
        model, device=device, minimum_score=LOWEST_SCORE, mask_score=LOWEST_MASK,
        second_look=False if fast else None)


def _page(
    model: str,
    compared: Comparison,
    subsets: dict[str, Any],
    folder: Path,
    poses: dict[Any, DensePose] | None,
) -> str:
    name, images = folder.resolve().name, folder / "images"
    misses, false_alarms = worst_mistakes(compared.data, images)
    return evaluation_page(EvaluationPage(
        model=model,
        data=name,
        command=f"wildpose evaluate {model} {name} --report DIR",
        tables=(figure_table(subsets), *dense_tables(compared, subsets)),
        plots=dense_plots(compared),
        bodies=None if poses is None else worst_bodies(compared.data, poses, images),
        misses=misses,
        false_alarms=false_alarms,
    ))


def figure_table(subsets: dict[str, Any]) -> FigureTable:
    """The figures of every group of pictures as one table."""
    columns = ("pictures", "box AP", "AP50", "mask AP", "mask AP50", "person AP50", "recall",
               "precision", "presence AUC", "ECE")
    return FigureTable(
        title="Figures",
        columns=("group", *columns),
        rows=tuple((name, *_cells(s)) for name, s in subsets.items()),
        note="Recall and precision at the model's default threshold and an overlap of one half.",
    )


def _cells(subset: dict[str, Any]) -> tuple[Cell, ...]:
    box, mask, person, presence = (
        subset.get(k) or {} for k in ("box", "mask", "person_box", "presence")
    )
    return (
        subset["images"], box.get("ap"), box.get("ap50"), mask.get("ap"), mask.get("ap50"),
        person.get("ap50"), subset.get("recall"), subset.get("precision"), presence.get("auc"),
        subset.get("ece"),
    )


def _check_writable(path: Path | None) -> None:
    """Find out before minutes of work, not after them; leaves nothing but the folder."""
    if path is None:
        return
    was_there = path.exists()
    with _writing(path), path.open("a"):
        pass
    if not was_there:
        path.unlink()


def _write(path: Path, content: str) -> None:
    with _writing(path):
        path.write_text(content, "utf-8")


@contextmanager
def _writing(path: Path) -> Iterator[None]:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield
    except OSError as error:
        raise UsageError(f"{path}: can't be written ({error.strerror}).",
                         "Choose a place that you may write to.") from error
