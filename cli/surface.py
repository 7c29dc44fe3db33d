"""`wildpose surface`: the reference surface as pictures, and animals carried onto it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from wildpose.errors import UsageError, WildposeError

from .answer import answering, json_line
from .options import Debug, Json, Quiet, existing
from .progress import Pace, progress

if TYPE_CHECKING:
    from wildpose.surface.reference import ReferenceBody
    from wildpose.surface.remap import Remapping
    from wildpose.synth.remap_subjects import Subject

REFERENCE = "reference"
ALL = "all"
_SOME_FAILED = 3

Found = dict[str, Any]


class Action(StrEnum):
    """What to do."""

    SHOW = "show"
    REMAP = "remap"


class Normaliser(StrEnum):
    """How descriptors are made comparable."""

    STANDARDISED = "standardised"
    PART = "part"


def surface(
    action: Annotated[Action, typer.Argument(metavar="show|remap", help="Draw it, or map to it.")],
    what: Annotated[
        str,
        typer.Argument(
            metavar="WHAT",
            help="With show: reference. With remap: a committed animal, quadruped, an animal of "
            "0 A.D. (with --assets), a mesh file (with --parts), or all.",
        ),
    ],
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Folder for what is written.")],
    to: Annotated[
        str, typer.Option("--to", metavar="SURFACE", help="Map onto this surface.")
    ] = REFERENCE,
    assets: Annotated[
        Path | None,
        typer.Option("--assets", metavar="ZIP", help="Your copy of the art of 0 A.D."),
    ] = None,
    parts: Annotated[
        str | None,
        typer.Option(
            "--parts",
            metavar="TABLE",
            help="For a file: name or YAML file of a rig's part table, or a CSV file with the "
            "columns vertex and part.",
        ),
    ] = None,
    normaliser: Annotated[
        Normaliser,
        typer.Option("--normaliser", help="part: eq. 1 as printed. standardised: ours."),
    ] = Normaliser.STANDARDISED,
    as_json: Json = False,
    debug: Debug = False,
    quiet: Quiet = False,
) -> int:
    """Look at the reference surface, or carry an animal's surface onto it.

    show draws the charts and their coordinates u and v from four sides. remap finds for each
    vertex of an animal the point of the reference that it corresponds to, and writes the map
    (map.npz), a picture in matching colours (map.png) and figures of its quality (figures.json).
    """
    for name in (what,) if action is Action.SHOW else (to,):
        if name != REFERENCE:
            raise UsageError(f"{name}: no such surface.", f"There is one: {REFERENCE}.")
    if assets is not None:
        existing(assets, "file or folder")
    with answering(as_json=as_json, quiet=quiet) as answer:
        if action is Action.SHOW:
            found = _show(out)
        elif what == ALL:
            found = _remap_all(out, assets, normaliser.value, quiet=quiet)
        else:
            found = _remap_one(what, out, assets, parts, normaliser.value)
        answer(found, describe(found))
    return _SOME_FAILED if found.get("failed") else 0


def describe(found: Mapping[str, Any]) -> str:
    """Say for people what was found and where it was put."""
    lines = [f"Picture: {found['picture']}"]
    if "animals" in found:
        lines = [table(found["animals"]), *lines]
        lines += [f"failed: {name}: {why}" for name, why in found["failed"].items()]
    elif "figures" in found:
        lines = [f"{found['animal']} on {found['to']}", *_figures(found["figures"]),
                 f"Map: {found['map']}", *lines]
    return "\n".join(lines)


COLUMNS = ("jumps", "left_right", "part_agreement", "covered", "limb_spearman", "mirror_error",
           "tail_home", "no_point", "charts")


def table(animals: Mapping[str, Mapping[str, Any]]) -> str:
    """Lay the figures of many animals out as a Markdown table."""
    lines = ["| animal | " + " | ".join(COLUMNS) + " |", "|---" * (len(COLUMNS) + 1) + "|"]
    for name, figures in animals.items():
        cells = " | ".join(_cell(figures[column]) for column in COLUMNS)
        lines.append(f"| {name} | {cells} |")
    return "\n".join(lines)


def _figures(figures: Mapping[str, Any]) -> list[str]:
    return [f"  {name.replace('_', ' '):16s}{_cell(figures[name])}" for name in COLUMNS]


def _cell(value: float | None) -> str:
    if value is None:
        return "-"
    return str(value) if isinstance(value, int) else f"{value:.3f}"


def _show(out: Path) -> Found:
    from PIL import Image

    from wildpose.surface.reference import load_reference
    from wildpose.synth.remap_sheets import reference_sheet

    out.mkdir(parents=True, exist_ok=True)
    picture = out / f"{REFERENCE}.png"
    Image.fromarray(reference_sheet(load_reference())).save(picture, optimize=True)
    return {"surface": REFERENCE, "picture": picture}


def _remap_one(
    name: str, out: Path, assets: Path | None, parts: str | None, normaliser: str
) -> Found:
    from wildpose.surface.reference import load_reference_body
    from wildpose.synth.remap_subjects import subject

    animal, reference = subject(name, assets, parts), load_reference_body()
    remapped, figures = _measured(animal, reference, normaliser)
    return _written(out, animal, remapped, figures, reference)


def _measured(
    animal: Subject, reference: ReferenceBody, normaliser: str
) -> tuple[Remapping, dict[str, Any]]:
    from wildpose.surface.remap import remapping, settings_named
    from wildpose.surface.remap_figures import remap_figures

    remapped = remapping(animal.mesh, animal.part, settings_named(normaliser), reference)
    return remapped, remap_figures(remapped, reference).as_dict()


def _written(out: Path, animal: Subject, remapped: Remapping, figures: dict[str, Any],
             reference: ReferenceBody) -> Found:
    import numpy as np
    from PIL import Image

    from wildpose.surface.points import chart_uv_of
    from wildpose.surface.remap import of_all_vertices
    from wildpose.synth.remap_sheets import map_picture

    out.mkdir(parents=True, exist_ok=True)
    points = of_all_vertices(animal.mesh, animal.part, remapped)
    chart, uv = chart_uv_of(reference.surface, points)
    np.savez_compressed(out / "map.npz", vertices=animal.mesh.vertices, faces=animal.mesh.faces,
                        part=animal.part, face=points.face, barycentric=points.barycentric,
                        chart=chart, uv=uv)
    Image.fromarray(map_picture(remapped, reference.surface)).save(out / "map.png", optimize=True)
    found = {"animal": animal.name, "species": animal.species, "to": REFERENCE,
             "figures": figures, "credit": animal.credit}
    (out / "figures.json").write_text(_pretty(found), encoding="utf-8")
    return {**found, "map": out / "map.npz", "picture": out / "map.png"}


def _remap_all(out: Path, assets: Path | None, normaliser: str, *, quiet: bool) -> Found:
    from PIL import Image

    from wildpose.surface.reference import load_reference_body
    from wildpose.synth.remap_sheets import sheet
    from wildpose.synth.remap_subjects import subject_names

    reference, names = load_reference_body(), subject_names(assets)
    found: Found = {"to": REFERENCE, "animals": {}, "failed": {}, "credits": []}
    drawn: list[tuple[str, Remapping]] = []
    for animal, result in _each(names, assets, reference, normaliser, quiet=quiet):
        if isinstance(result, WildposeError):
            found["failed"][animal] = str(result)
            continue
        subject_, remapped, figures = result
        found["animals"][animal] = figures
        found["credits"] = sorted({*found["credits"], subject_.credit} - {""})
        drawn.append((f"{animal} ({subject_.species})", remapped))
    if not drawn:
        raise UsageError("no animal could be mapped.", next(iter(found["failed"].values()), ""))
    out.mkdir(parents=True, exist_ok=True)
    Image.fromarray(sheet(drawn, reference.surface)).save(out / "sheet.png", optimize=True)
    (out / "figures.json").write_text(_pretty(found), encoding="utf-8")
    (out / "table.md").write_text(table(found["animals"]) + "\n", encoding="utf-8")
    return {**found, "picture": out / "sheet.png"}


def _each(
    names: Sequence[str], assets: Path | None, reference: ReferenceBody, normaliser: str, *,
    quiet: bool,
) -> Iterator[tuple[str, WildposeError | tuple[Subject, Remapping, dict[str, Any]]]]:
    """Map one animal after the other; one that can't be mapped ends nothing."""
    from wildpose.synth.remap_subjects import subject

    pace = Pace()
    with progress("animals", quiet=quiet) as show:
        for number, name in enumerate(names, 1):
            try:
                animal = subject(name, assets)
                yield name, (animal, *_measured(animal, reference, normaliser))
            except WildposeError as error:
                yield name, error
            show(pace.step(number, len(names)))


def _pretty(content: Mapping[str, Any]) -> str:
    return json.dumps(json.loads(json_line(content)), indent=1) + "\n"
