"""A body ready to be matched: one closed piece, fine enough, with a semantic part per vertex."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np

from wildpose.errors import DataError
from wildpose.surface.mesh import Mesh, edges, face_areas, largest_component, subdivide
from wildpose.surface.parts import MIRROR, PARTS
from wildpose.types import Array

LEAST_VERTICES = 2500
"""Coarser meshes are subdivided: eq. 1 jumps where an edge is longer than a paw."""
MIRROR_TOLERANCE = 0.02
"""Share of the body's diagonal by which a vertex may miss its mirror image and still be averaged
with it."""


@dataclass(frozen=True, eq=False)
class PartedBody:
    """The main piece of a mesh, subdivided, and what each of its vertices is.

    Attributes
    ----------
    mesh : Mesh
        Connected; metres or any other unit, y up, z forward, x to the left.
    part : int8 [V]
        Row of ``PARTS``; -1 for what has no home on the reference.
    origin : int64 [v]
        The vertices of the given mesh that became the first rows of this one.
    """

    mesh: Mesh
    part: Array
    origin: Array

    @cached_property
    def area(self) -> Array:
        """Share of the surface that belongs to each vertex, float64 [V], in the mesh's unit."""
        thirds = np.repeat(face_areas(self.mesh) / 3, 3)
        return np.bincount(self.mesh.faces.ravel(), thirds, len(self.part))

    @cached_property
    def edges(self) -> Array:
        """Every edge once, int32 [E, 2]."""
        return edges(self.mesh.faces)

    @cached_property
    def diagonal(self) -> float:
        """Length of the diagonal of the bounding box."""
        return float(np.linalg.norm(np.ptp(self.mesh.vertices, axis=0)))

    def border(self, inside: Array, outside: Array) -> Array:
        """Vertices int64 [N] of ``inside`` with a neighbour in ``outside`` (both bool [V])."""
        first, second = self.edges.T
        touching = np.concatenate([first[inside[first] & outside[second]],
                                   second[inside[second] & outside[first]]])
        return np.unique(touching).astype(np.int64)


def parted_body(mesh: Mesh, part: Array, least_vertices: int = LEAST_VERTICES) -> PartedBody:
    """Keep the main piece of a mesh and make it fine enough to be matched.

    Parameters
    ----------
    mesh : Mesh
        Welded: faces that touch share their vertices.
    part : int [V]
        Row of ``PARTS`` of each vertex; -1 for none.
    least_vertices : int
        Faces are cut into four until there are as many vertices.

    Returns
    -------
    PartedBody

    Raises
    ------
    DataError
        Where parts and vertices do not belong together.
    """
    if len(part) != len(mesh.vertices):
        raise DataError(f"{len(part)} parts for {len(mesh.vertices)} vertices.",
                        "Give one part for each vertex of the mesh.")
    if len(part) and not (np.min(part) >= -1 and np.max(part) < len(PARTS)):
        raise DataError(f"a part number outside -1 to {len(PARTS) - 1}.",
                        "Use the rows of wildpose.surface.parts.PARTS.")
    body, origin = largest_component(mesh)
    share = np.eye(len(PARTS) + 1)[np.asarray(part)[origin]]  # -1 becomes the last column
    while len(body.vertices) < least_vertices:
        body, (share,) = subdivide(body, [share])
    best = share.argmax(1)
    return PartedBody(body, np.where(best == len(PARTS), -1, best).astype(np.int8), origin)


@lru_cache(maxsize=4)
def mirror_vertices(body: PartedBody) -> Array:
    """The vertex on the other side of the body of each vertex, int64 [V]; -1 where none fits.

    The plane of symmetry is x = 0. A vertex fits where it lies within ``MIRROR_TOLERANCE`` of the
    mirrored place and its part is the mirrored part.
    """
    from scipy.spatial import cKDTree

    vertices = body.mesh.vertices
    distance, other = cKDTree(vertices).query(vertices * (-1, 1, 1))
    mirror = np.append(MIRROR, -1)  # the last entry serves part -1
    fits = (distance < MIRROR_TOLERANCE * body.diagonal) & (mirror[body.part] == body.part[other])
    return np.where(fits, other, -1)
