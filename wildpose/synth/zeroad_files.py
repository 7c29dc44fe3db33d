"""Files of the game 0 A.D.: meshes (PMD), clips (PSA), and the archive or folder they lie in.

Both formats are little-endian and written by the game's own converter; bone transforms in them are
absolute (model space). Layout as measured on the fauna of 0 A.D. 0.0.26.
"""

from __future__ import annotations

import struct
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from wildpose.errors import DataError
from wildpose.types import Array

_ADVICE = "Fetch the game's data again (Debian package 0ad-data)."
_UNUSED = 0xFF


@dataclass(frozen=True)
class PmdMesh:
    """A mesh as stored: left-handed, the head toward -z, any unit.

    Attributes
    ----------
    vertices, normals : float32 [V, 3]
        In the bind pose.
    uv : float32 [V, S, 2]
        S sets of texture coordinates; v grows upward.
    bone : uint8 [V, 4]
        255 where unused; the number of bones stands for "not moved".
    weight : float32 [V, 4]
    faces : uint16 [F, 3]
    bones : float32 [B, 7]
        Translation and quaternion (x, y, z, w) in the bind pose.
    props : tuple of str
        Names of the places where the game attaches things.
    """

    vertices: Array
    normals: Array
    uv: Array
    bone: Array
    weight: Array
    faces: Array
    bones: Array
    props: tuple[str, ...]


@dataclass(frozen=True)
class PsaClip:
    """A clip as stored; the last key is left out, so it loops.

    Attributes
    ----------
    frame_ms : float
    frames : float32 [T, B, 7]
        Translation and quaternion (x, y, z, w).
    """

    frame_ms: float
    frames: Array


class _Reader:
    """Reads little-endian values one after the other and knows when the file ends."""

    def __init__(self, data: bytes, name: str) -> None:
        self.data, self.name, self.offset = data, name, 0

    def take(self, layout: str) -> tuple[int | float, ...]:
        """Values of a struct layout."""
        size = struct.calcsize("<" + layout)
        self._check(size)
        values = struct.unpack_from("<" + layout, self.data, self.offset)
        self.offset += size
        return values

    def count(self) -> int:
        """A 32-bit count."""
        return int(self.take("I")[0])

    def array(self, kind: np.dtype[np.void] | str, count: int) -> Array:
        """An array of records."""
        dtype = np.dtype(kind)
        self._check(dtype.itemsize * count)
        values = np.frombuffer(self.data, dtype, count, self.offset)
        self.offset += dtype.itemsize * count
        return values

    def text(self) -> str:
        """A string with its length in front."""
        length = self.count()
        return self.array("u1", length).tobytes().decode("utf-8", "replace")

    def head(self, magic: bytes) -> int:
        """The magic number and the size; returns the version."""
        if self.data[:4] != magic:
            raise DataError(f"{self.name}: not a {magic.decode()} file.", _ADVICE)
        self.offset = 4
        version, size = self.count(), self.count()
        if size != len(self.data) - 12:
            raise DataError(
                f"{self.name}: {len(self.data)} bytes where {size + 12} should be.", _ADVICE
            )
        return version

    def done(self) -> None:
        """Nothing may be left."""
        if self.offset != len(self.data):
            left = len(self.data) - self.offset
            raise DataError(f"{self.name}: {left} bytes too many.", _ADVICE)

    def _check(self, size: int) -> None:
        if self.offset + size > len(self.data):
            raise DataError(f"{self.name}: the file ends too early.", _ADVICE)


def parse_pmd(data: bytes, name: str) -> PmdMesh:
    """Read a mesh.

    Parameters
    ----------
    data : bytes
    name : str
        For messages.

    Raises
    ------
    DataError
        When it is no such file, cut short or too long, or its faces point outside.
    """
    reader = _Reader(data, name)
    version = reader.head(b"PSMD")
    vertex_count = reader.count()
    sets = reader.count() if version >= 4 else 1
    vertex = np.dtype([
        ("position", "<f4", 3), ("normal", "<f4", 3), ("uv", "<f4", (sets, 2)),
        ("bone", "u1", 4), ("weight", "<f4", 4),
    ])
    vertices = reader.array(vertex, vertex_count)
    faces = reader.array("<u2", 3 * reader.count()).reshape(-1, 3)
    bones = reader.array("<f4", 7 * reader.count()).reshape(-1, 7)
    props = []
    for _ in range(reader.count()):
        props.append(reader.text())
        reader.take("7fB")
    reader.done()
    if faces.max(initial=0) >= max(vertex_count, 1):
        raise DataError(f"{name}: a face names a vertex that isn't there.", _ADVICE)
    used = vertices["bone"][vertices["bone"] != _UNUSED]
    if used.max(initial=0) > len(bones):
        raise DataError(f"{name}: a vertex names a bone that isn't there.", _ADVICE)
    return PmdMesh(
        vertices["position"], vertices["normal"], vertices["uv"], vertices["bone"],
        vertices["weight"], faces, bones, tuple(props),
    )


def parse_psa(data: bytes, name: str) -> PsaClip:
    """Read a clip; parameters and errors as in ``parse_pmd``."""
    reader = _Reader(data, name)
    reader.head(b"PSSA")
    reader.text()
    frame_ms = float(reader.take("f")[0])
    bones, frames = reader.count(), reader.count()
    keys = reader.array("<f4", 7 * bones * frames).reshape(frames, bones, 7)
    reader.done()
    if frames == 0 or not frame_ms > 0:
        raise DataError(f"{name}: a clip without frames.", _ADVICE)
    return PsaClip(frame_ms, keys)


class GameFiles:
    """Files of the game by their path below ``art``, in a zip or a folder, whatever their case.

    Parameters
    ----------
    source : Path
        ``public.zip`` or another zip with ``art/`` in it; a folder that holds ``art/`` or
        ``public.zip`` somewhere (the game's own folder, for example).

    Raises
    ------
    DataError
        When there is no such thing.
    """

    def __init__(self, source: Path) -> None:
        self.source = source
        self._archive: zipfile.ZipFile | None = None
        if source.is_dir():
            inside = next(iter(sorted(source.rglob("public.zip"))), None)
            art = next((p for p in sorted(source.rglob("art")) if (p / "actors").is_dir()), None)
            if inside is None and art is None:
                raise DataError(f"{source}: neither art/ nor public.zip in it.", _ADVICE)
            source = inside if art is None and inside is not None else source
        if source.is_dir():
            self._names = {
                str(p.relative_to(art.parent)).replace("\\", "/").lower(): str(p)
                for p in art.rglob("*") if p.is_file()
            } if art is not None else {}
            return
        try:
            self._archive = zipfile.ZipFile(source)
        except (OSError, zipfile.BadZipFile) as error:
            raise DataError(f"{source}: not a readable zip file.", _ADVICE) from error
        self._names = {name.lower(): name for name in self._archive.namelist()}

    def has(self, name: str) -> bool:
        """Whether a file is there."""
        return name.lower() in self._names

    def names(self, folder: str, ending: str = "") -> list[str]:
        """Paths below a folder, sorted, in lower case."""
        start = folder.lower().rstrip("/") + "/"
        return sorted(n for n in self._names if n.startswith(start) and n.endswith(ending))

    def read(self, name: str) -> bytes:
        """A file's content.

        Raises
        ------
        DataError
            When it is missing or damaged.
        """
        stored = self._names.get(name.lower())
        if stored is None:
            raise DataError(f"{self.source}: {name} is missing.", _ADVICE)
        try:
            return self._archive.read(stored) if self._archive else Path(stored).read_bytes()
        except (OSError, zipfile.BadZipFile, RuntimeError, EOFError) as error:
            raise DataError(f"{self.source}: {name} can't be read.", _ADVICE) from error
