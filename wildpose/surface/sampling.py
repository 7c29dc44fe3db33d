"""Random points of a surface, as likely in one square centimetre as in any other."""

from __future__ import annotations

import numpy as np

from wildpose.surface.mesh import Mesh, face_areas
from wildpose.surface.surface import Surface, SurfacePoints
from wildpose.types import Array


def sample_points(surface: Surface, count: int, rng: np.random.Generator,
                  faces: Array | None = None) -> SurfacePoints:
    """Points drawn uniformly by area.

    Parameters
    ----------
    surface : Surface
    count : int
    rng : numpy Generator
    faces : int [M], optional
        Draw from these faces only.

    Returns
    -------
    SurfacePoints
        Length ``count``.
    """
    chosen = np.arange(len(surface.faces)) if faces is None else np.asarray(faces)
    area = face_areas(Mesh.of(surface.vertices, surface.faces[chosen]))
    face = chosen[rng.choice(len(chosen), count, p=area / area.sum())]
    # The square root makes the density even over the triangle (Osada et al. 2002, 4.2).
    root, along = np.sqrt(rng.random(count)), rng.random(count)
    barycentric = np.stack([1 - root, root * (1 - along), root * along], axis=1)
    return SurfacePoints(face.astype(np.int32), barycentric.astype(np.float32))
