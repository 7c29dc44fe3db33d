"""A body that can be posed: mesh, bones, weights, motions, looks, and what each vertex is.

Frame: metres, right-handed, x to the animal's left, y up, z forward; the ground is y = 0.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from wildpose.synth.rotations import between
from wildpose.types import Array


@dataclass(frozen=True)
class Motion:
    """Bones over time; the motion loops.

    Attributes
    ----------
    bones : float32 [T, B, 4, 4]
        Transforms of rest-pose bone coordinates to the body's frame, absolute (not relative to
        the parent).
    rate : float
        Frames per second.
    stride_m : float
        Metres that the body moves forward per loop; 0 on the spot.
    """

    bones: Array
    rate: float
    stride_m: float = 0.0

    @property
    def duration_s(self) -> float:
        """Seconds of one loop."""
        return float(len(self.bones) / self.rate)


@dataclass(frozen=True)
class Rig:
    """A skinned body.

    Attributes
    ----------
    name : str
    species : str
        A plain English name, such as "red fox".
    vertices : float32 [V, 3]
        In the bind pose.
    faces : int32 [F, 3]
        Counter-clockwise seen from outside.
    bone_names : tuple of str, length B
    bind_inverse : float32 [B, 4, 4]
        Inverse of the bones' transforms in the bind pose.
    bone_index : int32 [V, K]
    bone_weight : float32 [V, K]
        Non-negative, rows sum to 1.
    part : int8 [V]
        Row of ``wildpose.surface.parts.PARTS``; -1 for what has no home on the reference (horns,
        antlers, teeth, eyes).
    motions : mapping of str to Motion
        Keys in lower case: ``idle walk run feed`` and others.
    texture : uint8 [H, W, 3] or None
    texture_uv : float32 [F, 3, 2] or None
        Corner coordinates in the texture; v grows downward from the first row.
    face_colour : uint8 [F, 3] or None
        Flat colours, where there is no texture.
    licence, credit : str
        Of the art; a picture of it must carry the credit.
    """

    name: str
    species: str
    vertices: Array
    faces: Array
    bone_names: tuple[str, ...]
    bind_inverse: Array
    bone_index: Array
    bone_weight: Array
    part: Array
    motions: Mapping[str, Motion] = field(default_factory=dict)
    texture: Array | None = None
    texture_uv: Array | None = None
    face_colour: Array | None = None
    licence: str = "not stated"
    credit: str = ""


def bones_at(motion: Motion, time_s: float) -> Array:
    """Bone transforms at any moment, float64 [B, 4, 4]; before 0 and after the end it loops."""
    place = (time_s * motion.rate) % len(motion.bones)
    index = int(place)
    share = place - index
    first = motion.bones[index % len(motion.bones)]
    if share == 0:
        return np.asarray(first, np.float64)
    return between(first, motion.bones[(index + 1) % len(motion.bones)], share)


def skinned(rig: Rig, bones: Array) -> Array:
    """Vertices under given bone transforms (linear blend skinning).

    Parameters
    ----------
    rig : Rig
    bones : float [B, 4, 4]
        As one frame of ``Motion.bones``.

    Returns
    -------
    float32 [V, 3]
        Metres, in the body's frame.
    """
    change = (bones @ rig.bind_inverse)[:, :3, :].reshape(-1, 12).astype(np.float32)
    blended = np.zeros((len(rig.vertices), 12), np.float32)
    for column in range(rig.bone_index.shape[1]):
        blended += rig.bone_weight[:, column, None] * change[rig.bone_index[:, column]]
    rows = blended.reshape(-1, 3, 4)
    vertices: Array = np.einsum("vij,vj->vi", rows[:, :, :3], rig.vertices) + rows[:, :, 3]
    return vertices.astype(np.float32)


def posed(rig: Rig, motion: Motion | str | None, time_s: float = 0.0) -> Array:
    """Vertices of the body at a moment of a motion.

    Parameters
    ----------
    rig : Rig
    motion : Motion, its name, or None
        None gives the bind pose.
    time_s : float
        The motion loops. The body stays at the origin: to walk, move it forward by
        ``motion.stride_m * time_s / motion.duration_s``.

    Returns
    -------
    float32 [V, 3]
    """
    if motion is None:
        return np.array(rig.vertices, np.float32)
    chosen = rig.motions[motion] if isinstance(motion, str) else motion
    return skinned(rig, bones_at(chosen, time_s))


def bind_pose(rig: Rig) -> Motion:
    """A motion of one frame that leaves the body as it was modelled."""
    return Motion(np.linalg.inv(rig.bind_inverse.astype(np.float64))[None].astype(np.float32), 1.0)


def components(faces: Array, count: int) -> Array:
    """The number of the connected piece that each of ``count`` vertices belongs to, int32 [V]."""
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    edges = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]]])
    graph = coo_matrix((np.ones(len(edges)), (edges[:, 0], edges[:, 1])), (count, count))
    labels: Array = connected_components(graph, directed=False)[1].astype(np.int32)
    return labels


def body_vertices(rig: Rig) -> Array:
    """Vertices of the largest connected piece, int32; the others are horns, teeth, eyes."""
    labels = components(rig.faces, len(rig.vertices))
    return np.flatnonzero(labels == np.bincount(labels).argmax()).astype(np.int32)


def welded(rig: Rig, tolerance_share: float = 1e-5) -> Rig:
    """The same body with vertices at the same place made one, and without faces of no area.

    Files split vertices where colours, normals or texture coordinates change; what walks over the
    surface (geodesics, smoothing) needs them joined. Looks live on faces, so nothing is lost.

    Parameters
    ----------
    rig : Rig
    tolerance_share : float
        Of the diagonal of the body's bounding box.
    """
    diagonal = float(np.linalg.norm(np.ptp(rig.vertices, axis=0)))
    places = np.round(rig.vertices / (tolerance_share * diagonal)).astype(np.int64)
    _, first, index = np.unique(places, axis=0, return_index=True, return_inverse=True)
    faces = index.reshape(-1)[rig.faces].astype(np.int32)
    whole = (faces != np.roll(faces, 1, axis=1)).all(axis=1)
    return replace(
        rig,
        vertices=rig.vertices[first],
        faces=faces[whole],
        bone_index=rig.bone_index[first],
        bone_weight=rig.bone_weight[first],
        part=rig.part[first],
        texture_uv=None if rig.texture_uv is None else rig.texture_uv[whole],
        face_colour=None if rig.face_colour is None else rig.face_colour[whole],
    )


def subdivided(rig: Rig) -> Rig:
    """The same body with each triangle cut into four at the middles of its edges.

    The bind pose keeps its shape; posed, joints bend more roundly, because the new vertices share
    the bones of both ends (all bones of both, so twice as many columns, without empty ones).

    Parameters
    ----------
    rig : Rig
        Welded. A new vertex gets the part of one of its ends: better assign parts afterwards.
    """
    edges = np.sort(np.concatenate([rig.faces[:, [k, (k + 1) % 3]] for k in range(3)]), axis=1)
    unique, inverse = np.unique(edges, axis=0, return_inverse=True)
    middle = (inverse.reshape(3, -1).T + len(rig.vertices)).astype(np.int32)
    a, b, c = rig.faces.T
    ab, bc, ca = middle.T
    faces = [[a, ab, ca], [ab, b, bc], [ca, bc, c], [ab, bc, ca]]
    index, weight = _merged_weights(rig, unique)
    ends = rig.part[unique]
    return replace(
        rig,
        vertices=np.concatenate([rig.vertices, rig.vertices[unique].mean(axis=1)]),
        faces=np.concatenate([np.stack(face, axis=1) for face in faces]),
        bone_index=index,
        bone_weight=weight,
        part=np.concatenate([rig.part, ends.max(axis=1)]),
        texture_uv=None if rig.texture_uv is None else _cut_corners(rig.texture_uv),
        face_colour=None if rig.face_colour is None else np.tile(rig.face_colour, (4, 1)),
    )


def _cut_corners(corners: Array) -> Array:
    a, b, c = corners[:, 0], corners[:, 1], corners[:, 2]
    ab, bc, ca = (a + b) / 2, (b + c) / 2, (c + a) / 2
    faces = [[a, ab, ca], [ab, b, bc], [ca, bc, c], [ab, bc, ca]]
    return np.concatenate([np.stack(face, axis=1) for face in faces]).astype(np.float32)


def _merged_weights(rig: Rig, edges: Array) -> tuple[Array, Array]:
    """Bones and weights of the vertices and of the middles of ``edges``, [V + E, K]."""
    total = np.zeros((len(rig.vertices) + len(edges), len(rig.bone_names)), np.float32)
    rows = np.arange(len(rig.vertices))
    for column in range(rig.bone_index.shape[1]):
        np.add.at(total, (rows, rig.bone_index[:, column]), rig.bone_weight[:, column])
    total[len(rows) :] = total[edges].mean(axis=1)
    width = int((total > 0).sum(axis=1).max())
    index = np.argsort(-total, axis=1, kind="stable")[:, :width].astype(np.int32)
    return index, np.take_along_axis(total, index, axis=1)
