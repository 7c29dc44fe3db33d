"""Coats that no animal wears: a network that has seen them all must look at the shape.

Random photographs, noise and plain colours beside furs, as Mu et al. (Learning from Synthetic
Animals, CVPR 2020, 3.2) texture their bodies.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from wildpose.synth.cast import Character
from wildpose.synth.fur import Painter, Skin, own_colours
from wildpose.synth.fur_patterns import FUR_COLOURS, from_photograph, own_fur, random_fur
from wildpose.synth.solid_noise import solid_noise
from wildpose.types import Array, ClassId


def any_coat(
    character: Character, rng: np.random.Generator, photographs: Sequence[Array], *, plain: bool
) -> Painter:
    """Draw a coat.

    Parameters
    ----------
    character : Character
        People keep their clothes more often than animals their fur.
    rng : numpy.random.Generator
    photographs : sequence of uint8 [H, W, 3]
        Of whatever; patches of them are laid over bodies.
    plain : bool
        Keep to the body's own look.

    Returns
    -------
    Painter
    """
    rig, kind = character.rig, float(rng.random())
    seed = int(rng.integers(2**31))
    clothed = character.class_id == ClassId.PERSON
    if plain or (clothed and kind < 0.55):
        return own_colours(rig) if clothed else own_fur(rig, seed)
    if kind < 0.42:
        return random_fur(rig, rng)
    if kind < 0.78 and photographs:
        return from_photograph(photographs[int(rng.integers(len(photographs)))], rig, seed)
    return noise_coat(rig.vertices, seed) if kind < 0.9 else one_colour(seed)


def noise_coat(vertices: Array, seed: int) -> Painter:
    """Two colours mixed by noise of any coarseness; ``seed`` decides all of it."""
    height_m = max(float(np.ptp(vertices[:, 1])), 1e-6)

    def paint(skin: Skin) -> Array:
        rng = np.random.default_rng(seed)
        first, second = (_any_colour(rng) for _ in range(2))
        coarse = float(np.exp(rng.uniform(np.log(0.03), np.log(0.8))))
        value = solid_noise(skin.place / height_m, coarse, seed, 3, float(rng.uniform(0.4, 0.8)))
        share = np.clip(0.5 + rng.uniform(0.6, 3.0) * value, 0, 1)[:, None]
        return np.asarray(np.clip(first + share * (second - first), 0, 255), np.uint8)

    return paint


def one_colour(seed: int) -> Painter:
    """The same colour all over; ``seed`` decides which."""

    def paint(skin: Skin) -> Array:
        colour = np.clip(_any_colour(np.random.default_rng(seed)), 0, 255)
        return np.tile(colour.astype(np.uint8), (len(skin.face), 1))

    return paint


def _any_colour(rng: np.random.Generator) -> Array:
    """Most often that of a fur."""
    if rng.random() < 0.7:
        fur = FUR_COLOURS[int(rng.integers(len(FUR_COLOURS)))]
        return np.asarray(fur * rng.uniform(0.6, 1.3), np.float64)
    return rng.uniform(0, 255, 3)
