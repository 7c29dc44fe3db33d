"""What a worker needs of a model, and how it gets one.

Workers are separate processes: they are handed a small picklable factory and make the predictor
themselves.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from wildpose.models.folder import find_model, read_description, settings_sha256
from wildpose.types import Array, Detections


@dataclass(frozen=True)
class ModelIdentity:
    """Which model it is.

    Attributes
    ----------
    name : str
    digest : str
        SHA-256 of the weights: another digest is another model.
    threshold : float
        Its default score threshold.
    settings : str
        SHA-256 of what makes detections of the network's answers; empty where nothing can be set.
    """

    name: str
    digest: str
    threshold: float
    settings: str = ""


class FramePredictor(Protocol):
    """Finds animals in pictures."""

    def predict(
        self, images: Sequence[Array], boxes: Sequence[Detections] | None = None
    ) -> list[Detections]:
        """Detect in each picture, uint8 [H, W, 3] RGB; boxes in its pixels.

        With ``boxes``, one :class:`Detections` for each picture, none is looked for: these rows
        come back with masks and dense pose. Called without it where there are none to give.
        """
        ...


def dense_pose_seconds(predictor: FramePredictor) -> float:
    """Seconds that a predictor has spent on dense pose so far: its ``dense_pose_seconds``.

    0 for predictors that don't count them.
    """
    return float(getattr(predictor, "dense_pose_seconds", 0.0))


class PredictorFactory(Protocol):
    """Picklable recipe of a predictor."""

    def describe(self) -> ModelIdentity:
        """Say which model it is, without the cost of making it; ModelError if it can't be."""
        ...

    def __call__(self, threads: int) -> FramePredictor:
        """Make the predictor, to run on so many threads."""
        ...


@dataclass(frozen=True)
class ModelFolderFactory:
    """Predictor of a model folder.

    Attributes
    ----------
    model : str
        Name of a shipped model, or a folder.
    device : str
    dense_pose : bool
        Whether to ask for dense pose, where the model has it.
    fast : bool
        Look at each picture once, also where the model looks at its mirror image, too.
    """

    model: str
    device: str = "cpu"
    dense_pose: bool = True
    fast: bool = False

    def describe(self) -> ModelIdentity:
        """Read what its ``model.json`` says; no torch is loaded."""
        description = read_description(find_model(self.model))
        return ModelIdentity(description.name, description.weights_sha256, description.threshold,
                             settings_sha256(description))

    def __call__(self, threads: int) -> FramePredictor:
        """Load the model."""
        from wildpose.models import load_predictor

        predictor: FramePredictor = load_predictor(
            self.model, device=self.device, threads=threads, dense_pose=self.dense_pose,
            second_look=False if self.fast else None)
        return predictor
