"""Small animals, cut out by their masks, pasted onto other pictures.

Empty frames with and without a pasted animal teach what an animal is rather than what a place
looks like (copy-paste, Ghiasi et al. 2021).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from PIL import Image, ImageFilter

from wildpose import masks
from wildpose.data.annotations import LabelledImage
from wildpose.data.augment import Example
from wildpose.data.body_points import BodyPoints
from wildpose.types import Array, ClassId

MINIMUM_SIDE = 40
"""Pixels of the longer side below which a cut-out is too coarse to be pasted elsewhere."""


@dataclass(frozen=True)
class CutOut:
    """One animal of one labelled picture that can be pasted elsewhere."""

    image: LabelledImage
    row: int

    def read(self) -> Array:
        """The animal on a transparent ground, uint8 RGBA [h, w, 4], cut at its mask."""
        rle = self.image.masks[self.row]
        if rle is None:
            raise ValueError("a cut-out needs a mask")
        mask = masks.decode(rle)
        x1, y1, x2, y2 = masks.box_of_mask(rle).astype(int)
        alpha = mask[y1:y2, x1:x2].astype(np.uint8) * 255
        return np.dstack([self.image.read()[y1:y2, x1:x2], alpha])

    def body_points(self, rng: np.random.Generator) -> BodyPoints | None:
        """What is known at points of the animal, in pixels of the cut-out."""
        points, rle = self.image.body_points(self.row, rng), self.image.masks[self.row]
        if points is None or rle is None:
            return None
        return points.moved(1, -np.floor(masks.box_of_mask(rle)[:2]))


def cut_outs(images: Sequence[LabelledImage]) -> list[CutOut]:
    """All animals with a mask that are large enough and not cut by the picture's border."""
    found = []
    for image in images:
        for row, rle in enumerate(image.masks):
            if rle is None or image.ignore[row] or image.class_id[row] != ClassId.ANIMAL:
                continue
            x1, y1, x2, y2 = masks.box_of_mask(rle)
            inside = x1 > 1 and y1 > 1 and x2 < image.size[1] - 1 and y2 < image.size[0] - 1
            if inside and max(x2 - x1, y2 - y1) >= MINIMUM_SIDE:
                found.append(CutOut(image, row))
    return found


def paste(example: Example, animal: CutOut, rng: np.random.Generator) -> Example:
    """Paste one animal at a random place, 5 to 35 % of the picture wide, in the local light."""
    left, top, right, bottom = example.picture_xyxy
    width, height = right - left, bottom - top
    sprite = Image.fromarray(animal.read())
    side = width * float(np.exp(rng.uniform(np.log(0.05), np.log(0.35))))
    scale = min(side / max(sprite.size), 1.5, height * 0.8 / sprite.size[1])
    size = (max(4, round(sprite.size[0] * scale)), max(4, round(sprite.size[1] * scale)))
    if size[0] > width or size[1] > height:
        return example
    factor = size[0] / sprite.size[0], size[1] / sprite.size[1]
    sprite = sprite.resize(size, Image.Resampling.BILINEAR)
    mirrored = rng.random() < 0.5
    if mirrored:
        sprite = sprite.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    x = left + int(rng.integers(0, width - size[0] + 1))
    y = top + int(rng.integers(0, height - size[1] + 1) * 0.75 + (height - size[1]) * 0.25)
    pasted = _blend(example, sprite, (x, y), rng)
    points = animal.body_points(rng)
    if points is not None:
        points = points.moved(factor, (0, 0))
        points = (points.mirrored(size[0]) if mirrored else points).moved(1, (x, y))
    return _with_points(pasted, example.body_points, points)


def _with_points(
    pasted: Example, below: tuple[BodyPoints | None, ...], on_top: BodyPoints | None
) -> Example:
    """Keep of the bodies below what the pasted animal, the last one, does not hide."""
    if len(below) + 1 != len(pasted.box_xyxy):  # made without points
        below = (None,) * (len(pasted.box_xyxy) - 1)
    cover = pasted.masks[-1]
    return replace(pasted, body_points=(*(_uncovered(p, cover) for p in below), on_top))


def _uncovered(points: BodyPoints | None, cover: Array | None) -> BodyPoints | None:
    if points is None or cover is None:
        return points
    column, row = points.xy.astype(int).T
    seen = ~cover[row, column]
    return points.take(seen) if seen.any() else None


def _blend(
    example: Example, sprite: Image.Image, corner: tuple[int, int], rng: np.random.Generator
) -> Example:
    x, y = corner
    w, h = sprite.size
    pixels: Array = np.asarray(sprite, np.float32)
    soft = sprite.getchannel("A").filter(ImageFilter.GaussianBlur(0.7))
    alpha: Array = np.asarray(soft, np.float32)
    alpha = alpha[..., None] / 255
    ground = example.image[y : y + h, x : x + w].astype(np.float32)
    animal: Array = pixels[..., :3]
    if np.ptp(ground.mean((0, 1))) < 3:
        animal = np.repeat(animal.mean(-1, keepdims=True), 3, -1)
    solid = pixels[..., 3] > 127
    if solid.any():
        light = float(ground.mean() + 10) / float(animal[solid].mean() + 10)
        gain = np.clip(light * np.exp(rng.normal(0, 0.3)), 0.3, 2.0)
        animal = np.clip(animal * np.float32(gain), 0, 255)
    image = example.image.copy()
    image[y : y + h, x : x + w] = (alpha * animal + (1 - alpha) * ground).astype(np.uint8)
    mask = np.zeros(image.shape[:2], bool)
    mask[y : y + h, x : x + w] = alpha[..., 0] > 0.5
    hidden = tuple(None if m is None else m & ~mask for m in example.masks)
    return replace(
        example,
        image=image,
        box_xyxy=np.concatenate([example.box_xyxy, [[x, y, x + w, y + h]]]).astype(np.float32),
        class_id=np.append(example.class_id, np.int16(ClassId.ANIMAL)),
        ignore=np.append(example.ignore, False),
        masks=(*hidden, mask),
    )
