"""What detectron2 reads: written by hand, read by Python's own unpickler and by ours."""

from __future__ import annotations

import pickle
import pickletools

import numpy as np
import pytest

from wildpose.models.exchange.checkpoint import opened_checkpoint
from wildpose.models.exchange.pickle_writing import write_detectron2_pickle


@pytest.fixture
def weights() -> dict[str, np.ndarray]:
    values = np.random.default_rng(0).normal
    return {"backbone.stem.weight": values(size=(4, 3, 7, 7)).astype(np.float32),
            "bias é": values(size=5).astype(np.float32),
            "nothing": np.zeros((0, 2), np.float32), "one": np.array(2.5, np.float32),
            "transposed": values(size=(3, 2)).astype(np.float32).T}


def same(found, weights) -> bool:
    return list(found) == list(weights) and all(
        v.dtype == np.float32 and v.shape == weights[n].shape and np.array_equal(v, weights[n])
        for n, v in found.items())


def test_pythons_unpickler_reads_it_as_detectron2_does(weights, tmp_path):
    path = tmp_path / "w.pkl"
    write_detectron2_pickle(path, weights)
    found = pickle.loads(path.read_bytes(), encoding="latin1")  # noqa: S301  our own file
    assert same(found.pop("model"), weights)
    assert found == {"__author__": "wildpose", "matching_heuristics": False}


def test_ours_reads_it_back(weights, tmp_path):
    path = tmp_path / "w.pkl"
    write_detectron2_pickle(path, weights)
    with opened_checkpoint(path) as checkpoint:
        assert same(checkpoint.fitted({n: w.shape for n, w in weights.items()}), weights)
        assert checkpoint.author == "wildpose"


def test_it_names_only_what_old_and_new_numpy_have(weights, tmp_path):
    path = tmp_path / "w.pkl"
    write_detectron2_pickle(path, weights)
    found = list(pickletools.genops(path.read_bytes()))
    assert {arg for op, arg, _ in found if op.name == "GLOBAL"} == {
        "numpy.core.multiarray _reconstruct", "numpy ndarray", "numpy dtype"}
    assert max(op.proto for op, *_ in found) == 3


def test_other_kinds_of_numbers_are_written_as_float32(tmp_path):
    write_detectron2_pickle(tmp_path / "w.pkl", {"a": np.arange(3).astype(">f8")})
    found = pickle.loads((tmp_path / "w.pkl").read_bytes())["model"]["a"]  # noqa: S301  our own
    assert (found.dtype, found.tolist()) == (np.float32, [0, 1, 2])


def test_a_file_that_is_there_is_replaced_whole_or_not_at_all(weights, tmp_path, monkeypatch):
    path = tmp_path / "w.pkl"
    path.write_bytes(b"before")
    with pytest.raises(UnicodeEncodeError):
        write_detectron2_pickle(path, {**weights, "\ud800": np.zeros(1)})
    assert path.read_bytes() == b"before"
