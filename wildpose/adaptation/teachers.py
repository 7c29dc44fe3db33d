"""What kind of network a teacher is, and what follows from it.

A DensePose R-CNN knows one class, and its charts lie on a body of their own: its points teach u and
v as they are, those of other sources charts alone.
"""

from __future__ import annotations

from pathlib import Path

from wildpose.errors import UsageError
from wildpose.models.chart_rcnn.config import FAMILY
from wildpose.models.folder import ModelDescription, find_model, read_description

CHART_RCNN_BATCH = 4
"""Pictures of a step of its students: they are larger, and the network twenty times as large."""


def is_chart_rcnn(description: ModelDescription) -> bool:
    """Whether a model is a DensePose R-CNN."""
    return description.architecture.get("family") == FAMILY


def adaptable(name: str) -> Path:
    """The folder of a model whose training is known here.

    Raises
    ------
    ModelError
        There is no such model.
    UsageError
        Its training is not known.
    """
    folder = find_model(name)
    description = read_description(folder)
    family = description.architecture.get("family")
    if family is not None and not is_chart_rcnn(description):
        raise UsageError(f"--from {name}: models of the family {family} can be run, not adapted.",
                         "Start from animal-small, or from a model adapted from it.")
    return folder


def looked_for(description: ModelDescription) -> tuple[str, ...]:
    """The classes that a model looks for.

    Examples
    --------
    >>> looked_for(ModelDescription("m", "", "", {"family": "chart_rcnn", "subject": "person"}))
    ('person',)
    """
    if is_chart_rcnn(description):
        return (str(description.architecture.get("subject", "person")),)
    return ("animal", "person")
