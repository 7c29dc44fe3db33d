"""A run as a batch file of MegaDetector (format 1.6), which Timelapse, AddaxAI and others read.

All detections of all frames are written, animals as category 1 and people as category 2. What the
format has no room for stands in ``info.wildpose``.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from wildpose.analysis.stills import PICTURE_SUFFIXES
from wildpose.export.looked_at import rate_of
from wildpose.export.options import ExportOptions
from wildpose.export.run_clips import ExportedRun, RunClip
from wildpose.export.writing import write_json_lists
from wildpose.formats.megadetector import CATEGORIES, FORMAT_VERSION, FileBoxes, file_entry

_LEAST_THRESHOLD = 0.01


def write_megadetector(run: ExportedRun, path: Path, options: ExportOptions) -> list[str]:
    """Write the batch file.

    Parameters
    ----------
    run : ExportedRun
    path : Path
        The file.
    options : ExportOptions
        Nothing of it is used here.

    Returns
    -------
    list of str
        Notes for the user.
    """
    estimated = [clip.key for clip in run.clips if not clip.looked_at.exact]
    head = {"info": _info(run, estimated), "detection_categories": CATEGORIES}
    entries = (file_entry(found) for found in found_in_files(run))
    write_json_lists(path, head, {"images": entries})
    if not estimated:
        return []
    return [f"frames_processed is an estimate for {len(estimated)} of the clips: see "
            "info.wildpose.frames_estimated."]


def found_in_files(run: ExportedRun) -> Iterator[FileBoxes]:
    """Give what was found, file by file: clips, pictures of folders, and what could not be read."""
    for clip in run.clips:
        yield from _of_pictures(clip) if clip.is_stills else [_of_video(clip)]
    for key, reason in run.failed.items():
        yield FileBoxes.failed(key, reason, is_video=_is_video(key))


def _is_video(key: str) -> bool:
    return not key.lower().endswith(tuple(PICTURE_SUFFIXES))


def _of_video(clip: RunClip) -> FileBoxes:
    frames = tuple(clip.looked_at.frame_index.tolist())
    return _boxes(clip, clip.key, np.ones(len(clip.detections), bool), frames)


def _of_pictures(clip: RunClip) -> Iterator[FileBoxes]:
    frame_index = clip.detections["frame_index"].to_numpy()
    for index in clip.looked_at.frame_index.tolist():
        yield _boxes(clip, clip.picture_path(index), frame_index == index, (0,))
    for file, reason in clip.unreadable_pictures().items():
        yield FileBoxes.failed(file, reason, is_video=False)


def _boxes(clip: RunClip, file: str, chosen: Any, frames: tuple[int, ...]) -> FileBoxes:
    width, height = clip.size
    rows, is_video = clip.detections[chosen], not clip.is_stills
    return FileBoxes(
        file, rows["frame_index"].to_numpy(np.int64) * is_video,
        clip.box_xyxy[chosen] / [width, height, width, height],
        rows["score"].to_numpy(np.float64), clip.class_id[chosen],
        rows["track_id"].to_numpy(np.int32), is_video,
        rate_of(clip.row) if is_video else None, frames)


def _info(run: ExportedRun, estimated: list[str]) -> dict[str, Any]:
    about, model = run.about(), run.model()
    typical = run.threshold
    scores = run.detection_table["score"]
    lowest = min(typical, float(scores.min())) if len(scores) else typical
    return {
        "format_version": FORMAT_VERSION,
        "detector": f"wildpose-{about['version']}-{model.get('name')}",
        "detection_completion_time": _completion_time(about["finished"]),
        "detector_metadata": {
            "typical_detection_threshold": typical,
            # Programs hide what lies far below this one: nothing that is written here shall be.
            "conservative_detection_threshold": max(math.floor(lowest * 100) / 100,
                                                    _LEAST_THRESHOLD),
        },
        "wildpose": {**about, "frames_estimated": estimated},
    }


def _completion_time(finished: str | None) -> str:
    """Turn ISO 8601 into the format's ``YYYY-MM-DD hh:mm:ss``, in UTC where an offset is known."""
    if not finished:
        return ""
    time = dt.datetime.fromisoformat(finished)
    time = time.astimezone(dt.UTC) if time.tzinfo else time
    return time.strftime("%Y-%m-%d %H:%M:%S")
