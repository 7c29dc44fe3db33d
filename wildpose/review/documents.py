"""The frames of a clip as the documents that FiftyOne keeps in its database.

FiftyOne's own calls store some 700 frames per second, the database itself 27,000: this module
makes the documents and one function, :func:`insert_frames`, writes them. It leans on two private
names of FiftyOne (pinned to one minor release); a test holds every key and type to what the SDK
writes for the same labels.

Five fields of a frame are filled, all of them the machine's:

``detections``
    Boxes of tracks on every frame, without masks, so that they can be edited in the App.
``masks``
    The same animals with their masks. Between analysed frames the nearest mask is carried along
    with the box, or it would blink.
``untracked``
    Boxes that belong to no track, on the frame where they were found.
``parts``, ``doubt``
    Dense pose as pictures, see :mod:`wildpose.review.maps`, carried along like masks.
"""

from __future__ import annotations

import hashlib
import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from wildpose import masks
from wildpose.review.maps import Tile, carried, paint, read_tiles
from wildpose.review.tracks import TrackBoxes, clip_times, fill_track
from wildpose.types import Array, Rle

if TYPE_CHECKING:
    import pandas as pd
    from bson import ObjectId

TRACKED, MASKS, UNTRACKED = "detections", "masks", "untracked"
PARTS, DOUBT = "parts", "doubt"
LABEL_FIELDS = (TRACKED, MASKS, UNTRACKED)
ATTRIBUTES = {"keyframe": "BooleanField", "interpolated": "BooleanField",
              "mask_confidence": "FloatField", "chart_confidence": "FloatField",
              "uv_sigma": "FloatField"}
"""What the machine says of a box beside its score, with FiftyOne's class of field. The last three
are the network's own uncertainties; they stand on analysed frames alone."""
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
        The clip's rows of the table ``detections``, in the table's order.
    dense_pose : Path or None
        File of the clip's dense pose; None where there is none.
    """

    clip: str
    width: int
    height: int
    frames: int
    times_s: Array | None
    detections: pd.DataFrame
    dense_pose: Path | None = None


@dataclass
class _Frame:
    """What is collected of one frame."""

    labels: dict[str, list[Document]] = field(default_factory=lambda: defaultdict(list))
    tiles: list[tuple[Tile, Array]] = field(default_factory=list)


def object_id(*parts: object) -> ObjectId:
    """Make a database id that is the same whenever the same parts are given.

    Ids that last let an edited label be found beside the prediction that it replaces, however
    often the data set is built.
    """
    from bson import ObjectId

    text = "\x1f".join(str(part) for part in parts)
    return ObjectId(hashlib.sha256(text.encode("utf-8", "surrogateescape")).digest()[:12])


def frame_fields(rows: ClipRows) -> dict[int, dict[str, Document]]:
    """Fill the fields of all frames of a clip that hold anything.

    Parameters
    ----------
    rows : ClipRows

    Returns
    -------
    dict of int to dict of str to document
        By frame index, from 0, and field.

    Raises
    ------
    DataError
        Where the file of the dense pose is missing or damaged.
    """
    frames: dict[int, _Frame] = defaultdict(_Frame)
    table = rows.detections.assign(position=np.arange(len(rows.detections)))
    table = table.sort_values(["frame_index", "track_id"], kind="stable")
    times_s = clip_times(table["frame_index"], table["time_s"], rows.frames, rows.times_s)
    tiles = read_tiles(rows.dense_pose)
    for track_id, track in table.groupby("track_id", sort=True):
        boxes = [_box(row, rows, tiles) for row in track.to_dict("records")]
        if track_id == 0:
            _add_untracked(frames, rows, boxes)
        else:
            filled = fill_track(track["frame_index"], track[["x1", "y1", "x2", "y2"]],
                                track["score"], times_s)
            _add_track(frames, _Track(rows, int(track_id), boxes, filled))
    return {index: _fields(frames[index], rows, index)
            for index in sorted(frames) if index < rows.frames}


@dataclass(frozen=True)
class _Box:
    """One row of the table, with what is drawn of it."""

    frame_index: int
    name: str
    score: float
    box_xyxy: Array
    facts: Document
    mask: Document | None
    mask_xyxy: Array | None
    tile: Tile | None


@dataclass(frozen=True)
class _Track:
    rows: ClipRows
    track_id: int
    boxes: Sequence[_Box]
    filled: TrackBoxes

    @property
    def linked(self) -> Document:
        """What makes its labels one animal through the clip."""
        return {"index": self.track_id, "instance": {
            "_id": object_id(self.rows.clip, "track", self.track_id), "_cls": "Instance"}}


def _box(row: Mapping[str, Any], rows: ClipRows, tiles: Mapping[int, Tile]) -> _Box:
    tile = tiles.get(row["position"])
    facts = {"mask_confidence": row["mask_confidence"]}
    if tile is not None:
        facts |= {"chart_confidence": tile.chart_confidence, "uv_sigma": tile.uv_sigma}
    mask = mask_xyxy = None
    if isinstance(row["mask_rle"], str):
        mask_xyxy, crop = crop_mask({"size": [rows.height, rows.width], "counts": row["mask_rle"]})
        mask = {"mask": _packed(crop)}
    return _Box(int(row["frame_index"]), str(row["class"]), float(row["score"]),
                np.array([row[edge] for edge in ("x1", "y1", "x2", "y2")], np.float64),
                {name: float(fact) for name, fact in facts.items()
                 if fact is not None and not math.isnan(fact)}, mask, mask_xyxy, tile)


def _packed(array: Array) -> Any:
    from bson import Binary
    from fiftyone.core.utils import serialize_numpy_array

    return Binary(serialize_numpy_array(np.ascontiguousarray(array)))


def _add_track(frames: dict[int, _Frame], track: _Track) -> None:
    for i, frame_index in enumerate(track.filled.frame_index.tolist()):
        frame, filled = frames[frame_index], track.filled
        interpolated = bool(filled.interpolated[i])
        source = track.boxes[int(filled.source[i])]
        box = filled.box_xyxy[i]
        label = _label(source.name, track.rows, box, float(filled.score[i]),
                       interpolated=interpolated)
        label |= track.linked | ({} if interpolated else source.facts)
        label["_id"] = object_id(track.rows.clip, TRACKED, track.track_id, frame_index)
        frame.labels[TRACKED].append(label)
        if filled.nearest[i] >= 0:
            _add_pictures(frame, track, track.boxes[int(filled.nearest[i])], label, box)


def _add_pictures(
    frame: _Frame, track: _Track, near: _Box, label: Document, box_xyxy: Array
) -> None:
    """Carry mask and dense pose of the nearest analysed frame along with the box."""
    if near.mask is not None and near.mask_xyxy is not None:
        moved = carried(near.mask_xyxy, near.box_xyxy, box_xyxy)
        mask = _label(near.name, track.rows, moved, label["confidence"],
                      interpolated=label["interpolated"])
        mask |= near.mask | track.linked
        mask["_id"] = object_id(label["_id"], MASKS)
        frame.labels[MASKS].append(mask)
    if near.tile is not None:
        tile = near.tile
        frame.tiles.append((tile, carried(tile.box_xyxy, near.box_xyxy, box_xyxy)))


def _add_untracked(
    frames: dict[int, _Frame], rows: ClipRows, boxes: Sequence[_Box]
) -> None:
    for number, box in enumerate(boxes):
        frame = frames[box.frame_index]
        label = _label(box.name, rows, box.box_xyxy, box.score, interpolated=False) | box.facts
        label["_id"] = object_id(rows.clip, UNTRACKED, number, box.frame_index)
        frame.labels[UNTRACKED].append(label)
        if box.tile is not None:
            frame.tiles.append((box.tile, box.tile.box_xyxy))


def _label(
    name: str, rows: ClipRows, box_xyxy: Array, score: float, *, interpolated: bool
) -> Document:
    # keyframe on every box: a track without key frames is rewritten on all its frames by the
    # App as soon as somebody moves one of its boxes.
    return {"_cls": "Detection", "attributes": {}, "tags": [], "label": name,
            "bounding_box": relative_box(box_xyxy, rows.width, rows.height), "confidence": score,
            "keyframe": True, "interpolated": interpolated}


def _fields(frame: _Frame, rows: ClipRows, frame_index: int) -> dict[str, Document]:
    fields: dict[str, Document] = {
        name: {"_cls": "Detections", "detections": found} for name, found in frame.labels.items()}
    if frame.tiles:
        parts, doubt = paint(frame.tiles, rows.width, rows.height)
        for name, picture in ((PARTS, {"_cls": "Segmentation", "mask": _packed(parts)}),
                              (DOUBT, {"_cls": "Heatmap", "map": _packed(doubt),
                                       "range": [0.0, 255.0]})):
            fields[name] = {"_id": object_id(rows.clip, name, frame_index), "tags": [], **picture}
    return fields


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
    fields: Mapping[int, Mapping[str, Document]], sample_id: str, stamp: datetime
) -> list[Document]:
    """Make the frame documents of one sample, still without the id of their data set.

    Parameters
    ----------
    fields : mapping
        From :func:`frame_fields`.
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
    return [{"_id": ObjectId(), "_sample_id": owner, "frame_number": frame_index + 1,
             "created_at": stamp, "last_modified_at": stamp, **fields[frame_index]}
            for frame_index in sorted(fields)]


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
