"""A pinhole camera, and where people hang trail cameras.

World frame: metres, right-handed, y up, the ground is y = 0. Camera frame (that of OpenCV): x to
the right, y down, z away from the camera. Pixels are continuous: the centre of column i is at
``i + 0.5``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from wildpose.types import Array

HEIGHT_M = (0.25, 3.0)
"""Lens above the ground: from beside a burrow to out of an elephant's reach."""
USUAL_HEIGHT_M = 0.8
FIELD_OF_VIEW_DEG = (35.0, 75.0)
"""Across the picture, of cameras on the market."""
AIM_M = (3.0, 9.0)
"""How far away the lens aims at an animal's back."""


@dataclass(frozen=True)
class Camera:
    """A pinhole without distortion, its axis through the middle of the picture.

    Attributes
    ----------
    width, height : int
        Of the picture, pixels.
    focal_px : float
        Focal length, pixels.
    rotation : float64 [3, 3]
        World to camera; its rows are the camera's right, down and forward in the world.
    position : float64 [3]
        Of the pinhole in the world, metres.
    """

    width: int
    height: int
    focal_px: float
    rotation: Array
    position: Array

    def to_camera(self, points: Array) -> Array:
        """World points [..., 3] in the camera's frame, float64."""
        seen: Array = (np.asarray(points, np.float64) - self.position) @ self.rotation.T
        return seen

    def to_world(self, points: Array) -> Array:
        """Points [..., 3] of the camera's frame in the world, float64."""
        placed: Array = np.asarray(points, np.float64) @ self.rotation + self.position
        return placed

    def project(self, points: Array) -> tuple[Array, Array]:
        """Where world points fall in the picture.

        Parameters
        ----------
        points : float [..., 3]

        Returns
        -------
        pixels : float64 [..., 2]
            x and y; NaN for points that are not in front of the lens.
        depth : float64 [...]
            Metres along the axis; negative behind the camera.
        """
        seen = self.to_camera(points)
        depth: Array = seen[..., 2]
        scale = self.focal_px / np.where(depth > 0, depth, np.nan)
        middle = np.array([self.width / 2, self.height / 2])
        return seen[..., :2] * scale[..., None] + middle, depth

    def unproject(self, pixels: Array, depth: Array) -> Array:
        """World points [..., 3] that lie at ``depth`` metres along the axis behind ``pixels``."""
        depth = np.asarray(depth, np.float64)
        middle = np.array([self.width / 2, self.height / 2])
        flat = (np.asarray(pixels, np.float64) - middle) / self.focal_px
        rays = np.concatenate([flat, np.ones((*flat.shape[:-1], 1))], axis=-1)
        return self.to_world(rays * depth[..., None])

    def rays(self) -> Array:
        """Directions of the pixels' centres in the world, float64 [H, W, 3], 1 m along the axis."""
        x = (np.arange(self.width) + 0.5 - self.width / 2) / self.focal_px
        y = (np.arange(self.height) + 0.5 - self.height / 2) / self.focal_px
        right, down, forward = self.rotation
        cast: Array = x[None, :, None] * right + y[:, None, None] * down + forward
        return cast

    def scaled(self, factor: int) -> Camera:
        """The same view with ``factor`` times as many pixels along each side."""
        return replace(self, width=self.width * factor, height=self.height * factor,
                       focal_px=self.focal_px * factor)


def focal_of_view(width: int, field_of_view_deg: float) -> float:
    """Focal length in pixels of a lens that sees so many degrees across ``width`` pixels."""
    return width / (2 * math.tan(math.radians(field_of_view_deg) / 2))


def looking_at(
    position: Array, target: Array, size: tuple[int, int], focal_px: float, roll_deg: float = 0.0
) -> Camera:
    """Aim a camera at a point.

    Parameters
    ----------
    position, target : float [3]
        World, metres; straight up and straight down are allowed.
    size : (int, int)
        Width and height, pixels.
    focal_px : float
    roll_deg : float
        Turns the camera about its axis, clockwise as the camera sees it.

    Returns
    -------
    Camera
    """
    position = np.asarray(position, np.float64)
    forward = np.asarray(target, np.float64) - position
    forward /= np.linalg.norm(forward)
    up = np.array([0.0, 1.0, 0.0]) if abs(forward[1]) < 0.999 else np.array([0.0, 0.0, 1.0])
    right = np.cross(forward, up)
    right /= np.linalg.norm(right)
    down = np.cross(forward, right)
    cos, sin = math.cos(math.radians(roll_deg)), math.sin(math.radians(roll_deg))
    rotation = np.stack([cos * right + sin * down, cos * down - sin * right, forward])
    return Camera(size[0], size[1], focal_px, rotation, position)


def camera_on_a_tree(rng: np.random.Generator, size: tuple[int, int]) -> Camera:
    """Draw a camera as people hang them: most at knee to hip height, a little askew.

    It stands above the world's origin and looks along +z, at the back of an animal some metres
    away.

    Parameters
    ----------
    rng : numpy.random.Generator
    size : (int, int)
        Width and height, pixels.

    Returns
    -------
    Camera
    """
    low, high = HEIGHT_M
    height_m = float(np.clip(USUAL_HEIGHT_M * rng.lognormal(0.0, 0.55), low, high))
    aim = np.array([0.0, rng.uniform(0.1, 0.9), rng.uniform(*AIM_M)])
    focal_px = focal_of_view(size[0], float(rng.uniform(*FIELD_OF_VIEW_DEG)))
    position = np.array([0.0, height_m, 0.0])
    return looking_at(position, aim, size, focal_px, float(rng.normal(0.0, 2.0)))
