"""Smooth a map from an animal's vertices to the reference, keeping it on the reference.

Each round solves for places that differ little between neighbours and yet stay near where they
were (the more so the better the match was), averages the two sides of the body, and puts the
places back on the surface: on the own limb or the trunk, so that no leg slips to the other.
"""

from __future__ import annotations

import numpy as np

from wildpose.surface.matching import Match, unfolded_reference
from wildpose.surface.parted_body import PartedBody, mirror_vertices
from wildpose.surface.parts import PARTS
from wildpose.surface.reference import ReferenceBody
from wildpose.surface.surface import SurfacePoints
from wildpose.surface.unfolded import Unfolded, projected
from wildpose.types import Array

ROUNDS = 3
STIFFNESS = 2.0
"""How strongly neighbours hold together, against a match that is ``TRUSTED_M`` off."""
TRUSTED_M = 0.02
_LEAST_M = 0.0003

_LIMB_OF = np.array([next((k for k, names in enumerate((
    ("upper_arm", "forearm", "palm", "fingers"), ("thigh", "shank", "instep", "toes"),
)) if name.rsplit("_", 1)[0] in names), -1) for name in PARTS])
_REGION = np.where(_LIMB_OF < 0, 0, 1 + 2 * _LIMB_OF
                   + np.array([name.endswith("_right") for name in PARTS]))
"""Of each part: 0 trunk and head, 1 and 2 arms (left, right), 3 and 4 legs."""


def smoothed(match: Match, body: PartedBody, reference: ReferenceBody) -> SurfacePoints:
    """Make a match smooth, symmetric and exact on the surface.

    Parameters
    ----------
    match : Match
        Of the vertices of ``body``.
    body : PartedBody
        The animal.
    reference : ReferenceBody

    Returns
    -------
    SurfacePoints
        One per vertex of ``body``; no point where its part is -1 or was not found.
    """
    space, place = unfolded_reference(reference), match.place
    for _ in range(ROUNDS):
        place = _relaxed(place, match.residual, body)
        place = _on_own_side(place, body, reference, space)[1]
        place = _symmetric(place, body, space)
    points, _ = _on_own_side(place, body, reference, space)
    nowhere = (body.part < 0) | ~np.isfinite(match.residual)
    points.face[nowhere], points.barycentric[nowhere] = -1, 0
    return points


def _relaxed(place: Array, residual: Array, body: PartedBody) -> Array:
    """The balance of staying in place and being where the neighbours are, [V, K]."""
    from scipy.sparse import coo_array, diags_array
    from scipy.sparse.linalg import splu

    count = len(residual)
    trust = TRUSTED_M**2 / (residual**2 + _LEAST_M**2)
    first, second = body.edges.T
    ends = np.concatenate([first, second]), np.concatenate([second, first])
    links = coo_array((np.full(2 * len(first), STIFFNESS), ends), shape=(count, count)).tocsc()
    # A trace of trust keeps pieces without any match solvable.
    system = diags_array(trust + links.sum(axis=0) + 1e-9) - links
    held = trust[:, None] * np.where(np.isfinite(place), place, 0)
    return np.asarray(splu(system.tocsc()).solve(held))


def _on_own_side(
    place: Array, body: PartedBody, reference: ReferenceBody, space: Unfolded
) -> tuple[SurfacePoints, Array]:
    """Nearest points on the limb that a part belongs to or the trunk, and their places."""
    face, weight = np.full(len(place), -1, np.int32), np.zeros((len(place), 3), np.float32)
    moved = place.copy()
    region = np.where(body.part < 0, 0, _REGION[body.part])
    there = _REGION[reference.part]
    for number in np.unique(region):
        rows = np.flatnonzero(region == number)
        # The trunk may spread onto any limb: its borders with them differ between bodies.
        allowed = (there == number) | (there == 0) | (number == 0)
        points, moved[rows] = projected(space, place[rows], allowed)
        face[rows], weight[rows] = points.face, points.barycentric
    return SurfacePoints(face, weight), moved


def _symmetric(place: Array, body: PartedBody, space: Unfolded) -> Array:
    """Average each place with the mirrored one of the vertex on the other side."""
    other = mirror_vertices(body)
    both = other >= 0
    averaged = place.copy()
    averaged[both] = (place[both] + place[other[both]] * space.sign) / 2
    return averaged
