"""A user's own pictures without animals, to render into."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from wildpose.errors import UsageError
from wildpose.types import Array

PICTURES = (".jpg", ".jpeg", ".png")


def find_pictures(folder: Path) -> list[Path]:
    """List the pictures of a folder, sub-folders too, in the order of their names.

    Raises
    ------
    UsageError
        There is none.
    """
    found = sorted(p for p in folder.rglob("*") if p.suffix.lower() in PICTURES)
    if not found:
        raise UsageError(f"{folder}: no pictures in it.", "Give a folder of JPEG or PNG pictures.")
    return found


def open_picture(path: Path) -> Image.Image:
    """A picture in RGB, as large as it is.

    Raises
    ------
    UsageError
        It can't be read.
    """
    try:
        with Image.open(path) as opened:
            return opened.convert("RGB")
    except OSError as error:
        raise UsageError(f"{path}: can't be read as a picture ({error}).",
                         "Take it out of the folder.") from error


def read_picture(path: Path, size: tuple[int, int]) -> Array:
    """Read a picture and cut it to a size, its middle kept.

    Parameters
    ----------
    path : Path
    size : (width, height)

    Returns
    -------
    uint8 [H, W, 3]

    Raises
    ------
    UsageError
        It can't be read.
    """
    picture = open_picture(path)
    scale = max(size[0] / picture.width, size[1] / picture.height)
    window = (size[0] / scale, size[1] / scale)
    left, top = (picture.width - window[0]) / 2, (picture.height - window[1]) / 2
    box = (left, top, left + window[0], top + window[1])
    return np.asarray(picture.resize(size, Image.Resampling.LANCZOS, box=box))


def is_grey(picture: Array) -> bool:
    """Whether a picture was taken by infra-red light: its three channels are nearly the same."""
    levels = picture.astype(np.float32)
    return bool((levels.max(2) - levels.min(2)).mean() < 10)
