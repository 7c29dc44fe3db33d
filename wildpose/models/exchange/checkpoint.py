"""Read the weights of a detectron2 checkpoint: a published ``.pkl`` or one's own ``.pth``.

A ``.pkl`` is a pickled dictionary with ``model`` (names and numpy arrays), ``__author__`` and
sometimes ``matching_heuristics``; a ``.pth`` is what ``torch.save`` writes, with ``model`` beside
the state of the optimizer. Only ``model`` is looked at. Which of the two it is, the content tells.
"""

from __future__ import annotations

import mmap
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from wildpose.errors import ModelError
from wildpose.models.exchange.numpy_parts import NUMPY, ArrayCell
from wildpose.models.exchange.plain_pickle import DAMAGED, UnfitError, read_plain, shown
from wildpose.models.exchange.torch_archive import TensorCell, opened_archive
from wildpose.types import Array

LARGEST_FILE = 4 * 2**30
OLDEST_TORCH = 0x1950A86A20F9469CFC6C
"""The first thing in a file of ``torch.save`` before torch 1.6 (its magic number)."""
NOT_WEIGHTS = re.compile(
    r"pixel_mean|pixel_std|proposal_generator\.anchor_generator\.cell_anchors\.\d+"
    r"|.*\.num_batches_tracked")
"""Entries of older files that are settings, not weights; passed over."""
NAMES_SHOWN = 3

Shapes = Mapping[str, tuple[int, ...]]


@dataclass(frozen=True)
class Checkpoint:
    """Weights by name, not yet read.

    Attributes
    ----------
    source : str
        The file, for messages.
    entries : dict of str to ArrayCell or TensorCell
    author : str
        Who made the file, as it says; empty where it does not.
    needs_matching : bool
        Names are those of a trunk alone (ImageNet starts) and not of a whole model.
    """

    source: str
    entries: Mapping[str, ArrayCell | TensorCell]
    author: str = ""
    needs_matching: bool = False

    def fitted(self, wanted: Shapes, left_out: str = "") -> dict[str, Array]:
        """The weights that a network wants, as float32.

        Parameters
        ----------
        wanted : mapping of str to tuple of int
            Names and shapes of the network.
        left_out : str, optional
            Entries whose name starts with this are passed over.

        Raises
        ------
        ModelError
            Names are missing or too many, a shape is another one, or a number is none.
        """
        entries = {n: e for n, e in self.entries.items() if not NOT_WEIGHTS.fullmatch(n)
                   and not (left_out and n.startswith(left_out))}
        self._check_names(entries.keys(), wanted.keys())
        odd = [n for n, shape in wanted.items() if tuple(entries[n].shape) != tuple(shape)]
        if odd:
            first = odd[0]
            raise ModelError(
                f"{self.source}: {first} has the shape {tuple(entries[first].shape)} where "
                f"the configuration wants {tuple(wanted[first])}{_more(len(odd) - 1)}.",
                "Give the configuration that this file was trained with.")
        return {name: self._values(name, entries[name]) for name in wanted}

    def _check_names(self, given: Any, wanted: Any) -> None:
        missing, unexpected = sorted(wanted - given), sorted(given - wanted)
        if not missing and not unexpected:
            return
        said = [f"{len(names)} {what} ({_some(names)})"
                for names, what in ((missing, "missing"), (unexpected, "unexpected")) if names]
        remedy = "Give the configuration that this file was trained with."
        if self.needs_matching or len(missing) == len(wanted):
            remedy = "It is no whole DensePose R-CNN (an ImageNet start, perhaps)."
        raise ModelError(f"{self.source}: its weights are not those of the configuration: "
                         f"{', '.join(said)}.", remedy)

    def _values(self, name: str, entry: ArrayCell | TensorCell) -> Array:
        try:
            values = entry.array()
        except UnfitError as error:
            raise ModelError(f"{self.source}: {error}.", DAMAGED) from error
        if values.dtype.kind != "f" or not np.isfinite(values).all():
            raise ModelError(f"{self.source}: {name} holds values that are no weights.", DAMAGED)
        return np.asarray(values, np.float32)


def _some(names: list[str]) -> str:
    first = ", ".join(shown(n) for n in names[:NAMES_SHOWN])
    return first + (", ..." if len(names) > NAMES_SHOWN else "")


def _more(count: int) -> str:
    return f" (and {count} more)" if count else ""


@contextmanager
def opened_checkpoint(path: Path) -> Iterator[Checkpoint]:
    """Open a checkpoint of detectron2, whichever of its two forms it has.

    Yields
    ------
    Checkpoint
        Its weights can be read until the context ends.

    Raises
    ------
    ModelError
        There is no such file, it is damaged, of another kind, or asks for something that weights
        do not need.
    """
    head = _head(path)
    if head.startswith(b"PK"):
        with opened_archive(path) as content:
            yield _from_training(path, content)
    else:
        _refuse_other_kinds(path, head)
        yield _from_pickle(path)


def _head(path: Path) -> bytes:
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            head = file.read(512)
    except OSError as error:
        raise ModelError(f"{path}: can't be read ({error.strerror}).",
                         "Check the spelling of the path.") from error
    if size > LARGEST_FILE:
        raise ModelError(f"{path}: larger than any checkpoint of this kind "
                         f"({size / 2**30:.1f} GiB).", "Give a DensePose R-CNN (250 to 350 MB).")
    return head


def _refuse_other_kinds(path: Path, head: bytes) -> None:
    others = (
        (not head, "an empty file", DAMAGED),
        (head.startswith(b"version https://git-lfs"), "a place-holder of Git LFS, not the file",
         "Fetch the file itself (git lfs pull)."),
        (head.lstrip()[:1] == b"<", "a web page, not weights", "Fetch the file itself."),
        (head[257:262] == b"ustar", "in torch's oldest format (a tar file)",
         "Save it anew with a torch of today, from a source that you trust."),
        (head[8:10] == b'{"', "safetensors, not a checkpoint of detectron2",
         "Give the .pkl or .pth file."),
    )
    for found, what, remedy in others:
        if found:
            raise ModelError(f"{path}: {what}.", remedy)


def _from_pickle(path: Path) -> Checkpoint:
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        content = read_plain(data, str(path), NUMPY)  # type: ignore[arg-type]  # reads like a file
    if content == OLDEST_TORCH:
        raise ModelError(f"{path}: in the format of torch before 1.6.",
                         "Save it anew with a torch of today, from a source that you trust.")
    if not isinstance(content, dict) or not isinstance(content.get("model"), dict):
        kind = "a Caffe2 file" if isinstance(content, dict) and "blobs" in content else \
            "no checkpoint of detectron2 (it has no `model`)"
        raise ModelError(f"{path}: {kind}.", "Give a .pkl of detectron2's DensePose project.")
    author = content.get("__author__")
    return Checkpoint(str(path), _entries(path, content["model"]),
                      author if isinstance(author, str) else "",
                      content.get("matching_heuristics") is True)


def _from_training(path: Path, content: Any) -> Checkpoint:
    model = content.get("model", content) if isinstance(content, dict) else None
    if not isinstance(model, dict):
        raise ModelError(f"{path}: no checkpoint of detectron2 (it has no `model`).",
                         "Give a .pth of detectron2's DensePose project.")
    return Checkpoint(str(path), _entries(path, model))


def _entries(path: Path, model: dict[Any, Any]) -> dict[str, ArrayCell | TensorCell]:
    for name, entry in model.items():
        if not (isinstance(name, str) and isinstance(entry, ArrayCell | TensorCell)):
            raise ModelError(f"{path}: {shown(str(name))} of its `model` is no array.",
                             "Give a checkpoint of detectron2's DensePose project.")
    return model
