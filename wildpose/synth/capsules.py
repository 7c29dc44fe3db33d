"""A body as one signed distance: tapered capsules melted into each other, the same on both sides.

References
----------
Distance to a capsule and the quadratic smooth minimum: I. Quilez, "Distance functions" and
"Smooth minimum" (articles, 2008 to 2013): ``min(a, b) - h^2 k / 4``, ``h = max(k - |a-b|, 0) / k``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from wildpose.types import Array

_MIRROR = np.array([-1.0, 1.0, 1.0])


@dataclass(frozen=True)
class Capsule:
    """A segment with a radius at each end.

    Attributes
    ----------
    name : str
        Of the bone that it belongs to, without its side.
    start, end : tuple of float
        Ends (x, y, z) in metres; x of a paired capsule is that of the left one.
    start_radius, end_radius : float
        Metres.
    blend : float
        Over how many metres it melts into what stands before it in the list.
    paired : bool
        Its mirror image belongs to the body too.
    stretch : tuple of float
        Factors of the thickness along x, y and z: 0.6 in x is a body flat from side to side.
    """

    name: str
    start: tuple[float, float, float]
    end: tuple[float, float, float]
    start_radius: float
    end_radius: float
    blend: float
    paired: bool = False
    stretch: tuple[float, float, float] = (1.0, 1.0, 1.0)


def capsule_distance(capsule: Capsule, points: Array) -> Array:
    """Signed distance of points to one capsule, about right near its surface.

    Parameters
    ----------
    capsule : Capsule
    points : float64 [N, 3]

    Returns
    -------
    float64 [N]
        Metres, negative inside.
    """
    stretch = np.array(capsule.stretch)
    start, axis = np.array(capsule.start), np.array(capsule.end) - np.array(capsule.start)
    offset = points - start
    along = np.clip(offset @ axis / max(float(axis @ axis), 1e-12), 0.0, 1.0)
    offset -= along[:, None] * axis
    offset /= stretch
    distance: Array = np.sqrt(np.einsum("ni,ni->n", offset, offset))
    distance -= capsule.start_radius + along * (capsule.end_radius - capsule.start_radius)
    return distance * float(stretch.min())


def smooth_minimum(first: Array, second: Array, blend: float) -> Array:
    """Minimum of two distances, rounded where they differ by less than ``blend`` metres."""
    if blend <= 0:
        return np.asarray(np.minimum(first, second))
    overlap = np.maximum(blend - np.abs(first - second), 0.0) / blend
    return np.asarray(np.minimum(first, second) - overlap * overlap * (blend / 4))


def body_distance(capsules: Sequence[Capsule], points: Array) -> Array:
    """Signed distance of points to the whole body; the same for a point and its mirror image.

    Parameters
    ----------
    capsules : sequence of Capsule
    points : float64 [N, 3]

    Returns
    -------
    float64 [N]
        Metres, negative inside.
    """
    whole: Array | None = None
    for capsule in capsules:
        one = capsule_distance(capsule, points)
        if capsule.paired:
            other = capsule_distance(capsule, points * _MIRROR)
            one = smooth_minimum(one, other, capsule.blend)
        whole = one if whole is None else smooth_minimum(whole, one, capsule.blend)
    return np.full(len(points), np.inf) if whole is None else whole


def nearest_capsule(capsules: Sequence[Capsule], points: Array) -> Array:
    """Row of the capsule that each point lies deepest in or nearest to, int64 [N].

    A paired capsule stands for both sides: its own side is that of the point.
    """
    near_side = points * np.where(points[:, :1] < 0, _MIRROR, 1.0)
    depths = np.stack([capsule_distance(capsule, near_side) for capsule in capsules])
    return np.asarray(np.argmin(depths, axis=0))


def bounds(capsules: Sequence[Capsule]) -> tuple[Array, Array]:
    """Corners of a box, float64 [3] each, that holds the whole body and its blends."""
    ends = np.array([[c.start, c.end] for c in capsules])
    reach = np.array([max(c.start_radius, c.end_radius) * max(c.stretch) + c.blend / 2
                      for c in capsules])[:, None, None]
    lower, upper = (ends - reach).min(axis=(0, 1)), (ends + reach).max(axis=(0, 1))
    side = max(abs(lower[0]), abs(upper[0]))
    return np.array([-side, lower[1], lower[2]]), np.array([side, upper[1], upper[2]])
