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
from wildpose.surface.parted_body import PartedBody, mirror_vertices, parted_body
from wildpose.surface.parts import MIRROR
from wildpose.surface.reference import ReferenceBody
from wildpose.surface.unfolded import Unfolded, unfolded
from wildpose.types import Array

NEIGHBOURS = 4
"""A place is the weighted mean of so many nearest descriptors."""
LIMB_DOUBT_M = 0.008
"""Metres by which a place on a limb is held uncertain where its bone is e times as long (as a
share of the limb) as the reference's: a short upper arm must not be stretched over a whole one."""
LONG_BONES = 2
"""The first parts of a limb (upper arm and forearm, thigh and shank): what is eased and doubted.
Hands and feet stay where they are."""
JOINT_EASE = 0.5
"""How far elbow and knee move on the reference from their own place (0) to where they divide the
limb as they do on the animal (1)."""
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
    place : float64 [V, K]
        In the unfolded reference (x, y, z first); NaN where nothing was looked for.
    residual : float64 [V]
        How far the descriptor found is from the one sought, metres; infinite where none.
    """

    place: Array
    residual: Array


def described(body: PartedBody) -> Described:
    """Compute the descriptors of a body.

    They are averaged with those of the mirror image, so that both sides are described alike
    although their distances are to other points of the parts.
    """
    solver = GeodesicSolver(body)
    limbs = {(chain, side): limb_coordinates(body, solver, chain, side)
             for chain in CHAINS for side in SIDES}
    found = {limb: coordinates for limb, coordinates in limbs.items() if coordinates is not None}
    distance, other = part_distances(body, solver), mirror_vertices(body)
    mirrored = np.where(other[:, None] < 0, distance, distance[other][:, list(MIRROR)])
    return Described(body, (distance + mirrored) / 2, MappingProxyType(found))


@lru_cache(maxsize=4)
def described_reference(reference: ReferenceBody) -> Described:
    """Descriptors of a reference body, computed once per process."""
    mesh = Mesh.of(reference.surface.vertices, reference.surface.faces)
    return described(parted_body(mesh, reference.part, least_vertices=1))


@lru_cache(maxsize=4)
def unfolded_reference(reference: ReferenceBody) -> Unfolded:
    """The unfolded reference, computed once per process."""
    there = described_reference(reference)
    return unfolded(there.body.mesh.vertices, there.body.mesh.faces, there.distance)


def printed_match(animal: Described, reference: Described, space: Unfolded) -> Match:
    """Eq. 1 as printed: nearest descriptors over the whole body, normalised by their parts."""
    ours = normalised_by_part(animal.distance, animal.body.part)
    theirs = normalised_by_part(reference.distance, reference.body.part)
    both: Array = np.asarray(np.isfinite(ours).all(0) & np.isfinite(theirs).all(0))
    row, residual = _nearest(ours[:, both], theirs[:, both], 1)
    return Match(space.coordinates[row[:, 0]], residual[:, 0])


def improved_match(animal: Described, reference: Described, space: Unfolded) -> Match:
    """Within each part: standardised descriptors on trunk and head, limb coordinates on limbs."""
    match = Match(np.full((len(animal.body.part), len(space.sign)), np.nan),
                  np.full(len(animal.body.part), np.inf))
    on_limbs: set[int] = set()
    for limb, ours in animal.limbs.items():
        theirs = reference.limbs.get(limb)
        if theirs is not None:
            _match_limb(match, ours, theirs, space)
            on_limbs.update(limb_parts(*limb))
    for part in set(np.unique(animal.body.part)) - on_limbs - {-1}:
        _match_part(match, int(part), (animal, reference), space)
    return match


def _match_part(match: Match, part: int, bodies: tuple[Described, Described],
                space: Unfolded) -> None:
    animal, reference = bodies
    own = np.flatnonzero(animal.body.part == part)
    target = np.flatnonzero(reference.body.part == part)
    if not len(target):
        return
    ours, theirs = animal.distance, reference.distance
    both: Array = np.asarray(np.isfinite(ours).all(0) & np.isfinite(theirs).all(0))
    both = both & both[list(MIRROR)]  # a pair is used whole or not at all
    ours = np.where(both, ours, 0)
    theirs = np.where(both, theirs, 0)
    wanted = sums_and_differences(theirs)[target]
    given = standardised(sums_and_differences(ours)[own], wanted)
    # The root of the number of columns makes a difference of descriptors a length in metres.
    scale = np.sqrt(max(int(both.sum()), 1))
    _fill(match, own, (given / scale, wanted / scale), space.coordinates[target])


def _match_limb(match: Match, ours: LimbCoordinates, theirs: LimbCoordinates,
                space: Unfolded) -> None:
    radius = float(np.median(theirs.radius))
    start = np.concatenate([[0], np.cumsum(theirs.part_length)])
    wanted = _unrolled(theirs, start, radius)
    given = _unrolled(ours, _eased(start, ours.part_length), radius)
    _fill(match, ours.vertices, (given, wanted), space.coordinates[theirs.vertices])
    differs = _disproportion(ours.part_length, theirs.part_length)
    doubt = LIMB_DOUBT_M * differs * np.clip(1 - ours.along / LONG_BONES, 0, 1)
    match.residual[ours.vertices] = np.hypot(match.residual[ours.vertices], doubt)


def _eased(start: Array, length: Array) -> Array:
    """Where the parts of the animal's limb begin on the reference, the middle joint eased."""
    if not (length[:LONG_BONES] > 0).all():
        return start
    eased = start.copy()
    share = length[0] / length[:LONG_BONES].sum()
    eased[1] = (1 - JOINT_EASE) * start[1] + JOINT_EASE * share * start[LONG_BONES]
    return eased


def _disproportion(ours: Array, theirs: Array) -> float:
    """How differently two limbs are divided into their parts: largest |log ratio| of shares."""
    both = (ours > 0) & (theirs > 0)
    ratio = ours[both] / ours[both].sum() / (theirs[both] / theirs[both].sum())
    return float(np.abs(np.log(ratio)).max(initial=0))


def _unrolled(limb: LimbCoordinates, start: Array, radius: float) -> Array:
    """Points on the reference's limb made a cylinder, metres [N, 3]."""
    beyond = 2 * start[-1] - start[-2]  # some finger tips lie there
    along = np.interp(limb.along, np.arange(len(start) + 1), np.append(start, beyond))
    return np.stack([along, radius * np.cos(limb.angle), radius * np.sin(limb.angle)], axis=1)


def _fill(match: Match, rows: Array, spaces: tuple[Array, Array], place: Array) -> None:
    given, wanted = spaces
    nearest, distance = _nearest(given, wanted, min(NEIGHBOURS, len(wanted)))
    weight = 1 / (distance**2 + _EXACT)
    weight /= weight.sum(1, keepdims=True)
    match.place[rows] = np.einsum("nk,nkc->nc", weight, place[nearest])
    match.residual[rows] = distance[:, 0]


def _nearest(given: Array, wanted: Array, count: int) -> tuple[Array, Array]:
    """Rows int64 [N, count] of the nearest of ``wanted`` and their distances."""
    from scipy.spatial import cKDTree

    distance, row = cKDTree(wanted).query(given, k=count)
    shape = (len(given), count)
    return np.asarray(row).reshape(shape), np.asarray(distance).reshape(shape)
