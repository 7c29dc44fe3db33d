"""Cut the regions of an animal's body into semantic parts by their shape in the bind pose.

Frame: x to the animal's left, y up, z forward.
"""

from __future__ import annotations

import numpy as np

from wildpose.surface.parts import PARTS
from wildpose.types import Array

MUZZLE_SHARE = 0.45
"""Front share of the head's length that is muzzle (the rest is crown)."""
RUMP_SHARE, GROIN_SHARE, FRONT_SHARE = 0.22, 0.25, 0.42
"""Shares of the trunk's length: its upper end is rump, its lower end groin, its front half the
withers and chest, and loin and belly lie between."""


def _number(name: str) -> int:
    return PARTS.index(name)


def _share(values: Array) -> Array:
    """Values on a scale from 0 (smallest) to 1 (largest)."""
    low, high = values.min(), values.max()
    return np.asarray((values - low) / max(high - low, 1e-9))


def split_by_height(vertices: Array, cuts: tuple[float, ...]) -> Array:
    """Number of the slab, from the top, that each vertex lies in; int64 [V].

    Parameters
    ----------
    vertices : float [V, 3]
    cuts : tuple of float
        Shares of the height, from the top.
    """
    if not cuts:
        return np.zeros(len(vertices), np.int64)
    return np.searchsorted(np.array(cuts), 1 - _share(vertices[:, 1]))


def split_head(vertices: Array) -> Array:
    """Muzzle in front, crown behind, along the head's own long axis in the middle plane."""
    along = vertices[:, 1:] - vertices[:, 1:].mean(axis=0)
    axis = np.linalg.svd(along, full_matrices=False)[2][0]
    axis *= np.sign(axis[1]) or 1  # forward
    front = _share(along @ axis) > 1 - MUZZLE_SHARE
    return np.where(front, _number("muzzle"), _number("crown")).astype(np.int8)


def _above_middle_line(along: Array, across: Array) -> Array:
    """Whether points of a bent tube lie above its middle line, a parabola fitted to them."""
    degree = 2 if len(np.unique(along.round(4))) > 3 else 0
    middle = np.polynomial.Polynomial.fit(along, across, degree)
    return np.asarray(across > middle(along))


def split_neck(vertices: Array) -> Array:
    """Nape on the upper and rear side of the neck, throat on the other."""
    centred = vertices[:, 1:] - vertices[:, 1:].mean(axis=0)
    axis = np.linalg.svd(centred, full_matrices=False)[2][0]
    # Toward the head: up and forward, whichever of the two the neck does more.
    axis *= np.sign(axis.sum()) or 1
    dorsal = np.array([axis[1], -axis[0]])  # a quarter turn back and up, in (y, z)
    above = _above_middle_line(centred @ axis, centred @ dorsal)
    return np.where(above, _number("nape"), _number("throat")).astype(np.int8)


def split_trunk(vertices: Array) -> Array:
    """Withers, loin and rump above the trunk's middle line; chest, belly and groin below it."""
    above = _above_middle_line(vertices[:, 2], vertices[:, 1])
    share = _share(vertices[:, 2])
    rump = np.where(vertices[:, 0] > 0, _number("rump_left"), _number("rump_right"))
    upper = np.where(
        share < RUMP_SHARE, rump,
        np.where(share < 1 - FRONT_SHARE, _number("loin"), _number("withers")),
    )
    lower = np.where(
        share < GROIN_SHARE, _number("groin"),
        np.where(share < 1 - FRONT_SHARE, _number("belly"), _number("chest")),
    )
    return np.where(above, upper, lower).astype(np.int8)
