"""Saved views: the questions that an ecologist has at the clips of a run."""

from __future__ import annotations

from typing import Any

from wildpose.review.documents import TRACKED
from wildpose.review.fields import ACCEPTED, ADAPT, REJECTED, REVIEW_STATE
from wildpose.review.grades import GRADE_FROM


def save_views(dataset: Any) -> None:
    """Save all views of a data set, in the order of the App's list; older ones are replaced.

    Parameters
    ----------
    dataset : fiftyone.Dataset
        With its fields declared.
    """
    for name, (view, description) in {**_by_content(dataset), **_by_trust(dataset),
                                      **_by_work(dataset)}.items():
        dataset.save_view(name, view, description=description, overwrite=True)


def _by_content(dataset: Any) -> dict[str, tuple[Any, str]]:
    from fiftyone import ViewField

    animals, people, most, light, status = (ViewField(name) for name in (
        "animal_detections", "person_detections", "max_animals", "light", "status"))
    return {
        "animals": (dataset.match(animals > 0), "Clips with an animal"),
        "several animals": (dataset.match(most > 1), "Clips with two or more animals at once"),
        "people": (dataset.match(people > 0), "Clips with a person: mind their privacy"),
        "nothing found": (dataset.match((animals == 0) & (people == 0)),
                          "Read, and neither animal nor person: the empty clips"),
        "night": (dataset.match(light == "night"), "Grey pictures, or by the clock: see light_by"),
        "read in part or failed": (
            dataset.match(status != "whole"), "The field reason says what was wrong"),
    }


def _by_trust(dataset: Any) -> dict[str, tuple[Any, str]]:
    from fiftyone import ViewField

    return {
        "most uncertain first": (
            dataset.match(ViewField("uncertainty") > 0).sort_by("uncertainty", reverse=True),
            "Whatever the model is least sure of comes first"),
        "pseudo-label candidates": (
            dataset.match(ViewField("grade") >= GRADE_FROM).sort_by("grade", reverse=True),
            f"Clips with an animal of grade {GRADE_FROM} or more; grade_reason says why"),
    }


def _by_work(dataset: Any) -> dict[str, tuple[Any, str]]:
    from fiftyone import ViewField

    boxes = f"frames.{TRACKED}"
    return {
        "still to review": (
            dataset.match(ViewField(REVIEW_STATE) != "done"), "review_state is not yet done"),
        "accepted": (dataset.match_labels(tags=ACCEPTED, fields=boxes),
                     "Clips with a box that somebody accepted"),
        "rejected": (dataset.match_labels(tags=REJECTED, fields=boxes),
                     "Clips with a box that somebody rejected"),
        "sent to adapt": (dataset.match_tags(ADAPT), "Clips chosen for wildpose adapt"),
    }
