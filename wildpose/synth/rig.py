"""A body that can be posed: mesh, bones, weights, motions, looks, and what each vertex is.

Frame: metres, right-handed, x to the animal's left, y up, z forward; the ground is y = 0.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from wildpose.types import Array


@dataclass(frozen=True)
class Motion:
    """Bones over time; the motion loops.

    Attributes
    ----------
    bones : float32 [T, B, 4, 4]
        Transforms of rest-pose bone coordinates to the body's frame, absolute (not relative to
        the parent).
    rate : float
        Frames per second.
    stride_m : float
        Metres that the body moves forward per loop; 0 on the spot.
    """

    bones: Array
    rate: float
    stride_m: float = 0.0

    @property
    def duration_s(self) -> float:
        """Seconds of one loop."""
        return float(len(self.bones) / self.rate)


@dataclass(frozen=True)
class Rig:
    """A skinned body.

    Attributes
    ----------
    name : str
    species : str
        A plain English name, such as "red fox".
    vertices : float32 [V, 3]
        In the bind pose.
    faces : int32 [F, 3]
        Counter-clockwise seen from outside.
    bone_names : tuple of str, length B
    bind_inverse : float32 [B, 4, 4]
        Inverse of the bones' transforms in the bind pose.
    bone_index : int32 [V, K]
    bone_weight : float32 [V, K]
        Non-negative, rows sum to 1.
    part : int8 [V]
        Row of ``wildpose.surface.parts.PARTS``; -1 for what has no home on the reference (horns,
        antlers, teeth, eyes).
    motions : mapping of str to Motion
        Keys in lower case: ``idle walk run feed`` and others.
    texture : uint8 [H, W, 3] or None
    texture_uv : float32 [F, 3, 2] or None
        Corner coordinates in the texture; v grows downward from the first row.
    face_colour : uint8 [F, 3] or None
        Flat colours, where there is no texture.
    licence, credit : str
        Of the art; a picture of it must carry the credit.
    """

    name: str
    species: str
    vertices: Array
    faces: Array
    bone_names: tuple[str, ...]
    bind_inverse: Array
    bone_index: Array
    bone_weight: Array
    part: Array
    motions: Mapping[str, Motion] = field(default_factory=dict)
    texture: Array | None = None
    texture_uv: Array | None = None
    face_colour: Array | None = None
    licence: str = "not stated"
    credit: str = ""
