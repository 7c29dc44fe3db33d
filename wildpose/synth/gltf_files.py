"""glTF 2.0 files (.glb, .gltf): the JSON document, its buffers and the arrays in them.

Format: Khronos glTF 2.0 specification, sections 3.6 (accessors) and 4 (binary container).
"""

from __future__ import annotations

import base64
import json
import struct
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from wildpose.errors import DataError
from wildpose.types import Array

_Read = TypeVar("_Read")
_MAGIC, _JSON_CHUNK, _BINARY_CHUNK = 0x46546C67, 0x4E4F534A, 0x004E4942
_NUMBERS = {5120: "<i1", 5121: "<u1", 5122: "<i2", 5123: "<u2", 5125: "<u4", 5126: "<f4"}
_WIDTH = {"SCALAR": 1, "VEC2": 2, "VEC3": 3, "VEC4": 4, "MAT4": 16}


@dataclass(frozen=True)
class GltfFile:
    """A document and its buffers.

    Attributes
    ----------
    path : Path
    document : dict
        The JSON, as the specification names it.
    buffers : tuple of bytes
    """

    path: Path
    document: dict[str, Any]
    buffers: tuple[bytes, ...]

    def array(self, accessor: int) -> Array:
        """An accessor's values, [count, width]; whole numbers that stand for [0, 1] as float."""
        return _guarded(self.path, lambda: self._array(self.document["accessors"][accessor]))

    def view(self, number: int) -> bytes:
        """The bytes of a buffer view, such as a picture's."""
        def cut() -> bytes:
            view = self.document["bufferViews"][number]
            start = view.get("byteOffset", 0)
            cut_out: bytes = self.buffers[view["buffer"]][start : start + view["byteLength"]]
            return cut_out

        return _guarded(self.path, cut)

    def _array(self, accessor: dict[str, Any]) -> Array:
        if "sparse" in accessor or "bufferView" not in accessor:
            raise DataError(f"{self.path}: sparse accessors are not read.", "Export dense ones.")
        view = self.document["bufferViews"][accessor["bufferView"]]
        kind = np.dtype(_NUMBERS[accessor["componentType"]])
        width = _WIDTH[accessor["type"]]
        values = np.ndarray(
            (accessor["count"], width),
            kind,
            self.buffers[view["buffer"]],
            view.get("byteOffset", 0) + accessor.get("byteOffset", 0),
            (view.get("byteStride", width * kind.itemsize), kind.itemsize),
        )
        if accessor.get("normalized"):
            largest = float(np.iinfo(kind).max)
            return np.asarray(np.maximum(values.astype(np.float32) / largest, -1))
        return values.copy()


def read_gltf(path: Path) -> GltfFile:
    """Read a .glb, or a .gltf with its buffers beside it or inside it.

    Raises
    ------
    DataError
        When the file is missing, cut or no glTF 2.0.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise DataError(f"{path}: {error.strerror}.", "Give a .glb or .gltf file.") from error
    binary: bytes | None = None
    if content[:4] == b"glTF":
        content, binary = _glb_chunks(path, content)
    try:
        document = json.loads(content)
        version = str(document["asset"]["version"])
    except (ValueError, KeyError, TypeError) as error:
        raise DataError(f"{path}: not a glTF file.", "Give a .glb or .gltf file.") from error
    if not version.startswith("2"):
        raise DataError(f"{path}: glTF {version} is not read.", "Export it as glTF 2.0.")
    buffers = tuple(
        _buffer(path, buffer, binary if number == 0 else None)
        for number, buffer in enumerate(document.get("buffers", []))
    )
    return GltfFile(path, document, buffers)


def _glb_chunks(path: Path, content: bytes) -> tuple[bytes, bytes | None]:
    chunks: dict[int, bytes] = {}
    try:
        magic, _, total = struct.unpack_from("<III", content)
        offset = 12
        while offset < total:
            length, kind = struct.unpack_from("<II", content, offset)
            if offset + 8 + length > len(content):
                raise struct.error("cut short")
            chunks.setdefault(kind, content[offset + 8 : offset + 8 + length])
            offset += 8 + length
    except struct.error as error:
        raise DataError(f"{path}: the file ends too early.", "Fetch it again.") from error
    if magic != _MAGIC or _JSON_CHUNK not in chunks:
        raise DataError(f"{path}: a .glb without its document.", "Fetch it again.")
    return chunks[_JSON_CHUNK], chunks.get(_BINARY_CHUNK)


def _buffer(path: Path, buffer: dict[str, Any], binary: bytes | None) -> bytes:
    address = str(buffer.get("uri", ""))
    if not address:
        if binary is None:
            raise DataError(f"{path}: a buffer has no content.", "Export it again.")
        return binary
    if address.startswith("data:"):
        return base64.b64decode(address.partition(",")[2])
    beside = (path.parent / address).resolve()
    # A file may name only what lies in its own folder: it may come from anywhere.
    if path.parent.resolve() not in beside.parents or not beside.is_file():
        raise DataError(f"{path}: its buffer {address} is missing.", "Put it beside the file.")
    return beside.read_bytes()


def _guarded(path: Path, read: Callable[[], _Read]) -> _Read:
    try:
        return read()
    except (IndexError, KeyError, TypeError, ValueError) as error:
        raise DataError(
            f"{path}: an array of it points outside the file ({error}).", "Export it again."
        ) from error
