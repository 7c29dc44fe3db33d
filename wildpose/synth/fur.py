"""Coats: colours painted over a body once, at its rest pose, so that they move with the skin.

A painter is a function from places of the rest pose to colours. What it paints is stored as mesh
colours (:mod:`wildpose.synth.lattice`) beside an average per vertex, which far animals are drawn
with: fine patterns would flicker from frame to frame.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from wildpose.synth.eye_shine import eye_vertices
from wildpose.synth.lattice import Lattice, lattice_over, sample_places
from wildpose.synth.light import DISPLAY_GAMMA
from wildpose.synth.raster import compiled
from wildpose.synth.rig import Rig
from wildpose.types import Array

SAMPLES_OF_A_COAT = 300_000


@dataclass(frozen=True)
class Skin:
    """Places of a body at rest that want a colour.

    Attributes
    ----------
    face : int32 [S]
    barycentric : float32 [S, 3]
        In which triangle, and where in it.
    place : float64 [S, 3]
        Metres, in the body's frame.
    normal : float64 [S, 3]
        Unit, outward.
    part : int8 [S]
        Row of ``wildpose.surface.parts.PARTS``, or -1.
    """

    face: Array
    barycentric: Array
    place: Array
    normal: Array
    part: Array


Painter = Callable[[Skin], Array]
"""Colours uint8 [S, 3] for the places of a skin."""


class Coat(NamedTuple):
    """What was painted.

    Attributes
    ----------
    colour : uint8 [S, 3]
        As displayed, at the samples of ``lattice``.
    lattice : Lattice
        Over the body's triangles.
    far_albedo : float32 [V, 3]
        Average round each vertex, linear, 0 to 1.
    spacing_m : float
        Between samples.
    edge_m : float
        Mean length of the triangles' edges.
    eyes : int32 [E]
        Vertices that shine in the light of a lamp.
    """

    colour: Array
    lattice: Lattice
    far_albedo: Array
    spacing_m: float
    edge_m: float
    eyes: Array


def painted(rig: Rig, painter: Painter, samples: int = SAMPLES_OF_A_COAT) -> Coat:
    """Paint a body.

    Parameters
    ----------
    rig : Rig
    painter : callable
        From a :class:`Skin` to uint8 [S, 3].
    samples : int
        About how many: more show finer hair on an animal that fills the frame.

    Returns
    -------
    Coat
    """
    corners = rig.vertices[rig.faces].astype(np.float64)
    double_areas = np.linalg.norm(
        np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1)
    edges = np.linalg.norm(corners - np.roll(corners, 1, axis=1), axis=2)
    spacing_m = float(np.sqrt(max(double_areas.sum(), 1e-12) / samples)) * 1.2
    lattice = lattice_over(corners, spacing_m)
    face, barycentric = sample_places(lattice)
    colour = painter(skin_at(rig, face, barycentric)).astype(np.uint8)
    return Coat(np.ascontiguousarray(colour), lattice, _far_albedo(rig, face, barycentric, colour),
                spacing_m, float(edges.mean()), eye_vertices(rig))


def skin_at(rig: Rig, face: Array, barycentric: Array) -> Skin:
    """The rest pose of a body at places of its triangles."""
    vertices = rig.vertices.astype(np.float64)
    normals = rest_normals(vertices, rig.faces)
    place, normal = np.zeros((2, len(face), 3))
    main = np.zeros(len(face), np.int32)
    _fill_skin((vertices, normals), rig.faces, face, barycentric, (place, normal, main))
    return Skin(face, barycentric, place, normal, rig.part[main])


@compiled
def _fill_skin(
    values: tuple[Array, Array], faces: Array, face: Array, barycentric: Array,
    into: tuple[Array, Array, Array],
) -> None:
    place, normal, main = into
    for s in range(len(face)):
        heaviest = 0
        for k in range(3):
            vertex, weight = faces[face[s], k], barycentric[s, k]
            for axis in range(3):
                place[s, axis] += weight * values[0][vertex, axis]
                normal[s, axis] += weight * values[1][vertex, axis]
            heaviest = k if weight > barycentric[s, heaviest] else heaviest
        main[s] = faces[face[s], heaviest]
        length = np.sqrt(normal[s, 0] ** 2 + normal[s, 1] ** 2 + normal[s, 2] ** 2)
        for axis in range(3):
            normal[s, axis] /= max(length, 1e-12)


def rest_normals(vertices: Array, faces: Array) -> Array:
    """Unit normals per vertex, weighted by area; vertices at the same place share theirs."""
    _, same = np.unique(np.round(vertices, 6), axis=0, return_inverse=True)
    same = same.reshape(-1)
    corners = vertices[faces]
    face_normal = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    total = np.zeros((int(same.max(initial=0)) + 1, 3))
    for k in range(3):
        np.add.at(total, same[faces[:, k]], face_normal)
    normal: Array = total[same]
    normal /= np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-12)
    return normal


def _far_albedo(rig: Rig, face: Array, barycentric: Array, colour: Array) -> Array:
    albedo = ((np.arange(256) / 255.0) ** DISPLAY_GAMMA)[colour]
    total = np.zeros((len(rig.vertices), 3))
    weight = np.zeros(len(rig.vertices))
    _add_albedo(rig.faces, face, barycentric, albedo, (total, weight))
    average: Array = (total / np.maximum(weight, 1e-9)[:, None]).astype(np.float32)
    return average


@compiled
def _add_albedo(
    faces: Array, face: Array, barycentric: Array, albedo: Array, into: tuple[Array, Array]
) -> None:
    total, weight = into
    for s in range(len(face)):
        for k in range(3):
            vertex = faces[face[s], k]
            weight[vertex] += barycentric[s, k]
            for channel in range(3):
                total[vertex, channel] += barycentric[s, k] * albedo[s, channel]


def own_colours(rig: Rig) -> Painter:
    """The look that came with the body: its texture, its flat colours, or a plain grey."""

    def paint(skin: Skin) -> Array:
        if rig.texture is not None and rig.texture_uv is not None:
            uv = np.einsum("sk,skx->sx", skin.barycentric, rig.texture_uv[skin.face])
            return sampled(rig.texture, uv)
        if rig.face_colour is not None:
            return rig.face_colour[skin.face]
        return np.full((len(skin.face), 3), 128, np.uint8)

    return paint


def sampled(picture: Array, uv: Array) -> Array:
    """Colours of a picture that repeats endlessly, bilinear.

    Parameters
    ----------
    picture : uint8 [H, W, 3]
    uv : float [S, 2]
        1 is the picture's width and height; v grows downward.

    Returns
    -------
    uint8 [S, 3]
    """
    height, width = picture.shape[:2]
    x = uv[:, 0].astype(np.float64) * width - 0.5
    y = uv[:, 1].astype(np.float64) * height - 0.5
    i, j = np.floor(x).astype(np.int64), np.floor(y).astype(np.int64)
    fx, fy = (x - i)[:, None], (y - j)[:, None]
    rows, columns = (j % height, (j + 1) % height), (i % width, (i + 1) % width)
    top = picture[rows[0], columns[0]] * (1 - fx) + picture[rows[0], columns[1]] * fx
    bottom = picture[rows[1], columns[0]] * (1 - fx) + picture[rows[1], columns[1]] * fx
    colours: Array = (top * (1 - fy) + bottom * fy + 0.5).astype(np.uint8)
    return colours
