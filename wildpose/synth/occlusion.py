"""How much of the light from all round reaches each vertex: baked once, at rest.

The body is drawn from directions all over the sphere; a vertex counts the ones that see it. Between
the legs and under the chin it stays dark whatever the weather (ambient occlusion).
"""

from __future__ import annotations

import itertools

import numpy as np

from wildpose.synth.camera import looking_at
from wildpose.synth.light import Daylight, Shadow, lit_share, shadow_of
from wildpose.synth.raster import Vector, compiled
from wildpose.types import Array

_SPREAD = 0.55
"""Fur between the legs still gets light that was sent back by other fur."""


def open_shares(vertices: Array, faces: Array, normals: Array) -> Array:
    """Share of the directions in front of each vertex from which it is seen.

    Parameters
    ----------
    vertices : float64 [V, 3]
        Rest pose, metres.
    faces : int32 [F, 3]
    normals : float64 [V, 3]
        Unit.

    Returns
    -------
    float32 [V]
        Each direction weighted by the cosine to the normal; 1 where nothing is in the way.
    """
    seen, total = np.zeros(len(vertices)), np.full(len(vertices), 1e-9)
    nobody = looking_at(np.array([0.0, 1.0, -1.0]), np.zeros(3), (8, 8), 8.0)
    for step in itertools.product((-1.0, 0.0, 1.0), repeat=3):
        if any(step):
            towards = np.array(step) / np.linalg.norm(step)
            light = Daylight(towards, *(np.zeros(3),) * 3)
            shadow = shadow_of(light, nobody, vertices, faces)
            _count(shadow, vertices, normals, tuple(towards.tolist()), (seen, total))
    shares: Array = (_SPREAD + (1 - _SPREAD) * np.minimum(seen / total, 1)).astype(np.float32)
    return shares


@compiled
def _count(
    shadow: Shadow, vertices: Array, normals: Array, towards: Vector, into: tuple[Array, Array]
) -> None:
    for v in range(len(vertices)):
        facing = (normals[v, 0] * towards[0] + normals[v, 1] * towards[1]
                  + normals[v, 2] * towards[2])
        if facing > 0.0:
            into[0][v] += facing * lit_share(shadow, vertices[v, 0], vertices[v, 1],
                                             vertices[v, 2])
            into[1][v] += facing
