"""Which way the body points, rear to head: left, right, toward or away."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from wildpose.evaluation.truth import Annotation

DIRECTIONS = ("left", "right", "toward", "away")


def facing_report(
    asked: Sequence[Annotation], answers: Iterable[Mapping[str, Any]]
) -> dict[str, float] | None:
    """Share of animals whose direction is right; no answer is a wrong one.

    Parameters
    ----------
    asked : sequence of Annotation
        Objects of the subset that are not left out.
    answers : iterable of mapping
        ``annotation_id`` and ``given_box``, one of :data:`DIRECTIONS`.

    Returns
    -------
    dict or None
        ``n`` and ``accuracy``; None where no animal has a direction.
    """
    animals = [a for a in asked if a.get("facing")]
    if not animals:
        return None
    said = {row["annotation_id"]: row["given_box"] for row in answers}
    right = sum(said.get(a["id"]) == a["facing"] for a in animals)
    return {"n": len(animals), "accuracy": right / len(animals)}
