"""Which animals of a labelled folder the dense-pose benchmarks look at."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from wildpose.data.annotations import LabelledImage, read_labelled
from wildpose.data.split import split_by_place
from wildpose.types import Array, ClassId, DensePose


class Poser(Protocol):
    """What is asked of a model; a ``Predictor`` is one."""

    def dense_pose(self, image: Array, box_xyxy: Array) -> list[DensePose]:
        """Dense pose on given boxes."""
        ...


@dataclass(frozen=True)
class Subject:
    """One animal of one picture."""

    picture: LabelledImage
    row: int

    @property
    def box_xyxy(self) -> Array:
        """Its true box."""
        box: Array = self.picture.box_xyxy[self.row]
        return box

    @property
    def annotation(self) -> dict[str, Any]:
        """As it stands in the file."""
        return self.picture.annotations[self.row]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options that choose animals."""
    parser.add_argument("model", help="name or folder of a model with dense pose")
    parser.add_argument("folder", type=Path, help="with annotations.json and images/")
    parser.add_argument("--held-out", type=float, metavar="SHARE",
                        help="only the places that training keeps out at this share")
    parser.add_argument("--held-out-species", nargs="*", default=[], metavar="NAME",
                        help="species that training keeps out, too")
    parser.add_argument("--most", type=int, metavar="N", help="at most so many animals, drawn")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures here")


def chosen(arguments: argparse.Namespace, needs: Sequence[str] = ()) -> list[Subject]:
    """The animals that the options choose; those that have one of the fields ``needs``."""
    pictures: Iterable[LabelledImage] = read_labelled(arguments.folder)
    if arguments.held_out is not None:
        pictures = split_by_place(list(pictures), arguments.held_out,
                                  arguments.held_out_species).held_out
    animals = [Subject(p, row) for p in pictures for row in range(len(p.class_id))
               if p.class_id[row] == ClassId.ANIMAL and not p.ignore[row]]
    if needs:
        animals = [a for a in animals if any(len(a.annotation.get(k, ())) for k in needs)]
    if arguments.most is not None and len(animals) > arguments.most:
        drawn = np.random.default_rng(0).permutation(len(animals))[: arguments.most]
        animals = [animals[i] for i in sorted(drawn)]
    return animals


def by_picture(animals: Sequence[Subject]) -> list[list[Subject]]:
    """The animals of each picture together, in their order."""
    groups: dict[Path, list[Subject]] = {}
    for animal in animals:
        groups.setdefault(animal.picture.path, []).append(animal)
    return list(groups.values())
