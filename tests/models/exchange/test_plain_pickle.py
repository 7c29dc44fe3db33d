"""Pickles that would run code, eat memory or are damaged: each refused, and nothing is run."""

from __future__ import annotations

import copyreg
import io
import pickle
import random
import struct
import tracemalloc
from collections import OrderedDict
from pathlib import Path

import numpy as np
import pytest

from wildpose.errors import ModelError
from wildpose.models.exchange import plain_pickle
from wildpose.models.exchange.numpy_parts import NUMPY
from wildpose.models.exchange.plain_pickle import read_plain


def read(data: bytes):
    return read_plain(io.BytesIO(data), "weights.pkl", NUMPY)


class Touches:
    """Makes a file when it is unpickled the usual way."""

    def __init__(self, marker: Path) -> None:
        self.marker = marker

    def __reduce__(self):
        return Path.touch, (self.marker,)


class Evaluates(Touches):
    """Runs Python code when it is unpickled the usual way."""

    def __reduce__(self):
        return eval, (f"open({str(self.marker)!r}, 'w').close()",)


def text(value: str) -> bytes:
    return b"X" + struct.pack("<I", len(value)) + value.encode()


def by_hand(instructions: bytes):
    """A pickle that runs `open(marker, "w")` or the like, written with these instructions."""
    return lambda marker: b"\x80\x04" + instructions.replace(
        b"ARGUMENTS", b"MARKER" + text("w")).replace(b"MARKER", text(str(marker))) + b"."


class Made:
    """Unpickled by NEWOBJ: its class is called with arguments of the file."""

    def __new__(cls, marker=None):
        if marker is not None:
            Path(marker).touch()
        return super().__new__(cls)

    def __init__(self, marker=None) -> None:
        self.marker = marker

    def __getnewargs__(self):
        return (self.marker,)


class MadeByName(Made):
    """Unpickled by NEWOBJ_EX."""

    def __getnewargs_ex__(self):
        return (), {"marker": self.marker}


class Stated(Made):
    """Its state is set by code of its own."""

    def __getnewargs__(self):
        return ()

    def __setstate__(self, state) -> None:
        Path(state["marker"]).touch()


TAMPERED = {
    "a call, protocol 0": lambda marker: pickle.dumps(Evaluates(marker), 0),
    "a call, protocol 2": lambda marker: pickle.dumps(Touches(marker), 2),
    "a call, protocol 5": lambda marker: pickle.dumps(Evaluates(marker), 5),
    "hidden in the weights": lambda marker: pickle.dumps(
        {"model": {"a": np.zeros(3, np.float32), "b": Evaluates(marker)}, "__author__": "x"}),
    "as the shape of an array": lambda marker: pickle.dumps(
        {"model": {"a": np.zeros(3)}, "more": [(1, {"deep": (Evaluates(marker),)})]}),
    "INST": by_hand(b"(ARGUMENTSiio\nopen\n"),
    "OBJ": by_hand(b"(cio\nopen\nARGUMENTSo"),
    "NEWOBJ": lambda marker: pickle.dumps(Made(str(marker)), 2),
    "NEWOBJ_EX": lambda marker: pickle.dumps(MadeByName(str(marker)), 4),
    "BUILD": lambda marker: pickle.dumps(Stated(str(marker)), 2),
    "STACK_GLOBAL": by_hand(text("io") + text("open") + b"\x93ARGUMENTS\x86R"),
    "a name within a class": by_hand(
        text("pathlib") + text("Path.touch") + b"\x93cpathlib\nPath\nMARKER\x85R\x85R"),
    "numpy's scalar of an object": lambda marker: pickle.dumps(
        (np.dtype("O"), Evaluates(marker))),
    "an array of objects": lambda marker: pickle.dumps(np.array([Touches(marker)], object)),
}


@pytest.mark.parametrize("way", TAMPERED)
def test_a_tampered_pickle_is_refused_and_its_code_is_not_run(way, tmp_path):
    marker = tmp_path / "it_ran"
    data = TAMPERED[way](marker)
    marker.unlink(missing_ok=True)
    with pytest.raises(ModelError, match=r"weights\.pkl: ") as caught:
        read(data)
    assert not marker.exists(), "code of the file was run"
    assert "\n" not in str(caught.value)
    pickle.loads(data)  # noqa: S301  the proof that it would have run: our own code
    assert marker.exists(), "this pickle is no attack, so the test shows nothing"


def test_the_line_names_what_the_file_asked_for(tmp_path):
    with pytest.raises(ModelError, match=r"refused: it asks for pathlib\.Path\.touch, which "
                                         r"weights never need\. Nothing in it was run\."):
        read(pickle.dumps(Touches(tmp_path / "x"), 4))
    with pytest.raises(ModelError, match=r"it asks for __builtin__\.eval"):
        read(pickle.dumps(Evaluates(tmp_path / "x"), 2))


def test_names_can_not_write_into_the_terminal():
    with pytest.raises(ModelError) as caught:
        read(b"\x80\x02" + text("os\x1b[2Jé") + text("x" * 500) + b"\x93.")
    assert "\x1b" not in str(caught.value)
    assert str(caught.value).isascii()
    assert len(str(caught.value)) < 250


def test_registered_extensions_are_not_looked_up(tmp_path):
    """EXT1 stands for a name by number: no name is in the file that could be looked at."""
    copyreg.add_extension("builtins", "open", 0x7F)
    try:
        with pytest.raises(ModelError, match="the pickle instruction EXT1"):
            read(by_hand(b"\x82\x7fARGUMENTS\x86R")(tmp_path / "x"))
    finally:
        copyreg.remove_extension("builtins", "open", 0x7F)
    assert not (tmp_path / "x").exists()


@pytest.mark.parametrize("reference", [b"Pa name\n.", b"\x80\x02" + text("a name") + b"Q."])
def test_objects_outside_of_the_file_are_refused(reference):
    with pytest.raises(ModelError, match=r"PERSID|objects outside of the file"):
        read(reference)


@pytest.mark.parametrize("name", [
    "numpy load", "numpy.core.multiarray fromfile", "torch.storage _load_from_bytes",
    "builtins getattr", "builtins object", "collections OrderedDict.fromkeys", "_codecs decode",
    "numpy.core.multiarrayx _reconstruct", "numpy._core.multiarray  scalar", "copyreg __newobj__",
    "functools partial", "operator methodcaller", "numpy dtype.newbyteorder", " ", "",
])
def test_other_names_near_to_what_is_admitted_are_refused(name):
    module, _, attribute = name.partition(" ")
    with pytest.raises(ModelError, match="refused: it asks for"):
        read(b"\x80\x04" + text(module) + text(attribute) + b"\x93.")


def test_what_is_admitted_by_name_is_still_not_called():
    with pytest.raises(ModelError, match=r"it calls numpy\.ndarray, which weights never do"):
        read(b"\x80\x02cnumpy\nndarray\nJ\x00\x00\x00\x10\x85R.")


@pytest.mark.parametrize("target", [b"cnumpy\ndtype\n", b"]", b"(ccollections\nOrderedDict\nt"])
def test_state_is_given_to_nothing_that_has_none(target):
    """BUILD sets attributes: on a function or class it would change this very program."""
    with pytest.raises(ModelError, match="inner state of something that has none"):
        read(b"\x80\x02" + target + b"}" + text("__call__") + b"Nsb.")


def test_attributes_of_an_ordered_dictionary_are_passed_over():
    weights = OrderedDict(a=1)
    weights._metadata = {"version": 2}  # as torch's state_dict has it
    assert read(pickle.dumps(weights, 2)) == {"a": 1}


PLAIN = {"text": "é", "numbers": [1, -5, 2**70, 1.5, True, None], "nested": ((), (1,), {"a": {}}),
         "bytes": b"ab", "array": 3, 7: "by number"}


@pytest.mark.parametrize("protocol", range(6))
def test_plain_data_come_back_in_every_protocol(protocol):
    data = {k: v for k, v in PLAIN.items() if protocol >= 3 or k != "bytes"}
    assert read(pickle.dumps(data, protocol)) == data


def test_data_of_python_2_come_back():
    assert read(b"(dp0\nS'model'\np1\n(lp2\nI1\naI01\naF1.5\naL3L\nas.") == {
        "model": [1, True, 1.5, 3]}
    assert read(b"\x80\x02}U\x05modelK\x05s.") == {"model": 5}


# Damage and greed


def test_a_file_cut_short_anywhere_is_refused():
    data = pickle.dumps({"model": {"a": np.arange(6.0)}, "n": [1, 2.5, "x", (3, 4, 5, 6)]})
    for end in range(len(data)):
        with pytest.raises(ModelError):
            read(data[:end])


@pytest.mark.filterwarnings("ignore:invalid escape sequence")
@pytest.mark.parametrize("protocol", [0, 2, 4, 5])
def test_damage_never_ends_in_anything_but_a_clear_line(protocol):
    """Bytes are changed at random, 600 times: read or refused, and no other error."""
    data = pickle.dumps({"model": OrderedDict(a=np.arange(3.0), b=np.float32(2)), "x": [1, (2, 3)],
                         "y": {"z": b"raw", "t": "text" * 3}}, protocol)
    chance, refused = random.Random(protocol), 0  # noqa: S311  no secret
    for _ in range(600):
        changed = bytearray(data)
        for _ in range(chance.choice((1, 1, 2, 6))):
            changed[chance.randrange(len(changed))] = chance.randrange(256)
        try:
            read(bytes(changed))
        except ModelError:
            refused += 1
    assert refused > 200


def peak_bytes(data: bytes) -> int:
    """The memory that reading takes, the file itself apart; it must be refused."""
    tracemalloc.start()
    try:
        with pytest.raises(ModelError):
            read(data)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


HUGE = struct.pack("<Q", 2**62)


@pytest.mark.parametrize("data", [
    b"\x80\x04B\xff\xff\xff\xff.", b"\x80\x04\x8e" + HUGE + b"a.", b"\x80\x04\x8d" + HUGE + b"a.",
    b"\x80\x05\x96" + HUGE + b"a.", b"\x80\x02\x8b\xff\xff\xff\x7f.", b"\x80\x04T\xff\xff\xff\x7f.",
    b"\x80\x04N\x95" + HUGE, b"\x80\x02Nr\xff\xff\xff\xff", b"\x80\x02Np99999999999\n",
], ids=["bytes", "long bytes", "long text", "byte array", "number", "string", "frame", "memo",
        "memo in text"])
def test_claims_of_a_file_take_no_memory(data):
    """Python's unpickler takes 64 GB of memory for the memo of a file of 10 bytes."""
    assert peak_bytes(data) < 2**20


def test_the_memo_is_no_way_in():
    assert read(b"\x80\x02Nr\xff\xff\xff\xff0".removesuffix(b"0") + b".") is None
    for data in (b"\x80\x02h\x05.", b"\x80\x02g-1\n.", b"\x80\x02j\xff\xff\xff\xff."):
        with pytest.raises(ModelError, match="refers to something that it does not hold"):
            read(data)


def test_references_that_multiply_are_not_followed():
    """A list of ten times a list of ten times ...: small while nobody writes it out."""
    levels = b"".join(b"](" + (b"h" + bytes([level])) * 10 + b"e\x94" for level in range(60))
    assert len(read(b"\x80\x04(]\x94" + levels + b"l.")) == 61


def test_a_list_that_holds_itself_is_read():
    found = read(pickle.dumps((own := [], own.append(own))[0]))
    assert found[0] is found


def test_deep_nesting_does_not_overflow():
    assert read(b"\x80\x02" + b"]" * 20_000 + b"a" * 19_999 + b".")
    with pytest.raises(ModelError, match="keys that are no names"):
        read(b"\x80\x02})" + b"\x85" * 20_000 + b"Ns.")


@pytest.mark.parametrize("key", [b"N", b"\x88", b")", b"]", b"G" + b"\0" * 8,
                                 b"\x8a\x08" + b"\xff" * 7 + b"\x1f"])
def test_keys_are_names_or_small_numbers(key):
    """Keys that can be chosen to collide make a dictionary as slow as one likes."""
    with pytest.raises(ModelError, match="keys that are no names"):
        read(b"\x80\x02}" + key + b"Ns.")


def test_a_file_of_endless_instructions_is_given_up(monkeypatch):
    monkeypatch.setattr(plain_pickle, "MOST_STEPS", 1000)
    with pytest.raises(ModelError, match="more than 1000 instructions"):
        read(b"\x80\x02" + b"N" * 2000 + b".")


@pytest.mark.parametrize(("data", "said"), [
    (b"", "cut short or damaged"),
    (b"no pickle at all", "weights.pkl: "),
    (b"\x80\x09N.", "protocol 9"),
    (b"\x80\x02.", "cut short or damaged"),
    (b"\x80\x02NN.", "cut short or damaged"),
    (b"\x80\x02e.", "cut short or damaged"),
    (b"\x80\x02N\x86.", "cut short or damaged"),
    (b"\x80\x02NNa.", "something else where a list belongs"),
    (b"\x80\x02]NNs.", "something else where a dict belongs"),
    (b"\x80\x02}(Nu.", "a key without a value"),
    (b"\x80\x04NN\x93.", "damaged where it names something"),
    (b"\x80\x02N)R.", "something else where a Name belongs"),
    (b"\x80\x02NNR.", "something else where a tuple belongs"),
])
def test_nonsense_is_one_line(data, said):
    with pytest.raises(ModelError) as caught:
        read(data)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)
