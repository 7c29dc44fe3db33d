"""What numpy arrays look like in a pickle, and how they are put together without numpy's help.

An array stands there as an empty one that is given a state: shape, dtype and bytes. Shape and bytes
must agree before anything is made of them, so that no number in a file asks for memory that the
file does not fill.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from wildpose.models.exchange.plain_pickle import Admitted, Builder, Name, UnfitError, shown
from wildpose.types import Array

KINDS = frozenset(
    ("f2", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "b1"))
MOST_DIMENSIONS = 8
LARGEST_SIDE = 2**31


def checked_shape(value: Any) -> tuple[int, ...]:
    """A shape, if it is one.

    Raises
    ------
    UnfitError
        Not a tuple of up to eight whole numbers from 0 on.
    """
    fits = (type(value) is tuple and len(value) <= MOST_DIMENSIONS
            and all(type(side) is int and 0 <= side < LARGEST_SIDE for side in value))
    if not fits:
        raise UnfitError("it holds an array of an impossible shape")
    shape: tuple[int, ...] = value
    return shape


class DtypeCell:
    """A dtype: the kind of numbers, and after its state their byte order."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.order = "="

    def set_state(self, state: Any) -> None:
        """Take the byte order; named fields and sub-arrays are refused."""
        match state:
            case (int(), "<" | ">" | "|" | "=" as order, None, None, None, int(), int(), int()):
                self.order = "=" if order == "|" else order
            case _:
                raise UnfitError("it holds an array of other things than plain numbers")

    def numpy(self) -> np.dtype[Any]:
        """The dtype."""
        return np.dtype(self.order + self.kind)


class ArrayCell:
    """An array, once its state is there."""

    def __init__(self) -> None:
        self.shape: tuple[int, ...] = (0,)
        self._values: Array = np.empty(0, np.float32)

    def set_state(self, state: Any) -> None:
        """Take shape, dtype, order and bytes."""
        match state:
            case (int(), shape, DtypeCell() as dtype, bool() | int() as column_major, raw):
                self._set(shape, dtype, bool(column_major), raw)
            case _:
                raise UnfitError("it holds an array of other things than plain numbers")

    def _set(self, shape: Any, dtype: DtypeCell, column_major: bool, raw: Any) -> None:
        self.shape = checked_shape(shape)
        held, kind = _bytes(raw), dtype.numpy()
        needed = math.prod(self.shape) * kind.itemsize
        if needed != len(held):
            raise UnfitError(f"it says that an array has the shape {self.shape}, {needed} bytes, "
                             f"and holds {len(held)} of them")
        self._values = np.frombuffer(held, kind).reshape(
            self.shape, order="F" if column_major else "C")

    def array(self) -> Array:
        """The numbers, in this machine's byte order and C order; may be read-only."""
        values: Array = np.ascontiguousarray(
            self._values, self._values.dtype.newbyteorder("=")).reshape(self.shape)
        return values


def _bytes(raw: Any) -> bytes | bytearray:
    """Bytes; those of Python 2 and of protocol 0 come as text."""
    if isinstance(raw, str):
        try:
            return raw.encode("latin-1")
        except UnicodeEncodeError as error:
            raise UnfitError("it holds text where an array's bytes belong") from error
    if isinstance(raw, bytes | bytearray):
        return raw
    raise UnfitError("it holds an array of other things than plain numbers")


def _dtype(arguments: tuple[Any, ...]) -> DtypeCell:
    match arguments:
        case (str() as kind, *_) if kind in KINDS:
            return DtypeCell(kind)
        case (str() as kind, *_):
            raise UnfitError(f"it holds an array of kind {shown(kind)}; weights are numbers")
        case _:
            raise UnfitError("it holds an array of other things than plain numbers")


def _reconstruct(arguments: tuple[Any, ...]) -> ArrayCell:
    match arguments:
        case (Name(module="numpy", attribute="ndarray"), _, _):
            return ArrayCell()
        case _:
            raise UnfitError("it holds an array of a special class")


def _from_buffer(arguments: tuple[Any, ...]) -> ArrayCell:
    match arguments:
        case (raw, DtypeCell() as dtype, shape, "C" | "F" as order):
            cell = ArrayCell()
            cell.set_state((1, shape, dtype, order == "F", raw))
            return cell
        case _:
            raise UnfitError("it holds an array of other things than plain numbers")


def _scalar(arguments: tuple[Any, ...]) -> int | float | bool:
    match arguments:
        case (DtypeCell() as dtype, bytes() | str() as raw):
            cell = ArrayCell()
            cell.set_state((1, (), dtype, False, raw))
            number: int | float | bool = cell.array().item()
            return number
        case _:
            raise UnfitError("it holds a number of a special kind")


def _encoded(arguments: tuple[Any, ...]) -> bytes | bytearray:
    match arguments:
        case (str() as text, "latin1" | "latin-1"):
            return _bytes(text)
        case _:
            raise UnfitError("it holds text in an encoding that weights do not need")


def _no_bytes(arguments: tuple[Any, ...]) -> bytes:
    """What Python 3 writes for ``b""`` in the protocols of Python 2."""
    if arguments:
        raise UnfitError("it holds bytes of a special kind")
    return b""


def _dictionary(arguments: tuple[Any, ...]) -> dict[Any, Any]:
    """An OrderedDict: empty, its items following, or with a list of pairs (Python 2)."""
    match arguments:
        case () | ([],):
            return {}
        case (list() as pairs,) if all(type(p) in (list, tuple) and len(p) == 2
                                       and type(p[0]) is str for p in pairs):
            return {key: value for key, value in pairs}
        case _:
            raise UnfitError("it holds a dictionary of a special kind")


NUMPY_BUILDERS: dict[str, Builder] = {
    "collections.OrderedDict": _dictionary,
    "_codecs.encode": _encoded,
    "__builtin__.bytes": _no_bytes,
    "numpy.dtype": _dtype,
    "numpy.core.multiarray._reconstruct": _reconstruct,
    "numpy.core.multiarray.scalar": _scalar,
    "numpy.core.numeric._frombuffer": _from_buffer,
}
"""What arrays and dictionaries need, by the name that a file gives."""

NUMPY = Admitted(NUMPY_BUILDERS, frozenset({"numpy.ndarray"}), (DtypeCell, ArrayCell))
"""Numpy arrays and plain containers."""
