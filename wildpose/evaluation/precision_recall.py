"""Precision and recall of the detections that a user sees."""

from __future__ import annotations

from collections.abc import Sequence

from wildpose.evaluation.matching import ImageMatch


def precision_and_recall(matches: Sequence[ImageMatch]) -> dict[str, float | None]:
    """Share of detections that are animals, and of animals that are detected.

    Parameters
    ----------
    matches : sequence of ImageMatch
        At the threshold that is asked about.

    Returns
    -------
    dict
        ``precision`` and ``recall``; None where there is nothing to divide by.
    """
    hits = sum(m.hits for m in matches)
    said = hits + sum(len(m.false_alarms) for m in matches)
    there = hits + sum(len(m.missed_ids) for m in matches)
    return {
        "precision": hits / said if said else None,
        "recall": hits / there if there else None,
    }
