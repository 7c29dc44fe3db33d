"""Coats of made-up animals: base colour, paler belly, dark legs, stripes, spots, eyes and nose."""

from __future__ import annotations

import numpy as np

from wildpose.surface.parts import PARTS
from wildpose.types import Array

_BASES = np.array([[124, 92, 60], [150, 84, 44], [92, 78, 64], [118, 112, 104], [62, 52, 46],
                   [168, 138, 98], [44, 40, 38], [196, 178, 148], [136, 104, 78], [96, 62, 40]])
"""RGB of common furs: brown, russet, grey-brown, grey, dark, sand, black, cream, fawn, chestnut."""
_PATTERNS = ("plain", "plain", "stripes", "spots", "mottled")
_LOW_LEGS = ("palm", "fingers", "instep", "toes")


def coat_colours(vertices: Array, faces: Array, part: Array, rng: np.random.Generator) -> Array:
    """Colour of each face in the rest pose.

    Parameters
    ----------
    vertices : float [V, 3]
        Metres, rest pose.
    faces : int [F, 3]
    part : int8 [V]
        Rows of ``PARTS``.
    rng : numpy.random.Generator

    Returns
    -------
    uint8 [F, 3]
        RGB.
    """
    corners = vertices[faces]
    centre = corners.mean(axis=1)
    normal = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    up = normal[:, 1] / np.maximum(np.linalg.norm(normal, axis=1), 1e-12)
    face_part = part[faces[:, 0]]
    base = _BASES[rng.integers(len(_BASES))] * rng.uniform(0.8, 1.2)
    colour = np.tile(base, (len(faces), 1)).astype(np.float64)
    colour *= 1 + rng.uniform(0.0, 0.25) * np.clip(-up, 0, 1)[:, None]
    pale = rng.uniform(0, 1) < 0.6
    if pale:
        # countershading: the paler, the more a place looks down, without a border
        under = ~_of(face_part, ("ear", *_LOW_LEGS)) * np.clip(-1.4 * up - 0.15, 0, 1)
        _tint(colour, under, np.array([214, 202, 184]), rng.uniform(0.4, 0.9))
    pattern = str(rng.choice(_PATTERNS))
    marked = _pattern(pattern, centre, float(np.ptp(vertices[:, 1])), rng)
    on_body = ~_of(face_part, ("muzzle", "fingers", "toes"))
    _tint(colour, marked * on_body, base * rng.choice([0.4, 1.5]), rng.uniform(0.4, 0.9))
    if rng.uniform() < 0.5:
        _tint(colour, _of(face_part, _LOW_LEGS), np.array([38, 32, 28]), rng.uniform(0.4, 0.9))
    _tint(colour, _of(face_part, ("fingers", "toes")), np.array([34, 30, 28]), 0.6)
    _tint(colour, _of(face_part, ("muzzle",)), base * rng.choice([0.5, 1.4]), rng.uniform(0, 0.7))
    _tint(colour, _nose(centre, face_part), np.array([22, 20, 20]), 0.9)
    _tint(colour, _eyes(centre, face_part), np.array([14, 12, 12]), 0.95)
    colour *= rng.normal(1.0, 0.03, len(faces))[:, None]
    return np.clip(colour, 0, 255).astype(np.uint8)


def _of(part: Array, names: tuple[str, ...]) -> Array:
    """Which parts are one of these, on either side."""
    plain = [p.removesuffix("_left").removesuffix("_right") for p in PARTS]
    rows = [i for i, p in enumerate(plain) if p in names]
    return np.asarray(np.isin(part, rows))


def _tint(colour: Array, where: Array, towards: Array, share: float) -> None:
    amount = share * where.astype(np.float64)[:, None]
    colour += amount * (towards - colour)


def _pattern(kind: str, centre: Array, height_m: float, rng: np.random.Generator) -> Array:
    """Where the second colour lies, float64 [F] in [0, 1]; the same on both sides."""
    place = np.abs(centre) / height_m * np.array([1.0, 1.0, 0.0]) + centre / height_m * [0, 0, 1]
    phase = rng.uniform(0, 2 * np.pi, (4, 3))
    wave = rng.normal(0, 1, (4, 3)) * 9
    noise = np.mean([np.sin(place @ w + p[0]) for w, p in zip(wave, phase, strict=True)], axis=0)
    if kind == "stripes":
        stripes = np.sin(place[:, 2] * rng.uniform(28, 55) + 2.5 * noise)
        return np.asarray(stripes > rng.uniform(0.0, 0.6), np.float64)
    if kind == "spots":
        often = rng.uniform(24, 44)
        bumps = np.prod(np.sin(place * often + phase[0] + 1.5 * noise[:, None]), axis=1)
        return np.asarray(np.abs(bumps) > rng.uniform(0.25, 0.45), np.float64)
    if kind == "mottled":
        return np.asarray(np.clip(0.5 + 0.9 * noise, 0, 1))
    return np.zeros(len(centre))


def _nose(centre: Array, part: Array) -> Array:
    muzzle = _of(part, ("muzzle",))
    if not muzzle.any():
        return muzzle
    front, back = centre[muzzle, 2].max(), centre[muzzle, 2].min()
    return np.asarray(muzzle & (centre[:, 2] > front - 0.12 * (front - back)))


def _eyes(centre: Array, part: Array) -> Array:
    """The faces round one point on each side of the head."""
    crown = _of(part, ("crown",))
    if not crown.any():
        return crown
    head = centre[crown]
    low, high = head.min(axis=0), head.max(axis=0)
    size = high - low
    eye = np.array([0.40 * size[0], low[1] + 0.62 * size[1], low[2] + 0.80 * size[2]])
    away = np.abs(centre * np.array([0, 1, 1]) - eye * np.array([0, 1, 1]))
    side = np.abs(centre[:, 0]) > 0.22 * size[0]
    return np.asarray(crown & side & (np.linalg.norm(away, axis=1) < 0.10 * float(size.max())))
