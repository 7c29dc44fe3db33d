"""Keep whole places and whole species out of training, to choose between models on them.

Pictures of one camera look alike, so a random split flatters. The unit that is kept out is the
place: the camera (``site``); where it is not known, the sequence, or a group of near-duplicate
pictures of one source.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from PIL import Image

from wildpose.data.annotations import LabelledImage
from wildpose.types import Array

NEAR_BITS = 10
"""Pictures of one source whose 64-bit difference hashes differ in fewer bits are one place."""


@dataclass(frozen=True)
class Split:
    """Pictures to learn from and pictures to choose on, each with the name of its place."""

    train: tuple[LabelledImage, ...]
    held_out: tuple[LabelledImage, ...]
    train_places: tuple[str, ...]
    held_out_places: tuple[str, ...]


def split_by_place(
    images: Sequence[LabelledImage], share: float, species: Iterable[str] = (), salt: str = ""
) -> Split:
    """Hold out about ``share`` of the places of every source, and every picture of ``species``.

    The choice hangs on the names of the places alone, so it is the same on every machine and does
    not change when pictures are added elsewhere.

    Parameters
    ----------
    images : sequence of LabelledImage
    share : float
        Fraction of places to keep out, in [0, 1).
    species : iterable of str
        Names as in the pictures' ``species``.
    salt : str
        Another salt, another choice of places.

    Returns
    -------
    Split
    """
    places = place_of(images)
    kept_species = frozenset(species)
    held = [
        image.facts.get("species") in kept_species or _fraction(salt + place) < share
        for image, place in zip(images, places, strict=True)
    ]
    rows = list(zip(images, places, held, strict=True))
    return Split(
        tuple(i for i, _, h in rows if not h),
        tuple(i for i, _, h in rows if h),
        tuple(p for _, p, h in rows if not h),
        tuple(p for _, p, h in rows if h),
    )


def place_of(images: Sequence[LabelledImage]) -> list[str]:
    """A name of the place of every picture, equal for pictures of one place."""
    names: list[str] = []
    seen: dict[str, _Hashed] = {}
    for image in images:
        source = str(image.facts.get("source"))
        known = image.facts.get("site") or image.facts.get("sequence")
        if known:
            names.append(f"{source}/{known}")
            continue
        if source not in seen:
            seen[source] = _Hashed(np.zeros(len(images), np.uint64), [])
        names.append(_place_by_hash(image, source, seen[source]))
    return names


class _Hashed(NamedTuple):
    """Hashes of the pictures of one source that were seen, and the names of their places."""

    code: Array
    name: list[str]


def _place_by_hash(image: LabelledImage, source: str, others: _Hashed) -> str:
    code, count = np.packbits(difference_hash(image)).view(np.uint64)[0], len(others.name)
    near = np.flatnonzero(np.bitwise_count(others.code[:count] ^ code) < NEAR_BITS)
    name = others.name[near[0]] if len(near) else f"{source}/{image.path.name}"
    others.code[count] = code
    others.name.append(name)
    return name


def difference_hash(image: LabelledImage) -> Array:
    """64 bits that say where a 9x8 grey version of the picture grows brighter rightwards.

    Raises
    ------
    DataError
        The file can't be read as a picture.
    """
    picture = Image.fromarray(image.read())
    small = np.asarray(picture.convert("L").resize((9, 8), Image.Resampling.BILINEAR), int)
    bits: Array = (small[:, 1:] > small[:, :-1]).ravel()
    return bits


def _fraction(name: str) -> float:
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big") / 2**64
