"""Carry an animal's surface onto the reference: semantic re-mapping (Sanakoyeu et al. 2020, 3.1).

What a quadruped has and the human body lacks has a declared home:

========================  ====================================================================
tail                      the coccyx (the part ``tail`` of the reference, 5 by 7 cm)
ears                      the ears
muzzle, snout, trunk      the lower face
hooves, paws              fingers and toes, by their parts
horns, antlers, tusks,    no point (face -1): part -1
teeth, eyeballs, mane
========================  ====================================================================

The table is enforced by the parts: a part maps onto the same part of the reference or, where it
is -1, nowhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from wildpose.errors import UsageError
from wildpose.surface.matching import (
    described,
    described_reference,
    improved_match,
    printed_match,
    unfolded_reference,
)
from wildpose.surface.mesh import Mesh
from wildpose.surface.parted_body import LEAST_VERTICES, PartedBody, parted_body
from wildpose.surface.reference import ReferenceBody, load_reference_body
from wildpose.surface.smoothing import smoothed
from wildpose.surface.surface import SurfacePoints
from wildpose.surface.unfolded import projected
from wildpose.types import Array

Normaliser = Literal["standardised", "part"]
NORMALISERS: tuple[str, ...] = get_args(Normaliser)
"""``part``: eq. 1 as printed, nothing else. ``standardised``: the improved way, by default."""


@dataclass(frozen=True)
class RemapSettings:
    """How an animal is carried onto the reference.

    Attributes
    ----------
    normaliser : str
        One of :data:`NORMALISERS`.
    least_vertices : int
        Meshes with fewer vertices are subdivided while they are matched.
    """

    normaliser: Normaliser = "standardised"
    least_vertices: int = LEAST_VERTICES


def settings_named(normaliser: str) -> RemapSettings:
    """The default settings with a normaliser given by its name.

    Raises
    ------
    UsageError
        For a normaliser that does not exist.
    """
    for known in get_args(Normaliser):
        if known == normaliser:
            return RemapSettings(normaliser=known)
    raise UsageError(f"no such normaliser: {normaliser}.",
                     f"Choose from {', '.join(NORMALISERS)}.")


@dataclass(frozen=True, eq=False)
class Remapping:
    """An animal's main piece, finely divided, and where it lies on the reference.

    Attributes
    ----------
    body : PartedBody
    points : SurfacePoints
        One per vertex of ``body``.
    """

    body: PartedBody
    points: SurfacePoints


def remap(
    animal: Mesh, part: Array, settings: RemapSettings | None = None,
    reference: ReferenceBody | None = None,
) -> SurfacePoints:
    """Find the point of the reference that each vertex of an animal corresponds to.

    Parameters
    ----------
    animal : Mesh
        Welded, standing, y up, z forward, x to its left, symmetric about x = 0; any unit.
    part : int [V]
        Row of ``wildpose.surface.parts.PARTS`` of each vertex; -1 for what has no home.
    settings : RemapSettings, optional
    reference : ReferenceBody, optional
        The built-in one by default.

    Returns
    -------
    SurfacePoints
        Length V; face -1 where there is no point. Vertices outside the largest piece (an eye, a
        mane) take the point of the nearest vertex of that piece that has the same part.

    Raises
    ------
    DataError
        Where parts and mesh do not belong together, or the mesh has no faces.
    """
    return of_all_vertices(animal, part, remapping(animal, part, settings, reference))


def remapping(
    animal: Mesh, part: Array, settings: RemapSettings | None = None,
    reference: ReferenceBody | None = None,
) -> Remapping:
    """Like :func:`remap`, for every vertex of the subdivided mesh: what figures look at."""
    settings = settings or RemapSettings()
    reference = reference or load_reference_body()
    body = parted_body(animal, part, settings.least_vertices)
    ours, theirs = described(body), described_reference(reference)
    space = unfolded_reference(reference)
    if settings.normaliser == "part":
        place = printed_match(ours, theirs, space).place
        return Remapping(body, projected(space, place, np.ones(len(reference.part), bool))[0])
    return Remapping(body, smoothed(improved_match(ours, theirs, space), body, reference))


def of_all_vertices(animal: Mesh, part: Array, remapped: Remapping) -> SurfacePoints:
    """The points of a remapping at the vertices of the mesh that it was made of."""
    from scipy.spatial import cKDTree

    origin = remapped.body.origin
    row = np.full(len(animal.vertices), -1)
    row[origin] = np.arange(len(origin))
    for number in np.unique(part[row < 0]):
        loose = np.flatnonzero((row < 0) & (part == number))
        own = np.flatnonzero(remapped.body.part == number)
        if number >= 0 and len(own):
            tree = cKDTree(remapped.body.mesh.vertices[own])
            row[loose] = own[tree.query(animal.vertices[loose])[1]]
    face = np.where(row < 0, -1, remapped.points.face[row]).astype(np.int32)
    return SurfacePoints(face, np.where(face[:, None] < 0, 0, remapped.points.barycentric[row]))
