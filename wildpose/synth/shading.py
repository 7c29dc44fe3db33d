"""Draw posed bodies: colour with light, and exact labels, of one frame.

Colour is made at twice the picture's resolution along outlines and once per pixel inside them;
labels (instance, chart, u, v, depth) are those of the pixel's centre and never mixed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from wildpose.surface.surface import SurfacePoints
from wildpose.synth.camera import Camera
from wildpose.synth.fur import Coat
from wildpose.synth.iuv import Ground, Lookup, fill_iuv, lookup_of
from wildpose.synth.lattice import three_rows
from wildpose.synth.light import (
    DISPLAY_GAMMA,
    Lamp,
    Light,
    Shadow,
    infrared_albedo,
    lamp_of,
    light_at,
    lit_share,
    shadow_of,
)
from wildpose.synth.raster import (
    Lens,
    Vector,
    compiled,
    corner,
    cross,
    dot,
    edge_planes,
    joined,
    lens_of,
    rasterise,
    visible_faces,
)
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
    eyes : int32 [E]
        Vertices that shine in a flash.
    """

    faces: Array
    same: Array
    coat: Coat
    lookup: Lookup | None
    open_share: Array
    eyes: Array


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
    """

    radiance: Array
    coverage: Array
    instance: Array
    depth: Array
    chart: Array
    uv: Array


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
    _, same = np.unique(np.round(np.asarray(vertices, np.float64), 6), axis=0,
                        return_inverse=True)
    lookup = None if points is None or ground is None else lookup_of(faces, points, ground)
    return Body(np.ascontiguousarray(faces, np.int32), same.reshape(-1).astype(np.int32), coat,
                lookup, np.ones(len(vertices), np.float32), np.zeros(0, np.int32))


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
    eye = _Eye(lens_of(camera), np.asarray(camera.rotation, np.float64),
               np.asarray(camera.position, np.float64))
    lamp, shadow = lamp_of(light, camera), shadow_of(light, camera, vertices, faces)
    radiance = np.zeros((camera.height, camera.width, 3), np.float32)
    coverage = np.zeros((camera.height, camera.width), np.float32)
    instance = np.zeros(seen.face.shape, np.int32)
    chart = np.zeros(seen.face.shape, np.uint8)
    uv = np.zeros((*seen.face.shape, 2), np.float32)
    for number, body in enumerate(bodies):
        own = (seen.face >= first_face[number]) & (seen.face < first_face[number + 1])
        instance[own] = body.instance
        scene = _Scene(_shape(body, camera), body.body.coat, eye, lamp, shadow)
        _shade(scene, int(first_face[number]), seen.face, fine, radiance, coverage)
        if body.body.lookup is not None and ground is not None:
            fill_iuv((seen.face, seen.barycentric), int(first_face[number]), body.body.lookup,
                     ground, (chart, uv))
    return Rendered(radiance, coverage, instance, seen.depth, chart, uv)


Corners = tuple[int, int, int]
_LINEAR = ((np.arange(256) / 255.0) ** DISPLAY_GAMMA).astype(np.float32)


class _Shape(NamedTuple):
    """A posed body: corners in the camera's frame, normals in the world."""

    corners: Array
    faces: Array
    normals: Array
    open_share: Array


class _Eye(NamedTuple):
    lens: Lens
    rotation: Array
    position: Array


class _Scene(NamedTuple):
    """All that the colour of one place of one body depends on."""

    shape: _Shape
    coat: Coat
    eye: _Eye
    lamp: Lamp
    shadow: Shadow


def _shape(posed: PosedBody, camera: Camera) -> _Shape:
    vertices = np.ascontiguousarray(posed.vertices, np.float64)
    body = posed.body
    normals = np.zeros((len(vertices), 3))
    _vertex_normals(vertices, body.faces, body.same, normals)
    return _Shape(np.ascontiguousarray(camera.to_camera(vertices)), body.faces, normals,
                  body.open_share)


@compiled
def _vertex_normals(vertices: Array, faces: Array, same: Array, normals: Array) -> None:
    total = np.zeros_like(vertices)
    for f in range(len(faces)):
        a, b, c = (corner(vertices, faces[f, 0]), corner(vertices, faces[f, 1]),
                   corner(vertices, faces[f, 2]))
        normal = cross((b[0] - a[0], b[1] - a[1], b[2] - a[2]),
                       (c[0] - a[0], c[1] - a[1], c[2] - a[2]))
        for k in range(3):
            for axis in range(3):
                total[same[faces[f, k]], axis] += normal[axis]
    for v in range(len(vertices)):
        normal = corner(total, same[v])
        length = max(np.sqrt(dot(normal, normal)), 1e-12)
        for axis in range(3):
            normals[v, axis] = normal[axis] / length


@compiled
def _mixed(values: Array, face: Corners, weights: Vector) -> Vector:
    """Interpolate an array per vertex [V, 3] inside a face."""
    a, b, c = corner(values, face[0]), corner(values, face[1]), corner(values, face[2])
    return (weights[0] * a[0] + weights[1] * b[0] + weights[2] * c[0],
            weights[0] * a[1] + weights[1] * b[1] + weights[2] * c[1],
            weights[0] * a[2] + weights[1] * b[2] + weights[2] * c[2])


@compiled
def _near_albedo(coat: Coat, f: int, weights: Vector) -> Vector:
    i, j, k, wi, wj, wk = three_rows(coat.lattice, f, weights[0], weights[1])
    red = wi * coat.colour[i, 0] + wj * coat.colour[j, 0] + wk * coat.colour[k, 0]
    green = wi * coat.colour[i, 1] + wj * coat.colour[j, 1] + wk * coat.colour[k, 1]
    blue = wi * coat.colour[i, 2] + wj * coat.colour[j, 2] + wk * coat.colour[k, 2]
    return _LINEAR[int(red + 0.5)], _LINEAR[int(green + 0.5)], _LINEAR[int(blue + 0.5)]


@compiled
def _albedo(coat: Coat, f: int, face: Corners, weights: Vector, pixel_m: float) -> Vector:
    """Colour of the fur, averaged over more of it the more of it a pixel covers."""
    near = _near_albedo(coat, f, weights)
    ratio = pixel_m / (1.5 * coat.spacing_m)
    if ratio <= 1.0:
        return near
    reach = np.log(max(coat.edge_m / (1.5 * coat.spacing_m), 1.5))
    share = min(np.log(ratio) / reach, 1.0)
    far = _mixed(coat.far_albedo, face, weights)
    return (near[0] + share * (far[0] - near[0]), near[1] + share * (far[1] - near[1]),
            near[2] + share * (far[2] - near[2]))


@compiled
def _colour(scene: _Scene, f: int, u: float, v: float) -> Vector:
    """Radiance of triangle f along the ray (u, v, 1) of the camera's frame."""
    shape, eye = scene.shape, scene.eye
    face = (shape.faces[f, 0], shape.faces[f, 1], shape.faces[f, 2])
    a, b, c = (corner(shape.corners, face[0]), corner(shape.corners, face[1]),
               corner(shape.corners, face[2]))
    p, q, r, volume = edge_planes(a, b, c)
    ray = (u, v, 1.0)
    wp, wq, wr = dot(p, ray), dot(q, ray), dot(r, ray)
    total = wp + wq + wr
    weights = (wp / total, wq / total, wr / total)
    z = volume / total
    turn = eye.rotation
    place = (eye.position[0] + z * (u * turn[0, 0] + v * turn[1, 0] + turn[2, 0]),
             eye.position[1] + z * (u * turn[0, 1] + v * turn[1, 1] + turn[2, 1]),
             eye.position[2] + z * (u * turn[0, 2] + v * turn[1, 2] + turn[2, 2]))
    normal = _mixed(shape.normals, face, weights)
    if volume > 0.0:
        normal = (-normal[0], -normal[1], -normal[2])
    open_share = (weights[0] * shape.open_share[face[0]] + weights[1] * shape.open_share[face[1]]
                  + weights[2] * shape.open_share[face[2]])
    albedo = _albedo(scene.coat, f, face, weights, z / eye.lens.focal)
    if scene.lamp.is_flash:
        grey = infrared_albedo(albedo[0], albedo[1], albedo[2], scene.lamp.paleness)
        albedo = (grey, grey, grey)
    lit = lit_share(scene.shadow, place[0], place[1], place[2])
    light = light_at(scene.lamp, place, normal, lit, open_share)
    return albedo[0] * light[0], albedo[1] * light[1], albedo[2] * light[2]


@compiled
def _add(radiance: Array, y: int, x: int, colour: Vector, share: float) -> None:
    for channel in range(3):
        radiance[y, x, channel] += share * colour[channel]


@compiled
def _shade(
    scene: _Scene, first_face: int, centre: Array, fine: Array, radiance: Array, coverage: Array
) -> None:
    """Add one body's light: one ray through pixels that it fills, four through the others."""
    count, lens = len(scene.shape.faces), scene.eye.lens
    for y in range(centre.shape[0]):
        v = (y + 0.5 - lens.middle_y) / lens.focal
        for x in range(centre.shape[1]):
            own = 0
            for k in range(4):
                own += 0 <= fine[2 * y + k // 2, 2 * x + k % 2] - first_face < count
            if own == 0:
                continue
            coverage[y, x] += own * 0.25
            u = (x + 0.5 - lens.middle_x) / lens.focal
            middle = centre[y, x] - first_face
            if own == 4 and 0 <= middle < count:
                _add(radiance, y, x, _colour(scene, middle, u, v), 1.0)
                continue
            for k in range(4):
                f = fine[2 * y + k // 2, 2 * x + k % 2] - first_face
                if 0 <= f < count:
                    du, dv = (k % 2 - 0.5) * 0.5 / lens.focal, (k // 2 - 0.5) * 0.5 / lens.focal
                    _add(radiance, y, x, _colour(scene, f, u + du, v + dv), 0.25)
