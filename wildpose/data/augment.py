"""Make training pictures look like camera-trap frames of all hours and qualities.

Geometry first (scale, crop, mirror, placed on a fixed canvas), then light: infra-red, low light
with noise, vignette, blown-out near field, motion blur, compression and burnt-in captions. All
randomness comes from the generator that is handed in.
"""

from __future__ import annotations

import io
from dataclasses import dataclass, replace

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from wildpose import masks
from wildpose.data.annotations import LabelledImage
from wildpose.data.body_points import BodyPoints
from wildpose.types import Array, ClassId, Rle

PADDING = 114
VISIBLE_SHARE = 0.35
"""A box with less of its area inside the canvas is ignored instead of learnt."""


@dataclass(frozen=True)
class Example:
    """A picture on the training canvas and its targets.

    Attributes
    ----------
    image : uint8 [H, W, 3]
    box_xyxy : float32 [N, 4]
    class_id : int16 [N]
    ignore : bool [N]
    masks : tuple of (bool [H, W] or None), length N
    labelled : frozenset of ClassId
    picture_xyxy : (int, int, int, int)
        The part of the canvas that the picture covers; the rest is padding.
    weight : float
        Of all its losses; below 1 for draft labels.
    exact_boxes : bool
        Boxes say exactly where animals end; those of a detector only where they are.
    body_points : tuple of (BodyPoints or None), length N
        Empty for an example that was made without.
    """

    image: Array
    box_xyxy: Array
    class_id: Array
    ignore: Array
    masks: tuple[Array | None, ...]
    labelled: frozenset[ClassId]
    picture_xyxy: tuple[int, int, int, int]
    weight: float = 1.0
    exact_boxes: bool = True
    body_points: tuple[BodyPoints | None, ...] = ()


@dataclass(frozen=True)
class Placement:
    """Where a picture lands on the canvas: ``canvas = picture * scale + offset``, maybe mirrored.

    Attributes
    ----------
    size : (int, int)
        Height and width of the scaled picture.
    offset : (int, int)
        x and y of its top left corner on the canvas; negative where it is cropped.
    mirrored : bool
    """

    size: tuple[int, int]
    offset: tuple[int, int]
    mirrored: bool


def letterbox(size: tuple[int, int], canvas: tuple[int, int]) -> Placement:
    """The largest undistorted placement of a picture (height, width), top left, not mirrored."""
    scale = min(canvas[0] / size[0], canvas[1] / size[1])
    height, width = (max(1, round(side * scale)) for side in size)
    return Placement((height, width), (0, 0), False)


def mirrored_or_not(
    image: LabelledImage, canvas: tuple[int, int], rng: np.random.Generator
) -> Placement:
    """The largest undistorted placement, mirrored half of the time."""
    return replace(letterbox(image.size, canvas), mirrored=bool(rng.random() < 0.5))


def random_placement(
    image: LabelledImage, canvas: tuple[int, int], rng: np.random.Generator
) -> Placement:
    """Scale by 0.8 to 1.8 of the fit, stretch by up to 12 %, crop round a box, maybe mirror."""
    fit = min(canvas[0] / image.size[0], canvas[1] / image.size[1])
    scale = fit * float(np.exp(rng.uniform(np.log(0.8), np.log(1.8))))
    stretch = float(np.exp(rng.uniform(-0.12, 0.12)))
    height = max(8, round(image.size[0] * scale / stretch))
    width = max(8, round(image.size[1] * scale * stretch))
    mirrored = bool(rng.random() < 0.5)
    low = np.minimum(0, [canvas[1] - width, canvas[0] - height])
    high = np.maximum(0, [canvas[1] - width, canvas[0] - height])
    offset = rng.integers(low, high + 1)
    if len(image.box_xyxy) and rng.random() < 0.85:
        offset = _offset_that_shows(image, (height, width), canvas, mirrored, rng)
    return Placement((height, width), (int(offset[0]), int(offset[1])), mirrored)


def _offset_that_shows(
    image: LabelledImage,
    size: tuple[int, int],
    canvas: tuple[int, int],
    mirrored: bool,
    rng: np.random.Generator,
) -> Array:
    box = image.box_xyxy[rng.integers(len(image.box_xyxy))]
    factor = np.array([size[1] / image.size[1], size[0] / image.size[0]])
    centre = (box[:2] + box[2:]) / 2 * factor
    if mirrored:
        centre[0] = size[1] - centre[0]
    wanted = np.array([canvas[1], canvas[0]]) * rng.uniform(0.2, 0.8, 2) - centre
    span = np.array([canvas[1] - size[1], canvas[0] - size[0]])
    offset: Array = np.clip(wanted, np.minimum(0, span), np.maximum(0, span)).astype(int)
    return offset


def place(
    image: LabelledImage, placement: Placement, canvas: tuple[int, int],
    rng: np.random.Generator | None = None,
) -> Example:
    """Put a picture and its labels on a canvas (height, width) of neutral grey.

    ``rng`` draws the points of a dense map (:meth:`LabelledImage.body_points_of`).
    """
    height, width = placement.size
    pixels = _onto(Image.fromarray(image.read()), placement, canvas, PADDING)
    factor = np.array([width / image.size[1], height / image.size[0]] * 2, np.float32)
    boxes = image.box_xyxy * factor
    if placement.mirrored:
        boxes[:, [0, 2]] = width - boxes[:, [2, 0]]
    boxes = boxes + np.array(placement.offset * 2, np.float32)
    cut = np.clip(boxes, 0, np.array([canvas[1], canvas[0]] * 2, np.float32))
    shown = masks.box_area(cut) / np.maximum(masks.box_area(boxes), 1e-6)
    keep = np.flatnonzero((shown > 0.02) & ((cut[:, 2:] - cut[:, :2]) >= 2).all(1))
    ignore = image.ignore[keep] | (shown[keep] < VISIBLE_SHARE)
    points = iter(image.body_points_of(keep[~ignore], rng))
    people = image.trusted or not image.draft
    return Example(
        image=pixels,
        box_xyxy=cut[keep],
        class_id=image.class_id[keep],
        ignore=ignore,
        masks=tuple(_placed_mask(image.masks[i], placement, canvas) for i in keep),
        labelled=image.labelled,
        picture_xyxy=_covered(placement, canvas),
        weight=1.0 if people else 0.5,
        exact_boxes=people,
        body_points=tuple(None if left_out else _placed_points(next(points), image.size,
                                                               placement, canvas)
                          for left_out in ignore),
    )


def bodies_alone(example: Example) -> Example:
    """The picture with everything but the masked bodies a plain grey (Güler et al. 2018, 3.4).

    A body without a mask is lost in it and ignored.
    """
    shown = [m for m in example.masks if m is not None]
    body = np.any(shown, axis=0) if shown else np.zeros(example.image.shape[:2], bool)
    without = np.array([m is None for m in example.masks], bool)
    return replace(
        example,
        image=np.where(body[..., None], example.image, np.uint8(PADDING)),
        ignore=example.ignore | without,
        body_points=tuple(None if lost else points for lost, points in
                          zip(without, example.body_points, strict=bool(example.body_points))),
    )


def _placed_mask(
    rle: Rle | None, placement: Placement, canvas: tuple[int, int]
) -> Array | None:
    if rle is None:
        return None
    layer = Image.fromarray(masks.decode(rle).astype(np.uint8) * 255)
    return _onto(layer, placement, canvas, 0) > 127


def _placed_points(
    points: BodyPoints | None, size: tuple[int, int], placement: Placement,
    canvas: tuple[int, int],
) -> BodyPoints | None:
    if points is None:
        return None
    height, width = placement.size
    points = points.moved((width / size[1], height / size[0]), (0, 0))
    if placement.mirrored:
        points = points.mirrored(width)
    points = points.moved(1, placement.offset).inside(canvas[1], canvas[0])
    return points if len(points) else None


def _covered(placement: Placement, canvas: tuple[int, int]) -> tuple[int, int, int, int]:
    (height, width), (x, y) = placement.size, placement.offset
    return max(0, x), max(0, y), min(canvas[1], x + width), min(canvas[0], y + height)


def _onto(
    layer: Image.Image, placement: Placement, canvas: tuple[int, int], fill: int
) -> Array:
    height, width = placement.size
    scaled = layer.resize((width, height), Image.Resampling.BILINEAR)
    if placement.mirrored:
        scaled = scaled.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    background = (fill,) * 3 if scaled.mode == "RGB" else fill
    sheet = Image.new(scaled.mode, (canvas[1], canvas[0]), background)
    sheet.paste(scaled, placement.offset)
    return np.asarray(sheet)


def camera_look(example: Example, rng: np.random.Generator) -> Example:
    """Change the light and quality of a picture; labels stay."""
    x: Array = example.image.astype(np.float32)
    if rng.random() < 0.3:
        x = infra_red(x, rng)
    elif rng.random() < 0.6:
        x = x * rng.uniform(0.85, 1.15, 3).astype(np.float32)
    if rng.random() < 0.5:
        x = 255 * np.clip(x / 255, 0, 1) ** float(np.exp(rng.normal(0, 0.35)))
    if rng.random() < 0.4:
        x = (x - x.mean()) * rng.uniform(0.6, 1.3) + x.mean() + rng.uniform(-20, 20)
    if rng.random() < 0.15 and x.mean() > 60:
        x = low_light(x, rng)
    if rng.random() < 0.2:
        x = vignette(x, rng)
    x = np.clip(x, 0, 255).astype(np.uint8)
    for chance, change in ((0.12, blurred), (0.25, compressed), (0.15, captioned)):
        if rng.random() < chance:
            x = change(x, rng)
    return replace(example, image=x)


def infra_red(x: Array, rng: np.random.Generator) -> Array:
    """Grey by a random mixture of channels, sometimes lit from the camera."""
    grey = x @ rng.dirichlet((2.0, 3.0, 1.0)).astype(np.float32)
    if rng.random() < 0.4:
        grey = grey * _radial(x.shape, rng, 0.2, 0.9) * 1.3
    tint = 1 + rng.normal(0, 0.02, 3) if rng.random() < 0.5 else np.ones(3)
    toned: Array = grey[..., None] * tint.astype(np.float32)
    return toned


def low_light(x: Array, rng: np.random.Generator) -> Array:
    """Dark, with the noise of a sensor at its limit."""
    noise = rng.normal(0, rng.uniform(4, 14), (*x.shape[:2], 1)).astype(np.float32)
    darker: Array = x * rng.uniform(0.4, 0.8) + noise
    return darker


def vignette(x: Array, rng: np.random.Generator) -> Array:
    """Darker towards the corners."""
    shaded: Array = x * _radial(x.shape, rng, 0.3, 0.8)[..., None]
    return shaded


def _radial(
    shape: tuple[int, ...], rng: np.random.Generator, low: float, high: float
) -> Array:
    y, x = np.mgrid[-1 : 1 : shape[0] * 1j, -1 : 1 : shape[1] * 1j].astype(np.float32)
    centre = rng.uniform(-0.3, 0.3, 2)
    r2 = (x - centre[0]) ** 2 + (y - centre[1]) ** 2
    fall: Array = 1 - rng.uniform(low, high) * np.clip(r2 / 2, 0, 1)
    return fall


def blurred(x: Array, rng: np.random.Generator) -> Array:
    """Out of focus, or smeared along one axis."""
    if rng.random() < 0.5:
        picture = Image.fromarray(x).filter(ImageFilter.GaussianBlur(float(rng.uniform(0.5, 1.8))))
        return np.asarray(picture)
    steps = int(rng.integers(2, 6))
    shifted = [np.roll(x, s - steps // 2, axis=1) for s in range(steps)]
    smeared: Array = np.mean(shifted, axis=0).astype(np.uint8)
    return smeared


def compressed(x: Array, rng: np.random.Generator) -> Array:
    """Blocks and rings of strong JPEG compression, sometimes at half the resolution."""
    picture, (height, width) = Image.fromarray(x), x.shape[:2]
    if rng.random() < 0.4:
        picture = picture.resize((max(1, width // 2), max(1, height // 2)))
    store = io.BytesIO()
    picture.save(store, "JPEG", quality=int(rng.integers(15, 60)))
    return np.asarray(Image.open(store).convert("RGB").resize((width, height)))


def captioned(x: Array, rng: np.random.Generator) -> Array:
    """The bar with date, moon and temperature that cameras burn in, at the foot or the head."""
    picture = Image.fromarray(x)
    draw = ImageDraw.Draw(picture)
    height, width = x.shape[:2]
    bar = int(height * rng.uniform(0.04, 0.08)) + 4
    top = height - bar if rng.random() < 0.75 else 0
    if rng.random() < 0.7:
        shade = int(rng.choice([0, 0, 255, 40]))
        draw.rectangle((0, top, width, top + bar), fill=(shade,) * 3)
    day = f"{rng.integers(2008, 2026)}-{rng.integers(1, 13):02d}-{rng.integers(1, 29):02d}"
    clock = f"{rng.integers(24):02d}:{rng.integers(60):02d}"
    text = f"{day}  {clock}  {rng.integers(-10, 35)}C  CAM{rng.integers(99)}"
    colour = (255, 255, 255) if rng.random() < 0.7 else (255, 220, 40)
    left = int(rng.uniform(2, width / 2))
    draw.text((left, top + 2), text, fill=colour, font_size=max(8, bar - 6))
    return np.asarray(picture)
