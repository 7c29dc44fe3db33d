"""Random proportions for any body: the posed skin is stretched and its head is turned.

Every vertex keeps its point on the reference, so that labels stay exact however the body is built.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from wildpose.surface.parts import PARTS
from wildpose.synth.rig import Rig
from wildpose.types import Array

_SHOULDER = tuple(PARTS.index(name) for name in ("withers", "chest"))
_CROWN = PARTS.index("crown")
_LEG_SHARE = 0.5
"""Up to this share of its height a standing body is mostly leg."""


@dataclass(frozen=True)
class Build:
    """How one body differs from its species.

    Attributes
    ----------
    width, length, legs : float
        Factors on the body across, along and up to half of its height.
    head_turn_rad : float
        Of the head to the animal's left; the neck shares in it.
    """

    width: float = 1.0
    length: float = 1.0
    legs: float = 1.0
    head_turn_rad: float = 0.0


def draw_build(rng: np.random.Generator, *, upright: bool) -> Build:
    """Draw a build: a tenth wider, longer, higher on its legs or less; half look aside.

    Parameters
    ----------
    rng : numpy.random.Generator
    upright : bool
        A body that stands over its feet keeps its head as the motion has it.
    """
    width, length, legs = (float(np.exp(np.clip(rng.normal(0, s), -2 * s, 2 * s)))
                           for s in (0.12, 0.09, 0.12))
    turns = not upright and rng.random() < 0.5
    turn = float(np.clip(rng.normal(0, 0.6), -1.2, 1.2)) if turns else 0.0
    return Build(width, length, legs, turn)


def built(vertices: Array, rig: Rig, build: Build) -> Array:
    """Give a posed body its build.

    Parameters
    ----------
    vertices : float [V, 3]
        Posed, in the body's frame (x left, y up, z forward).
    rig : Rig
        Tells shoulder and head.
    build : Build

    Returns
    -------
    float64 [V, 3]
    """
    shaped = np.array(vertices, np.float64)
    knee = _LEG_SHARE * float(np.ptp(rig.vertices[:, 1]))
    low = np.minimum(shaped[:, 1], knee)
    shaped[:, 1] += (build.legs - 1) * low
    shaped[:, 0] *= build.width
    shaped[:, 2] *= build.length
    return _head_turned(shaped, rig, build.head_turn_rad)


def _head_turned(vertices: Array, rig: Rig, turn_rad: float) -> Array:
    """Bend everything before the shoulder about an upright axis, the more the farther ahead."""
    shoulder, crown = np.isin(rig.part, _SHOULDER), rig.part == _CROWN
    if turn_rad == 0 or not shoulder.any() or not crown.any():
        return vertices
    pivot = np.quantile(vertices[shoulder], 0.8, axis=0)
    reach = float(vertices[crown, 2].mean() - pivot[2])
    if reach <= 0:
        return vertices
    share = np.clip((vertices[:, 2] - pivot[2]) / reach, 0, 1)
    # a foot that steps ahead of the shoulder stays on its side
    share = share * share * (3 - 2 * share) * _of_head(rig)
    x, z = vertices[:, 0], vertices[:, 2] - pivot[2]
    cos, sin = np.cos(share * turn_rad), np.sin(share * turn_rad)
    turned: Array = np.stack([cos * x + sin * z, vertices[:, 1], pivot[2] + cos * z - sin * x], 1)
    return turned


def _of_head(rig: Rig) -> Array:
    """1 for head, neck and trunk and what has no part (horns), 0 for fore legs, float64 [V]."""
    legs = ("upper_arm", "forearm", "palm", "fingers")
    rows = [row for row, part in enumerate(PARTS) if part.startswith(legs)]
    return np.where(np.isin(rig.part, rows), 0.0, 1.0)


def facing_of(heading_rad: float, line_of_sight: Array) -> str:
    """Word for the way from rear to head, as somebody who looks at the picture says it.

    Parameters
    ----------
    heading_rad : float
        As :class:`wildpose.synth.paths.Anchor` has it: 0 looks along +z, a quarter turn along +x.
    line_of_sight : float [3]
        From the lens to the body, world.

    Returns
    -------
    str
        ``left``, ``right``, ``toward`` or ``away``: the nearest of the four.

    Examples
    --------
    >>> facing_of(0.0, np.array([0, 0, 5.0])), facing_of(math.pi / 2, np.array([0, 0, 5.0]))
    ('away', 'left')
    """
    away = math.atan2(float(line_of_sight[0]), float(line_of_sight[2]))
    turn = (heading_rad - away + math.pi) % (2 * math.pi) - math.pi
    if abs(turn) <= math.pi / 4:
        return "away"
    if abs(turn) >= 3 * math.pi / 4:
        return "toward"
    return "left" if turn > 0 else "right"
