from __future__ import annotations

import struct

import numpy as np
import pytest

from wildpose.video.orientation import Orientation

ONE = 1 << 16


def matrix(a: int, b: int, c: int, d: int) -> bytes:
    return struct.pack("=9i", a * ONE, b * ONE, 0, c * ONE, d * ONE, 0, 0, 0, 1 << 30)


RIGHT_ANGLES = [(1, 0, 0, 1), (0, 1, -1, 0), (-1, 0, 0, -1), (0, -1, 1, 0)]
MIRRORED = [(-1, 0, 0, 1), (1, 0, 0, -1), (0, 1, 1, 0), (0, -1, -1, 0)]


@pytest.mark.parametrize("abcd", RIGHT_ANGLES + MIRRORED)
def test_every_pixel_goes_where_the_matrix_says(abcd):
    a, b, c, d = abcd
    height, width = 3, 5
    image = np.arange(height * width * 3, dtype=np.uint8).reshape(height, width, 3)
    orientation = Orientation.of_matrix(matrix(*abcd))
    shown = orientation.apply(image)
    assert shown.shape[1::-1] == orientation.shown_size(width, height)
    assert shown.flags.c_contiguous
    for row in range(height):
        for column in range(width):
            # Centres of pixels, turned about the origin, then shifted back into the picture.
            x = a * (column + 0.5) + c * (row + 0.5)
            y = b * (column + 0.5) + d * (row + 0.5)
            x += shown.shape[1] if x < 0 else 0
            y += shown.shape[0] if y < 0 else 0
            assert np.array_equal(shown[int(y), int(x)], image[row, column])


@pytest.mark.parametrize(
    ("abcd", "degrees"), list(zip(RIGHT_ANGLES, (0, 90, 180, 270), strict=True))
)
def test_turns_are_named_clockwise(abcd, degrees):
    orientation = Orientation.of_matrix(matrix(*abcd))
    assert orientation.rotation_deg == degrees
    bar = np.zeros((2, 4, 3), np.uint8)
    bar[0, 0] = 255  # top left stored
    shown = orientation.apply(bar)
    corner = {0: (0, 0), 90: (0, -1), 180: (-1, -1), 270: (-1, 0)}[degrees]
    assert shown[corner].tolist() == [255, 255, 255]


def test_no_matrix_leaves_the_picture_alone():
    image = np.zeros((2, 3, 3), np.uint8)
    assert Orientation().apply(image) is image
