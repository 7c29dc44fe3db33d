"""Files of torch.save, and zip files that are no such files or worse."""

from __future__ import annotations

import io
import pickle
import random
import struct
import tracemalloc
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch

from wildpose.errors import ModelError
from wildpose.models.exchange import torch_archive
from wildpose.models.exchange.plain_pickle import UnfitError
from wildpose.models.exchange.torch_archive import opened_archive

MEGABYTE = 2**20


@pytest.fixture
def trained() -> dict:
    """What detectron2 saves while it trains: weights, optimizer, schedule."""
    torch.manual_seed(0)
    network = torch.nn.Sequential(torch.nn.Conv2d(3, 4, 3), torch.nn.Linear(4, 2))
    optimizer = torch.optim.SGD(network.parameters(), lr=0.1, momentum=0.9)
    sum(p.square().sum() for p in network.parameters()).backward()
    optimizer.step()
    return {"model": network.state_dict(), "optimizer": optimizer.state_dict(),
            "scheduler": {"base_lrs": [0.1], "last_epoch": 7}, "iteration": 7}


def save(content, path: Path) -> Path:
    torch.save(content, path)
    return path


def rewritten(path: Path, records=None, **how) -> Path:
    """The same archive with other records or another way of storing them."""
    with zipfile.ZipFile(path) as archive:
        held = {n: archive.read(n) for n in archive.namelist()}
    out = path.with_name("rewritten.pth")
    with zipfile.ZipFile(out, "w", **how) as archive:
        for name, content in {**held, **(records or {})}.items():
            archive.writestr(name, content)
    return out


def test_a_training_checkpoint_comes_back(trained, tmp_path):
    with opened_archive(save(trained, tmp_path / "a.pth")) as found:
        assert found["iteration"] == 7
        assert found["scheduler"] == trained["scheduler"]
        assert list(found["model"]) == list(trained["model"])
        for name, tensor in trained["model"].items():
            assert np.array_equal(found["model"][name].array(), tensor.numpy())
        momentum = found["optimizer"]["state"][0]["momentum_buffer"].array()
        assert np.array_equal(
            momentum, trained["optimizer"]["state"][0]["momentum_buffer"].numpy())


BASE = torch.arange(24.0).reshape(4, 6)
TENSORS = {
    "transposed": BASE.T, "part": BASE[1:3, 2:5], "every other": BASE[:, ::2], "one": BASE[2, 3],
    "nothing": torch.zeros(0, 3), "parameter": torch.nn.Parameter(BASE),
    "half": BASE.half(), "double": BASE.double(), "long": BASE.long(), "bool": BASE > 5,
    "byte": BASE.byte(), "bfloat16": (BASE * 1.7).bfloat16(),
}


@pytest.mark.parametrize("name", TENSORS)
def test_tensors_come_back_whatever_their_layout(name, tmp_path):
    tensor = TENSORS[name].detach()
    with opened_archive(save({"t": TENSORS[name]}, tmp_path / "a.pth")) as found:
        values = found["t"].array()
    wanted = (tensor.float() if tensor.dtype == torch.bfloat16 else tensor).numpy()
    assert values.dtype == wanted.dtype
    assert values.shape == wanted.shape
    assert np.array_equal(values, wanted)


def test_code_in_the_pickle_of_an_archive_is_refused_and_not_run(tmp_path):
    class Touches:
        def __reduce__(self):
            return open, (str(tmp_path / "it_ran"), "w")

    path = save({"model": {"a": torch.zeros(2), "b": Touches()}}, tmp_path / "a.pth")
    with pytest.raises(ModelError, match=r"a\.pth: refused: it asks for io\.open"), \
            opened_archive(path):
        pass
    assert not (tmp_path / "it_ran").exists()
    torch.load(path, weights_only=False)
    assert (tmp_path / "it_ran").exists(), "this file is no attack, so the test shows nothing"


def test_a_whole_module_is_refused(tmp_path):
    """It holds classes, to be imported; weights alone are what can be read."""
    path = save(torch.nn.Linear(2, 2), tmp_path / "a.pth")
    with pytest.raises(ModelError, match=r"asks for torch\.nn\.modules"), \
            opened_archive(path):
        pass


def refused_within(path: Path, said: str) -> None:
    """The file is refused with these words, and little memory is taken (a megabyte to read it)."""
    tracemalloc.start()
    try:
        with pytest.raises(ModelError, match=said), opened_archive(path):
            pass
        assert tracemalloc.get_traced_memory()[1] < 4 * MEGABYTE
    finally:
        tracemalloc.stop()


def test_a_zip_bomb_is_refused_before_it_is_read(trained, tmp_path):
    """16 MB of zeros in 16 kB; real ones make terabytes of some megabytes."""
    path = rewritten(save(trained, tmp_path / "a.pth"),
                     {"a/data/0": bytes(16 * MEGABYTE)}, compression=zipfile.ZIP_DEFLATED)
    assert path.stat().st_size < MEGABYTE
    refused_within(path, r"rewritten\.pth: refused: its record a/.* is compressed")


def test_a_bomb_of_overlapping_records_is_refused(tmp_path):
    """One record of a megabyte, named 200 times in the directory: 200 MB of one."""
    path = tmp_path / "overlap.pth"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a/data/0", bytes(MEGABYTE))
        for number in range(1, 200):
            twin = zipfile.ZipInfo(f"a/data/{number}")
            first = archive.infolist()[0]
            twin.header_offset, twin.CRC = first.header_offset, first.CRC
            twin.file_size = twin.compress_size = MEGABYTE
            archive.filelist.append(twin)
    refused_within(path, r"records claim 2\d+ bytes, and the file has 1\d+")


def test_sizes_that_differ_from_what_is_stored_are_refused(trained, tmp_path):
    path = save(trained, tmp_path / "a.pth")
    data = bytearray(path.read_bytes())
    entry = data.rindex(b"PK\x01\x02")
    data[entry + 24:entry + 28] = struct.pack("<I", 2**31)  # the size when unpacked
    path.write_bytes(data)
    refused_within(path, "refused: its record")


def test_a_directory_of_endless_records_is_not_read(monkeypatch, trained, tmp_path):
    monkeypatch.setattr(torch_archive, "MOST_RECORDS", 5)
    refused_within(save(trained, tmp_path / "a.pth"), "more than any checkpoint")


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_two_records_of_one_name_are_refused(trained, tmp_path):
    path = save(trained, tmp_path / "a.pth")
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("a/data/0", b"other")
    refused_within(path, "two of its records have the same name")


def test_a_list_of_tensors_that_is_too_large_is_refused(monkeypatch, trained, tmp_path):
    monkeypatch.setattr(torch_archive, "MOST_PICKLE_BYTES", 100)
    refused_within(save(trained, tmp_path / "a.pth"), "its list of tensors is larger")


def test_a_zip_of_something_else_says_so(tmp_path):
    path = tmp_path / "photos.pth"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("photos/1.jpg", b"")
    refused_within(path, "a zip file, but not one that torch.save wrote")


def test_a_file_cut_short_is_refused(trained, tmp_path):
    path = save(trained, tmp_path / "a.pth")
    whole = path.read_bytes()
    for end in range(0, len(whole) - 1, 97):
        path.write_bytes(whole[:end])
        with pytest.raises(ModelError, match=r"a\.pth: "), opened_archive(path):
            pass


def test_damaged_numbers_are_noticed(trained, tmp_path):
    path = save(trained, tmp_path / "a.pth")
    raw = trained["model"]["0.weight"].numpy().tobytes()
    data = path.read_bytes()
    assert data.count(raw) == 1
    path.write_bytes(data.replace(raw, raw[:-1] + bytes([raw[-1] ^ 1])))
    with opened_archive(path) as found, \
            pytest.raises(UnfitError, match=r"cut short or damaged \(Bad CRC"):
        found["model"]["0.weight"].array()


def test_damage_never_ends_in_anything_but_a_clear_line(trained, tmp_path):
    """Bytes are changed at random, in the directory above all: read or refused, no other error."""
    path = save(trained, tmp_path / "a.pth")
    whole, chance, refused = path.read_bytes(), random.Random(1), 0  # noqa: S311  no secret
    for _ in range(400):
        changed = bytearray(whole)
        for _ in range(chance.choice((1, 1, 2, 4))):
            changed[-chance.randrange(1, 1200)] = chance.randrange(256)
        path.write_bytes(changed)
        try:
            with opened_archive(path) as found:
                found["model"]["0.weight"].array()
        except (ModelError, UnfitError):
            refused += 1
    assert refused > 100


class Storage:
    """Pickled as torch refers to a storage."""

    def __init__(self, key: str = "0", kind: str = "FloatStorage", count: int = 6) -> None:
        self.reference = ("storage", getattr(torch, kind), key, "cpu", count)


class Tensor:
    """Pickled as a tensor with these numbers, whatever they claim."""

    def __init__(self, *arguments) -> None:
        self.arguments = arguments

    def __reduce__(self):
        return torch._utils._rebuild_tensor_v2, self.arguments


class Pickler(pickle.Pickler):
    """Writes storages as references, as torch.save does."""

    def persistent_id(self, thing):
        return thing.reference if isinstance(thing, Storage) else None


def forged(tensor: Tensor, path: Path) -> Path:
    """An archive with one record of six numbers, and a tensor that claims what it likes."""
    written = io.BytesIO()
    Pickler(written, 2).dump({"t": tensor})
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a/data.pkl", written.getvalue())
        archive.writestr("a/data/0", np.arange(6, dtype=np.float32).tobytes())
    return path


def test_forged_archives_are_read_where_they_tell_the_truth(tmp_path):
    path = forged(Tensor(Storage(), 1, (2, 2), (2, 1), False, {}), tmp_path / "a.pth")
    with opened_archive(path) as found:
        assert found["t"].array().tolist() == [[1, 2], [3, 4]]


@pytest.mark.parametrize("tensor", [
    Tensor(Storage(), 0, (7,), (1,), False, {}),
    Tensor(Storage(), 3, (4,), (1,), False, {}),
    Tensor(Storage(), -1, (2,), (1,), False, {}),
    Tensor(Storage(), 0, (2**30, 2**30), (0, 0), False, {}),
    Tensor(Storage(), 0, (3,), (3,), False, {}),
    Tensor(Storage(), 0, (3,), (-1,), False, {}),
    Tensor(Storage(), 0, (3, 2), (1,), False, {}),
    Tensor(Storage(), 0, (2.0,), (1,), False, {}),
    Tensor(Storage(), 0, (2,), (2**40,), False, {}),
    Tensor("0", 0, (2,), (1,), False, {}),
    Tensor(Storage(), 0, (2,)),
    Tensor(Storage("1"), 0, (2,), (1,), False, {}),
    Tensor(Storage("../data.pkl"), 0, (2,), (1,), False, {}),
    Tensor(Storage(kind="ComplexFloatStorage"), 0, (2,), (1,), False, {}),
], ids=["too many", "from the middle on", "negative start", "one number repeated", "long steps",
        "backwards", "axes", "real", "endless steps", "no storage", "incomplete", "no record",
        "another record", "complex"])
def test_tensors_that_claim_what_the_file_does_not_hold_are_refused(tensor, tmp_path):
    refused_within(forged(tensor, tmp_path / "a.pth"),
                   r"a\.pth: (refused: )?it (says|holds|refers|asks)")


def test_a_storage_that_claims_more_than_its_record_is_refused(tmp_path):
    path = forged(Tensor(Storage(count=10**9), 0, (10**9,), (1,), False, {}), tmp_path / "a.pth")
    with opened_archive(path) as found, pytest.raises(UnfitError, match="24 bytes and not 4000000"):
        found["t"].array()
