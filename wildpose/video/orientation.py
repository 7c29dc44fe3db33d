"""Turn stored pictures the way they are meant to be shown.

Phones and some cameras store the picture as the sensor saw it and say in a display matrix (ISO/IEC
14496-12, ``tkhd``) how to turn or mirror it. All eight cases come from the signs of that matrix.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..types import Array


@dataclass(frozen=True)
class Orientation:
    """How a stored picture becomes the one that is shown: transpose first, then mirror.

    Attributes
    ----------
    transpose : bool
        Swap rows and columns.
    flip_x, flip_y : bool
        Then mirror left-right, top-bottom.
    """

    transpose: bool = False
    flip_x: bool = False
    flip_y: bool = False

    @classmethod
    def of_frame(cls, frame: Any) -> Orientation:
        """Read the orientation that a decoded ``av.VideoFrame`` asks for."""
        for side in frame.side_data:
            if side.type.name == "DISPLAYMATRIX":
                return cls.of_matrix(bytes(side))
        return cls()

    @classmethod
    def of_matrix(cls, matrix: bytes) -> Orientation:
        """From a display matrix of nine native 32-bit integers.

        Points map as ``x' = a x + c y``, ``y' = b x + d y``; free angles, which no camera
        writes, go to the nearest right angle.
        """
        a, b, _, c, d = struct.unpack("=5i", matrix[:20])
        if abs(a) + abs(d) >= abs(b) + abs(c):
            return cls(False, a < 0, d < 0)
        return cls(True, c < 0, b < 0)

    @property
    def rotation_deg(self) -> int:
        """Clockwise turn in degrees: 0, 90, 180 or 270; a mirrored picture says its turn alone."""
        if not self.transpose:
            return 180 if self.flip_x and self.flip_y else 0
        return 90 if self.flip_x else 270

    def shown_size(self, width: int, height: int) -> tuple[int, int]:
        """Width and height as shown, of a picture stored with these."""
        return (height, width) if self.transpose else (width, height)

    def apply(self, image: Array) -> Array:
        """Turn a picture as stored into the one shown, [H, W, 3], contiguous in memory."""
        if self.transpose:
            image = image.transpose(1, 0, 2)
        if self.flip_x:
            image = image[:, ::-1]
        if self.flip_y:
            image = image[::-1]
        return np.ascontiguousarray(image)
