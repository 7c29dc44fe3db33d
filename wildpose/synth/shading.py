"""Draw posed bodies: colour with light, and exact labels, of one frame.

Colour is made at twice the picture's resolution along outlines and once per pixel inside them;
labels (instance, chart, u, v, depth) are those of the pixel's centre and never mixed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from wildpose.surface.surface import SurfacePoints
from wildpose.synth.camera import Camera
from wildpose.synth.eye_shine import add_eye_shine
from wildpose.synth.fur import Coat
from wildpose.synth.fur_light import Eye, Lit, Shape, fill_normals, shade
from wildpose.synth.iuv import Ground, Lookup, fill_iuv, lookup_of
from wildpose.synth.light import Flash, Light, Shadow, lamp_of, shadow_of
from wildpose.synth.occlusion import open_shares
from wildpose.synth.raster import joined, lens_of, rasterise, visible_faces
from wildpose.types import Array


@dataclass(frozen=True)
class Body:
    """What the renderer keeps of an animal; made once by :func:`prepared`.

    Attributes
    ----------
    faces : int32 [F, 3]
    same : int32 [V]
        Number of the place of each vertex: those at one place share their normal.
    coat : Coat
    lookup : Lookup or None
        None draws no chart.
    open_share : float32 [V]
        Share of the light from all round that reaches the vertex (ambient occlusion).
    """

    faces: Array
    same: Array
    coat: Coat
    lookup: Lookup | None
    open_share: Array


@dataclass(frozen=True)
class PosedBody:
    """An animal in a scene.

    Attributes
    ----------
    body : Body
    vertices : float [V, 3]
        World, metres.
    instance : int
        Its number in the instance mask, from 1.
    """

    body: Body
    vertices: Array
    instance: int


@dataclass(frozen=True)
class Rendered:
    """One frame of the bodies alone, without background.

    Attributes
    ----------
    radiance : float32 [H, W, 3]
        Linear light, already multiplied by ``coverage``: lay it over a background as
        ``radiance + (1 - coverage) * background`` and show it with ``light.displayed``.
    coverage : float32 [H, W]
        Share of the pixel that bodies cover.
    instance : int32 [H, W]
        0 where there is no body.
    depth : float32 [H, W]
        Metres along the axis; infinite where there is no body.
    chart : uint8 [H, W]
        0 where there is no body, or a part of it without a point on the reference.
    uv : float32 [H, W, 2]
    shadow : Shadow
        What sun or lamp saw of the bodies: tells where they shade the background.
    """

    radiance: Array
    coverage: Array
    instance: Array
    depth: Array
    chart: Array
    uv: Array
    shadow: Shadow


def prepared(
    vertices: Array, faces: Array, coat: Coat, points: SurfacePoints | None = None,
    ground: Ground | None = None,
) -> Body:
    """Make a body ready to be drawn in any pose.

    Parameters
    ----------
    vertices : float [V, 3]
        Rest pose, metres.
    faces : int32 [F, 3]
    coat : Coat
    points : SurfacePoints [V], optional
        On the reference. Without them no chart is drawn.
    ground : Ground, optional
        Of the surface that ``points`` lie on.
    """
    given = () if points is None or ground is None else (points, ground)
    same, lookup, open_share = _geometry_of(_Geometry(vertices, faces, given))
    return Body(np.ascontiguousarray(faces, np.int32), same, coat, lookup, open_share)


class _Geometry:
    """What does not change with the coat; equal where all arrays are, so that it can be kept."""

    def __init__(
        self, vertices: Array, faces: Array, given: tuple[()] | tuple[SurfacePoints, Ground]
    ) -> None:
        self.vertices = np.ascontiguousarray(vertices, np.float64)
        self.faces = np.ascontiguousarray(faces, np.int32)
        self.given = given
        digest = hashlib.sha256(self.vertices.tobytes() + self.faces.tobytes())
        for array in () if not given else (given[0].face, given[0].barycentric, given[1].plane):
            digest.update(np.ascontiguousarray(array).tobytes())
        self.digest = digest.digest()

    def __hash__(self) -> int:
        return hash(self.digest)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Geometry) and self.digest == other.digest


@lru_cache(maxsize=192)
def _geometry_of(shape: _Geometry) -> tuple[Array, Lookup | None, Array]:
    _, same = np.unique(np.round(shape.vertices, 6), axis=0, return_inverse=True)
    same = same.reshape(-1).astype(np.int32)
    normals = np.zeros_like(shape.vertices)
    fill_normals(shape.vertices, shape.faces, same, normals)
    lookup = lookup_of(shape.faces, *shape.given) if shape.given else None
    return same, lookup, open_shares(shape.vertices, shape.faces, normals)


def render(
    bodies: Sequence[PosedBody], camera: Camera, light: Light, ground: Ground | None = None
) -> Rendered:
    """Draw a frame.

    Parameters
    ----------
    bodies : sequence of PosedBody
    camera : Camera
    light : Light
    ground : Ground, optional
        The reference; without it charts stay 0.

    Returns
    -------
    Rendered
        Of the camera's size.
    """
    vertices, faces, first_face = joined([(b.vertices, b.body.faces) for b in bodies])
    seen = rasterise(vertices, faces, camera)
    fine = visible_faces(vertices, faces, camera.scaled(2))[1]
    eye = Eye(lens_of(camera), np.asarray(camera.rotation, np.float64),
               np.asarray(camera.position, np.float64))
    lamp, shadow = lamp_of(light, camera), shadow_of(light, camera, vertices, faces)
    shapes = [_shape(body, camera) for body in bodies]
    radiance = np.zeros((camera.height, camera.width, 3), np.float32)
    coverage = np.zeros((camera.height, camera.width), np.float32)
    instance = np.zeros(seen.face.shape, np.int32)
    chart = np.zeros(seen.face.shape, np.uint8)
    uv = np.zeros((*seen.face.shape, 2), np.float32)
    for number, body in enumerate(bodies):
        own = (seen.face >= first_face[number]) & (seen.face < first_face[number + 1])
        instance[own] = body.instance
        lit = Lit(shapes[number], body.body.coat, eye, lamp, shadow)
        shade(lit, int(first_face[number]), seen.face, fine, radiance, coverage)
        if body.body.lookup is not None and ground is not None:
            fill_iuv((seen.face, seen.barycentric), int(first_face[number]), body.body.lookup,
                     ground, (chart, uv))
    if isinstance(light, Flash):
        for body, shape in zip(bodies, shapes, strict=True):
            eyes = body.body.coat.eyes
            add_eye_shine((body.vertices[eyes], shape.normals[eyes]), camera, seen.depth, radiance)
    return Rendered(radiance, coverage, instance, seen.depth, chart, uv, shadow)


def _shape(posed: PosedBody, camera: Camera) -> Shape:
    vertices = np.ascontiguousarray(posed.vertices, np.float64)
    body = posed.body
    normals = np.zeros((len(vertices), 3))
    fill_normals(vertices, body.faces, body.same, normals)
    return Shape(np.ascontiguousarray(camera.to_camera(vertices)), body.faces, normals,
                  body.open_share)
