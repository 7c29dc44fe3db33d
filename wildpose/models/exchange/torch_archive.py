"""Read what ``torch.save`` writes: a zip with a pickle and one record of bytes per storage.

torch never compresses its records. An archive that does is refused before a byte of it is read,
which leaves no room for a bomb; records that overlap are found by adding their sizes up.
"""

from __future__ import annotations

import io
import math
import re
import struct
import zipfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from wildpose.errors import ModelError
from wildpose.models.exchange.numpy_parts import NUMPY, NUMPY_BUILDERS, checked_shape
from wildpose.models.exchange.plain_pickle import (
    DAMAGED,
    DANGEROUS,
    Admitted,
    Name,
    UnfitError,
    read_plain,
    shown,
)
from wildpose.types import Array

MOST_RECORDS = 20_000
MOST_PICKLE_BYTES = 64 * 2**20
_RECORD_OF_DIRECTORY = b"PK\x01\x02"
_ENCRYPTED = 0x1

STORAGES = {
    "FloatStorage": "f4", "HalfStorage": "f2", "DoubleStorage": "f8", "BFloat16Storage": "bf16",
    "LongStorage": "i8", "IntStorage": "i4", "ShortStorage": "i2", "CharStorage": "i1",
    "ByteStorage": "u1", "BoolStorage": "b1",
}
"""Kinds of numbers by the name of their storage."""
_BYTES = {"bf16": 2}

BROKEN = (zipfile.BadZipFile, struct.error, EOFError, OSError, ValueError, RuntimeError)
"""What a damaged archive makes Python's reader raise."""

ReadRecord = Callable[[str], bytes]


@dataclass(frozen=True)
class Storage:
    """The numbers that one or several tensors look at; read when asked for."""

    record: str
    kind: str
    count: int
    byte_order: str
    read: ReadRecord

    def numbers(self) -> Array:
        """All of them, in one row.

        Raises
        ------
        UnfitError
            The record holds more or fewer.
        """
        raw, size = self.read(self.record), _BYTES.get(self.kind) or int(self.kind[1:])
        if len(raw) != self.count * size:
            raise UnfitError(f"record {shown(self.record)} holds {len(raw)} bytes and not "
                             f"{self.count * size}")
        if self.kind == "bf16":
            # bfloat16 is the upper half of float32
            halves = np.frombuffer(raw, f"{self.byte_order}u2").astype(np.uint32)
            return (halves << 16).view(np.float32)
        return np.frombuffer(raw, self.byte_order + self.kind).astype(self.kind, copy=False)


@dataclass(frozen=True)
class TensorCell:
    """A tensor: a storage and how to walk through it."""

    storage: Storage
    offset: int
    shape: tuple[int, ...]
    stride: tuple[int, ...]

    def array(self) -> Array:
        """The numbers, in C order."""
        numbers = self.storage.numbers()
        steps = tuple(s * numbers.itemsize for s in self.stride)
        return np.ascontiguousarray(np.lib.stride_tricks.as_strided(
            numbers[self.offset:], self.shape, steps, writeable=False)).reshape(self.shape)


@contextmanager
def opened_archive(path: Path) -> Iterator[Any]:
    """What a file of ``torch.save`` holds, tensors as :class:`TensorCell`.

    Yields
    ------
    object
        Its tensors can be read until the context ends.

    Raises
    ------
    ModelError
        The archive is damaged, compressed, or its pickle is refused.
    """
    with ExitStack() as open_files:
        try:
            _count_records(path)
            archive = open_files.enter_context(zipfile.ZipFile(path))
            _check_records(path, archive.infolist())
            content = _read(path, archive)
        except BROKEN as error:
            raise ModelError(f"{path}: cut short or damaged ({error}).", DAMAGED) from error
        yield content


def _count_records(path: Path) -> None:
    """Refuse a directory of millions of records before it is read into memory."""
    found, before = 0, b""
    with path.open("rb") as file:
        while piece := file.read(2**20):
            found += (before + piece).count(_RECORD_OF_DIRECTORY)
            before = piece[-3:]
    if found > MOST_RECORDS:
        raise ModelError(f"{path}: refused: it has {found} records, more than any checkpoint.",
                         DANGEROUS)


def _check_records(path: Path, records: list[zipfile.ZipInfo]) -> None:
    for record in records:
        if record.compress_type != zipfile.ZIP_STORED or record.flag_bits & _ENCRYPTED \
                or record.file_size != record.compress_size:
            raise ModelError(
                f"{path}: refused: its record {shown(record.filename)} is compressed "
                f"({record.compress_size} bytes that claim to be {record.file_size}); torch never "
                "compresses.", DANGEROUS)
    claimed, held = sum(r.file_size for r in records), path.stat().st_size
    if claimed > held:
        raise ModelError(f"{path}: refused: its records claim {claimed} bytes, and the file has "
                         f"{held}.", DANGEROUS)
    if len({r.filename for r in records}) != len(records):
        raise ModelError(f"{path}: refused: two of its records have the same name.", DANGEROUS)


def _read(path: Path, archive: zipfile.ZipFile) -> Any:
    pickles = [n for n in archive.namelist() if re.fullmatch(r"[^/]+/data\.pkl", n)]
    if len(pickles) != 1:
        raise ModelError(f"{path}: a zip file, but not one that torch.save wrote.",
                         "Give the .pth file of a training run.")
    top = pickles[0].removesuffix("data.pkl")
    if archive.getinfo(pickles[0]).file_size > MOST_PICKLE_BYTES:
        raise ModelError(f"{path}: refused: its list of tensors is larger than "
                         f"{MOST_PICKLE_BYTES // 2**20} MB.", DANGEROUS)
    order = _byte_order(archive, f"{top}byteorder")
    records = {n: archive.getinfo(n).file_size for n in archive.namelist()}
    return read_plain(io.BytesIO(archive.read(pickles[0])), str(path),
                      _admitted(records, top, order, _reader(archive)))


def _byte_order(archive: zipfile.ZipFile, record: str) -> str:
    if record not in archive.namelist():
        return "<"
    return ">" if archive.getinfo(record).file_size == 3 and archive.read(record) == b"big" \
        else "<"


def _reader(archive: zipfile.ZipFile) -> ReadRecord:
    def read(record: str) -> bytes:
        try:
            return archive.read(record)
        except BROKEN as error:
            raise UnfitError(f"cut short or damaged ({error})") from error

    return read


def _admitted(records: dict[str, int], top: str, order: str, read: ReadRecord) -> Admitted:
    def storage(reference: Any) -> Storage:
        match reference:
            case ("storage", Name(module="torch", attribute=kind), str() as key, str(),
                  int() as count) if kind in STORAGES and f"{top}data/{key}" in records:
                return Storage(f"{top}data/{key}", STORAGES[kind], count, order, read)
            case _:
                raise UnfitError("it refers to numbers that it does not hold")

    builders = {
        **NUMPY_BUILDERS,
        "torch._utils._rebuild_tensor_v2": _tensor,
        "torch._utils._rebuild_parameter": _parameter,
    }
    names = NUMPY.names | {f"torch.{name}" for name in STORAGES}
    return Admitted(builders, names, NUMPY.cells, storage)


def _tensor(arguments: tuple[Any, ...]) -> TensorCell:
    match arguments:
        case (Storage() as storage, int() as offset, size, stride, bool(), *_):
            shape, steps = checked_shape(size), checked_shape(stride)
        case _:
            raise UnfitError("it holds a tensor of a special kind")
    last = offset + sum((n - 1) * s for n, s in zip(shape, steps, strict=False))
    count = math.prod(shape)
    fits = len(shape) == len(steps) and offset >= 0 and count <= storage.count
    if not fits or (count and last >= storage.count):
        raise UnfitError(f"it says that a tensor has the shape {shape}, and holds "
                         f"{storage.count} numbers for it")
    return TensorCell(storage, offset, shape, steps)


def _parameter(arguments: tuple[Any, ...]) -> TensorCell:
    match arguments:
        case (TensorCell() as tensor, *_):
            return tensor
        case _:
            raise UnfitError("it holds a tensor of a special kind")
