"""Backgrounds for pictures to train from: windows of real pictures, or something quickly drawn.

A folder of pictures may hold ``annotations.json`` (COCO) beside ``images/`` or the pictures: then
only windows without any box are taken, so that labelled photographs serve, too.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from PIL import Image
from scipy import ndimage

from wildpose.errors import DataError
from wildpose.synth.empty_pictures import find_pictures, is_grey, open_picture
from wildpose.types import Array

MOST_PICTURES = 500
_LARGEST_PX = 640
_ATTEMPTS = 6
_LEAST_WINDOW = 0.12
"""Area of the smallest window, as a share of the largest."""
_MARGIN_PX = 6.0


@dataclass(frozen=True, eq=False)
class Photograph:
    """A picture and where something is in it; read when it is first wanted.

    Attributes
    ----------
    path : Path
    boxes_xyxy : float64 [N, 4]
        In shares of width and height; no window may touch one.
    """

    path: Path
    boxes_xyxy: Array

    @property
    def pixels(self) -> Array:
        """Colours, uint8 [H, W, 3]; at most 640 pixels on a side.

        Raises
        ------
        UsageError
            It can't be read.
        """
        return _opened(self.path)[0]

    @property
    def grey(self) -> bool:
        """Whether it was taken by infra-red light."""
        return _opened(self.path)[1]


def draw_backdrop(
    rng: np.random.Generator, photographs: tuple[Photograph, ...], size: tuple[int, int], *,
    night: bool, real: float,
) -> Array:
    """Draw a background.

    Parameters
    ----------
    rng : numpy.random.Generator
    photographs : tuple of Photograph
        May be empty.
    size : (width, height)
    night : bool
        Most often a picture of the same kind of light is taken.
    real : float
        Share of windows of real pictures among the backgrounds.

    Returns
    -------
    uint8 [H, W, 3]
    """
    strict = rng.random() < 0.8
    if photographs and rng.random() < real:
        for _ in range(4 * _ATTEMPTS):
            photograph = photographs[int(rng.integers(len(photographs)))]
            if strict and photograph.grey != night:
                continue
            window = empty_window(rng, photograph, size)
            if window is not None:
                return window
    return _gradient(rng, size) if rng.random() < 0.35 else _clouds(rng, size)


def empty_window(
    rng: np.random.Generator, photograph: Photograph, size: tuple[int, int]
) -> Array | None:
    """Cut a window of the wanted shape that touches no box, mirrored in half of the draws.

    Returns
    -------
    uint8 [H, W, 3] or None
        None where no such window was found.
    """
    height, width = photograph.pixels.shape[:2]
    fit = min(width / size[0], height / size[1])
    boxes = photograph.boxes_xyxy * [width, height, width, height]
    for _ in range(_ATTEMPTS):
        scale = fit * float(rng.uniform(_LEAST_WINDOW, 1.0)) ** 0.5
        left = float(rng.uniform(0, width - scale * size[0]))
        top = float(rng.uniform(0, height - scale * size[1]))
        window = (left, top, left + scale * size[0], top + scale * size[1])
        if not _touched(window, boxes):
            picture = Image.fromarray(photograph.pixels)
            cut = np.asarray(picture.resize(size, Image.Resampling.BICUBIC, box=window))
            return np.ascontiguousarray(cut[:, ::-1]) if rng.random() < 0.5 else cut
    return None


@lru_cache(maxsize=4)
def photographs_in(folder: Path) -> tuple[Photograph, ...]:
    """List the pictures of a folder, with their boxes where it has them.

    Parameters
    ----------
    folder : Path
        Where there are more than 500 pictures, every n-th is taken.

    Returns
    -------
    tuple of Photograph
        Where the file says that only some categories were labelled, one box covers everything.

    Raises
    ------
    UsageError
        There is no picture.
    DataError
        ``annotations.json`` is no COCO file.
    """
    paths = find_pictures(folder)
    boxes, none = _boxes_by_name(folder), np.zeros((0, 4))
    return tuple(Photograph(path, boxes.get(path.name, none))
                 for path in paths[:: -(-len(paths) // MOST_PICTURES)])


@lru_cache(maxsize=2 * MOST_PICTURES)
def _opened(path: Path) -> tuple[Array, bool]:
    picture = open_picture(path)
    factor = min(1.0, _LARGEST_PX / max(picture.size))
    if factor < 1:
        picture = picture.resize((round(picture.width * factor), round(picture.height * factor)))
    pixels = np.asarray(picture)
    return pixels, is_grey(pixels)


def _boxes_by_name(folder: Path) -> dict[str, Array]:
    path = folder / "annotations.json"
    if not path.is_file():
        return {}
    try:
        whole = json.loads(path.read_text(encoding="utf-8"))
        boxes: dict[int, list[list[float]]] = {image["id"]: [] for image in whole["images"]}
        for label in whole["annotations"]:
            x, y, width, height = label["bbox"]
            boxes[label["image_id"]].append([x, y, x + width, y + height])
        for image in whole["images"]:
            if not {"animal", "person"} <= set(image.get("labelled", ("animal", "person"))):
                boxes[image["id"]].append([0, 0, image["width"], image["height"]])
    except (ValueError, KeyError, TypeError) as error:
        raise DataError(f"{path}: not a COCO file ({error}).", "Move it away or repair it."
                        ) from error
    return {Path(i["file_name"]).name: np.array(boxes[i["id"]], np.float64).reshape(-1, 4)
            / [i["width"], i["height"], i["width"], i["height"]] for i in whole["images"]}


def _touched(window: tuple[float, float, float, float], boxes: Array) -> bool:
    left, top, right, bottom = window
    return bool(((boxes[:, 0] - _MARGIN_PX < right) & (boxes[:, 2] + _MARGIN_PX > left)
                 & (boxes[:, 1] - _MARGIN_PX < bottom) & (boxes[:, 3] + _MARGIN_PX > top)).any())


def _gradient(rng: np.random.Generator, size: tuple[int, int]) -> Array:
    """A smooth change between colours of the four corners, with a horizon in half of the draws."""
    corners = rng.uniform(20, 235, (2, 2, 3)).astype(np.uint8)
    picture = np.asarray(Image.fromarray(corners).resize(size, Image.Resampling.BILINEAR))
    if rng.random() < 0.5:
        row = int(size[1] * rng.uniform(0.15, 0.7))
        picture = np.concatenate([picture[:row], _clouds(rng, (size[0], size[1] - row))])
    return picture


def _clouds(rng: np.random.Generator, size: tuple[int, int]) -> Array:
    """Noise of two colours, coarse to fine, stretched along or across."""
    first, second = rng.uniform(10, 240, (2, 3))
    value = np.zeros((size[1], size[0]), np.float32)
    roughness, stretch = rng.uniform(0.4, 0.95), np.exp(rng.uniform(-0.8, 0.8))
    for octave in range(5):
        cells = (max(2, int(3 * stretch * 2**octave)), max(2, int(3 / stretch * 2**octave)))
        table = rng.normal(0, 1, cells).astype(np.float32)
        grown = Image.fromarray(table).resize(size, Image.Resampling.BILINEAR)
        value += np.float32(roughness**octave) * np.asarray(grown)
    value = ndimage.gaussian_filter(value, float(rng.uniform(0, 1.5)))
    share = np.clip(0.5 + value * np.float32(rng.uniform(0.15, 0.6)), 0, 1)[..., None]
    return np.asarray(first + share * (second - first), np.uint8)
