"""Tracks of a run as VIA-tracks files, which ``movement.io.load_bboxes`` reads.

One file for each clip in which an animal was followed, ``people/`` for those with people; a clip
without a track has no file, since readers take an empty one for an error, and stands in
``clips.csv``. Source of the format: the CSV of VGG Image Annotator 2, and movement's description of
what it reads (``ValidVIATracksCSV``).
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from wildpose.export.clip_list import write_clip_list
from wildpose.export.options import ExportOptions
from wildpose.export.run_clips import ExportedRun, RunClip
from wildpose.export.writing import file_names
from wildpose.types import ClassId

COLUMNS = ("filename", "file_size", "file_attributes", "region_count", "region_id",
           "region_shape_attributes", "region_attributes")
FOLDERS = {ClassId.ANIMAL: "animals", ClassId.PERSON: "people"}
_PIXEL_DIGITS, _SCORE_DIGITS = 3, 6
_UNKNOWN_SIZE = -1
"""What VIA writes where it does not know the size of a file in bytes."""


def write_via_tracks(run: ExportedRun, folder: Path, options: ExportOptions) -> list[str]:
    """Write the files.

    Parameters
    ----------
    run : ExportedRun
    folder : Path
    options : ExportOptions
        Nothing of it is used here.

    Returns
    -------
    list of str
        Notes for the user.
    """
    names = file_names(run.clip_table["clip"])
    written: dict[str, dict[str, str]] = {name: {} for name in FOLDERS.values()}
    for kind, place in FOLDERS.items():
        (folder / place).mkdir()
        for clip in run.clips:
            rows = list(_rows(clip, kind))
            if rows:
                written[place][clip.key] = f"{place}/{names[clip.key]}.csv"
                _write(folder / place / f"{names[clip.key]}.csv", rows)
    write_clip_list(run, folder / "clips.csv", written)
    without = run.clip_table["clip"].size - len(written[FOLDERS[ClassId.ANIMAL]])
    note = f"Clips without a followed animal ({without}) have no file: see clips.csv."
    return [note] if without else []


def _write(path: Path, rows: list[list[Any]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows(rows)


def _rows(clip: RunClip, kind: ClassId) -> Iterator[list[Any]]:
    """Rows of one class, by frame; a box without a track has none: the format needs one."""
    table = clip.detections
    track_id = table["track_id"].to_numpy(np.int64)
    frame_index = table["frame_index"].to_numpy(np.int64)
    score = table["score"].to_numpy(np.float64)
    chosen = np.flatnonzero((clip.class_id == kind) & (track_id > 0))
    counts = np.bincount(frame_index[chosen], minlength=1)
    number_in_frame = dict.fromkeys(frame_index[chosen].tolist(), 0)
    for i in chosen[np.argsort(frame_index[chosen], kind="stable")]:
        frame = int(frame_index[i])
        yield [_picture_name(clip, frame), _UNKNOWN_SIZE, _json(frame=frame), int(counts[frame]),
               number_in_frame[frame], _shape(clip, int(i)),
               _json(track=int(track_id[i]), confidence=round(float(score[i]), _SCORE_DIGITS))]
        number_in_frame[frame] += 1


def _picture_name(clip: RunClip, frame_index: int) -> str:
    # Readers that don't look into file_attributes take the frame from digits that begin with 0.
    return f"{clip.key.replace('/', '_')}_{frame_index:09d}.jpg"


def _shape(clip: RunClip, i: int) -> str:
    x1, y1, x2, y2 = (round(float(v), _PIXEL_DIGITS) for v in clip.box_xyxy[i])
    return _json(name="rect", x=x1, y=y1, width=round(x2 - x1, _PIXEL_DIGITS),
                 height=round(y2 - y1, _PIXEL_DIGITS))


def _json(**values: Any) -> str:
    return json.dumps(values, separators=(",", ":"))
