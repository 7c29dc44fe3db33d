"""Arrays as numpy pickles them, and arrays that claim what they do not hold."""

from __future__ import annotations

import io
import pickle
import struct

import numpy as np
import pytest

from wildpose.errors import ModelError
from wildpose.models.exchange.numpy_parts import KINDS, NUMPY
from wildpose.models.exchange.plain_pickle import read_plain


def read(data: bytes):
    return read_plain(io.BytesIO(data), "weights.pkl", NUMPY)


ARRAYS = {
    "one axis": np.arange(5, dtype=np.float32),
    "four axes": np.arange(24, dtype=np.float32).reshape(2, 1, 3, 4),
    "no axis": np.array(3.5, np.float32),
    "nothing": np.zeros((0, 3), np.float32),
    "columns first": np.asfortranarray(np.arange(6.0).reshape(2, 3)),
    "big-endian": np.arange(4).astype(">f4"),
    "every other": np.arange(10.0)[::2],
    "read-only": np.frombuffer(b"\0\0\x80\x3f", np.float32),
}


@pytest.mark.parametrize("name", ARRAYS)
@pytest.mark.parametrize("protocol", range(6))
def test_arrays_come_back_whatever_their_layout(name, protocol):
    found = read(pickle.dumps({"a": ARRAYS[name]}, protocol))["a"].array()
    assert found.shape == ARRAYS[name].shape
    assert found.dtype == ARRAYS[name].dtype.newbyteorder("=")
    assert found.flags.c_contiguous
    assert np.array_equal(found, ARRAYS[name])


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_all_kinds_of_plain_numbers_come_back(kind):
    values = np.array([0, 1, 1], kind)
    found = read(pickle.dumps(values)).array()
    assert found.dtype == values.dtype
    assert np.array_equal(found, values)


def test_numbers_of_numpy_come_back_as_pythons_own():
    assert read(pickle.dumps([np.float64(2.5), np.int64(-3), np.bool_(True)])) == [2.5, -3, True]


@pytest.mark.parametrize("array", [
    np.array([None, "a"], object), np.array(["a"]), np.array([b"a"]), np.array([1j]),
    np.zeros(2, [("a", "f4")]), np.zeros(2, "datetime64[s]"), np.zeros(2, "V8"),
    np.ma.masked_array([1.0], [True]), np.zeros((2, 2)).view(np.matrix),
    np.rec.fromarrays([[1]]),
], ids=lambda a: f"{type(a).__name__} {a.dtype}")
@pytest.mark.parametrize("protocol", [2, 5])
def test_arrays_of_other_things_than_numbers_are_refused(array, protocol):
    with pytest.raises(ModelError, match=r"weights\.pkl: "):
        read(pickle.dumps(array, protocol))


def with_shape(*sides: bytes) -> bytes:
    """The pickle of an array of 12 bytes that claims another shape."""
    data = pickle.dumps(np.zeros(3, np.float32), 2)
    assert data.count(b"K\x03\x85") == 1
    return data.replace(b"K\x03\x85", b"(" + b"".join(sides) + b"t")


LARGE = b"J" + struct.pack("<i", 2**31 - 1)


@pytest.mark.parametrize("sides", [
    (LARGE,) * 8, (LARGE,) * 9, (b"K\x00", LARGE, LARGE), (b"\x8a\x09" + b"\xff" * 8 + b"\0",),
    (b"J\xff\xff\xff\xff", b"J\xfd\xff\xff\xff"), (b"\x88", b"K\x03"), (b"K\x02",), (b"K\x04",), (),
    (b"G" + struct.pack(">d", 3.0),), (b"N",), (b"K\x01",) * 9 + (b"K\x03",),
], ids=["huge", "overflow", "nothing of much", "64 bits", "negative", "true", "too small",
        "too large", "no axis", "real", "none", "too many axes"])
def test_a_shape_that_the_bytes_do_not_fill_is_refused(sides):
    if sides == (b"K\x00", LARGE, LARGE):  # no numbers at all, but numpy can't count so far
        sides = (b"K\x00", *(LARGE,) * 8)
    with pytest.raises(ModelError, match=r"impossible shape|says that an array has the shape"):
        read(with_shape(*sides))


def test_the_way_of_protocol_5_is_checked_as_well():
    data = pickle.dumps(np.zeros(3, np.float32), 5)
    assert b"_frombuffer" in data
    assert data.count(b"K\x03\x85") == 1
    with pytest.raises(ModelError, match="has the shape"):
        read(data.replace(b"K\x03\x85", b"K\x04\x85"))


def test_a_number_must_be_one_number():
    data = pickle.dumps(np.float64(1), 4).replace(b"C\x08" + struct.pack("<d", 1), b"C\x04\0\0\0\0")
    with pytest.raises(ModelError, match="has the shape"):
        read(data)


@pytest.mark.parametrize("data", [
    b"c_codecs\nencode\nX\x01\0\0\0aX\x04\0\0\0zlib\x86R.", b"c_codecs\nencode\nK\x01\x85R.",
    b"c__builtin__\nbytes\nJ\xff\xff\xff\x7f\x85R.", b"cnumpy\ndtype\nK\x01\x85R.",
    b"cnumpy\ndtype\nX\x02\0\0\0f4\x85R(K\x03X\x01\0\0\0?NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\0tb.",
    b"cnumpy.core.multiarray\n_reconstruct\ncnumpy\ndtype\nK\0\x85C\x01b\x87R.",
    b"cnumpy.core.multiarray\nscalar\n)R.", b"cnumpy.core.numeric\n_frombuffer\n)R.",
    b"ccollections\nOrderedDict\nK\x05\x85R.", b"ccollections\nOrderedDict\n](K\x01K\x02ea\x85R.",
    b"cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\0\x85C\x01b\x87RNb.",
], ids=["compressed text", "no text", "size of bytes", "dtype by number", "byte order", "class",
        "scalar", "buffer", "dictionary", "pairs", "state"])
def test_what_is_admitted_takes_what_it_is_made_for_only(data):
    with pytest.raises(ModelError, match=r"weights\.pkl: it (holds|is|has)"):
        read(b"\x80\x03" + data)
