"""`wildpose models`: the models that are shipped, published ones in, and out again."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from wildpose.errors import UsageError

from .answer import answering
from .models_import import models_import
from .options import Debug, Json, Quiet

if TYPE_CHECKING:
    from wildpose.models.exchange.exporting import Exported
    from wildpose.models.exchange.zoo import ZooModel
    from wildpose.models.folder import ModelSummary

models = typer.Typer(add_completion=False, rich_markup_mode=None)
"""The group of commands."""


class Format(StrEnum):
    """For which program a model is written."""

    DETECTRON2 = "detectron2"


_HELP = """List models, take over published ones, hand them on.

Without a command it lists the models that come with wildpose, and their licences.

\b
wildpose models list --zoo
wildpose models import NAME --out MODEL
wildpose models import FILE --config CONFIG.yaml --licence TEXT --out MODEL
wildpose models export MODEL --format detectron2 --out FILE.pkl
"""


@models.callback(invoke_without_command=True, help=_HELP)
def models_(
    context: typer.Context, as_json: Json = False, debug: Debug = False, quiet: Quiet = False
) -> int:
    """List the models that come with wildpose where no command follows."""
    if context.invoked_subcommand is None:
        return _list_shipped(as_json=as_json, quiet=quiet)
    if as_json or quiet:
        raise UsageError("--json and --quiet stand behind the command.",
                         f"Write: wildpose models {context.invoked_subcommand} --json")
    return 0


@models.command("list", short_help="List the models that come with wildpose, or published ones.")
def list_(
    zoo: Annotated[
        bool,
        typer.Option("--zoo", help="List the published models of detectron2's DensePose instead."),
    ] = False,
    as_json: Json = False,
    debug: Debug = False,
    quiet: Quiet = False,
) -> int:
    """List the models that come with wildpose, or the published ones that it can take over.

    The published ones are not part of wildpose: `wildpose models import NAME` fetches one. Figures
    are those that their authors state.
    """
    if not zoo:
        return _list_shipped(as_json=as_json, quiet=quiet)
    from wildpose.models.exchange.zoo import ZOO

    with answering(as_json=as_json, quiet=quiet) as answer:
        answer({"models": [_as_object(model) for model in ZOO]}, describe_zoo(ZOO))
    return 0


models.command("import", short_help="Make a model folder from a checkpoint of detectron2.")(
    models_import)


@models.command("export", short_help="Write a model for another program.")
def export_(
    model: Annotated[
        str, typer.Argument(metavar="MODEL", help="A model folder that was imported.")
    ],
    format_name: Annotated[
        Format, typer.Option("--format", metavar="FORMAT", help="For which program: detectron2.")
    ],
    out: Annotated[Path, typer.Option("--out", metavar="FILE.pkl", help="File to write.")],
    as_json: Json = False,
    debug: Debug = False,
    quiet: Quiet = False,
) -> int:
    """Write the weights of an imported model as a checkpoint that detectron2 reads.

    Settings that were imported with it are written beside it, as FILE.yaml. The licence of the
    weights stays what it was.
    """
    from wildpose.models.exchange.exporting import export_detectron2

    with answering(as_json=as_json, quiet=quiet) as answer:
        found = export_detectron2(model, out)
        answer({**vars(found), "format": format_name}, describe_export(found))
    return 0


def _list_shipped(*, as_json: bool, quiet: bool) -> int:
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


def describe_zoo(zoo: tuple[ZooModel, ...]) -> str:
    """Say what is published, animals first."""
    from wildpose.models.exchange.zoo import BASE_URL, CODE_LICENCE, WEIGHTS_LICENCE

    lines = ["Published models of detectron2's DensePose project.",
             f"Licence of the weights: {WEIGHTS_LICENCE} (of detectron2: {CODE_LICENCE}).",
             f"Addresses begin with {BASE_URL}/"]
    for subject, title in (("animal", "Animals and people, as one class (on DensePose-Chimps)"),
                           ("person", "People (on DensePose-COCO minival)")):
        lines += ["", title]
        for model in (m for m in zoo if m.subject == subject):
            figures = ", ".join(f"{name} {value:.1f}" for name, value in model.figures.items())
            lines += [f"  {model.name}", f"    about {model.megabytes} MB; {figures}",
                      f"    {model.path}"]
    return "\n".join(lines)


def _as_object(model: ZooModel) -> Mapping[str, Any]:
    keys = ("name", "url", "megabytes", "subject", "settings", "figures", "licence", "sha256")
    return {key: getattr(model, key) for key in keys}


def describe_export(found: Exported) -> str:
    """Say what was written."""
    lines = [f"{found.tensors} tensors in {found.out}", f"sha256   {found.sha256}",
             f"Licence  {found.licence}"]
    if found.settings is not None:
        lines.append(f"Settings {found.settings}")
    return "\n".join(lines)
