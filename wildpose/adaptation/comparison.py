"""A teacher and its student on the same labelled pictures.

References
----------
Efron and Tibshirani, An Introduction to the Bootstrap, 1993, chapter 13 (percentile interval);
Davison and Hinkley, Bootstrap Methods and their Application, 1997, 3.8 (drawing groups).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from wildpose.analysis.evaluate import evaluate_model
from wildpose.data.annotations import read_coco
from wildpose.errors import DataError, UsageError
from wildpose.evaluation.average_precision import CategoryMatches, average_precision
from wildpose.evaluation.bootstrap import Interval
from wildpose.evaluation.dataset import EvaluationSet
from wildpose.evaluation.intervals import draw_groups, group_of, interval
from wildpose.evaluation.scores import Comparison
from wildpose.evaluation.truth import Image
from wildpose.models.folder import file_sha256, find_model
from wildpose.results.files import written_beside
from wildpose.types import Array, ClassId

Progress = Callable[[int, int], None]
"""Called with pictures done and pictures in all."""

LEAST_GROUPS = 6
"""With fewer, all may go one way by chance alone more often than in 2.5 % of cases (one half to the
power of their number), and an interval of 95 % can't be had."""
LIGHTS = ("day", "night")

_UNITS = {"clip": "clips", "location": "places", "site": "places", "sequence": "sequences",
          "seq_id": "sequences", "id": "pictures"}
# What is alike is drawn together, as far as there is enough of it to draw from.
_COARSE_KEYS: tuple[frozenset[str], ...] = (
    frozenset(), frozenset({"clip", "location", "site"}), frozenset(_UNITS) - {"id"})


@dataclass(frozen=True)
class Figures:
    """What one model reaches on one labelled folder; None where a figure can't be had.

    Attributes
    ----------
    box_ap, mask_ap : float or None
        Average precision of animals (COCO, IoU .50 to .95).
    presence_auc : float or None
        How well empty pictures are told from those with animals.
    part : float or None
        Share of hand-marked points whose body part is right, on the true box.
    images : int
        Pictures that were labelled for animals.
    by_light : mapping
        The same five under ``day`` and ``night``.
    """

    box_ap: float | None
    mask_ap: float | None
    presence_auc: float | None
    part: float | None
    images: int
    by_light: Mapping[str, Mapping[str, float | None]]


@dataclass(frozen=True)
class Compared:
    """Teacher and student on the same pictures.

    Attributes
    ----------
    data : str
        Name of the folder.
    teacher, student : Figures
    difference : Interval or None
        Box AP of the student minus that of the teacher, with its 95 % interval; None with fewer
        than :data:`LEAST_GROUPS` to draw from, or without an animal.
    groups : int
        Of how many with an animal in them the interval was drawn.
    drawn_over : str
        What they are: ``places``, ``clips``, ``sequences`` or ``pictures``.
    """

    data: str
    teacher: Figures
    student: Figures
    difference: Interval | None
    groups: int = 0
    drawn_over: str = "pictures"

    @property
    def change(self) -> float | None:
        """Box AP of the student minus that of the teacher."""
        before, after = self.teacher.box_ap, self.student.box_ap
        return None if before is None or after is None else after - before

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> Compared:
        """Read what :func:`dataclasses.asdict` made of one."""
        drawn = content["difference"]
        return cls(**{**content, "teacher": Figures(**content["teacher"]),
                      "student": Figures(**content["student"]),
                      "difference": None if drawn is None else Interval(**drawn)})


def compare(
    teacher: str,
    student: str,
    data: Path,
    *,
    keep: Path,
    device: str = "cpu",
    progress: Progress = lambda done, total: None,
) -> Compared:
    """Run two models over the same labelled pictures.

    Parameters
    ----------
    teacher, student : str
        Names of shipped models, or folders.
    data : Path
        Folder with ``annotations.json`` (COCO) and ``images/``.
    keep : Path
        Folder for each model's predictions. What is there of the same model and the same
        annotations is taken as it is.
    device : str
    progress : callable
        Called with pictures done and pictures in all, of the models that have to be run.

    Returns
    -------
    Compared

    Raises
    ------
    ModelError, DataError, UsageError
        A model or data that can't be used (labels that a detector made are no truth); a folder
        that can't be written to.
    """
    pictures = len(read_coco(data)["images"])
    files = [keep / predictions_name(model, data) for model in (teacher, student)]
    missing = {f: m for f, m in zip(files, (teacher, student), strict=True) if not f.is_file()}
    for run, (file, model) in enumerate(missing.items()):
        _predict(model, data, file, device, _shifted(progress, run * pictures,
                                                     len(missing) * pictures))
    return compare_predictions(data, _read(files[0]), _read(files[1]))


def compare_predictions(
    data: Path, teacher: Mapping[str, Any], student: Mapping[str, Any]
) -> Compared:
    """Score what two models said of the same labelled pictures.

    Parameters
    ----------
    data : Path
        As in :func:`compare`.
    teacher, student : mapping
        Predictions as :func:`~wildpose.analysis.evaluate.evaluate_model` saves them.

    Returns
    -------
    Compared

    Raises
    ------
    DataError
        Labels or predictions do not follow their format, or all labels are a detector's.
    """
    coco = read_coco(data)
    # the labels of a detector would favour the model that made them
    checked = {**coco, "images": [i for i in coco["images"] if not i.get("draft")]}
    if coco["images"] and not checked["images"]:
        raise DataError(f"{data}: all its labels are drafts of a detector, which are no truth.",
                        "Have people check them, or compare on other pictures.")
    before, after = (Comparison(EvaluationSet.of(checked, said)) for said in (teacher, student))
    groups, drawn_over, difference = _difference(before, after)
    return Compared(data.resolve().name, figures_of(before), figures_of(after), difference, groups,
                    drawn_over)


def _shifted(progress: Progress, before: int, total: int) -> Progress:
    return lambda done, _: progress(before + done, total)


def predictions_name(model: str, data: Path) -> str:
    """The name of the file that :func:`compare` keeps a model's predictions in.

    Another model or other labels, another name: nothing kept is ever taken for something else. The
    description holds the checksum of the weights.
    """
    marks = [file_sha256(p)[:12] for p in (find_model(model) / "model.json",
                                           data / "annotations.json")]
    return f"predictions-{marks[0]}-{marks[1]}.json"


def _predict(model: str, data: Path, file: Path, device: str, progress: Progress) -> None:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"{file.parent}: can't be made ({error.strerror}).",
                         "Choose a place that you may write to.") from error
    with written_beside(file) as beside:
        evaluate_model(model, data, device=device, save_predictions=beside, progress=progress)


def _read(file: Path) -> dict[str, Any]:
    try:
        said: dict[str, Any] = json.loads(file.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise DataError(f"{file}: can't be read as JSON ({error}).",
                        "Delete it and run the same command again.") from error
    return said


def figures_of(compared: Comparison) -> Figures:
    """The figures that a verdict shows.

    Parameters
    ----------
    compared : Comparison
        Of one model.

    Returns
    -------
    Figures
    """
    subsets = compared.figures()
    lights: dict[str, dict[str, float | None]] = {
        name: {**_few(subsets[name]), "images": subsets[name]["images"]} for name in LIGHTS}
    return Figures(**_few(subsets["all"]), images=subsets["all"]["images"], by_light=lights)


def _few(subset: Mapping[str, Any]) -> dict[str, float | None]:
    box, mask, presence, points = (subset.get(k) or {}
                                   for k in ("box", "mask", "presence", "part_points"))
    return {"box_ap": box.get("ap"), "mask_ap": mask.get("ap"), "presence_auc": presence.get("auc"),
            "part": (points.get("given_box") or {}).get("part")}


def _difference(before: Comparison, after: Comparison) -> tuple[int, str, Interval | None]:
    """How many of what were drawn, and the interval of the difference of box AP."""
    first, second = (_until_last_hit(c.boxes[ClassId.ANIMAL, False]) for c in (before, after))
    chosen = before.data.members("all", "animal")
    images, groups, unit = _groups(before.data.images, chosen & (first.positives > 0))
    if groups < LEAST_GROUPS:
        return groups, unit, None

    def difference(weight: Array) -> float | None:
        old, new = _box_ap(first, weight), _box_ap(second, weight)
        return None if old is None or new is None else new - old

    return groups, unit, interval(difference, chosen, draw_groups(images, chosen))


def _until_last_hit(matches: CategoryMatches) -> CategoryMatches:
    """Without the tail that no draw depends on: no recall is won there, and precision only falls.

    A model says a hundred doubtful boxes in each picture, and the figure is asked for a thousand
    times.
    """
    hits = np.flatnonzero(matches.hit.any(axis=0))
    kept = slice(0, int(hits[-1]) + 1 if len(hits) else 0)
    return CategoryMatches(matches.image_index[kept], matches.score[kept], matches.hit[:, kept],
                           matches.false[:, kept], matches.positives)


def _box_ap(matches: CategoryMatches, weight: Array) -> float | None:
    found = average_precision(matches, weight)
    return None if found is None else found["ap"]


def _groups(images: Sequence[Image], with_animals: Array) -> tuple[Sequence[Image], int, str]:
    """The pictures without what is too coarse to be drawn, and how many groups of what remain.

    All pictures of one camera are one place: drawing it again and again gives an interval of no
    width. What can be said then is how the models do at that place, from its sequences or pictures.
    """
    for coarse in _COARSE_KEYS:
        kept = [{k: v for k, v in image.items() if k not in coarse} for image in images]
        groups = {group_of(kept[i]) for i in np.flatnonzero(with_animals)}
        if len(groups) >= LEAST_GROUPS:
            break
    unit = " and ".join(sorted({_UNITS[key] for key, _ in groups})) or "pictures"
    return kept, len(groups), unit
