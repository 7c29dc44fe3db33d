"""Surfaces that a user brings, and surfaces kept as files.

A surface is a mesh file and a charts table. The table has one row per triangle, in the order of
the mesh file (polygons count as fans of triangles, glTF primitives follow each other):

- CSV with the header ``face,chart,u0,v0,u1,v1,u2,v2``: number of the triangle from 0, chart 1 to
  24, coordinates of its three corners in [0, 1];
- or npz with ``chart`` [F] and ``uv`` [F, 3, 2], and ``mirror`` [V] where it is known.
"""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np

from wildpose.errors import DataError
from wildpose.surface.mesh import Mesh
from wildpose.surface.mesh_files import read_mesh
from wildpose.surface.surface import Surface
from wildpose.types import Array

HEADER = ("face", "chart", "u0", "v0", "u1", "v1", "u2", "v2")
HEIGHT_M = 1.7
_FIELDS = ("vertices", "faces", "chart", "uv", "mirror")


def load_surface(mesh_file: Path, charts_file: Path) -> Surface:
    """A surface from a mesh (OBJ, PLY, glTF) and its charts table (CSV or npz).

    The mesh must stand upright in the package's frame; it is scaled to 1.7 m and put on the
    ground, so that distances are comparable.

    Raises
    ------
    DataError
        When either file is broken or they do not fit each other.
    """
    mesh = read_mesh(mesh_file)
    chart, uv, mirror = _read_charts(charts_file, len(mesh.faces))
    return checked(_scaled(mesh_file.stem, mesh, chart, uv, mirror), charts_file)


def save_charts(path: Path, surface: Surface) -> None:
    """Write the charts table of a surface as CSV."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(HEADER)
        for face, (chart, uv) in enumerate(zip(surface.chart, surface.uv, strict=True)):
            writer.writerow([face, int(chart), *(f"{value:.6f}" for value in uv.ravel())])


def save_surface(path: Path, surface: Surface) -> None:
    """Write a surface as one npz file."""
    np.savez_compressed(path, name=np.array(surface.name),
                        **{name: getattr(surface, name) for name in _FIELDS})


def read_surface(path: Path) -> Surface:
    """A surface from the npz file that :func:`save_surface` wrote.

    Raises
    ------
    DataError
        When it is not such a file.
    """
    stored = _read_npz(path, ("name", *_FIELDS))
    surface = Surface(str(stored["name"]), *(stored[name] for name in _FIELDS))
    return checked(surface, path)


def load_densepose_uv(uv_file: Path, mesh_file: Path) -> Surface:
    """The surface of DensePose: ``UV_Processed.mat`` on the body mesh that a user has.

    Parameters
    ----------
    uv_file : Path
        MATLAB file with ``All_Faces`` [F, 3] and ``All_vertices`` [S] (both counted from 1: split
        vertices of faces, body vertex of each split vertex), ``All_FaceIndices`` [F] (chart), and
        ``All_U_norm``, ``All_V_norm`` [S].
    mesh_file : Path
        The body in its rest pose, vertices in the order of the body model.

    Raises
    ------
    DataError
        When a file is broken or the two do not fit.
    """
    from scipy.io import loadmat
    from scipy.io.matlab import MatReadError

    try:
        stored = loadmat(uv_file)
        faces = stored["All_Faces"].astype(np.int64) - 1
        body_vertex = stored["All_vertices"].ravel().astype(np.int64) - 1
        chart = stored["All_FaceIndices"].ravel().astype(np.uint8)
        uv = np.stack([stored["All_U_norm"].ravel(), stored["All_V_norm"].ravel()], axis=1)
        corners, flat = body_vertex[faces], uv[faces]
    except OSError as error:
        raise DataError(f"{uv_file}: {error.strerror or error}.", "Check the path.") from error
    except (MatReadError, ValueError, LookupError, TypeError, NotImplementedError) as error:
        raise DataError(f"{uv_file}: not DensePose's UV_Processed.mat ({error}).",
                        "Get the file from the DensePose project.") from error
    mesh = read_mesh(mesh_file)
    if corners.max() >= len(mesh.vertices):
        raise DataError(f"{mesh_file}: {len(mesh.vertices)} vertices, but {uv_file.name} speaks of "
                        f"{corners.max() + 1}.", "Give the body mesh that it was made for.")
    mesh = Mesh.of(mesh.vertices, corners)
    return checked(_scaled("densepose", mesh, chart, flat.astype(np.float32), None), uv_file)


def mirror_by_position(vertices: Array) -> Array:
    """For each vertex the one nearest to its mirror image in x = 0, int32 [V]."""
    from scipy.spatial import cKDTree

    return np.asarray(cKDTree(vertices).query(vertices * (-1, 1, 1))[1].astype(np.int32))


def checked(surface: Surface, path: Path) -> Surface:
    """The surface, if its arrays fit together.

    Raises
    ------
    DataError
        Naming ``path`` and what is wrong.
    """
    count = len(surface.faces)
    wrong = ""
    if surface.chart.shape != (count,) or surface.uv.shape != (count, 3, 2):
        wrong = f"{len(surface.chart)} charts for {count} triangles"
    elif not ((surface.chart >= 1) & (surface.chart <= 24)).all():
        wrong = "charts beyond 1 to 24"
    elif not ((surface.uv >= 0) & (surface.uv <= 1)).all():
        wrong = "u or v beyond 0 to 1"
    elif surface.mirror.shape != (len(surface.vertices),):
        wrong = f"{len(surface.mirror)} mirror entries for {len(surface.vertices)} vertices"
    elif surface.mirror.max() >= len(surface.vertices) or surface.mirror.min() < 0:
        wrong = "mirror vertices that are not there"
    elif surface.faces.max() >= len(surface.vertices) or surface.faces.min() < 0:
        wrong = "triangles of vertices that are not there"
    if wrong:
        raise DataError(f"{path}: {wrong}.", "One row per triangle: chart 1 to 24, u and v 0 to 1.")
    return surface


def _read_charts(path: Path, count: int) -> tuple[Array, Array, Array | None]:
    if path.suffix == ".npz":
        stored = _read_npz(path, ("chart", "uv"))
        return (stored["chart"].astype(np.uint8), stored["uv"].astype(np.float32),
                stored.get("mirror"))
    try:
        with path.open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        table = np.array([[float(row[name]) for name in HEADER] for row in rows]).reshape(-1, 8)
    except OSError as error:
        raise DataError(f"{path}: {error.strerror}.", "Check the path.") from error
    except (KeyError, TypeError, ValueError) as error:
        raise DataError(f"{path}: not a charts table ({error}).",
                        f"Its columns are {','.join(HEADER)}.") from error
    table = table[np.argsort(table[:, 0], kind="stable")]
    if not np.array_equal(table[:, 0], np.arange(count)):
        raise DataError(f"{path}: {len(table)} rows for {count} triangles.",
                        "One row for each triangle of the mesh, numbered from 0.")
    if not ((table[:, 1] >= 1) & (table[:, 1] <= 24)).all():
        raise DataError(f"{path}: charts beyond 1 to 24.", "Number them as DensePose does.")
    return table[:, 1].astype(np.uint8), table[:, 2:].reshape(-1, 3, 2).astype(np.float32), None


def _read_npz(path: Path, names: tuple[str, ...]) -> dict[str, Array]:
    from zipfile import BadZipFile

    try:
        with np.load(path) as stored:
            content = dict(stored)
    except OSError as error:
        raise DataError(f"{path}: {error.strerror or error}.", "Check the path.") from error
    except (ValueError, BadZipFile, EOFError) as error:
        raise DataError(f"{path}: not an npz file ({error}).", "Write it again.") from error
    missing = [name for name in names if name not in content]
    if missing:
        raise DataError(f"{path}: {missing[0]} is missing.", f"It needs {', '.join(names)}.")
    return content


def _scaled(name: str, mesh: Mesh, chart: Array, uv: Array, mirror: Array | None) -> Surface:
    low, high = mesh.vertices.min(0), mesh.vertices.max(0)
    vertices = (mesh.vertices - [0, low[1], 0]) * (HEIGHT_M / max(high[1] - low[1], 1e-9))
    known = mirror_by_position(vertices) if mirror is None else mirror.astype(np.int32)
    return Surface(name, vertices.astype(np.float32), mesh.faces, chart, uv, known)
