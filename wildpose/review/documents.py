"""The frames of a clip as the documents that FiftyOne keeps in its database.

FiftyOne's own calls store some 700 frames per second, the database itself 27,000: this module
makes the documents and one function, :func:`insert_frames`, writes them. It leans on two private
names of FiftyOne (pinned to one minor release); a test holds every key and type to what the SDK
writes for the same labels.

Three fields of a frame are filled, all of them the machine's:

``detections``
    Boxes of tracks on every frame, without masks, so that they can be edited in the App.
``masks``
    The same animals with their masks, on analysed frames only.
``untracked``
    Boxes that belong to no track, on the frame where they were found.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import numpy as np

from wildpose import masks
from wildpose.review.tracks import TrackBoxes, clip_times, fill_track
from wildpose.types import Array, Rle

if TYPE_CHECKING:
    import pandas as pd
    from bson import ObjectId

TRACKED, MASKS, UNTRACKED = "detections", "masks", "untracked"
FRAME_FIELDS = (TRACKED, MASKS, UNTRACKED)
MASK_SIDE_PX = 256
"""Longer sides of masks are thinned out to at most this: heavy masks make playback stutter."""

Document = dict[str, Any]


@dataclass(frozen=True)
class ClipRows:
    """What is needed of one clip to fill its frames.

    Attributes
    ----------
    clip : str
        Key of the clip in the run.
    width, height : int
        Pixels, as shown.
    frames : int
        Frames that the video in the App has.
    times_s : float64 [F] or None
        Presentation time of every frame as read from the file; None where it can't be read.
    detections : pandas.DataFrame
        The clip's rows of the table ``detections``.
    """

    clip: str
    width: int
    height: int
    frames: int
    times_s: Array | None
    detections: pd.DataFrame


def object_id(*parts: object) -> ObjectId:
    """Make a database id that is the same whenever the same parts are given.

    Ids that last let an edited label be found beside the prediction that it replaces, however
    often the data set is built.
    """
    from bson import ObjectId

    text = "\x1f".join(str(part) for part in parts)
    return ObjectId(hashlib.sha256(text.encode("utf-8", "surrogateescape")).digest()[:12])


def frame_labels(rows: ClipRows) -> dict[int, dict[str, list[Document]]]:
    """Collect all labels of a clip, by frame index and field.

    Parameters
    ----------
    rows : ClipRows

    Returns
    -------
    dict of int to dict of str to list
        Frames without any label are left out.
    """
    labels: dict[int, dict[str, list[Document]]] = defaultdict(lambda: defaultdict(list))
    table = rows.detections.sort_values(["frame_index", "track_id"], kind="stable")
    times_s = clip_times(table["frame_index"], table["time_s"], rows.frames, rows.times_s)
    for track_id, track in table.groupby("track_id", sort=True):
        if track_id == 0:
            found = _untracked(rows, track)
        else:
            found = _tracked(rows, int(track_id), track, times_s)
        for frame_index, field, label in found:
            if frame_index < rows.frames:
                labels[frame_index][field].append(label)
    return labels


def _tracked(
    rows: ClipRows, track_id: int, track: pd.DataFrame, times_s: Array
) -> Iterator[tuple[int, str, Document]]:
    filled = fill_track(
        track["frame_index"], track[["x1", "y1", "x2", "y2"]], track["score"], times_s
    )
    names = track["class"].tolist()
    codes = track["mask_rle"].tolist()
    for i, frame_index in enumerate(filled.frame_index.tolist()):
        source = int(filled.source[i])
        label = _box_label(rows, filled, i, names[source])
        label |= _linked(rows.clip, track_id)
        label["_id"] = object_id(rows.clip, TRACKED, track_id, frame_index)
        yield frame_index, TRACKED, label
        if not filled.interpolated[i] and isinstance(codes[source], str):
            mask = _mask_label(rows, codes[source], names[source], label["confidence"])
            mask |= _linked(rows.clip, track_id)
            mask["_id"] = object_id(rows.clip, MASKS, track_id, frame_index)
            yield frame_index, MASKS, mask


def _box_label(rows: ClipRows, filled: TrackBoxes, i: int, name: str) -> Document:
    interpolated = bool(filled.interpolated[i])
    box = relative_box(filled.box_xyxy[i], rows.width, rows.height)
    return _label(name, box, float(filled.score[i]), interpolated=interpolated)


def _untracked(rows: ClipRows, table: pd.DataFrame) -> Iterator[tuple[int, str, Document]]:
    boxes = table[["x1", "y1", "x2", "y2"]].to_numpy(np.float64)
    columns = zip(table["frame_index"], table["class"], table["score"], boxes, strict=True)
    for row, (frame_index, name, score, box) in enumerate(columns):
        label = _label(name, relative_box(box, rows.width, rows.height), float(score),
                       interpolated=False)
        label["_id"] = object_id(rows.clip, UNTRACKED, row, frame_index)
        yield int(frame_index), UNTRACKED, label


def _label(name: str, box: list[float], score: float, *, interpolated: bool) -> Document:
    # keyframe on every box: a track without key frames is rewritten on all its frames by the
    # App as soon as somebody moves one of its boxes.
    return {"_cls": "Detection", "attributes": {}, "tags": [], "label": str(name),
            "bounding_box": box, "confidence": score, "keyframe": True,
            "interpolated": interpolated}


def _linked(clip: str, track_id: int) -> Document:
    return {"index": track_id,
            "instance": {"_id": object_id(clip, "track", track_id), "_cls": "Instance"}}


def _mask_label(rows: ClipRows, counts: str, name: str, score: float) -> Document:
    from bson import Binary
    from fiftyone.core.utils import serialize_numpy_array

    rle = {"size": [rows.height, rows.width], "counts": counts}
    box, crop = crop_mask(rle)
    label = _label(name, relative_box(box, rows.width, rows.height), score, interpolated=False)
    label["mask"] = Binary(serialize_numpy_array(crop))
    return label


def crop_mask(rle: Rle, longest_px: int = MASK_SIDE_PX) -> tuple[Array, Array]:
    """Cut a mask to its own tight box, thinned out where it is large.

    Parameters
    ----------
    rle : Rle
        Mask of the whole frame.
    longest_px : int
        Longest side of the result.

    Returns
    -------
    box_xyxy : float32 [4]
        Tight box in pixels of the frame.
    crop : bool [h, w]
        At least one pixel, also for an empty mask.
    """
    box = masks.box_of_mask(rle)
    x1, y1, x2, y2 = (int(v) for v in box)
    crop = masks.decode(rle)[y1 : max(y2, y1 + 1), x1 : max(x2, x1 + 1)]
    step = -(-max(crop.shape) // longest_px)
    return box, np.ascontiguousarray(crop[step // 2 :: step, step // 2 :: step])


def relative_box(box_xyxy: Iterable[float], width: int, height: int) -> list[float]:
    """Turn a box in pixels into FiftyOne's ``[left, top, width, height]``, shares of the picture.

    Examples
    --------
    >>> relative_box([10, 20, 30, 40], 100, 200)
    [0.1, 0.1, 0.2, 0.1]
    """
    x1, y1, x2, y2 = (float(v) for v in box_xyxy)
    return [x1 / width, y1 / height, (x2 - x1) / width, (y2 - y1) / height]


def frame_documents(
    labels: dict[int, dict[str, list[Document]]], sample_id: str, stamp: datetime
) -> list[Document]:
    """Make the frame documents of one sample, still without the id of their data set.

    Parameters
    ----------
    labels : dict
        From :func:`frame_labels`.
    sample_id : str
    stamp : datetime
        UTC without time zone: when they were written, by which later edits are told.

    Returns
    -------
    list of dict
        One for each frame with a label; frame numbers count from 1, as FiftyOne has it.
    """
    from bson import ObjectId

    owner = ObjectId(sample_id)
    documents = []
    for frame_index in sorted(labels):
        fields = {
            field: {"_cls": "Detections", "detections": found}
            for field, found in labels[frame_index].items()
        }
        documents.append({"_id": ObjectId(), "_sample_id": owner, "frame_number": frame_index + 1,
                          "created_at": stamp, "last_modified_at": stamp, **fields})
    return documents


def insert_frames(dataset: Any, sample_id: str, documents: Sequence[Document]) -> None:
    """Replace all frames of one sample by these documents.

    The one place that goes past FiftyOne's public calls (some 40 times faster).

    Parameters
    ----------
    dataset : fiftyone.Dataset
        Call its ``reload()`` when all samples are done, or cached samples look empty.
    sample_id : str
    documents : sequence of dict
        From :func:`frame_documents`.
    """
    from bson import ObjectId

    collection = dataset._frame_collection
    collection.delete_many({"_sample_id": ObjectId(sample_id)})
    if documents:
        owner = dataset._doc.id
        collection.insert_many([{**d, "_dataset_id": owner} for d in documents], ordered=False)
