"""Animals by name, ready to be carried onto the reference: committed, procedural, 0 A.D., files."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from wildpose.errors import DataError, UsageError
from wildpose.surface.mesh import Mesh, weld
from wildpose.surface.parts import PARTS
from wildpose.synth.rig import Rig
from wildpose.types import Array

QUADRUPED = "quadruped"
_WELD_SHARE = 1e-5


@dataclass(frozen=True, eq=False)
class Subject:
    """What is carried onto the reference.

    Attributes
    ----------
    name : str
    species : str
    mesh : Mesh
        Welded.
    part : int8 [V]
        Row of ``PARTS``; -1 for none.
    credit : str
        That a picture of it must carry; empty if none.
    """

    name: str
    species: str
    mesh: Mesh
    part: Array
    credit: str


def subject_names(assets: Path | None = None) -> tuple[str, ...]:
    """Animals that :func:`subject` knows by name: ours, or those of a copy of 0 A.D.

    Parameters
    ----------
    assets : Path, optional
        Copy of the game's art: its animals instead of ours.
    """
    if assets is not None:
        from wildpose.synth.zeroad import list_species

        return list_species(assets)
    from wildpose.synth.cc0_animals import committed_animals

    return (*committed_animals(), QUADRUPED)


def subject(name: str, assets: Path | None = None, parts: str | None = None) -> Subject:
    """One animal.

    Parameters
    ----------
    name : str
        A committed animal, ``quadruped``, an animal of ``assets``, or a file: a glTF rig, or a
        mesh (OBJ, PLY, glTF) that stands with y up, z forward.
    assets : Path, optional
        Copy of the art of 0 A.D.
    parts : str, optional
        For a file. Of a rig: the name or file of a part table (YAML). Of a mesh: a CSV file with
        the columns ``vertex`` and ``part``.

    Raises
    ------
    UsageError
        For a name that is not known, or a file without ``parts``.
    DataError
        For a file that can't be read.
    """
    path = Path(name)
    if path.suffix.lower() in {".obj", ".ply", ".glb", ".gltf"}:
        return _from_file(path, parts)
    known = subject_names(assets)
    if name not in known:
        remedy = "" if assets else " Animals of 0 A.D. need --assets."
        raise UsageError(f"{name}: no such animal, nor a mesh file.",
                         f"Choose from {', '.join(known)}.{remedy}")
    if assets is not None:
        from wildpose.synth.zeroad import load_species

        return of_rig(load_species(assets, name), name)
    if name == QUADRUPED:
        from wildpose.synth.quadruped import quadruped

        return of_rig(quadruped(0), name)
    from wildpose.synth.cc0_animals import load_committed

    return of_rig(load_committed(name), name)


def of_rig(rig: Rig, name: str) -> Subject:
    """A rig in its bind pose."""
    whole = Mesh.of(rig.vertices, rig.faces)
    size = float(np.linalg.norm(np.ptp(rig.vertices, axis=0)))
    mesh, number = weld(whole, _WELD_SHARE * size)
    part = np.full(len(mesh.vertices), -1, np.int8)
    part[number] = rig.part
    return Subject(name, rig.species, mesh, part, rig.credit)


def _from_file(path: Path, parts: str | None) -> Subject:
    if not path.is_file():
        raise UsageError(f"{path}: there is no such file.", "Check the spelling of the path.")
    if parts is None:
        raise UsageError(f"{path}: its parts are not known.",
                         "Name a part table of a rig, or a CSV file, with --parts.")
    if not parts.endswith(".csv"):
        from wildpose.synth.gltf import load_gltf_rig
        from wildpose.synth.part_table import part_table, read_part_table

        table = read_part_table(Path(parts)) if Path(parts).is_file() else part_table(parts)
        return of_rig(load_gltf_rig(path, table), path.stem)
    from wildpose.surface.mesh_files import read_mesh

    whole = read_mesh(path)
    given = read_parts(Path(parts), len(whole.vertices))
    size = float(np.linalg.norm(np.ptp(whole.vertices, axis=0)))
    mesh, number = weld(whole, _WELD_SHARE * size)
    part = np.full(len(mesh.vertices), -1, np.int8)
    part[number] = given
    return Subject(path.stem, path.stem, mesh, part, "")


def read_parts(path: Path, count: int) -> Array:
    """Part of each vertex from a CSV file with the columns ``vertex`` (from 0) and ``part``.

    Parameters
    ----------
    path : Path
    count : int
        Vertices of the mesh; those that the file leaves out have none.

    Returns
    -------
    int8 [count]
        Row of ``PARTS``, or -1.

    Raises
    ------
    DataError
        For a file without these columns, an unknown part or a vertex out of range.
    """
    part = np.full(count, -1, np.int8)
    try:
        with path.open(newline="", encoding="utf-8") as file:
            for row in csv.DictReader(file):
                vertex = int(row["vertex"])
                if not 0 <= vertex < count:
                    raise DataError(f"{path}: no vertex {vertex} in a mesh of {count}.",
                                    "Vertices are counted from 0, as in the file of the mesh.")
                part[vertex] = PARTS.index(row["part"]) if row["part"] else -1
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise DataError(f"{path}: not a table of parts ({error}).",
                        f"Columns are vertex and part; parts are {', '.join(PARTS)}.") from error
    return part
