"""Flatten one chart: low distortion, no flipped triangle, v along a given direction.

The first guess is Tutte's embedding in a circle (no flips, whatever the mesh), then SLIM
(Rabinovich et al. 2017) lowers the symmetric Dirichlet energy without ever flipping a triangle.
Needs libigl, so this module is for building surfaces only.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from wildpose.surface.mesh import Mesh, boundary_edges, edges, face_areas
from wildpose.types import Array

ROUNDS = 60
"""Rounds of SLIM; the energy stands still well before."""


@dataclass(frozen=True)
class Distortion:
    """How far a flat chart is from the curved one, faces weighted by area.

    Attributes
    ----------
    stretch : float
        Mean ratio of the larger to the smaller stretch; 1 where angles are kept.
    area_low, area_high : float
        10th and 90th percentile of flat area per true area, 1 on average.
    flipped : int
        Faces that lie upside down.
    fill : float
        Share of the unit square that the chart covers after u and v are scaled to [0, 1].
    """

    stretch: float
    area_low: float
    area_high: float
    flipped: int
    fill: float


def flatten(mesh: Mesh) -> Array:
    """Plane coordinates float64 [V, 2] of a disc, in metres, faces counter-clockwise."""
    import igl

    area = face_areas(mesh).sum()
    scale = 1 / np.sqrt(area)
    points = np.asfortranarray(mesh.vertices * scale)
    faces = np.asfortranarray(mesh.faces.astype(np.int32))
    start = np.asfortranarray(_tutte(mesh) / np.sqrt(np.pi))
    nothing = np.zeros(0, np.int32)
    data = igl.slim_precompute(points, faces, start, igl.MappingEnergyType.SYMMETRIC_DIRICHLET,
                               nothing, np.zeros((0, 2), order="F"), 0.0)
    return np.asarray(igl.slim_solve(data, ROUNDS)[:, :2] / scale)


def _tutte(mesh: Mesh) -> Array:
    """Border on the unit circle, others in the middle of their neighbours (Tutte 1963)."""
    from scipy.sparse import coo_array, diags_array, eye_array
    from scipy.sparse.linalg import spsolve

    follow = dict(boundary_edges(mesh.faces).tolist())
    walk = [min(follow)]
    while follow[walk[-1]] != walk[0]:
        walk.append(follow[walk[-1]])
    step = np.linalg.norm(mesh.vertices[np.roll(walk, -1)] - mesh.vertices[walk], axis=1)
    angle = 2 * np.pi * (np.cumsum(step) - step) / step.sum()
    fixed = np.zeros((len(mesh.vertices), 2))
    fixed[walk] = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    on_border = np.zeros(len(mesh.vertices), bool)
    on_border[walk] = True
    pair = edges(mesh.faces)
    pair = np.concatenate([pair, pair[:, ::-1]])
    pair = pair[~on_border[pair[:, 0]]]
    count = len(mesh.vertices)
    degree = np.maximum(np.bincount(pair[:, 0], minlength=count), 1)
    links = coo_array((1 / degree[pair[:, 0]], (pair[:, 0], pair[:, 1])), (count, count))
    system = (eye_array(count) - links).tocsc() + diags_array(np.zeros(count)).tocsc()
    return np.asarray(spsolve(system, fixed))


def mean_pull(mesh: Mesh, flat: Array, direction: Array) -> Array:
    """Where a direction in space points on the flat chart on the whole, float64 [2]."""
    return np.asarray(np.einsum("f,fij,j->i", face_areas(mesh), jacobians(mesh, flat), direction))


def turned(flat: Array, upward: Array) -> Array:
    """The flat chart [V, 2] rotated so that the plane direction ``upward`` becomes +v."""
    s, c = upward / np.linalg.norm(upward)
    return np.asarray(flat @ np.array([[c, s], [-s, c]]))


def unit_square(flat: Array) -> Array:
    """Scale u and v apart to [0, 1]."""
    low, high = flat.min(0), flat.max(0)
    return np.asarray((flat - low) / (high - low))


def jacobians(mesh: Mesh, flat: Array) -> Array:
    """Derivative of the plane coordinates along the surface, float64 [F, 2, 3]."""
    a, b, c = (mesh.vertices[mesh.faces[:, k]] for k in range(3))
    normal = np.cross(b - a, c - a)
    normal /= np.linalg.norm(normal, axis=1, keepdims=True)
    frame = np.stack([b - a, c - a, normal], axis=2)
    p, q, r = (flat[mesh.faces[:, k]] for k in range(3))
    image = np.stack([q - p, r - p, np.zeros_like(p)], axis=2)
    return np.asarray(image @ np.linalg.inv(frame))


def distortion(mesh: Mesh, flat: Array) -> Distortion:
    """Angle and area distortion of a flat chart."""
    jacobian = jacobians(mesh, flat)
    large, small = np.linalg.svd(jacobian, compute_uv=False).T[:2]
    area = face_areas(mesh)
    p, q, r = (flat[mesh.faces[:, k]] for k in range(3))
    one, two = q - p, r - p
    signed = one[:, 0] * two[:, 1] - one[:, 1] * two[:, 0]
    scale = large * small / (np.sum(large * small * area) / area.sum())
    order = np.argsort(scale)
    share = np.cumsum(area[order]) / area.sum()
    low, high = np.interp([0.1, 0.9], share, scale[order])
    size = flat.max(0) - flat.min(0)
    return Distortion(
        stretch=float(np.sum(large / np.maximum(small, 1e-12) * area) / area.sum()),
        area_low=float(low), area_high=float(high),
        flipped=int(min((signed <= 0).sum(), (signed >= 0).sum())),
        fill=float(np.abs(signed).sum() / 2 / (size[0] * size[1])),
    )
