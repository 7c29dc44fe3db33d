"""The reference surface that dense pose points at: a mesh, its charts and their coordinates.

Frame: metres on a body 1.7 m tall, right-handed, x to the subject's left, y up, z forward.
"""

from __future__ import annotations

from dataclasses import dataclass

from wildpose.types import Array


@dataclass(frozen=True)
class SurfacePoints:
    """Points on a surface, each in one of its triangles.

    Attributes
    ----------
    face : int32 [N]
        Row of the surface's faces; -1 where there is no point.
    barycentric : float32 [N, 3]
        Weights of the face's corners, summing to 1.
    """

    face: Array
    barycentric: Array

    def __len__(self) -> int:
        return len(self.face)


@dataclass(frozen=True, eq=False)
class Surface:
    """A triangle mesh with a chart per face (the 24 of DensePose, Güler et al. 2018, 2).

    Two surfaces are equal when they are the same object, so that what is derived from one (search
    trees, geodesics) can be kept beside it.

    Attributes
    ----------
    name : str
    vertices : float32 [V, 3]
    faces : int32 [F, 3]
        Counter-clockwise seen from outside.
    chart : uint8 [F]
        1 to 24.
    uv : float32 [F, 3, 2]
        Chart coordinates of the corners, in [0, 1]; charts are split along their borders, so the
        same vertex may have several.
    mirror : int32 [V]
        The vertex on the other side of the body; itself on the middle line.
    """

    name: str
    vertices: Array
    faces: Array
    chart: Array
    uv: Array
    mirror: Array
