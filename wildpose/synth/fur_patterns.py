"""Furs drawn at random: base colour, paler belly, marks, dark points, hair, patches of photographs.

The aim is variety more than any one species: a network that has seen stripes, spots and patches in
all colours on all bodies must look at the shape.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from wildpose.errors import DataError
from wildpose.surface.parts import PARTS
from wildpose.synth.eye_shine import BLACK
from wildpose.synth.fur import Painter, Skin, own_colours, sampled
from wildpose.synth.rig import Rig
from wildpose.synth.solid_noise import cell_distances, solid_noise
from wildpose.types import Array

FUR_COLOURS = np.array([
    [124, 92, 60], [150, 84, 44], [92, 78, 64], [118, 112, 104], [62, 52, 46], [168, 138, 98],
    [40, 37, 36], [198, 182, 152], [136, 104, 78], [96, 62, 40], [182, 120, 62], [78, 70, 58],
    [205, 200, 192], [108, 88, 48], [140, 130, 112],
])
"""RGB of furs that are common: browns, russets, greys, black, cream, white, olive."""
LIMB_PARTS = ("upper_arm", "forearm", "palm", "fingers", "thigh", "shank", "instep", "toes")
POINT_PARTS = (("palm", "fingers", "instep", "toes"), ("muzzle",), ("ear",), ("tail",))
"""Parts that are often dark, or white, together."""
PICTURES = (".jpg", ".jpeg", ".png", ".bmp", ".webp")
_CROP_PX = 320

Marks = Callable[[Array, Array, np.random.Generator], Array]


def random_fur(rig: Rig, rng: np.random.Generator, photographs: Sequence[Array] = ()) -> Painter:
    """Draw a fur for a body.

    Parameters
    ----------
    rig : Rig
        Its own look is kept, changed a little, in about a third of the draws.
    rng : numpy.random.Generator
        All randomness is drawn here, none when painting.
    photographs : sequence of uint8 [H, W, 3]
        Pictures whose patches may be laid over the body (:func:`read_photographs`).

    Returns
    -------
    Painter
    """
    kind = rng.uniform()
    seed = int(rng.integers(2**31))
    if photographs and kind < 0.3:
        photograph = photographs[int(rng.integers(len(photographs)))]
        return _kept_details(rig, from_photograph(photograph, rig, seed), seed)
    if kind < 0.6:
        return own_fur(rig, seed)
    return _kept_details(rig, procedural_fur(rig, seed), seed)


def own_fur(rig: Rig, seed: int) -> Painter:
    """The look that came with the body in another tone, with hair; ``seed`` decides both."""
    return _haired(rig, _shifted(own_colours(rig), seed), seed)


def procedural_fur(rig: Rig, seed: int) -> Painter:
    """A fur without model: two colours, marks, belly, points; ``seed`` decides all of it."""
    height_m = _height(rig)

    def paint(skin: Skin) -> Array:
        rng = np.random.default_rng(seed)
        base, second, belly = _three_colours(rng)
        places = skin.place / height_m
        limb = share_of_parts(skin, rig, LIMB_PARTS)
        marks = MARKS[str(rng.choice(list(MARKS)))](places, limb, rng)
        colour = _towards(np.tile(base, (len(places), 1)), second, marks * rng.uniform(0.4, 1.0))
        low = np.clip(0.35 - 1.3 * skin.normal[:, 1], 0, 1) * (1 - 0.6 * limb)
        soft = low * (0.8 + 0.4 * solid_noise(places, 0.15, seed + 1, 2))
        colour = _towards(colour, belly, np.clip(soft, 0, 1) * rng.choice([0.0, 0.5, 0.85]))
        for names in POINT_PARTS:
            tint = np.array([30.0, 27, 25]) if rng.uniform() < 0.75 else np.array([224.0, 218, 206])
            where = share_of_parts(skin, rig, names) * (rng.uniform() < 0.3)
            colour = _towards(colour, tint, where * rng.uniform(0.5, 0.95))
        return np.clip(colour, 0, 255).astype(np.uint8)

    return paint


def from_photograph(photograph: Array, rig: Rig, seed: int) -> Painter:
    """Lay a patch of a photograph over a body from three sides, faded into each other."""
    height_m = _height(rig)

    def paint(skin: Skin) -> Array:
        rng = np.random.default_rng(seed)
        patch = _patch_of(photograph, rng)
        places = skin.place / (height_m * rng.uniform(0.4, 1.6)) + rng.uniform(0, 1, 3)
        weight = np.abs(skin.normal) ** 4
        weight /= np.maximum(weight.sum(axis=1, keepdims=True), 1e-12)
        colour = np.zeros((len(places), 3))
        for axis, plane in enumerate(((2, 1), (0, 2), (0, 1))):
            there = weight[:, axis] > 0.02
            uv = places[there][:, plane]
            colour[there] += weight[there, axis, None] * sampled(patch, uv)
        return np.clip(colour, 0, 255).astype(np.uint8)

    return paint


def read_photographs(folder: Path, most: int = 200) -> tuple[Array, ...]:
    """Read the pictures of a folder, made smaller; sorted by name.

    Parameters
    ----------
    folder : Path
        Searched with its subfolders.
    most : int
        Where there are more, every n-th is taken.

    Returns
    -------
    tuple of uint8 [H, W, 3]

    Raises
    ------
    DataError
        No picture there, or one that can't be read.
    """
    from PIL import Image

    paths = sorted(p for p in folder.rglob("*") if p.suffix.lower() in PICTURES)
    if not paths:
        raise DataError(f"{folder}: no pictures.", f"Put some {' '.join(PICTURES)} there.")
    pictures = []
    for path in paths[:: -(-len(paths) // most)]:
        try:
            with Image.open(path) as image:
                small = image.convert("RGB")
                small.thumbnail((2 * _CROP_PX, 2 * _CROP_PX))
                pictures.append(np.asarray(small))
        except OSError as error:
            raise DataError(f"{path}: not a readable picture ({error}).", "Remove it.") from error
    return tuple(pictures)


def share_of_parts(skin: Skin, rig: Rig, names: Sequence[str]) -> Array:
    """How much each place belongs to parts, on either side: 0 to 1, smooth across a triangle."""
    rows = [row for row, part in enumerate(PARTS)
            if part.removesuffix("_left").removesuffix("_right") in names]
    inside = np.isin(rig.part, rows)[rig.faces[skin.face]]
    share: Array = (inside * skin.barycentric).sum(axis=1)
    return share


def _height(rig: Rig) -> float:
    return max(float(np.ptp(rig.vertices[:, 1])), 1e-6)


def _towards(colour: Array, target: Array, share: Array) -> Array:
    moved: Array = colour + share[:, None] * (target - colour)
    return moved


def _three_colours(rng: np.random.Generator) -> tuple[Array, Array, Array]:
    base, other = FUR_COLOURS[rng.choice(len(FUR_COLOURS), 2, replace=False)].astype(np.float64)
    base = base * rng.uniform(0.75, 1.2) * rng.normal(1, 0.03, 3)
    contrast = rng.choice(3)
    second = (other, base * rng.uniform(0.2, 0.6), 255 - (255 - base) * rng.uniform(0.2, 0.6))
    belly = 255 - (255 - base) * rng.uniform(0.25, 0.7)
    return base, second[int(contrast)], belly


def _edge(values: Array, softness: float) -> Array:
    """0 below 0, 1 above 0, over a band of this width."""
    return np.clip(values / softness + 0.5, 0, 1)


def _plain(places: Array, limb: Array, rng: np.random.Generator) -> Array:
    return np.zeros(len(places))


def _stripes(places: Array, limb: Array, rng: np.random.Generator) -> Array:
    """Bands across the trunk, rings round the legs; alike on both sides, as they are on animals."""
    both = np.abs(places * [1, 0, 0]) + places * [0, 1, 1]
    bent = solid_noise(both, rng.uniform(0.15, 0.5), int(rng.integers(2**31)), 2)
    often, bend = rng.uniform(25, 60), rng.uniform(1.0, 3.5) * bent
    waves = (np.sin(places[:, 2] * often + bend) * (1 - limb)
             + np.sin(places[:, 1] * often + bend) * limb)
    fade = np.clip(rng.uniform(0.5, 1.6) + 0.8 * bent, 0, 1)
    return _edge(waves - rng.uniform(-0.3, 0.6), rng.uniform(0.2, 0.8)) * fade


def _spots(places: Array, limb: Array, rng: np.random.Generator) -> Array:
    cell = rng.uniform(0.05, 0.16)
    away, which = cell_distances(places, cell, int(rng.integers(2**31)))
    radius = rng.uniform(0.25, 0.5) * (0.7 + 0.6 * which)
    return _edge(radius - away, rng.uniform(0.08, 0.2))


def _rosettes(places: Array, limb: Array, rng: np.random.Generator) -> Array:
    away, which = cell_distances(places, rng.uniform(0.10, 0.2), int(rng.integers(2**31)))
    broken = solid_noise(places, 0.06, int(rng.integers(2**31)))
    ring = 0.13 - np.abs(away - 0.38 * (0.8 + 0.4 * which)) + 0.12 * broken
    return _edge(ring, 0.1)


def _patches(places: Array, limb: Array, rng: np.random.Generator) -> Array:
    blotches = solid_noise(places, rng.uniform(0.25, 0.7), int(rng.integers(2**31)), 3)
    return _edge(blotches - rng.uniform(-0.15, 0.25), rng.uniform(0.03, 0.15))


def _mottled(places: Array, limb: Array, rng: np.random.Generator) -> Array:
    blotches = solid_noise(places, rng.uniform(0.1, 0.5), int(rng.integers(2**31)), 4, 0.6)
    return np.clip(0.5 + 0.9 * blotches, 0, 1)


def _saddle(places: Array, limb: Array, rng: np.random.Generator) -> Array:
    """A darker or paler back, as jackals and many rodents have."""
    ragged = solid_noise(places, 0.12, int(rng.integers(2**31)), 3)
    return _edge(places[:, 1] - rng.uniform(0.55, 0.85) + 0.12 * ragged, 0.15)


MARKS: dict[str, Marks] = {
    "plain": _plain, "stripes": _stripes, "spots": _spots, "rosettes": _rosettes,
    "patches": _patches, "mottled": _mottled, "saddle": _saddle,
}
"""Where the second colour lies, [0, 1], from places in body heights and the share of limb."""


def _shifted(painter: Painter, seed: int) -> Painter:
    """The same look in another tone: no two animals of a species are alike."""

    def paint(skin: Skin) -> Array:
        rng = np.random.default_rng(seed)
        colour = painter(skin) / 255.0
        grey = colour.mean(axis=1, keepdims=True)
        stronger = np.maximum(grey + (colour - grey) * rng.uniform(0.6, 1.3), 0)
        colour = stronger ** rng.uniform(0.75, 1.35)
        shifted: Array = colour * rng.normal(1, 0.025, 3) * 255
        return np.clip(shifted, 0, 255).astype(np.uint8)

    return paint


def _haired(rig: Rig, painter: Painter, seed: int) -> Painter:
    """Add hair: streaks along the body and down the legs, and clumps."""
    height_m = _height(rig)

    def paint(skin: Skin) -> Array:
        rng = np.random.default_rng(seed + 11)
        limb = share_of_parts(skin, rig, LIMB_PARTS)
        places = skin.place / height_m
        width = rng.uniform(0.006, 0.02)
        streaks = (solid_noise(places * [1, 1, 0.2], width, seed + 12, 2) * (1 - limb)
                   + solid_noise(places * [1, 0.2, 1], width, seed + 12, 2) * limb)
        clumps = solid_noise(places, rng.uniform(0.04, 0.12), seed + 13, 2)
        tone = 1 + rng.uniform(0.08, 0.35) * streaks + rng.uniform(0.05, 0.25) * clumps
        haired: Array = np.clip(painter(skin) * tone[:, None], 0, 255).astype(np.uint8)
        return haired

    return paint


def _kept_details(rig: Rig, painter: Painter, seed: int) -> Painter:
    """Hair over a fur; horns and the black of flat-coloured bodies stay as they are."""
    fur, own = _haired(rig, painter, seed), own_colours(rig)

    def paint(skin: Skin) -> Array:
        colour, before = fur(skin), own(skin)
        flat = rig.texture is None and rig.face_colour is not None
        detail = skin.part < 0
        if flat:
            detail = detail | (before.max(axis=1) < BLACK)
        kept: Array = np.where(detail[:, None], before, colour)
        return kept

    return paint


def _patch_of(photograph: Array, rng: np.random.Generator) -> Array:
    """A square of a picture, mirrored so that it repeats without a seam."""
    side = int(min(*photograph.shape[:2], rng.integers(_CROP_PX // 3, _CROP_PX)))
    top = int(rng.integers(photograph.shape[0] - side + 1))
    left = int(rng.integers(photograph.shape[1] - side + 1))
    crop = photograph[top:top + side, left:left + side]
    wide = np.concatenate([crop, crop[:, ::-1]], axis=1)
    patch: Array = np.concatenate([wide, wide[::-1]], axis=0)
    return patch
