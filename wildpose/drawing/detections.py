"""Detections drawn over their frame: boxes, mask tints with outlines, labels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from PIL import Image, ImageDraw

from wildpose import masks
from wildpose.drawing.dense_pose import paint_dense_pose
from wildpose.drawing.palette import INK, Style, style_of
from wildpose.drawing.text import Box, Font, draw_label, fit, font, label_box
from wildpose.types import Array, ClassId, Detections, Rle

HERD = 12


def default_labels(detections: Detections) -> list[str]:
    """Labels such as ``"2 animal 0.87"``; the number is the track's, left out where there is none.

    In a herd (more than :data:`HERD` detections) only the numbers, so that the animals stay in
    sight.

    Examples
    --------
    >>> found = Detections.of([[0, 0, 9, 9]], [0.871], [1])
    >>> default_labels(found), default_labels(found.with_track_id([2]))
    (['animal 0.87'], ['2 animal 0.87'])
    """
    if len(detections) > HERD:
        return [str(track) if track > 0 else "" for track in detections.track_id]
    rows = zip(detections.track_id, detections.class_id, detections.score, strict=True)
    return [
        f"{f'{track} ' if track > 0 else ''}{ClassId(int(kind)).name.lower()} {score:.2f}"
        for track, kind, score in rows
    ]


def draw_detections(
    image: Array,
    detections: Detections,
    *,
    labels: Sequence[str] | None = None,
    size: tuple[int, int] | None = None,
    source_size: tuple[int, int] | None = None,
) -> Array:
    """Draw detections on a copy of a frame.

    Animals have a solid box in their track's colour and a tinted mask with an outline; people a
    dashed white box, no tint, and a white label. Where there is dense pose, the charts of the body
    are painted instead of the tint. The strongest detection is drawn last, on top.

    Parameters
    ----------
    image : uint8 [H, W, 3]
        RGB.
    detections : Detections
    labels : sequence of str, optional
        One per detection, "" for none. Default: :func:`default_labels`.
    size : (width, height), optional
        Size of the result in pixels. The picture is scaled first and drawn on then, so that
        lines and letters stay sharp. Default: the size of ``image``.
    source_size : (width, height), optional
        Size of the frame that boxes and masks refer to, where ``image`` is a smaller copy of it.
        Default: the size of ``image``.

    Returns
    -------
    uint8 [height, width, 3]

    Raises
    ------
    ValueError
        If there are not as many labels as detections.
    """
    texts = default_labels(detections) if labels is None else list(labels)
    if len(texts) != len(detections):
        raise ValueError(f"{len(texts)} labels for {len(detections)} detections")
    own_size = (image.shape[1], image.shape[0])
    size, source_size = size or own_size, source_size or own_size
    scaled = np.asarray(_scaled(image, size))
    scale = np.array([size[0] / source_size[0], size[1] / source_size[1]] * 2)
    order = np.argsort(detections.score, kind="stable")
    styles = [style_of(int(t), int(c)) for t, c in
              zip(detections.track_id, detections.class_id, strict=True)]
    for i in order:
        rle, pose = detections.masks[i], detections.dense_pose[i]
        if pose is not None:
            scaled = paint_dense_pose(scaled, pose, (float(scale[0]), float(scale[1])))
        if rle is not None:
            scaled = _tint(scaled, rle, styles[i] if pose is None else replace(styles[i], tint=0))
    picture = Image.fromarray(scaled)
    draw = ImageDraw.Draw(picture)
    for i in order:
        x1, y1, x2, y2 = (float(v) for v in detections.box_xyxy[i] * scale)
        _draw_box(draw, (x1, y1, x2, y2), styles[i])
    _draw_labels(draw, detections.box_xyxy * scale, texts, styles, list(order[::-1]))
    return np.array(picture)


def _scaled(image: Array, size: tuple[int, int]) -> Image.Image:
    picture = Image.fromarray(image)
    if picture.size == size:
        return picture
    grows = size[0] > picture.width
    kind = Image.Resampling.BICUBIC if grows else Image.Resampling.LANCZOS
    return picture.resize(size, kind, reducing_gap=None if grows else 2.0)


def _tint(image: Array, rle: Rle, style: Style) -> Array:
    height, width = image.shape[:2]
    inside = _mask_at(rle, width, height)
    core = inside.copy()
    core[1:] &= inside[:-1]
    core[:-1] &= inside[1:]
    core[:, 1:] &= inside[:, :-1]
    core[:, :-1] &= inside[:, 1:]
    colour = np.array(style.colour, np.float32)
    tinted = image.copy()
    if style.tint > 0:
        ground = image[inside].astype(np.float32)
        tinted[inside] = (ground * (1 - style.tint) + colour * style.tint).astype(np.uint8)
    tinted[inside & ~core] = style.colour
    return tinted


def _mask_at(rle: Rle, width: int, height: int) -> Array:
    full = Image.fromarray(masks.decode(rle).astype(np.uint8) * 255)
    if full.size == (width, height):
        return np.asarray(full) > 127
    return np.asarray(full.resize((width, height), Image.Resampling.BILINEAR)) > 127


def _line_width(draw: ImageDraw.ImageDraw) -> int:
    width, height = draw.im.size
    return max(1, round(int(max(width, height)) / 320))


def _draw_box(draw: ImageDraw.ImageDraw, box: Box, style: Style) -> None:
    width = _line_width(draw)
    if not style.dashed:
        draw.rectangle(_ordered(box), outline=style.colour, width=width)
        return
    draw.rectangle(_ordered(box), outline=INK, width=width)
    x1, y1, x2, y2 = _ordered(box)
    for start, end in (((x1, y1), (x2, y1)), ((x1, y2), (x2, y2)),
                       ((x1, y1), (x1, y2)), ((x2, y1), (x2, y2))):
        _dashes(draw, start, end, style, width)


def _dashes(
    draw: ImageDraw.ImageDraw, start: tuple[float, float], end: tuple[float, float],
    style: Style, width: int,
) -> None:
    length = max(abs(end[0] - start[0]), abs(end[1] - start[1]))
    if length <= 0:
        return
    step = 5 * width
    direction = ((end[0] - start[0]) / length, (end[1] - start[1]) / length)
    for at in np.arange(0, length, 2 * step):
        to = min(float(at) + step, length)
        draw.line(
            [(start[0] + direction[0] * at, start[1] + direction[1] * at),
             (start[0] + direction[0] * to, start[1] + direction[1] * to)],
            fill=style.colour, width=width,
        )


def _ordered(box: Box) -> Box:
    """Order the corners as Pillow wants them (it refuses x2 < x1)."""
    x1, y1, x2, y2 = box
    return min(x1, x2), min(y1, y2), max(x1, x2), max(y1, y2)


def _draw_labels(
    draw: ImageDraw.ImageDraw, boxes: Array, texts: Sequence[str], styles: Sequence[Style],
    order: Sequence[int],
) -> None:
    """Write the labels, strongest first: each where it hides no other, if there is such a place."""
    size = draw.im.size
    used = font(int(np.clip(round(int(max(size)) / 30), 10, 40)))
    fitted = {i: fit(texts[i], size[0] - 8, used) for i in order if texts[i]}
    places: dict[int, Box] = {}
    for i, text in fitted.items():
        places[i] = _free_place(size, boxes[i], text, used, list(places.values()))
    for i in reversed(places):
        draw_label(draw, places[i], fitted[i], used=used, ground=styles[i].colour,
                   ink=styles[i].text)


def _free_place(
    size: tuple[int, int], box: Array, text: str, used: Font, taken: Sequence[Box]
) -> Box:
    """Above the box, below it, or inside at its foot; above where all are taken."""
    x1, y1, x2, y2 = (float(v) for v in box)
    _, _, width, height = label_box(size, (0, 0), text, used)
    corners = ((x1, y1), (x2 - width, y1), (x1, y2 + height), (x1, y2), (x1, y1 + height))
    places = [label_box(size, corner, text, used) for corner in corners]
    return next((p for p in places if not any(_overlap(p, other) for other in taken)), places[0])


def _overlap(a: Box, b: Box) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]
