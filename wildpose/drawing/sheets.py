"""Contact sheets: a clip on one page, with what was found in it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw

from wildpose.drawing.detections import draw_detections
from wildpose.drawing.palette import INK, PAPER
from wildpose.drawing.text import draw_label, fit, font, label_box
from wildpose.types import ClassId, Detections, Frame, FrameDetections

MOST_FRAMES = 12
_GAP = 8
_TITLE_HEIGHT = 66
_LARGEST_ENLARGEMENT = 12.0


@dataclass(frozen=True)
class SheetTitle:
    """What stands above a contact sheet.

    Attributes
    ----------
    clip : str
        Path of the clip as in the tables.
    deployment : str
    capture_time : str or None
        As it should be read, e.g. ``"2025-04-22 01:28:37"``.
    numbers : tuple of str
        Short facts, e.g. ``("2 animals", "best 0.94", "seen 0.4 to 5.2 s")``.
    """

    clip: str
    deployment: str
    capture_time: str | None = None
    numbers: tuple[str, ...] = ()


def choose_frames(frames: Sequence[FrameDetections], most: int = MOST_FRAMES) -> list[int]:
    """Which analysed frames of a clip to show.

    In this order until there are ``most``: the frame with the best score of each track (animals
    before people, strongest first), the first and the last frame with a detection, then always the
    frame that lies farthest in time from those chosen. Frames without a detection are taken only
    if the clip has none at all (then spread evenly, for a look at an empty clip).

    Parameters
    ----------
    frames : sequence of FrameDetections
        The clip's analysed frames, with final track numbers.
    most : int

    Returns
    -------
    list of int
        Positions in ``frames``, ascending.
    """
    hits = [i for i, frame in enumerate(frames) if len(frame.detections)]
    if not hits:
        count = min(most, len(frames))
        return sorted({round(v) for v in np.linspace(0, len(frames) - 1, count)}) if count else []
    chosen: list[int] = []
    for position in [*_best_of_tracks(frames), hits[0], hits[-1]]:
        if len(chosen) < most and position not in chosen:
            chosen.append(position)
    chosen.extend(_spread(frames, chosen, hits, most - len(chosen)))
    return sorted(chosen)


def _best_of_tracks(frames: Sequence[FrameDetections]) -> list[int]:
    best: dict[tuple[int, int], tuple[float, int]] = {}
    for position, frame in enumerate(frames):
        found = frame.detections
        for track, kind, score in zip(found.track_id, found.class_id, found.score, strict=True):
            key = (int(kind), int(track))
            if track > 0 and score > best.get(key, (-1.0, 0))[0]:
                best[key] = (float(score), position)
    ranked = sorted(best.items(), key=lambda item: (item[0][0] != ClassId.ANIMAL, -item[1][0]))
    return [position for _, (_, position) in ranked]


def _spread(
    frames: Sequence[FrameDetections], chosen: Sequence[int], candidates: Iterable[int], count: int
) -> list[int]:
    """``count`` further positions, each the farthest in time from all chosen before it."""
    gap_s = {i: min((abs(frames[i].time_s - frames[j].time_s) for j in chosen), default=math.inf)
             for i in candidates if i not in chosen}
    added: list[int] = []
    while gap_s and len(added) < count:
        farthest = max(gap_s, key=lambda i: (gap_s[i], -i))
        added.append(farthest)
        del gap_s[farthest]
        for i, gap in gap_s.items():
            gap_s[i] = min(gap, abs(frames[i].time_s - frames[farthest].time_s))
    return added


def contact_sheet(
    frames: Sequence[tuple[Frame, Detections]],
    title: SheetTitle,
    *,
    width: int = 1500,
    source_size: tuple[int, int] | None = None,
) -> Image.Image:
    """Lay out a grid of frames with their detections, times and a title.

    Parameters
    ----------
    frames : sequence of (Frame, Detections)
        In the order to show; at most :data:`MOST_FRAMES`. Pictures may be smaller copies of the
        frames (then give ``source_size``).
    title : SheetTitle
    width : int
        Of the sheet in pixels.
    source_size : (width, height), optional
        Size of the clip's frames that boxes and masks refer to. Default: that of each picture.

    Returns
    -------
    PIL.Image.Image
        RGB; its height follows from the number and the shape of the frames.

    Raises
    ------
    ValueError
        With no frame or more than :data:`MOST_FRAMES`.
    """
    if not 0 < len(frames) <= MOST_FRAMES:
        raise ValueError(f"a sheet takes 1 to {MOST_FRAMES} frames, not {len(frames)}")
    first = frames[0][0].image
    columns, cell = _grid(len(frames), (first.shape[1], first.shape[0]), width)
    rows = math.ceil(len(frames) / columns)
    height = _TITLE_HEIGHT + rows * (cell[1] + _GAP) + _GAP
    sheet = Image.new("RGB", (width, height), PAPER)
    _draw_title(ImageDraw.Draw(sheet), title, width)
    left = (width - columns * cell[0] - (columns - 1) * _GAP) // 2
    for i, (frame, found) in enumerate(frames):
        row, column = divmod(i, columns)
        corner = (left + column * (cell[0] + _GAP), _TITLE_HEIGHT + row * (cell[1] + _GAP))
        picture = _cell(frame, found, cell, source_size)
        margin = ((cell[0] - picture.width) // 2, (cell[1] - picture.height) // 2)
        sheet.paste(picture, (corner[0] + margin[0], corner[1] + margin[1]))
    return sheet


def _grid(count: int, size: tuple[int, int], width: int) -> tuple[int, tuple[int, int]]:
    """Columns and cell size: the largest pictures that fit a page about 4:3, then fewest rows."""
    aspect = size[1] / size[0]
    page_height = width * 0.78
    limit = min(size[0] * _LARGEST_ENLARGEMENT, max(640.0, width / 3))

    def cell_width(columns: int) -> float:
        across = (width - (columns + 1) * _GAP) / columns
        down = (page_height / math.ceil(count / columns) - _GAP) / aspect
        return min(across, down, limit)

    columns = max(range(1, count + 1), key=lambda c: (int(cell_width(c)), -math.ceil(count / c)))
    best = cell_width(columns)
    return columns, (max(1, int(best)), max(1, int(best * aspect)))


def _cell(
    frame: Frame, found: Detections, cell: tuple[int, int], source_size: tuple[int, int] | None
) -> Image.Image:
    height, width = frame.image.shape[:2]
    scale = min(cell[0] / width, cell[1] / height)
    size = (max(1, int(width * scale)), max(1, int(height * scale)))
    drawn = draw_detections(frame.image, found, size=size,
                            source_size=source_size or (width, height))
    picture = Image.fromarray(drawn)
    draw = ImageDraw.Draw(picture)
    when = f"{frame.time_s:.1f} s"
    corner = label_box(size, (0, size[1]), when, font(13))
    draw_label(draw, corner, when, used=font(13), ground=INK, ink=PAPER)
    return picture


def _draw_title(draw: ImageDraw.ImageDraw, title: SheetTitle, width: int) -> None:
    large, small = font(22, bold=True), font(17)
    room = width - 4 * _GAP
    draw.text((2 * _GAP, 8), fit(title.clip, room, large), font=large, fill=INK)
    place = "" if title.deployment in ("", ".") else title.deployment
    facts = [place, title.capture_time or "capture time unknown", *title.numbers]
    line = "   \u00b7   ".join(fact for fact in facts if fact)
    draw.text((2 * _GAP, 38), fit(line, room, small), font=small, fill=(80, 80, 80))
