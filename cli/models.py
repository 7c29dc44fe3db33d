"""`wildpose models`: the models that are shipped."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .answer import answering
from .options import Debug, Json, Quiet

if TYPE_CHECKING:
    from wildpose.models.folder import ModelSummary


def models(as_json: Json = False, debug: Debug = False, quiet: Quiet = False) -> int:
    """List the models that come with wildpose, and their licences."""
    from wildpose.models.folder import available_models

    with answering(as_json=as_json, quiet=quiet) as answer:
        found = available_models()
        answer({"models": [vars(model) for model in found]},
               "\n\n".join(describe(model) for model in found))
    return 0


def describe(model: ModelSummary) -> str:
    """Say in some lines what a model is."""
    return (f"{model.name}\n  {model.description}\n  Licence of the weights: {model.licence}\n"
            f"  Card: {model.folder}/README.md")
