"""How long and how thick: the measures of four-legged animals, and animals in between."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from types import MappingProxyType

import numpy as np


@dataclass(frozen=True)
class Proportions:
    """Measures of a standing quadruped; lengths are shares of the height of the withers.

    Attributes
    ----------
    withers_m : float
        Height of the withers over the ground, metres.
    trunk_length : float
        From the hip joint to the shoulder joint.
    chest_depth, belly_depth, rump_depth : float
        Height of the trunk behind the elbow, before the knee, and at the hip.
    rump_height : float
        Top of the rump over the ground.
    back_arch : float
        Rise of the middle of the back over the line from withers to rump.
    trunk_width : float
        Width over height of the trunk.
    neck_length, neck_root, neck_tip : float
        Length and the radii at its root and behind the head.
    neck_rise_deg : float
        Of the neck's axis over the horizontal.
    skull_length, skull_radius, muzzle_length, muzzle_radius : float
    head_droop_deg : float
        Of the muzzle under the horizontal.
    ear_length, ear_width : float
    ear_spread_deg : float
        Of the ears from upright to the side.
    tail_length, tail_root, tail_brush : float
        Length, radius at the root and at the thickest place of the outer half.
    tail_rise_deg : float
        Of the tail's root over the horizontal, backward; negative hangs.
    upper_leg, lower_leg, cannon : float
        Radii of the limbs: at the elbow, above the wrist, and of the fore foot.
    thigh : float
        Radius of the thigh.
    wrist_height, hock_height : float
        Shares of the height of the elbow and of the knee.
    foot_length : float
    foot_radius : float
    """

    withers_m: float
    trunk_length: float
    chest_depth: float
    belly_depth: float
    rump_depth: float
    rump_height: float
    back_arch: float
    trunk_width: float
    neck_length: float
    neck_root: float
    neck_tip: float
    neck_rise_deg: float
    skull_length: float
    skull_radius: float
    muzzle_length: float
    muzzle_radius: float
    head_droop_deg: float
    ear_length: float
    ear_width: float
    ear_spread_deg: float
    tail_length: float
    tail_root: float
    tail_brush: float
    tail_rise_deg: float
    upper_leg: float
    lower_leg: float
    cannon: float
    thigh: float
    wrist_height: float
    hock_height: float
    foot_length: float
    foot_radius: float


_ORDER = tuple(f.name for f in fields(Proportions))
# One column for each kind, by eye from side views of living animals.
_TABLE: dict[str, tuple[float, float, float, float, float]] = {
    #                   rat   fox   deer  boar  bear
    "withers_m":       (0.12, 0.40, 0.95, 0.80, 0.95),
    "trunk_length":    (1.45, 1.02, 0.86, 0.98, 0.98),
    "chest_depth":     (0.60, 0.42, 0.42, 0.60, 0.56),
    "belly_depth":     (0.72, 0.33, 0.37, 0.52, 0.57),
    "rump_depth":      (0.66, 0.33, 0.37, 0.46, 0.52),
    "rump_height":     (1.08, 0.97, 1.02, 0.90, 0.94),
    "back_arch":       (0.20, 0.01, -0.02, 0.05, 0.03),
    "trunk_width":     (0.92, 0.72, 0.62, 0.66, 0.82),
    "neck_length":     (0.30, 0.36, 0.56, 0.24, 0.34),
    "neck_root":       (0.24, 0.14, 0.135, 0.25, 0.22),
    "neck_tip":        (0.19, 0.105, 0.080, 0.19, 0.165),
    "neck_rise_deg":   (8.0, 42.0, 58.0, 4.0, 12.0),
    "skull_length":    (0.26, 0.17, 0.15, 0.24, 0.22),
    "skull_radius":    (0.170, 0.115, 0.082, 0.150, 0.155),
    "muzzle_length":   (0.26, 0.20, 0.16, 0.30, 0.19),
    "muzzle_radius":   (0.060, 0.040, 0.046, 0.075, 0.075),
    "head_droop_deg":  (14.0, 14.0, 26.0, 34.0, 14.0),
    "ear_length":      (0.17, 0.17, 0.19, 0.16, 0.085),
    "ear_width":       (0.085, 0.060, 0.048, 0.060, 0.055),
    "ear_spread_deg":  (42.0, 20.0, 44.0, 34.0, 38.0),
    "tail_length":     (1.70, 0.85, 0.17, 0.34, 0.09),
    "tail_root":       (0.070, 0.050, 0.045, 0.036, 0.05),
    "tail_brush":      (0.034, 0.092, 0.045, 0.036, 0.045),
    "tail_rise_deg":   (-6.0, -28.0, -52.0, -66.0, -60.0),
    "upper_leg":       (0.120, 0.076, 0.074, 0.110, 0.125),
    "lower_leg":       (0.070, 0.044, 0.036, 0.056, 0.090),
    "cannon":          (0.055, 0.040, 0.029, 0.042, 0.080),
    "thigh":           (0.210, 0.120, 0.125, 0.165, 0.180),
    "wrist_height":    (0.26, 0.33, 0.50, 0.42, 0.30),
    "hock_height":     (0.30, 0.48, 0.62, 0.52, 0.28),
    "foot_length":     (0.17, 0.095, 0.068, 0.085, 0.15),
    "foot_radius":     (0.050, 0.042, 0.034, 0.048, 0.078),
}
_NAMES = ("rat", "fox", "deer", "boar", "bear")
KINDS: Mapping[str, Proportions] = MappingProxyType({
    name: Proportions(**{key: _TABLE[key][column] for key in _ORDER})
    for column, name in enumerate(_NAMES)
})
"""The kinds that all others lie between or near: ``rat fox deer boar bear``."""

_MIXED_AT_MOST = 0.4
_SPREAD = {"withers_m": 0.22, "rump_height": 0.03}
_USUAL_SPREAD = 0.09
_SPREAD_OF_ANGLES_DEG = 7.0


def blended(first: Proportions, second: Proportions, share: float) -> Proportions:
    """An animal between two: ``share`` 0 is the first, 1 the second; sizes by their logarithm."""
    def between(name: str) -> float:
        a, b = float(getattr(first, name)), float(getattr(second, name))
        if name == "withers_m":
            return float(a ** (1 - share) * b ** share)
        return a + share * (b - a)
    return Proportions(**{name: between(name) for name in _ORDER})


def random_proportions(rng: np.random.Generator, kind: str | None = None) -> Proportions:
    """Measures of an animal that does not exist.

    Parameters
    ----------
    rng : numpy.random.Generator
    kind : str or None
        Which of :data:`KINDS` it is most like; drawn if None.

    Returns
    -------
    Proportions
        Mostly of one kind, with up to two fifths of another, each length varied by a tenth and
        each angle by some degrees.
    """
    first = kind or str(rng.choice(_NAMES))
    mixed = blended(KINDS[first], KINDS[str(rng.choice(_NAMES))], rng.uniform(0, _MIXED_AT_MOST))
    varied = {}
    for name in _ORDER:
        value, draw = float(getattr(mixed, name)), float(np.clip(rng.normal(), -2, 2))
        if name.endswith("_deg"):
            varied[name] = value + _SPREAD_OF_ANGLES_DEG * draw
        else:
            varied[name] = value * float(np.exp(_SPREAD.get(name, _USUAL_SPREAD) * draw))
    return Proportions(**varied)
