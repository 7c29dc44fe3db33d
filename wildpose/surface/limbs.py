"""Coordinates on limbs: the fraction along each bone and the angle round it.

Eq. 1 says little about where round a leg a point lies, because a leg is thin: all its distances
are nearly the same in front and behind. These coordinates say it outright, on any mesh with parts.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from wildpose.surface.descriptors import GeodesicSolver
from wildpose.surface.mesh import vertex_normals
from wildpose.surface.parted_body import PartedBody
from wildpose.surface.parts import PARTS
from wildpose.types import Array

CHAINS: tuple[tuple[str, ...], ...] = (
    ("upper_arm", "forearm", "palm", "fingers"), ("thigh", "shank", "instep", "toes"),
)
"""Parts of a limb from the trunk outward, without their side."""
SIDES = {"left": 1.0, "right": -1.0}
STATIONS_PER_PART = 4
NORMAL_DOUBT = 0.05
"""Weight of a vertex's own place against its normal in the search for the middle of a limb."""
SPREAD = 0.35
"""An arm whose forearm leans outward by more than this (sine) is held away from the body."""

_FORWARD = np.array([0.0, 0.0, 1.0])


@dataclass(frozen=True, eq=False)
class LimbCoordinates:
    """Where the vertices of one limb lie along and round it.

    Attributes
    ----------
    vertices : int64 [N]
    along : float64 [N]
        Number of the part within the chain plus the fraction along its bone; in the outermost
        part the fraction may go a little below 0 and beyond 1.
    angle : float64 [N]
        Radians round the limb: 0 in front (on the back of the hand), pi / 2 outside.
    radius : float64 [N]
        Distance to the middle line of the limb.
    part_length : float64 [P]
        Length of each part of the chain; 0 where it is missing.
    """

    vertices: Array
    along: Array
    angle: Array
    radius: Array
    part_length: Array


def limb_parts(chain: tuple[str, ...], side: str) -> list[int]:
    """Numbers of the parts of a limb on one side, from the trunk outward."""
    return [PARTS.index(f"{name}_{side}") for name in chain]


def limb_coordinates(
    body: PartedBody, solver: GeodesicSolver, chain: tuple[str, ...], side: str
) -> LimbCoordinates | None:
    """Coordinates of one limb; None where the body lacks it or it hangs on nothing.

    Parameters
    ----------
    body : PartedBody
        Standing or in A-pose: y up, z forward.
    solver : GeodesicSolver
        Of the same body.
    chain : tuple of str
        One of :data:`CHAINS`.
    side : str
        ``left`` or ``right``.
    """
    numbers = [n for n in limb_parts(chain, side) if (body.part == n).any()]
    order = np.full(len(PARTS) + 1, -1)  # the last entry serves part -1
    order[numbers] = [limb_parts(chain, side).index(n) for n in numbers]
    rank = order[body.part]
    along, length = np.full(len(rank), np.nan), np.zeros(len(chain))
    for number in numbers:
        step = int(order[number])
        fraction = _fraction(body, solver, rank, step)
        if fraction is None:
            return None
        own = rank == step
        along[own] = step + fraction[0][own]
        length[step] = fraction[1]
    vertices = np.flatnonzero(np.isfinite(along))
    if len(vertices) < 2 * STATIONS_PER_PART:
        return None
    turned = chain == CHAINS[0]
    angle, radius = _round(body, vertices, along[vertices], SIDES[side], turned)
    return LimbCoordinates(vertices, along[vertices], angle, radius, length)


def _fraction(
    body: PartedBody, solver: GeodesicSolver, rank: Array, step: int
) -> tuple[Array, float] | None:
    """Fraction along one part of a limb at every vertex, and the length of the part."""
    own = rank == step
    inner = rank[(rank >= 0) & (rank < step)].max(initial=-1)  # the trunk has rank -1
    near = body.border(own, rank == inner)
    if not len(near):
        return None
    from_near = solver.to_vertices(near)
    outer = rank[rank > step].min(initial=len(PARTS))
    far = body.border(own, rank == outer)
    if not len(far):
        return _fraction_of_tip(body, solver, (own, rank == inner, near))
    from_far = solver.to_vertices(far)
    both = np.maximum(from_near + from_far, 1e-12)
    return from_near / both, float(np.median(both[own]))


def _fraction_of_tip(
    body: PartedBody, solver: GeodesicSolver, parts: tuple[Array, Array, Array]
) -> tuple[Array, float]:
    """Fraction along the outermost part, measured from where the part before it begins.

    So the base of a thumb lies before that of the fingers (below 0), and its tip beside theirs.
    ``parts``: the outermost part and the one before it, bool [V], and the border between them.
    """
    own, before, border = parts
    start = body.border(before, ~(own | before))
    outer = solver.to_vertices(start if len(start) else border)
    begins = float(np.median(outer[border])) if len(start) else 0.0
    length = max(float(np.percentile(outer[own], 98)) - begins, 1e-12)
    return (outer - begins) / length, length


def _round(
    body: PartedBody, vertices: Array, along: Array, side: float, turned: bool
) -> tuple[Array, Array]:
    """Angle round the middle line of a limb and distance to it."""
    xyz, area = body.mesh.vertices[vertices], body.area[vertices]
    normal = vertex_normals(body.mesh)[vertices]
    station = np.arange(np.floor(along.min()), np.ceil(along.max()) + 1e-6, 1 / STATIONS_PER_PART)
    middle = _middle_line(_windows(station, along) * area, xyz, normal)
    tangent = np.gradient(middle, axis=0)
    tangent /= np.maximum(np.linalg.norm(tangent, axis=1, keepdims=True), 1e-12)
    front = _transported(tangent, _FORWARD)
    if turned:
        front = _turned_to_the_back_of_the_hand(station, tangent, front, side)
    at = (_interpolated(along, station, axis) for axis in (middle, tangent, front))
    centre, direction, ahead = at
    outside = np.cross(direction, ahead) * -side
    offset = xyz - centre
    offset -= (offset * direction).sum(1, keepdims=True) * direction
    angle = np.arctan2((offset * outside).sum(1), (offset * ahead).sum(1))
    return angle, np.linalg.norm(offset, axis=1)


def _windows(station: Array, along: Array) -> Array:
    """Gaussian weight of each vertex at each station, [S, N]."""
    return np.asarray(np.exp(-0.5 * ((station[:, None] - along) * STATIONS_PER_PART) ** 2))


def _middle_line(weight: Array, xyz: Array, normal: Array) -> Array:
    """The point of each station through which the normals pass best, [S, 3].

    The mean of the vertices will not do: a thigh that grows out of the trunk has an outside only,
    and its mean lies in the skin.
    """
    weight = weight / np.maximum(weight.sum(1, keepdims=True), 1e-30)
    across = (1 + NORMAL_DOUBT) * np.eye(3) - normal[:, :, None] * normal[:, None, :]
    left = np.einsum("sn,nij->sij", weight, across)
    right = np.einsum("sn,nij,nj->si", weight, across, xyz)
    return np.asarray(np.linalg.solve(left + 1e-9 * np.eye(3), right[..., None])[..., 0])


def _transported(tangent: Array, start: Array) -> Array:
    """A direction across the limb, carried along it without turning round it, [S, 3]."""
    front = np.empty_like(tangent)
    last = start
    for k, direction in enumerate(tangent):
        across = last - direction * (last @ direction)
        last = across / max(float(np.linalg.norm(across)), 1e-12)
        front[k] = last
    return front


def _turned_to_the_back_of_the_hand(
    station: Array, tangent: Array, front: Array, side: float
) -> Array:
    """Turn the forearm's front, from elbow to wrist, towards the back of the hand.

    A limb that stands on the ground has the back of its hand in front. An arm held away from the
    body, as in the A-pose, has it outside: there the forearm turns by a quarter on the way down.
    """
    forearm = (station >= 1) & (station <= 2)
    if not forearm.any() or side * tangent[forearm, 0].mean() < SPREAD:
        return front
    share = np.clip(station - 1, 0, 1)[:, None] * (np.pi / 2)
    outside = np.cross(tangent, front) * -side
    return np.asarray(front * np.cos(share) + outside * np.sin(share))


def _interpolated(along: Array, station: Array, values: Array) -> Array:
    """Values [S, 3] of the stations at each ``along``, [N, 3]."""
    return np.stack([np.interp(along, station, values[:, k]) for k in range(3)], axis=1)
