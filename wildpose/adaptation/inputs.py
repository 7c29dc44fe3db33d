"""What an adaptation is given, looked at before the first of its hours."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wildpose.adaptation.corrections import annotations_of, correction_source
from wildpose.adaptation.footage import Footage, find_footage
from wildpose.adaptation.settings import AdaptSettings
from wildpose.adaptation.source import SourceData, find_source
from wildpose.adaptation.teachers import adaptable, is_chart_rcnn
from wildpose.data.annotations import LabelledImage, read_labelled
from wildpose.data.split import place_of, split_by_place
from wildpose.errors import DataError, UsageError
from wildpose.models.folder import read_description
from wildpose.types import ClassId


@dataclass(frozen=True)
class Inputs:
    """All that is learnt from and judged by.

    Attributes
    ----------
    teacher : Path
        The folder of the model to start from.
    footage : Footage
        Of the target; something is in it.
    source : SourceData
    corrections : dict or None
        A source of the recipe.
    """

    teacher: Path
    footage: Footage
    source: SourceData
    corrections: dict[str, Any] | None


def look_at(settings: AdaptSettings) -> Inputs:
    """Find everything and read the labels; nothing is written.

    Raises
    ------
    UsageError
        There is no clip and no picture; pictures to judge by are learnt from.
    DataError, ModelError
        A labelled folder or a model that can't be used.
    """
    teacher = adaptable(settings.teacher)
    if settings.student.dense_steps and is_chart_rcnn(read_description(teacher)):
        raise UsageError("--dense-steps: the dense head of a DensePose R-CNN has no steps of its "
                         "own, it learns along with the rest.",
                         "Ask for points of dense pose instead (--points).")
    footage = footage_of(settings)
    source = find_source(settings.source, settings.out / "rounds",
                         judged_elsewhere=settings.validation is not None)
    corrections = correction_source(settings.corrections)
    for given in (settings.source, settings.corrections):
        if given is not None:
            _pictures_of(given)
    if settings.validation is not None:
        _check_validation(settings.validation, (settings.source, settings.corrections))
    elif settings.source is not None and settings.corrections is not None:
        _check_something_is_kept_out(settings.source, settings.corrections, source.hold_out)
    return Inputs(teacher, footage, source, corrections)


def footage_of(settings: AdaptSettings) -> Footage:
    """The clips and pictures of the target; UsageError where there is none."""
    footage = find_footage(settings.clips, settings.out)
    if not footage.jobs and not footage.failures:
        raise UsageError(f"{', '.join(map(str, settings.clips))}: no clip and no picture.",
                         "Name a folder of clips or stills.")
    return footage


def _check_validation(folder: Path, learnt_from: tuple[Path | None, ...]) -> None:
    """What is to decide at the end must be able to."""
    if not folder.is_dir():
        raise UsageError(f"{folder}: this is no folder.",
                         "Give --val the folder that holds annotations.json and images/.")
    if all(image.draft for image in _pictures_of(folder)):
        raise DataError(f"{folder}: all its labels are drafts of a detector, which are no truth.",
                        "Have people check them, or leave out --val.")
    own = annotations_of(folder).resolve()
    if any(other is not None and annotations_of(other).resolve() == own for other in learnt_from):
        raise UsageError(f"{folder} is to be learnt from and to be judged by.",
                         "Keep pictures of other places or days apart for --val.")


def _check_something_is_kept_out(
    source: Path, corrections: Path, hold_out: Mapping[str, Any]
) -> None:
    """A place that corrections are of is learnt, and judges nothing (as the training has it)."""
    learnt = set(place_of(read_labelled(corrections)))
    split = split_by_place(read_labelled(source), hold_out["share"])
    if not any(place not in learnt and ClassId.ANIMAL in image.class_id
               for place, image in zip(split.held_out_places, split.held_out, strict=True)):
        raise DataError(f"{corrections}: these are of the very places of {source}, so nothing is "
                        "left to judge by.", "Give pictures of other places with --val.")


def _pictures_of(given: Path) -> list[LabelledImage]:
    """Of a labelled folder; one that is missing would else be missed after hours of training."""
    images = read_labelled(given)
    if not images:
        raise DataError(f"{given}: annotations.json lists no picture.", "Give another folder.")
    for image in images:
        if not image.path.is_file():
            raise DataError(f"{image.path}: there is no such file, though {given} lists it.",
                            "Put it there, or take it out of the list.")
    return images
