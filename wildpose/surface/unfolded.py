"""The reference unfolded: space in which what is far along the skin is far apart.

Averaging places of an arm and of the chest beside it in 3-D, and putting the mean back on the
skin, tears: the mean lies in the air between. Here each vertex has beside its x, y, z some
coordinates made of its geodesic distances to the parts, so that means stay on the skin's side.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from wildpose.surface.descriptors import sums_and_differences
from wildpose.surface.parts import MIRROR
from wildpose.surface.surface import SurfacePoints
from wildpose.types import Array

SYMMETRIC_AXES, SKEW_AXES = 5, 3
MOST_FACES = 10
"""So many faces round the nearest vertex are looked at."""


@dataclass(frozen=True, eq=False)
class Unfolded:
    """A surface in more than three dimensions.

    Attributes
    ----------
    coordinates : float64 [V, K]
        x, y, z, then geodesic ones; metres.
    faces : int32 [F, 3]
    sign : float64 [K]
        What mirroring multiplies each coordinate by.
    around : int64 [V, MOST_FACES]
        Faces round each vertex; repeated where there are fewer.
    """

    coordinates: Array
    faces: Array
    sign: Array
    around: Array


def unfolded(vertices: Array, faces: Array, distance: Array) -> Unfolded:
    """Unfold a surface.

    Parameters
    ----------
    vertices : float [V, 3]
    faces : int32 [F, 3]
    distance : float64 [V, 32]
        Mean geodesic distance to each part; columns of missing parts are NaN.
    """
    known = np.asarray(np.isfinite(distance).all(0))
    mixed = sums_and_differences(np.where(known, distance, 0)) / np.sqrt(len(known))
    skew = np.array([other < part for part, other in enumerate(MIRROR)])
    symmetric = _main_axes(mixed[:, ~skew], SYMMETRIC_AXES, centred=True)
    sided = _main_axes(mixed[:, skew], SKEW_AXES, centred=False)
    sign = np.concatenate([[-1, 1, 1], np.ones(symmetric.shape[1]), -np.ones(sided.shape[1])])
    coordinates = np.concatenate([vertices, symmetric, sided], axis=1)
    return Unfolded(coordinates, faces, sign, _faces_around(len(vertices), faces))


def projected(space: Unfolded, place: Array, allowed: Array) -> tuple[SurfacePoints, Array]:
    """Put places back on the surface.

    Parameters
    ----------
    space : Unfolded
    place : float64 [N, K]
    allowed : bool [V]
        Vertices near which they may come to lie.

    Returns
    -------
    SurfacePoints
    float64 [N, K]
        Their coordinates.
    """
    from scipy.spatial import cKDTree

    rows = np.flatnonzero(allowed)
    vertex = rows[cKDTree(space.coordinates[rows]).query(place)[1]]
    best = np.full(len(place), np.inf)
    face, weight = np.zeros(len(place), np.int32), np.zeros((len(place), 3))
    for k in range(MOST_FACES):
        trial = space.around[vertex, k]
        corners = space.coordinates[space.faces[trial]]
        barycentric = _inside(corners, place)
        miss = ((np.einsum("nk,nkc->nc", barycentric, corners) - place) ** 2).sum(1)
        nearer = miss < best
        best[nearer], face[nearer] = miss[nearer], trial[nearer]
        weight[nearer] = barycentric[nearer]
    on_surface = np.einsum("nk,nkc->nc", weight, space.coordinates[space.faces[face]])
    return SurfacePoints(face, weight.astype(np.float32)), on_surface


def _inside(corners: Array, place: Array) -> Array:
    """Barycentric coordinates [N, 3] of about the nearest point of each triangle [N, 3, K]."""
    along, across = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    offset = place - corners[:, 0]
    aa, bb, ab = ((p * q).sum(1) for p, q in ((along, along), (across, across), (along, across)))
    pa, pb = (offset * along).sum(1), (offset * across).sum(1)
    area = np.maximum(aa * bb - ab * ab, 1e-30)
    second, third = (bb * pa - ab * pb) / area, (aa * pb - ab * pa) / area
    weight = np.clip(np.stack([1 - second - third, second, third], axis=1), 0, None)
    return np.asarray(weight / weight.sum(1, keepdims=True))


def _main_axes(values: Array, count: int, *, centred: bool) -> Array:
    """Principal components; a skew quantity has its mean at zero already."""
    moved = values - values.mean(0) if centred else values
    _, vectors = np.linalg.eigh(moved.T @ moved)
    return np.asarray(moved @ vectors[:, -count:])


def _faces_around(count: int, faces: Array) -> Array:
    corner = faces.ravel()
    order = np.argsort(corner, kind="stable")
    start = np.searchsorted(corner[order], np.arange(count))
    number = np.bincount(corner, minlength=count)
    step = np.minimum(np.arange(MOST_FACES), np.maximum(number[:, None] - 1, 0))
    return np.asarray(order[np.minimum(start[:, None] + step, len(order) - 1)] // 3)
