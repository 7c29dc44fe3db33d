"""Draw training batches from several sources at declared ratios.

Every source draws its own pictures: half of the draws from a source of 100 pictures and half from
one of 10,000 are a half each. A batch is a function of the seed and its number alone, so that
training can go on after a stop with the very batches that it would have seen.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from wildpose.data.annotations import LabelledImage
from wildpose.data.augment import (
    Example,
    bodies_alone,
    camera_look,
    mirrored_or_not,
    place,
    random_placement,
)
from wildpose.data.paste import CutOut, paste

Augmentation = Literal["camera_traps", "mirror"]
"""Pictures made to look like camera traps of all hours, or fitted into the canvas and mirrored half
of the time and nothing else, as the reference implementation of DensePose has it."""


@dataclass(frozen=True)
class Source:
    """Pictures that are drawn alike.

    Attributes
    ----------
    name : str
    images : tuple of LabelledImage
    share : float
        Of all draws; the shares of all sources are normalised to 1.
    paste_chance : float
        Chance that an animal is pasted onto a drawn picture (then another with the same chance).
    bodies_alone : bool
        Everything but the bodies is made grey.
    """

    name: str
    images: tuple[LabelledImage, ...]
    share: float
    paste_chance: float = 0.0
    bodies_alone: bool = False


@dataclass(frozen=True)
class Mixture:
    """Sources, the animals to paste, the canvases (height, width) to fill, and how to fill them."""

    sources: tuple[Source, ...]
    animals: tuple[CutOut, ...]
    canvases: tuple[tuple[int, int], ...]
    seed: int
    augmentation: Augmentation = "camera_traps"


def draw_batch(mixture: Mixture, number: int, size: int) -> list[Example]:
    """The batch with this number: ``size`` augmented pictures on one canvas size."""
    rng = np.random.default_rng([mixture.seed, number])
    canvas = mixture.canvases[rng.integers(len(mixture.canvases))]
    shares = np.array([s.share for s in mixture.sources])
    chosen = rng.choice(len(shares), size=size, p=shares / shares.sum())
    return [_draw(mixture, mixture.sources[c], canvas, rng) for c in chosen]


def _draw(
    mixture: Mixture, source: Source, canvas: tuple[int, int], rng: np.random.Generator
) -> Example:
    plain, animals = mixture.augmentation == "mirror", mixture.animals
    image = source.images[rng.integers(len(source.images))]
    placement = (mirrored_or_not if plain else random_placement)(image, canvas, rng)
    example = place(image, placement, canvas, rng)
    if source.bodies_alone:
        example = bodies_alone(example)
    elif animals:
        for _ in range(2):
            if rng.random() < source.paste_chance:
                example = paste(example, animals[int(rng.integers(len(animals)))], rng)
    return example if plain else camera_look(example, rng)
