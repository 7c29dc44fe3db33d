"""Simple bodies for the tests of the renderer."""

from __future__ import annotations

import numpy as np

from wildpose.surface.parts import PARTS
from wildpose.synth.rig import Rig


def ball(radius_m=0.5, centre=(0.0, 0.5, 0.0), rows=24, columns=36):
    """Vertices and outward faces of a sphere."""
    t = np.linspace(1e-3, np.pi - 1e-3, rows)[:, None]
    p = np.linspace(0, 2 * np.pi, columns, endpoint=False)[None]
    places = np.stack([np.sin(t) * np.sin(p), np.cos(t) + 0 * p, np.sin(t) * np.cos(p)], -1)
    at = np.arange(rows * columns).reshape(rows, columns)
    a, b = at[:-1], at[1:]
    c, d = np.roll(a, -1, 1), np.roll(b, -1, 1)
    faces = np.concatenate([np.stack([a, b, c], -1), np.stack([c, b, d], -1)]).reshape(-1, 3)
    return places.reshape(-1, 3) * radius_m + np.array(centre), faces.astype(np.int32)


def rig_of(vertices, faces, part="chest", **looks):
    """A rig with one bone; ``part`` is a name for all vertices."""
    count = len(vertices)
    return Rig("body", "body", np.asarray(vertices, np.float32), faces, ("bone",), np.eye(4)[None],
               np.zeros((count, 1), np.int32), np.ones((count, 1), np.float32),
               np.full(count, PARTS.index(part), np.int8), **looks)
