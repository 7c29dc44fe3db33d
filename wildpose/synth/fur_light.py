"""Colour of lit fur along a ray, compiled: coat, normals, shadow and light in one pass."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from wildpose.synth.fur import Coat
from wildpose.synth.lattice import three_rows
from wildpose.synth.light import (
    DISPLAY_GAMMA,
    Lamp,
    Shadow,
    infrared_albedo,
    light_at,
    lit_share,
)
from wildpose.synth.raster import Lens, Vector, compiled, corner, cross, dot, edge_planes, inlined
from wildpose.types import Array

Corners = tuple[int, int, int]
_LINEAR = ((np.arange(256) / 255.0) ** DISPLAY_GAMMA).astype(np.float32)


class Shape(NamedTuple):
    """A posed body: corners in the camera's frame, normals in the world."""

    corners: Array
    faces: Array
    normals: Array
    open_share: Array


class Eye(NamedTuple):
    """The camera."""

    lens: Lens
    rotation: Array
    position: Array


class Lit(NamedTuple):
    """All that the colour of one place of one body depends on."""

    shape: Shape
    coat: Coat
    eye: Eye
    lamp: Lamp
    shadow: Shadow


@compiled
def fill_normals(vertices: Array, faces: Array, same: Array, normals: Array) -> None:
    """Normals per vertex, weighted by area; vertices of one place (``same``) share theirs."""
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


@inlined
def _mixed(values: Array, face: Corners, weights: Vector) -> Vector:
    """Interpolate an array per vertex [V, 3] inside a face."""
    a, b, c = corner(values, face[0]), corner(values, face[1]), corner(values, face[2])
    return (weights[0] * a[0] + weights[1] * b[0] + weights[2] * c[0],
            weights[0] * a[1] + weights[1] * b[1] + weights[2] * c[1],
            weights[0] * a[2] + weights[1] * b[2] + weights[2] * c[2])


@inlined
def _near_albedo(coat: Coat, f: int, weights: Vector) -> Vector:
    i, j, k, wi, wj, wk = three_rows(coat.lattice, f, weights[0], weights[1])
    red = wi * coat.colour[i, 0] + wj * coat.colour[j, 0] + wk * coat.colour[k, 0]
    green = wi * coat.colour[i, 1] + wj * coat.colour[j, 1] + wk * coat.colour[k, 1]
    blue = wi * coat.colour[i, 2] + wj * coat.colour[j, 2] + wk * coat.colour[k, 2]
    return _LINEAR[int(red + 0.5)], _LINEAR[int(green + 0.5)], _LINEAR[int(blue + 0.5)]


@inlined
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


@inlined
def _colour(scene: Lit, f: int, u: float, v: float) -> Vector:
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
def shade(
    scene: Lit, first_face: int, centre: Array, fine: Array, radiance: Array, coverage: Array
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
            f = centre[y, x] - first_face
            rays, apart = (1, 0.0) if own == 4 and 0 <= f < count else (4, 0.5 / lens.focal)
            for k in range(rays):
                if rays == 4:
                    f = fine[2 * y + k // 2, 2 * x + k % 2] - first_face
                if 0 <= f < count:
                    right, down = (k % 2 - 0.5) * apart, (k // 2 - 0.5) * apart
                    colour = _colour(scene, f, u + right, v + down)
                    for channel in range(3):
                        radiance[y, x, channel] += colour[channel] / rays
