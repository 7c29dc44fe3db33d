"""Both kinds of checkpoint, and the lines that say why a file can't be used."""

from __future__ import annotations

import pickle
import tarfile

import numpy as np
import pytest
import torch
from safetensors.numpy import save_file

from wildpose.errors import ModelError
from wildpose.models.exchange import checkpoint
from wildpose.models.exchange.checkpoint import opened_checkpoint

WEIGHTS = {"backbone.stem.weight": np.ones((2, 3), np.float32), "roi_heads.bias": np.zeros(4)}
SHAPES = {name: values.shape for name, values in WEIGHTS.items()}


def pkl(path, model=WEIGHTS, **more):
    path.write_bytes(pickle.dumps({"model": model, "__author__": "somebody", **more}))
    return path


def fitted(path, wanted=SHAPES, left_out=""):
    with opened_checkpoint(path) as found:
        return found.fitted(wanted, left_out)


def test_a_published_file_gives_its_weights_as_float32(tmp_path):
    found = fitted(pkl(tmp_path / "a.pkl", matching_heuristics=True))
    assert list(found) == list(WEIGHTS)
    assert all(w.dtype == np.float32 and np.array_equal(w, WEIGHTS[n]) for n, w in found.items())
    with opened_checkpoint(tmp_path / "a.pkl") as opened:
        assert (opened.author, opened.needs_matching) == ("somebody", True)


@pytest.mark.parametrize("content", [
    {"model": {n: torch.tensor(w) for n, w in WEIGHTS.items()}, "iteration": 3},
    {n: torch.tensor(w) for n, w in WEIGHTS.items()},
], ids=["of a training", "weights alone"])
def test_a_training_file_gives_its_weights(content, tmp_path):
    torch.save(content, tmp_path / "a.pth")
    found = fitted(tmp_path / "a.pth")
    assert all(np.array_equal(w, WEIGHTS[n]) for n, w in found.items())


def test_the_content_and_not_the_ending_tells_the_kind(tmp_path):
    torch.save({"model": {n: torch.tensor(w) for n, w in WEIGHTS.items()}}, tmp_path / "a.pkl")
    assert list(fitted(tmp_path / "a.pkl")) == list(WEIGHTS)
    assert list(fitted(pkl(tmp_path / "b.pth"))) == list(WEIGHTS)


def test_settings_among_the_weights_of_older_files_are_passed_over(tmp_path):
    extra = {"pixel_mean": np.zeros((3, 1, 1)), "pixel_std": np.ones((3, 1, 1)),
             "proposal_generator.anchor_generator.cell_anchors.0": np.zeros((3, 4)),
             "backbone.bn.num_batches_tracked": np.array(3)}
    assert list(fitted(pkl(tmp_path / "a.pkl", {**WEIGHTS, **extra}))) == list(WEIGHTS)


def test_a_part_can_be_left_out(tmp_path):
    path = pkl(tmp_path / "a.pkl", {**WEIGHTS, "roi_heads.mask_head.deconv.bias": np.zeros(2)})
    assert list(fitted(path, left_out="roi_heads.mask_head.")) == list(WEIGHTS)
    with pytest.raises(ModelError, match=r"1 unexpected \(roi_heads\.mask_head\.deconv\.bias\)"):
        fitted(path)


def test_missing_and_unexpected_names_are_one_line_with_the_first_few(tmp_path):
    path = pkl(tmp_path / "a.pkl", {"roi_heads.bias": np.zeros(4), "x.y": np.zeros(1)})
    wanted = {**SHAPES, **{f"roi_heads.u.{n}": (1,) for n in range(9)}}
    with pytest.raises(ModelError) as caught:
        fitted(path, wanted)
    assert str(caught.value) == (
        f"{path}: its weights are not those of the configuration: 10 missing "
        "(backbone.stem.weight, roi_heads.u.0, roi_heads.u.1, ...), 1 unexpected (x.y). "
        "Give the configuration that this file was trained with.")


@pytest.mark.parametrize("more", [{}, {"matching_heuristics": True}])
def test_an_imagenet_start_is_called_one(more, tmp_path):
    path = pkl(tmp_path / "R-50.pkl", {"res2.0.conv1.weight": np.zeros((2, 3))}, **more)
    with pytest.raises(ModelError, match=r"no whole DensePose R-CNN \(an ImageNet start, perhaps"):
        fitted(path)


def test_another_shape_names_the_tensor_and_both_shapes(tmp_path):
    wanted = {name: (7, *shape) for name, shape in SHAPES.items()}
    with pytest.raises(ModelError, match=r"backbone\.stem\.weight has the shape \(2, 3\) where the "
                                         r"configuration wants \(7, 2, 3\) \(and 1 more\)"):
        fitted(pkl(tmp_path / "a.pkl"), wanted)


@pytest.mark.parametrize("values", [np.array([np.nan, 1.0]), np.array([np.inf, 1.0]),
                                    np.array([1, 2])], ids=["nan", "infinite", "whole numbers"])
def test_values_that_are_no_weights_are_refused(values, tmp_path):
    with pytest.raises(ModelError, match=r"a holds values that are no weights"):
        fitted(pkl(tmp_path / "a.pkl", {"a": values}), {"a": (2,)})


def tar(path) -> None:
    inside = path.with_name("inside")
    inside.write_bytes(b"x")
    with tarfile.open(path, "w") as archive:
        archive.add(inside, "sys_info")


def old_torch(path) -> None:
    torch.save({"model": {}}, path, _use_new_zipfile_serialization=False)


OTHERS = {
    "an empty file": lambda path: path.write_bytes(b""),
    "a place-holder of Git LFS": lambda path: path.write_text(
        "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 3\n"),
    "a web page": lambda path: path.write_text("\n<!DOCTYPE html><html>404</html>"),
    "oldest format": tar,
    "the format of torch before 1.6": old_torch,
    "safetensors": lambda path: save_file(WEIGHTS, path),
    "a Caffe2 file": lambda path: path.write_bytes(pickle.dumps({"blobs": {}})),
    "it has no `model`": lambda path: path.write_bytes(pickle.dumps({"a": 1})),
    "no checkpoint of detectron2": lambda path: path.write_bytes(pickle.dumps([1, 2])),
    "is no array": lambda path: pkl(path, {"a": "text"}),
    "b of its `model` is no array": lambda path: torch.save({"model": {"b": 3}}, path),
    "has no `model`": lambda path: torch.save([1], path),
    "cut short or damaged": lambda path: path.write_bytes(pickle.dumps({"model": WEIGHTS})[:-20]),
}


@pytest.mark.parametrize("what", OTHERS)
def test_other_files_are_called_by_their_name(what, tmp_path):
    path = tmp_path / "weights.pkl"
    OTHERS[what](path)
    with pytest.raises(ModelError, match=r"weights\.pkl: ") as caught:
        fitted(path)
    assert what in str(caught.value)
    assert "\n" not in str(caught.value)
    assert caught.value.remedy


def test_a_missing_file_and_a_folder_are_named(tmp_path):
    for path in (tmp_path / "none.pkl", tmp_path):
        with pytest.raises(ModelError, match="can't be read"):
            fitted(path)


def test_a_file_larger_than_any_model_is_not_read(monkeypatch, tmp_path):
    monkeypatch.setattr(checkpoint, "LARGEST_FILE", 50)
    with pytest.raises(ModelError, match="larger than any checkpoint"):
        fitted(pkl(tmp_path / "a.pkl"))
