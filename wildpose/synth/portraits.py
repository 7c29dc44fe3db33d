"""Pictures of one body from several sides on white, coloured by whatever one wants to look at."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from wildpose.drawing.dense_pose import chequered
from wildpose.errors import UsageError
from wildpose.synth.camera import Camera, looking_at
from wildpose.synth.raster import Raster, rasterise
from wildpose.types import Array

SIDES: dict[str, tuple[float, float, float]] = {
    "front": (0.0, 0.12, 1.0), "left": (1.0, 0.12, 0.0), "back": (0.0, 0.12, -1.0),
    "right": (-1.0, 0.12, 0.0), "above": (0.0, 1.0, 0.0), "below": (0.0, -1.0, 0.0),
    "front left": (0.8, 0.35, 0.8), "back right": (-0.8, 0.35, -0.8),
}
"""Where the eye is: ``left`` shows the animal's left side."""
FOUR_SIDES = ("front", "left", "back", "right")
_AWAY = 40.0
_FINE = 3

FacePainter = Callable[[Array, Array], Array]
"""From faces int32 [N] and barycentrics float32 [N, 3] to colours uint8 [N, 3]."""


def portraits(
    vertices: Array, faces: Array, colours: Array | FacePainter,
    sides: Sequence[str] = FOUR_SIDES, size: tuple[int, int] = (300, 300),
) -> Array:
    """Draw a body from several sides, all at one scale, side by side.

    Parameters
    ----------
    vertices : float [V, 3]
        Metres; x left, y up, z forward.
    faces : int32 [F, 3]
    colours : uint8 [F, 3], [V, 3] or [F, 3, 3], or callable
        Per face, per vertex, per corner of each face, or a function that is asked for every pixel
        with the faces int32 [N] and barycentrics float32 [N, 3] and gives uint8 [N, 3]. An array
        that could be per face and per vertex is taken as per face.
    sides : sequence of str
        Keys of ``SIDES``.
    size : (int, int)
        Width and height of one picture, pixels.

    Returns
    -------
    uint8 [height, width * len(sides), 3]

    Raises
    ------
    UsageError
        A side that does not exist, or colours that fit neither faces nor vertices.
    """
    unknown = [side for side in sides if side not in SIDES]
    if unknown:
        raise UsageError(f"no such side: {', '.join(unknown)}", f"Choose from {', '.join(SIDES)}.")
    painter = colours if callable(colours) else painter_of(faces, len(vertices), colours)
    cameras = _cameras(np.asarray(vertices, np.float64), sides, size)
    drawn = [_drawn(vertices, faces, painter, camera) for camera in cameras]
    return np.concatenate(drawn, axis=1)


def painter_of(faces: Array, vertex_count: int, colours: Array) -> FacePainter:
    """A painter from an array of colours; :func:`portraits` says which shapes it may have."""
    colours = np.asarray(colours)
    if colours.shape == (len(faces), 3):
        return lambda face, barycentric: colours[face]
    if colours.shape == (vertex_count, 3):
        colours = colours[faces]
    if colours.shape != (len(faces), 3, 3):
        raise UsageError(f"colours of shape {colours.shape} fit neither {len(faces)} faces nor "
                         f"{vertex_count} vertices.", "Give one RGB for each of one of them.")

    def paint(face: Array, barycentric: Array) -> Array:
        mixed = np.einsum("nk,nkc->nc", barycentric, colours[face].astype(np.float32))
        rounded: Array = np.clip(mixed + 0.5, 0, 255).astype(np.uint8)
        return rounded

    return paint


def checks(chart: Array, uv: Array) -> Array:
    """Colours of places on the reference, as dense pose is painted on pictures.

    Parameters
    ----------
    chart : uint8 [N]
        0: no point.
    uv : float [N, 2]

    Returns
    -------
    uint8 [N, 3]
    """
    coloured: Array = chequered(chart, np.asarray(uv).T).astype(np.uint8)
    return coloured


def ramp(values: Array) -> Array:
    """Colours of numbers in [0, 1], blue over white-ish yellow to red, uint8 [N, 3]."""
    stops = np.array([[44, 58, 140], [64, 150, 190], [240, 236, 170], [235, 130, 60],
                      [140, 20, 40]], np.float64)
    at = np.clip(np.asarray(values, np.float64), 0, 1) * (len(stops) - 1)
    low = np.minimum(at.astype(np.int64), len(stops) - 2)
    share = (at - low)[..., None]
    mixed: Array = (stops[low] * (1 - share) + stops[low + 1] * share + 0.5).astype(np.uint8)
    return mixed


def _cameras(vertices: Array, sides: Sequence[str], size: tuple[int, int]) -> list[Camera]:
    """Far cameras with one focal length, each aimed so that the body is in the middle."""
    low, high = vertices.min(axis=0), vertices.max(axis=0)
    middle = (low + high) / 2
    away = _AWAY * max(float(np.linalg.norm(high - low)), 1e-6)
    aimed = []
    for side in sides:
        eye = np.array(SIDES[side])
        place = middle + away * eye / np.linalg.norm(eye)
        camera = looking_at(place, middle, size, 1.0)
        seen = camera.to_camera(vertices)
        centre = (seen[:, :2].min(axis=0) + seen[:, :2].max(axis=0)) / 2
        aimed.append(looking_at(place, middle + centre @ camera.rotation[:2], size, 1.0))
    spans = [np.ptp(camera.project(vertices)[0], axis=0) for camera in aimed]
    focal_px = 0.94 * float(min(min(np.divide(size, np.maximum(s, 1e-12))) for s in spans))
    return [Camera(size[0], size[1], focal_px, c.rotation, c.position) for c in aimed]


def _drawn(vertices: Array, faces: Array, painter: FacePainter, camera: Camera) -> Array:
    seen = rasterise(vertices, faces, camera.scaled(_FINE))
    hit = seen.face >= 0
    picture = np.full((*hit.shape, 3), 255.0, np.float32)
    face = seen.face[hit]
    colour = painter(face, seen.barycentric[hit]).astype(np.float32)
    picture[hit] = colour * _facing(np.asarray(vertices, np.float64), faces, camera, seen)[:, None]
    tiles = picture.reshape(camera.height, _FINE, camera.width, _FINE, 3)
    reduced: Array = (tiles.mean(axis=(1, 3)) + 0.5).astype(np.uint8)
    return reduced


def _facing(vertices: Array, faces: Array, camera: Camera, seen: Raster) -> Array:
    """Light from the eye: 1 where the surface faces it, less where it turns away."""
    corners = vertices[faces]
    across = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    normals = np.zeros_like(vertices)
    for k in range(3):
        np.add.at(normals, faces[:, k], across)
    hit = seen.face >= 0
    normal = np.einsum("nk,nkx->nx", seen.barycentric[hit], normals[faces[seen.face[hit]]])
    normal /= np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-12)
    light: Array = 0.45 + 0.55 * np.abs(normal @ camera.rotation[2])
    return light
