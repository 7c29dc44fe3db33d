"""`wildpose models import`: a model folder from a checkpoint of detectron2."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from .answer import answering
from .options import Debug, Json, Quiet
from .progress import Pace, progress

if TYPE_CHECKING:
    from wildpose.models.exchange.importing import Imported

MEGABYTE = 10**6


def models_import(
    source: Annotated[
        str,
        typer.Argument(
            metavar="FILE|URL|NAME",
            help="A .pkl or .pth file, its address, or a name of `wildpose models list --zoo`.",
        ),
    ],
    out: Annotated[
        Path, typer.Option("--out", metavar="MODEL", help="Folder to write; made if missing.")
    ],
    config: Annotated[
        str | None,
        typer.Option(
            "--config",
            metavar="YAML",
            help="detectron2's settings file that the weights belong to (with its bases beside "
            "it), or the name of a published model.",
            show_default="known for published models",
        ),
    ] = None,
    sha256: Annotated[
        str, typer.Option("--sha256", metavar="HEX", help="Refuse a file with another checksum.")
    ] = "",
    licence: Annotated[
        str, typer.Option("--licence", metavar="TEXT", help="Licence of the weights, for the card.")
    ] = "",
    as_json: Json = False,
    debug: Debug = False,
    quiet: Quiet = False,
) -> int:
    """Make a model folder from weights of detectron2's DensePose project.

    Nothing in the file is run: only numbers, text and lists are read, and a file that asks for more
    is refused. A download that was cut goes on where it stopped when the same command is given.
    """
    from wildpose.models.exchange.importing import ImportRequest, import_model

    pace = Pace()
    with answering(as_json=as_json, quiet=quiet) as answer:
        with progress("MB", quiet=quiet or Path(source).is_file()) as show:

            def on_piece(done: int, total: int | None) -> None:
                megabytes = done // MEGABYTE
                show(pace.step(megabytes, (total or done) // MEGABYTE))

            request = ImportRequest(source, out, config, sha256, licence)
            found = import_model(request, on_piece)
        answer(_of_import(found), describe_import(found))
    return 0


def _of_import(found: Imported) -> Mapping[str, Any]:
    origin = found.origin
    return {"model": found.out, "tensors": found.tensors, "weights": found.weights,
            "source": origin.source, "sha256": origin.sha256, "sha256_checked": origin.checked,
            "licence": origin.licence}


def describe_import(found: Imported) -> str:
    """Say what was imported, with its checksum and licence."""
    origin = found.origin
    checked = ("as it should be" if origin.checked
               else "there was none to compare it with; it stands in the card")
    return "\n".join([
        f"{found.tensors} tensors, {found.weights / 1e6:.1f} million weights from {origin.source}",
        f"sha256   {origin.sha256}",
        f"         ({checked})",
        f"Licence  {origin.licence}",
        f"Model    {found.out}",
        f"Card     {found.out / 'README.md'}",
    ])
