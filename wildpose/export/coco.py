"""A run as one COCO file: frames as images, clips as videos, masks as run-length code.

Every frame that was looked at is an image, with or without animals; a clip that could not be read
has none and stands in ``info.wildpose.failed``. Beside plain COCO: ``videos``, ``tracks`` and
``video_id``, ``frame_index``, ``track_id`` as the video benchmarks that extend COCO have them (TAO,
YouTube-VIS), and ``score``. Ids are numbers.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from wildpose import masks
from wildpose.export.dense_fields import dense_fields
from wildpose.export.options import ExportOptions
from wildpose.export.run_clips import ExportedRun, RunClip, plain_rows
from wildpose.export.writing import write_json_lists
from wildpose.formats.coco import coco_categories

Entry = dict[str, Any]
_PIXEL_DIGITS, _SCORE_DIGITS = 3, 6


@dataclass
class _Numbers:
    """Ids that are given while entries are made, so that no list of them is held."""

    image: dict[str, dict[int, int]] = field(default_factory=dict)
    """By clip and frame."""
    track: dict[tuple[str, int], int] = field(default_factory=dict)
    """By clip and number of the track in it."""
    images: int = 0
    annotations: int = 0


def write_coco(run: ExportedRun, path: Path, options: ExportOptions) -> list[str]:
    """Write the file.

    Parameters
    ----------
    run : ExportedRun
    path : Path
    options : ExportOptions
        ``dense_pose``: with the fields of DensePose-COCO, where the run has dense pose.

    Returns
    -------
    list of str
        Notes for the user.
    """
    numbers = _Numbers()
    about = run.about()
    estimated = [clip.key for clip in run.clips if not clip.looked_at.exact]
    head = {"info": {
        "description": "Animals and people found by wildpose in camera-trap clips",
        "version": str(about["version"]), "date_created": about["finished"],
        "wildpose": {**about, "frames_estimated": estimated},
    }, "categories": coco_categories()}
    write_json_lists(path, head, {
        "videos": (_video(clip, number) for number, clip in enumerate(run.clips, start=1)),
        "images": _images(run, numbers),
        "tracks": _tracks(run, numbers),
        "annotations": _annotations(run, numbers, options),
    })
    notes = []
    if estimated:
        notes.append(f"Images without a box are an estimate for {len(estimated)} of the clips: "
                     "see info.wildpose.frames_estimated.")
    if options.dense_pose and run.clip_table["dense_pose"].isna().all():
        notes.append("This run holds no dense pose.")
    return notes


def _video(clip: RunClip, number: int) -> Entry:
    row, (width, height) = clip.row, clip.size
    return {
        "id": number, "name": clip.key, "width": width, "height": height,
        "length": len(clip.looked_at.frame_index), "fps": row["frame_rate"],
        "location": row["deployment"], "capture_time": row["capture_time"],
        "complete": row["complete"], "read_in_part": clip.reason,
    }


def _images(run: ExportedRun, numbers: _Numbers) -> Iterator[Entry]:
    for video, clip in enumerate(run.clips, start=1):
        of_frame = numbers.image.setdefault(clip.key, {})
        width, height = clip.size
        for place, (index, time_s) in enumerate(clip.looked_at.rows()):
            numbers.images += 1
            of_frame[index] = numbers.images
            yield {"id": numbers.images, "file_name": _picture_name(clip, index), "width": width,
                   "height": height, "video_id": video, "frame_id": place, "frame_index": index,
                   "time_s": time_s}


def _picture_name(clip: RunClip, frame_index: int) -> str:
    """Name of a frame: of COCO Camera Traps for videos, the picture itself for pictures."""
    if clip.is_stills:
        return clip.picture_path(frame_index)
    return f"{clip.key}/frame{frame_index:06d}.jpg"


def _tracks(run: ExportedRun, numbers: _Numbers) -> Iterator[Entry]:
    for video, clip in enumerate(run.clips, start=1):
        rows = zip(clip.detections["track_id"].tolist(), clip.class_id.tolist(), strict=True)
        for track, category in sorted({(t, c) for t, c in rows if t > 0}):
            number = len(numbers.track) + 1
            numbers.track[clip.key, track] = number
            yield {"id": number, "category_id": category, "video_id": video,
                   "clip_track_id": track}


def _annotations(
    run: ExportedRun, numbers: _Numbers, options: ExportOptions
) -> Iterator[Entry]:
    for video, clip in enumerate(run.clips, start=1):
        poses = clip.dense_poses() if options.dense_pose else iter(())
        pose_at, pose = next(poses, (-1, None))
        for position, found in enumerate(plain_rows(clip.detections)):
            numbers.annotations += 1
            entry = {"id": numbers.annotations, "video_id": video,
                     **_annotation(clip, position, found, numbers)}
            if pose is not None and pose_at == position:
                entry |= dense_fields(pose, clip.box_xyxy[position],
                                      np.random.default_rng([video, position]))
                pose_at, pose = next(poses, (-1, None))
            yield entry


def _annotation(
    clip: RunClip, position: int, found: Mapping[str, Any], numbers: _Numbers
) -> Entry:
    x1, y1, x2, y2 = (round(float(v), _PIXEL_DIGITS) for v in clip.box_xyxy[position])
    size = [round(x2 - x1, _PIXEL_DIGITS), round(y2 - y1, _PIXEL_DIGITS)]
    entry: Entry = {
        "image_id": numbers.image[clip.key][found["frame_index"]],
        "category_id": int(clip.class_id[position]), "bbox": [x1, y1, *size], "iscrowd": 0,
        "score": round(found["score"], _SCORE_DIGITS),
    }
    entry |= _outline(clip, found, area=size[0] * size[1])
    track = found["track_id"]
    if track > 0:
        entry |= {"track_id": numbers.track[clip.key, track], "clip_track_id": track}
    return entry


def _outline(clip: RunClip, found: Mapping[str, Any], area: float) -> Entry:
    """Area and, where there is one, the mask; a box without a mask gets none made up."""
    counts = found["mask_rle"]
    if counts is None:
        return {"area": round(area, _PIXEL_DIGITS)}
    width, height = clip.size
    mask = {"size": [height, width], "counts": counts}
    return {"area": masks.area(mask), "segmentation": mask,
            "mask_confidence": round(found["mask_confidence"], _SCORE_DIGITS)}
