"""Where on the reference the descriptors of an animal's vertices are found again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType

import numpy as np

from wildpose.surface.descriptors import (
    GeodesicSolver,
    normalised_by_part,
    part_distances,
    standardised,
    sums_and_differences,
)
from wildpose.surface.limbs import CHAINS, SIDES, LimbCoordinates, limb_coordinates, limb_parts
from wildpose.surface.mesh import Mesh
from wildpose.surface.parted_body import PartedBody, parted_body
from wildpose.surface.reference import ReferenceBody
from wildpose.types import Array

NEIGHBOURS = 4
"""A place is the weighted mean of so many nearest descriptors."""
_EXACT = 1e-8
"""Square of the distance (0.1 mm) below which a descriptor counts as found exactly."""

Limb = tuple[tuple[str, ...], str]


@dataclass(frozen=True, eq=False)
class Described:
    """A body with its descriptors.

    Attributes
    ----------
    body : PartedBody
    distance : float64 [V, 32]
        Eq. 1, not normalised.
    limbs : mapping of (chain, side) to LimbCoordinates
        Those that could be laid out.
    """

    body: PartedBody
    distance: Array
    limbs: Mapping[Limb, LimbCoordinates]


@dataclass(frozen=True, eq=False)
class Match:
    """Places on the reference found for the vertices of an animal.

    Attributes
    ----------
    xyz : float64 [V, 3]
        Metres, near the reference; NaN where nothing was looked for.
    residual : float64 [V]
        How far the descriptor found is from the one sought, metres; infinite where none.
    """

    xyz: Array
    residual: Array


def described(body: PartedBody) -> Described:
    """Compute the descriptors of a body."""
    solver = GeodesicSolver(body)
    limbs = {(chain, side): limb_coordinates(body, solver, chain, side)
             for chain in CHAINS for side in SIDES}
    found = {limb: coordinates for limb, coordinates in limbs.items() if coordinates is not None}
    return Described(body, part_distances(body, solver), MappingProxyType(found))


@lru_cache(maxsize=4)
def described_reference(reference: ReferenceBody) -> Described:
    """Descriptors of a reference body, computed once per process."""
    mesh = Mesh.of(reference.surface.vertices, reference.surface.faces)
    return described(parted_body(mesh, reference.part, least_vertices=1))


def printed_match(animal: Described, reference: Described) -> Match:
    """Eq. 1 as printed: nearest descriptors over the whole body, normalised by their parts."""
    ours = normalised_by_part(animal.distance, animal.body.part)
    theirs = normalised_by_part(reference.distance, reference.body.part)
    both = np.isfinite(ours).all(0) & np.isfinite(theirs).all(0)
    row, residual = _nearest(ours[:, both], theirs[:, both], 1)
    return Match(reference.body.mesh.vertices[row[:, 0]], residual[:, 0])


def improved_match(animal: Described, reference: Described) -> Match:
    """Within each part: standardised descriptors on trunk and head, limb coordinates on limbs."""
    match = Match(np.full(animal.body.mesh.vertices.shape, np.nan),
                  np.full(len(animal.body.part), np.inf))
    on_limbs: set[int] = set()
    for limb, ours in animal.limbs.items():
        theirs = reference.limbs.get(limb)
        if theirs is not None:
            _match_limb(match, ours, theirs, reference)
            on_limbs.update(limb_parts(*limb))
    for part in set(np.unique(animal.body.part)) - on_limbs - {-1}:
        _match_part(match, int(part), animal, reference)
    return match


def _match_part(match: Match, part: int, animal: Described, reference: Described) -> None:
    own = np.flatnonzero(animal.body.part == part)
    target = np.flatnonzero(reference.body.part == part)
    if not len(target):
        return
    ours, theirs = animal.distance, reference.distance
    both = np.isfinite(ours).all(0) & np.isfinite(theirs).all(0)
    ours = np.where(both, ours, 0)
    theirs = np.where(both, theirs, 0)
    wanted = sums_and_differences(theirs)[target]
    given = standardised(sums_and_differences(ours)[own], wanted)
    # The root of the number of columns makes a difference of descriptors a length in metres.
    scale = np.sqrt(max(int(both.sum()), 1))
    _fill(match, own, (given / scale, wanted / scale), reference.body.mesh.vertices[target])


def _match_limb(match: Match, ours: LimbCoordinates, theirs: LimbCoordinates,
                reference: Described) -> None:
    radius = float(np.median(theirs.radius))
    start = np.concatenate([[0], np.cumsum(theirs.part_length)])
    given, wanted = (_unrolled(limb, start, radius) for limb in (ours, theirs))
    _fill(match, ours.vertices, (given, wanted), reference.body.mesh.vertices[theirs.vertices])


def _unrolled(limb: LimbCoordinates, start: Array, radius: float) -> Array:
    """Points on the reference's limb made a cylinder, metres [N, 3]."""
    along = np.interp(limb.along, np.arange(len(start)), start)
    return np.stack([along, radius * np.cos(limb.angle), radius * np.sin(limb.angle)], axis=1)


def _fill(match: Match, rows: Array, spaces: tuple[Array, Array], xyz: Array) -> None:
    given, wanted = spaces
    nearest, distance = _nearest(given, wanted, min(NEIGHBOURS, len(wanted)))
    weight = 1 / (distance**2 + _EXACT)
    weight /= weight.sum(1, keepdims=True)
    match.xyz[rows] = np.einsum("nk,nkc->nc", weight, xyz[nearest])
    match.residual[rows] = distance[:, 0]


def _nearest(given: Array, wanted: Array, count: int) -> tuple[Array, Array]:
    """Rows int64 [N, count] of the nearest of ``wanted`` and their distances."""
    from scipy.spatial import cKDTree

    distance, row = cKDTree(wanted).query(given, k=count)
    shape = (len(given), count)
    return np.asarray(row).reshape(shape), np.asarray(distance).reshape(shape)
