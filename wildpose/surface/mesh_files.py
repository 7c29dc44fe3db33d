"""Read triangle meshes that a user brings: OBJ, PLY, glTF.

Polygons become fans of triangles, in the order of the file, so that a table with one row per
triangle can go with it. Coordinates are taken as they are: the file must be in the package's
frame (x to the subject's left, y up, z forward).
"""

from __future__ import annotations

import base64
import json
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from wildpose.errors import DataError
from wildpose.surface.mesh import Mesh
from wildpose.types import Array

_PLY_TYPES = {
    "char": "i1", "int8": "i1", "uchar": "u1", "uint8": "u1", "short": "i2", "int16": "i2",
    "ushort": "u2", "uint16": "u2", "int": "i4", "int32": "i4", "uint": "u4", "uint32": "u4",
    "float": "f4", "float32": "f4", "double": "f8", "float64": "f8",
}
_GLTF_TYPES = {5121: "<u1", 5123: "<u2", 5125: "<u4", 5126: "<f4"}
_GLB_MAGIC = 0x46546C67


def read_mesh(path: Path) -> Mesh:
    """The mesh in an ``.obj``, ``.ply``, ``.gltf`` or ``.glb`` file.

    Raises
    ------
    DataError
        When the file is of another kind, broken, or holds no triangle.
    """
    reader = _READERS.get(path.suffix.lower())
    if reader is None:
        raise DataError(f"{path}: {path.suffix or 'no suffix'} is not a mesh file known here.",
                        f"Use one of {', '.join(sorted(_READERS))}.")
    try:
        mesh = reader(path)
    except OSError as error:
        raise DataError(f"{path}: {error.strerror or error}.", "Check the path.") from error
    except (ValueError, KeyError, IndexError, TypeError, struct.error) as error:
        raise DataError(f"{path}: not a readable {path.suffix[1:]} file ({error}).",
                        "Export it again.") from error
    if not len(mesh.faces) or mesh.faces.min() < 0 or mesh.faces.max() >= len(mesh.vertices):
        raise DataError(f"{path}: no triangles, or triangles of vertices that are not there.",
                        "Export the mesh as triangles.")
    return mesh


def _fans(polygons: list[list[int]]) -> Array:
    return np.array([[p[0], p[k], p[k + 1]] for p in polygons for k in range(1, len(p) - 1)],
                    np.int32).reshape(-1, 3)


def _read_obj(path: Path) -> Mesh:
    vertices: list[list[float]] = []
    polygons: list[list[int]] = []
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        word, *rest = line.split() or [""]
        if word == "v":
            vertices.append([float(x) for x in rest[:3]])
        elif word == "f":
            number = [int(corner.split("/")[0]) for corner in rest]
            # Numbers start at 1; negative ones count back from the last vertex so far.
            polygons.append([n - 1 if n > 0 else len(vertices) + n for n in number])
    return Mesh.of(np.array(vertices), _fans(polygons))


def _read_ply(path: Path) -> Mesh:
    """PLY 1.0: elements ``vertex`` (x, y, z) and ``face`` (one list of vertex numbers)."""
    content = path.read_bytes()
    end = content.index(b"end_header")
    start = content.index(b"\n", end) + 1
    lines = [line.split() for line in content[:end].decode("ascii").splitlines()]
    form = next(line[1] for line in lines if line[:1] == ["format"])
    elements: list[tuple[str, int, list[list[str]]]] = []
    for line in lines:
        if line[:1] == ["element"]:
            elements.append((line[1], int(line[2]), []))
        elif line[:1] == ["property"]:
            elements[-1][2].append(line[1:])
    if form == "ascii":
        tables = _ply_text(content[start:].split(), elements)
    else:
        order = "<" if form == "binary_little_endian" else ">"
        tables = _ply_binary(content, start, elements, order)
    names = [p[-1] for name, _, properties in elements if name == "vertex" for p in properties]
    columns = [names.index(axis) for axis in "xyz"]
    vertices = np.array([[row[c] for c in columns] for row in tables["vertex"]], np.float64)
    polygons = [next(value for value in row if isinstance(value, list)) for row in tables["face"]]
    return Mesh.of(vertices, _fans(polygons))


def _ply_text(words: list[bytes], elements: list[tuple[str, int, list[list[str]]]]) -> dict[
        str, list[list[Any]]]:
    tables: dict[str, list[list[Any]]] = {}
    at = 0
    for name, count, properties in elements:
        tables[name] = []
        for _ in range(count):
            row: list[Any] = []
            for kind, *_rest in properties:
                length = int(words[at]) if kind == "list" else 1
                values = words[at + 1:at + 1 + length] if kind == "list" else words[at:at + 1]
                row.append([int(v) for v in values] if kind == "list" else float(values[0]))
                at += length + (kind == "list")
            tables[name].append(row)
    return tables


def _ply_binary(content: bytes, at: int, elements: list[tuple[str, int, list[list[str]]]],
                order: str) -> dict[str, list[list[Any]]]:
    tables: dict[str, list[list[Any]]] = {}
    for name, count, properties in elements:
        tables[name] = []
        for _ in range(count):
            row: list[Any] = []
            for kind, *rest in properties:
                if kind == "list":
                    size = np.dtype(order + _PLY_TYPES[rest[0]])
                    item = np.dtype(order + _PLY_TYPES[rest[1]])
                    length = int(np.frombuffer(content, size, 1, at)[0])
                    at += size.itemsize
                    row.append(np.frombuffer(content, item, length, at).tolist())
                    at += length * item.itemsize
                else:
                    item = np.dtype(order + _PLY_TYPES[kind])
                    row.append(np.frombuffer(content, item, 1, at)[0])
                    at += item.itemsize
            tables[name].append(row)
    return tables


def _read_gltf(path: Path) -> Mesh:
    """All triangles of all meshes of glTF 2.0, without their nodes' transforms."""
    content = path.read_bytes()
    chunk = b""
    if struct.unpack_from("<I", content)[0] == _GLB_MAGIC:
        size = struct.unpack_from("<I", content, 12)[0]
        document = json.loads(content[20:20 + size])
        chunk = content[28 + size:]
    else:
        document = json.loads(content)
    buffers = [_buffer(entry, chunk, path.parent) for entry in document["buffers"]]
    vertices, faces, count = [], [], 0
    for mesh in document["meshes"]:
        for primitive in mesh["primitives"]:
            if primitive.get("mode", 4) != 4:
                continue
            place = _accessor(document, buffers, primitive["attributes"]["POSITION"])
            index = (_accessor(document, buffers, primitive["indices"]).ravel()
                     if "indices" in primitive else np.arange(len(place)))
            faces.append(index.reshape(-1, 3).astype(np.int64) + count)
            vertices.append(place)
            count += len(place)
    return Mesh.of(np.concatenate(vertices), np.concatenate(faces))


def _buffer(entry: dict[str, Any], chunk: bytes, folder: Path) -> bytes:
    uri: str | None = entry.get("uri")
    if uri is None:
        return chunk
    if uri.startswith("data:"):
        return base64.b64decode(uri.partition(",")[2])
    if "://" in uri or Path(uri).is_absolute() or ".." in Path(uri).parts:
        raise ValueError(f"buffer outside the file's folder: {uri}")
    return Path(folder / uri).read_bytes()


def _accessor(document: dict[str, Any], buffers: list[bytes], number: int) -> Array:
    accessor = document["accessors"][number]
    view = document["bufferViews"][accessor["bufferView"]]
    width = {"SCALAR": 1, "VEC2": 2, "VEC3": 3, "VEC4": 4}[accessor["type"]]
    kind = np.dtype(_GLTF_TYPES[accessor["componentType"]])
    stride = view.get("byteStride", width * kind.itemsize)
    start = view.get("byteOffset", 0) + accessor.get("byteOffset", 0)
    rows = np.ndarray((accessor["count"], width), kind, buffers[view["buffer"]], start,
                      (stride, kind.itemsize))
    return rows.copy()


_READERS: dict[str, Callable[[Path], Mesh]] = {
    ".obj": _read_obj, ".ply": _read_ply, ".gltf": _read_gltf, ".glb": _read_gltf,
}
