"""A bare triangle mesh and the plain operations on it.

Metres; faces counter-clockwise seen from outside.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from wildpose.types import Array


@dataclass(frozen=True, eq=False)
class Mesh:
    """Triangles in space.

    Attributes
    ----------
    vertices : float64 [V, 3]
    faces : int32 [F, 3]
        Rows of ``vertices``.
    """

    vertices: Array
    faces: Array

    @classmethod
    def of(cls, vertices: Array, faces: Array) -> Mesh:
        """A mesh from anything array-like; dtypes are set here."""
        return cls(np.asarray(vertices, np.float64).reshape(-1, 3),
                   np.asarray(faces, np.int32).reshape(-1, 3))


def face_normals(mesh: Mesh) -> Array:
    """Unit normals float64 [F, 3]; zeros for faces without area."""
    return _units(_doubled_normals(mesh))


def face_areas(mesh: Mesh) -> Array:
    """Square metres float64 [F]."""
    return np.asarray(np.linalg.norm(_doubled_normals(mesh), axis=1) / 2)


def vertex_normals(mesh: Mesh) -> Array:
    """Unit normals float64 [V, 3], faces weighted by area; zeros for unused vertices."""
    normal = np.zeros((len(mesh.vertices), 3))
    face = _doubled_normals(mesh)
    for corner in range(3):
        np.add.at(normal, mesh.faces[:, corner], face)
    return _units(normal)


def edges(faces: Array) -> Array:
    """Every edge once, int32 [E, 2], lower vertex first, sorted."""
    return np.asarray(np.unique(_sides(faces), axis=0).astype(np.int32))


def boundary_edges(faces: Array) -> Array:
    """Edges of one face only, int32 [B, 2], in the direction of their face."""
    directed = faces[:, [0, 1, 1, 2, 2, 0]].reshape(-1, 2)
    _, which, count = np.unique(np.sort(directed, axis=1), axis=0, return_inverse=True,
                                return_counts=True)
    return np.asarray(directed[count[which.ravel()] == 1].astype(np.int32))


def face_neighbours(faces: Array) -> Array:
    """Pairs of faces that share an edge, int64 [N, 2], each pair once."""
    side = _sides(faces)
    owner = np.repeat(np.arange(len(faces)), 3)
    order = np.lexsort((side[:, 1], side[:, 0]))
    same = (side[order][1:] == side[order][:-1]).all(1)
    return np.stack([owner[order][:-1][same], owner[order][1:][same]], axis=1)


def components(count: int, pairs: Array) -> Array:
    """Number of the connected component of each of ``count`` things, int32 [count].

    Parameters
    ----------
    count : int
        How many things (vertices or faces).
    pairs : int [N, 2]
        What is connected.
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    links = coo_array((np.ones(len(pairs), bool), (pairs[:, 0], pairs[:, 1])), (count, count))
    return np.asarray(connected_components(links, directed=False)[1])


def submesh(mesh: Mesh, faces: Array) -> tuple[Mesh, Array]:
    """The mesh of some faces, and the vertex numbers int64 [v] that its vertices had."""
    used, corners = np.unique(mesh.faces[faces], return_inverse=True)
    return Mesh.of(mesh.vertices[used], corners.reshape(-1, 3)), used.astype(np.int64)


def weld(mesh: Mesh, tolerance: float) -> tuple[Mesh, Array]:
    """Unite vertices that lie within ``tolerance`` metres of each other.

    Faces that lose their area (two corners become one) are left out.

    Returns
    -------
    Mesh
    int64 [V]
        For each vertex before, its number after.
    """
    from scipy.spatial import cKDTree

    pairs = cKDTree(mesh.vertices).query_pairs(tolerance, output_type="ndarray")
    label = components(len(mesh.vertices), pairs)
    _, first, number = np.unique(label, return_index=True, return_inverse=True)
    order = np.argsort(first, kind="stable")  # keep the order of the vertices
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order))
    number = rank[number.ravel()]
    faces = number[mesh.faces]
    distinct = (faces != np.roll(faces, 1, axis=1)).all(1)
    return Mesh.of(mesh.vertices[first[order]], faces[distinct]), number


def largest_component(mesh: Mesh) -> tuple[Mesh, Array]:
    """The connected part with the most faces, and the vertex numbers int64 [v] it came from."""
    label = components(len(mesh.vertices), mesh.faces[:, [0, 1, 1, 2]].reshape(-1, 2))
    of_face = label[mesh.faces[:, 0]]
    return submesh(mesh, np.flatnonzero(of_face == np.bincount(of_face).argmax()))


def subdivide(mesh: Mesh, attributes: Sequence[Array] = ()) -> tuple[Mesh, list[Array]]:
    """Cut every face into four at the middles of its edges.

    Parameters
    ----------
    mesh : Mesh
    attributes : sequence of array [V, ...]
        Carried along: floats are averaged at the middles; anything else takes the value of the
        edge's lower-numbered vertex, as does a float array of one edge end that is not finite.

    Returns
    -------
    Mesh
        The old vertices first, then one per edge.
    list of array
        The attributes of its vertices.
    """
    side = _sides(mesh.faces)
    edge, which = np.unique(side, axis=0, return_inverse=True)
    middle = which.reshape(-1, 3) + len(mesh.vertices)
    a, b, c = mesh.faces.T
    ab, bc, ca = middle.T
    faces = np.concatenate([np.stack(corner, axis=1) for corner in
                            ((a, ab, ca), (ab, b, bc), (ca, bc, c), (ab, bc, ca))])
    vertices = np.concatenate([mesh.vertices, mesh.vertices[edge].mean(1)])
    carried = [np.concatenate([np.asarray(array), _at_middles(np.asarray(array), edge)])
               for array in attributes]
    return Mesh.of(vertices, faces), carried


def _at_middles(array: Array, edge: Array) -> Array:
    if not np.issubdtype(array.dtype, np.floating):
        return np.asarray(array[edge[:, 0]])
    mean = array[edge].mean(1).astype(array.dtype)
    return np.where(np.isfinite(mean), mean, array[edge[:, 0]])


def _units(vectors: Array) -> Array:
    length = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(np.divide(vectors, length, out=np.zeros_like(vectors), where=length > 0))


def _sides(faces: Array) -> Array:
    """The three undirected edges of each face, int [3F, 2], face by face."""
    return np.sort(faces[:, [0, 1, 1, 2, 2, 0]].reshape(-1, 2), axis=1)


def _doubled_normals(mesh: Mesh) -> Array:
    a, b, c = (mesh.vertices[mesh.faces[:, k]] for k in range(3))
    return np.cross(b - a, c - a)
