"""Boxes as MegaDetector's batch files hold them: format 1.6 written, all versions of 1 read.

One entry for each picture or video: ``detections`` is a list, empty where nothing was found, and
null beside a ``failure`` where the file could not be read. Boxes are ``[x, y, width, height]`` in
shares of the picture's width and height. A video also says its ``frame_rate``, for each box its
``frame_number``, counted from 0 (both from version 1.4 on), and the frames that were looked at
(``frames_processed``, from version 1.5 on).

Source of the format: the output-format page and the validator of the MegaDetector package.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from wildpose.errors import DataError
from wildpose.types import Array, ClassId, Detections

FORMAT_VERSION = "1.6"
CATEGORIES = {"1": "animal", "2": "person", "3": "vehicle"}
"""What the numbers of categories stand for in files that we write; vehicles we never find."""
VIDEO_SUFFIXES = (".mp4", ".avi", ".mpeg", ".mpg", ".mov", ".mkv", ".flv")
"""What other readers of the format take for a video; entries of those need ``frame_number``."""

_CLASS_OF_NAME = {"animal": ClassId.ANIMAL, "person": ClassId.PERSON, "human": ClassId.PERSON}
_DIGITS = 6
_ROUNDED = 0.005
"""Files round boxes to few digits, so that a box may end this far outside of the picture."""
_REMEDY = "Give a file as written by MegaDetector or by wildpose export."


@dataclass(frozen=True)
class FileBoxes:
    """What was found in one picture or video.

    Attributes
    ----------
    file : str
        Its path relative to the folder that was looked through, with ``/``.
    frame_index : int64 [N]
        Frame of each box, from 0; 0 for pictures.
    box_shares : float64 [N, 4]
        ``(x1, y1, x2, y2)`` in shares of width and height, 0 to 1.
    score : float64 [N]
    class_id : int16 [N]
        Values of :class:`wildpose.types.ClassId`.
    track_id : int32 [N]
        0 where a box belongs to no track.
    is_video : bool
    frame_rate : float or None
        Frames per second; None for pictures and where it is not known.
    frames_looked_at : tuple of int
        Frames that a detector saw, those without boxes among them, in order; 0 for a picture.
    failure : str or None
        Why the file could not be read; then there are no boxes, and none may be concluded.
    frames_known : bool
        False where a file of an older version lists only the frames with boxes.
    left_out : mapping of str to int
        Boxes of categories that are neither animals nor people: how many of each.
    """

    file: str
    frame_index: Array
    box_shares: Array
    score: Array
    class_id: Array
    track_id: Array
    is_video: bool = False
    frame_rate: float | None = None
    frames_looked_at: tuple[int, ...] = ()
    failure: str | None = None
    frames_known: bool = True
    left_out: Mapping[str, int] = field(default_factory=dict)

    @classmethod
    def failed(cls, file: str, reason: str, *, is_video: bool) -> FileBoxes:
        """Describe a file that could not be read."""
        none = np.zeros(0)
        return cls(file, none, np.zeros((0, 4)), none, none, none, is_video, failure=reason)

    def by_frame(self, width: int, height: int) -> dict[int, Detections]:
        """Give the boxes frame by frame.

        Parameters
        ----------
        width, height : int
            Of the picture as shown, in pixels.

        Returns
        -------
        dict of int to Detections
            In the order of the frames; each frame that was looked at is there.
        """
        scale = np.array([width, height, width, height], np.float64)
        frames = sorted({*self.frames_looked_at, *(int(f) for f in self.frame_index)})
        found = Detections.of(self.box_shares * scale, self.score, self.class_id)
        found = found.with_track_id(self.track_id)
        return {frame: found.take(self.frame_index == frame) for frame in frames}


@dataclass(frozen=True)
class BatchFile:
    """A batch file as read.

    Attributes
    ----------
    info : mapping
        What the file says of the detector.
    files : dict of str to FileBoxes
        By :attr:`FileBoxes.file`.
    left_out : dict of str to int
        How many boxes of categories that are neither animals nor people were left out.
    """

    info: Mapping[str, Any]
    files: dict[str, FileBoxes]
    left_out: dict[str, int]

    @property
    def typical_threshold(self) -> float | None:
        """Score from which the detector's makers take a box for one; None where none is stated."""
        metadata = self.info.get("detector_metadata")
        if not isinstance(metadata, Mapping):
            return None
        value = metadata.get("typical_detection_threshold")
        if not isinstance(value, int | float) or isinstance(value, bool):
            return None
        return float(value) if 0 < value <= 1 else None


def file_entry(found: FileBoxes) -> dict[str, Any]:
    """Write what was found in a file as an entry of ``images``.

    Parameters
    ----------
    found : FileBoxes

    Returns
    -------
    dict
        For JSON.

    Examples
    --------
    >>> file_entry(FileBoxes.failed("a/1.mp4", "no video", is_video=True))["detections"] is None
    True
    """
    entry: dict[str, Any] = {"file": found.file}
    if found.is_video:
        entry |= {"frame_rate": float(found.frame_rate or 0),
                  "frames_processed": [int(frame) for frame in found.frames_looked_at]}
    if found.failure is not None:
        return entry | {"failure": found.failure, "detections": None}
    return entry | {"detections": [_box_entry(found, i) for i in range(len(found.score))]}


def _box_entry(found: FileBoxes, i: int) -> dict[str, Any]:
    x1, y1, x2, y2 = (float(v) for v in np.clip(found.box_shares[i], 0, 1))
    entry = {
        "category": str(int(found.class_id[i])),
        "conf": round(float(found.score[i]), _DIGITS),
        "bbox": [round(v, _DIGITS) for v in (x1, y1, x2 - x1, y2 - y1)],
    }
    if found.is_video:
        entry["frame_number"] = int(found.frame_index[i])
    if found.track_id[i] > 0:
        entry["track_id"] = int(found.track_id[i])
    return entry


def read_batch_file(path: Path) -> BatchFile:
    """Read a batch file of MegaDetector, or one that wildpose wrote.

    Parameters
    ----------
    path : Path

    Returns
    -------
    BatchFile

    Raises
    ------
    DataError
        When it can't be read, or when an entry can't be what it says: boxes in pixels, boxes of a
        video without a frame, categories that the file does not explain, the same file twice.
    """
    content = _loaded(path)
    try:
        names = {str(k): str(v).strip().lower() for k, v in content["detection_categories"].items()}
        entries = [dict(entry) for entry in content["images"]]
        version, info = str(content["info"]["format_version"]), dict(content["info"])
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise DataError(f"{path}: no batch file of MegaDetector ({error!r}).", _REMEDY) from error
    if version.partition(".")[0] != "1":
        raise DataError(f"{path}: has format {version}, known is 1.", _REMEDY)
    files: dict[str, FileBoxes] = {}
    left_out: Counter[str] = Counter()
    for number, entry in enumerate(entries):
        place = f"{path}: {entry.get('file', f'entry {number}')}"
        try:
            found = _read_entry(entry, names)
        except (KeyError, TypeError, ValueError) as error:
            raise DataError(f"{place}: {_said(error)}.", _REMEDY) from error
        if found.file in files:
            raise DataError(f"{place}: stands there twice.", _REMEDY)
        files[found.file] = found
        left_out.update(found.left_out)
    return BatchFile(info, files, dict(left_out))


def _loaded(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise DataError(f"{path}: can't be read ({error.strerror}).", _REMEDY) from error
    except (ValueError, RecursionError) as error:
        raise DataError(f"{path}: can't be read as JSON ({error}).", _REMEDY) from error


def _said(error: Exception) -> str:
    return f"{error} is missing" if isinstance(error, KeyError) else str(error)


def _read_entry(entry: Mapping[str, Any], names: Mapping[str, str]) -> FileBoxes:
    file = str(entry["file"]).replace("\\", "/")
    rate, looked, boxes = entry.get("frame_rate"), entry.get("frames_processed"), entry.get(
        "detections")
    is_video = rate is not None or looked is not None or file.lower().endswith(VIDEO_SUFFIXES)
    if entry.get("failure") is not None:
        return FileBoxes.failed(file, str(entry["failure"]), is_video=is_video)
    if not isinstance(boxes, list):
        raise ValueError("has neither detections nor a failure")
    is_video = is_video or any("frame_number" in box for box in boxes)
    kept, left_out = _kept(boxes, names)
    seen = {_frame(f) for f in _listed(looked)} | {_frame_of(b) for b in boxes} if is_video else {0}
    return FileBoxes(
        file, np.array([_frame_of(box) if is_video else 0 for box in kept], np.int64),
        _shares([box["bbox"] for box in kept]), _scores([box["conf"] for box in kept]),
        np.array([_CLASS_OF_NAME[names[str(box["category"])]] for box in kept], np.int16),
        np.array([_track(box.get("track_id")) for box in kept], np.int32),
        is_video, float(rate) if rate and rate > 0 else None, tuple(sorted(seen)),
        frames_known=looked is not None or not is_video, left_out=left_out)


def _frame_of(box: Mapping[str, Any]) -> int:
    if "frame_number" not in box:
        raise ValueError("frame_number of a box is missing (it is there from format 1.4 on): which "
                         "frame of the video it is on can't be known")
    return _frame(box["frame_number"])


def _kept(
    boxes: Sequence[Mapping[str, Any]], names: Mapping[str, str]
) -> tuple[list[Mapping[str, Any]], dict[str, int]]:
    kept, left_out = [], Counter[str]()
    for box in boxes:
        category = str(box["category"])
        if category not in names:
            raise ValueError(f"category {category} is not explained in detection_categories")
        if names[category] in _CLASS_OF_NAME:
            kept.append(box)
        else:
            left_out[names[category]] += 1
    return kept, dict(left_out)


def _listed(frames: Any) -> Iterable[Any]:
    if frames is not None and not isinstance(frames, list):
        raise ValueError("frames_processed is no list")
    return frames or ()


def _frame(value: Any) -> int:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number or value % 1 != 0 or value < 0:
        raise ValueError(f"{value!r} is no number of a frame")
    return int(value)


def _track(value: Any) -> int:
    # No part of the format: other programs may keep anything under that name.
    return value if type(value) is int and value > 0 else 0


def _scores(values: Sequence[Any]) -> Array:
    score = np.array(values, np.float64).reshape(len(values))
    if not ((score >= 0) & (score <= 1)).all():
        raise ValueError("conf must be 0 to 1")
    return score


def _shares(boxes: Sequence[Sequence[float]]) -> Array:
    if any(len(box) != 4 for box in boxes):
        raise ValueError("bbox must hold four numbers")
    box = np.array(boxes, np.float64).reshape(-1, 4)
    corners = np.concatenate([box[:, :2], box[:, :2] + box[:, 2:]], axis=1)
    inside = (corners >= -_ROUNDED) & (corners <= 1 + _ROUNDED)
    if not inside.all() or not (box[:, 2:] >= 0).all():
        raise ValueError("bbox must be [x, y, width, height] in shares of the picture, 0 to 1")
    shares: Array = np.clip(corners, 0, 1)
    return shares
