"""Write the pickle that detectron2 reads: a dictionary of numpy arrays.

Instruction by instruction rather than with :mod:`pickle`, whose output depends on the numpy at
hand: numpy 2 names ``numpy._core``, which an older one can't import, and detectron2 often runs with
an older one. What is written is plain protocol 3 under the older names, which both read.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import IO

import numpy as np

from wildpose.types import Array

AUTHOR = "wildpose"
LARGEST_ARRAY = 2**32 - 1
"""Bytes that one array may have in this protocol."""

_PROTOCOL_3 = b"\x80\x03"
_NEW_DICT, _MARK, _SET_ITEMS, _STOP = b"}", b"(", b"u", b"."
_TUPLE, _TUPLE_1, _TUPLE_3, _REDUCE, _BUILD = b"t", b"\x85", b"\x87", b"R", b"b"
_NONE, _TRUE, _FALSE = b"N", b"\x88", b"\x89"
_RECONSTRUCT = b"cnumpy.core.multiarray\n_reconstruct\n"
_NDARRAY = b"cnumpy\nndarray\n"
_DTYPE = b"cnumpy\ndtype\n"


def write_detectron2_pickle(path: Path, weights: Mapping[str, Array]) -> None:
    """Write weights as ``{"model": ..., "__author__": "wildpose", "matching_heuristics": False}``.

    Beside the file first, then renamed: whoever reads it never sees half of it.

    Parameters
    ----------
    path : Path
    weights : mapping of str to array
        Written as float32.
    """
    beside = path.with_name(f"{path.name}.part")
    with beside.open("wb") as file:
        file.write(_PROTOCOL_3 + _NEW_DICT + _MARK + _text("model") + _NEW_DICT + _MARK)
        for name, values in weights.items():
            file.write(_text(name))
            _write_array(file, values)
        file.write(_SET_ITEMS)
        file.write(_text("__author__") + _text(AUTHOR))
        file.write(_text("matching_heuristics") + _FALSE)
        file.write(_SET_ITEMS + _STOP)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)


def _text(text: str) -> bytes:
    encoded = text.encode()
    return b"X" + struct.pack("<I", len(encoded)) + encoded


def _whole_number(value: int) -> bytes:
    return b"J" + struct.pack("<i", value)


def _write_array(file: IO[bytes], values: Array) -> None:
    """``_reconstruct(ndarray, (0,), b"b")`` and the state (version, shape, dtype, order, bytes)."""
    plain = np.ascontiguousarray(values, "<f4").reshape(np.shape(values))
    if plain.nbytes > LARGEST_ARRAY:
        raise ValueError(f"an array of {plain.nbytes} bytes does not fit into the format")
    file.write(_RECONSTRUCT + _NDARRAY + _whole_number(0) + _TUPLE_1 + b"C\x01b" + _TUPLE_3)
    file.write(_REDUCE + _MARK + _whole_number(1))
    file.write(_MARK + b"".join(map(_whole_number, plain.shape)) + _TUPLE)
    file.write(_float32() + _FALSE + b"B" + struct.pack("<I", plain.nbytes))
    file.write(plain.data if plain.size else b"")
    file.write(_TUPLE + _BUILD)


def _float32() -> bytes:
    """``dtype("f4", False, True)`` and its state (3, "<", None, None, None, -1, -1, 0)."""
    made = _DTYPE + _text("f4") + _FALSE + _TRUE + _TUPLE_3 + _REDUCE
    state = _whole_number(3) + _text("<") + _NONE * 3 + _whole_number(-1) * 2 + _whole_number(0)
    return made + _MARK + state + _TUPLE + _BUILD
