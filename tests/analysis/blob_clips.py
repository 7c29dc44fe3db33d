"""Clips with bright squares that move, written to be found by thresholding."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np

SIZE = (160, 120)
MARK = (0, 0, 255)


def blob_image(index: int, blobs: int, marked: bool = False) -> np.ndarray:
    """Frame ``index`` of a clip: squares 24 pixels wide that go right by 3 pixels a frame."""
    image = np.full((SIZE[1], SIZE[0], 3), 30, np.uint8)
    for number in range(blobs):
        left, top = 4 + 3 * index, 10 + 50 * number
        image[top : top + 24, left : left + 24] = 230
    if marked:
        image[-16:] = MARK
    return image


def write_blob_clip(
    path: Path, *, blobs: int, frames: int = 25, rate: int = 10, marked: bool = False
) -> Path:
    """Write a clip; ``marked`` ones carry a blue band that test predictors react to."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mjpeg" if path.suffix == ".avi" else "libx264", rate=rate)
        stream.width, stream.height = SIZE
        stream.pix_fmt = "yuvj420p" if path.suffix == ".avi" else "yuv420p"
        for index in range(frames):
            frame = av.VideoFrame.from_ndarray(blob_image(index, blobs, marked), format="rgb24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path
