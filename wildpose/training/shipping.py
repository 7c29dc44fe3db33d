"""From the weights of a finished training to a model folder that can be used."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from safetensors.torch import save_file
from torch import Tensor, nn

from wildpose.data.annotations import LabelledImage, as_coco
from wildpose.evaluation import score_predictions
from wildpose.evaluation.answers import AnswerBook
from wildpose.models.folder import ModelDescription, write_description
from wildpose.models.predictions import predict_pictures
from wildpose.training.calibrate import calibrated
from wildpose.training.families import family_of
from wildpose.training.recipe import Recipe

LOWEST = 0.00001
CHOICE_FIGURES = ("all", "camera_trap", "camera_trap_night")


def write_model(
    network: nn.Module,
    weights: dict[str, Tensor],
    recipe: Recipe,
    held_out: Sequence[LabelledImage],
    out: Path,
) -> dict[str, Any]:
    """Write ``weights.safetensors``, ``model.json`` and ``held_out/`` into ``out``.

    The calibration is fitted on the kept-out pictures; without any it is the identity.

    The network can't be trained or saved afterwards.

    Returns
    -------
    dict
        Figures of the kept-out pictures, by subset; what models are chosen by. Empty without any.
    """
    save_file(weights, out / "weights.safetensors")
    network.load_state_dict(weights)
    family = family_of(network)
    description = ModelDescription(
        name=recipe.name,
        description=" ".join(recipe.description.split()),
        licence=recipe.licence,
        architecture=family.architecture(network),
        lineage={"recipe": recipe.model_dump(mode="json")},
    )
    write_description(out, description)
    if not held_out:
        return {}
    coco = as_coco(held_out)
    folder = out / "held_out"
    folder.mkdir(exist_ok=True)
    (folder / "annotations.json").write_text(json.dumps(coco), "utf-8")
    pictures = [(i["id"], Path(i["file_name"])) for i in coco["images"]]
    without_masks = family.predictor(network, description, LOWEST, 1.0)
    raw = predict_pictures(without_masks, pictures)
    description = calibrated(description, coco, raw)
    write_description(out, description)
    final = family.predictor(network, description, LOWEST, 0.05)
    book = (AnswerBook(coco["annotations"], final.dense_pose, description.threshold)
            if final.has_dense_pose else None)
    said = predict_pictures(final, pictures, look=None if book is None else book.look)
    said |= {} if book is None else book.as_predictions()
    figures = score_predictions(coco, said, description.threshold)
    return {name: figures[name] for name in CHOICE_FIGURES}
