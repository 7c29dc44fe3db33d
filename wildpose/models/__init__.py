"""The network and everything that turns pictures into detections.

``backbones`` → ``pyramid`` → ``proposals`` → ``heads`` are the parts, ``detector`` joins them,
``calibration`` turns scores into probabilities, ``folder`` keeps a model on disk,
``predictor`` is what the rest of the package calls and ``predictions`` writes what it says of a
set of pictures in COCO form.
"""

from typing import Any

from wildpose.models.folder import ModelSummary, available_models

__all__ = ["ModelSummary", "Predictor", "available_models", "load_predictor"]


def __getattr__(name: str) -> Any:
    # torch is loaded with the predictor only: listing models must stay quick
    if name in ("Predictor", "load_predictor"):
        from wildpose.models import predictor

        return getattr(predictor, name)
    raise AttributeError(name)
