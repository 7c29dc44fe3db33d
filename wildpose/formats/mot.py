"""Tracks as MOTChallenge text, in the folders that TrackEval reads.

Nine columns for truth: frame and id from 1, left, top, width, height in pixels, flag (1 counts, 0
is ignored), class, visible share. TrackEval's layout: ``GT/BENCH-SPLIT/SEQUENCE/gt/gt.txt`` with
``seqinfo.ini`` beside ``gt``, and the list of sequences in ``GT/seqmaps/BENCH-SPLIT.txt``.
"""

from __future__ import annotations

from collections.abc import Sequence
from configparser import ConfigParser
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from wildpose.errors import DataError
from wildpose.types import Array, Detections

_TRUTH_COLUMNS = 9


@dataclass(frozen=True)
class MotRow:
    """One box of one track in one frame.

    Attributes
    ----------
    frame_index : int
        From 0; the file counts from 1.
    track_id : int
        From 1.
    box_xyxy : (float, float, float, float)
        Pixels.
    counts : bool
        False for what an evaluation leaves out.
    class_id : int
    visibility : float
        0 to 1.
    """

    frame_index: int
    track_id: int
    box_xyxy: tuple[float, float, float, float]
    counts: bool = True
    class_id: int = 1
    visibility: float = 1.0


@dataclass(frozen=True)
class MotSequence:
    """A clip with its true tracks.

    Attributes
    ----------
    name : str
        Of the clip; becomes a folder's name.
    rate : float
        Frames per second.
    frames : int
        How many, the empty ones among them.
    size : (width, height)
        Pixels.
    rows : tuple of MotRow
    """

    name: str
    rate: float
    frames: int
    size: tuple[int, int]
    rows: tuple[MotRow, ...]


def write_truth(
    folder: Path, sequences: Sequence[MotSequence], *, benchmark: str, split: str
) -> None:
    """Write true tracks in the layout that TrackEval takes as ``GT_FOLDER``.

    Parameters
    ----------
    folder : Path
        Made if missing.
    sequences : sequence of MotSequence
    benchmark, split : str
        TrackEval's ``BENCHMARK`` and ``SPLIT_TO_EVAL``.
    """
    name = f"{benchmark}-{split}"
    for sequence in sequences:
        place = folder / name / sequence.name
        (place / "gt").mkdir(parents=True, exist_ok=True)
        (place / "gt" / "gt.txt").write_text(truth_text(sequence.rows), "utf-8")
        (place / "seqinfo.ini").write_text(sequence_info(sequence), "utf-8")
    (folder / "seqmaps").mkdir(parents=True, exist_ok=True)
    listed = "".join(f"{s.name}\n" for s in sequences)
    (folder / "seqmaps" / f"{name}.txt").write_text(f"name\n{listed}", "utf-8")


def truth_text(rows: Sequence[MotRow]) -> str:
    r"""Write rows as the lines of a ``gt.txt``, ordered by frame, then track.

    Examples
    --------
    >>> truth_text([MotRow(0, 1, (10, 20, 40, 60))])
    '1,1,10,20,30,40,1,1,1\n'
    """
    lines = []
    for row in sorted(rows, key=lambda r: (r.frame_index, r.track_id)):
        x1, y1, x2, y2 = row.box_xyxy
        numbers = (row.frame_index + 1, row.track_id, x1, y1, x2 - x1, y2 - y1, int(row.counts),
                   row.class_id, row.visibility)
        lines.append(",".join(f"{float(v):.6g}" for v in numbers) + "\n")
    return "".join(lines)


def tracker_text(frames: Sequence[Detections]) -> str:
    """Write tracked detections as the lines of a tracker's file.

    Parameters
    ----------
    frames : sequence of Detections
        One for each frame of the clip, in order.

    Returns
    -------
    str
        Ten columns, the last three -1; detections without a track are left out.
    """
    lines = []
    for number, found in enumerate(frames, start=1):
        tracked = found.take(found.track_id > 0)
        for box, score, track in zip(tracked.box_xyxy, tracked.score, tracked.track_id,
                                     strict=True):
            x1, y1, x2, y2 = (float(v) for v in box)
            lines.append(f"{number},{track},{x1:.2f},{y1:.2f},{x2 - x1:.2f},{y2 - y1:.2f},"
                         f"{score:.4f},-1,-1,-1\n")
    return "".join(lines)


def read_truth(place: Path) -> MotSequence:
    """Read a sequence back: ``gt/gt.txt`` and ``seqinfo.ini`` below its folder.

    Parameters
    ----------
    place : Path
        The sequence's folder.

    Returns
    -------
    MotSequence

    Raises
    ------
    DataError
        A file is missing or does not follow the format.
    """
    parser = ConfigParser()
    parser.optionxform = str  # type: ignore[assignment,method-assign]  # keys keep their capitals
    try:
        parser.read_string((place / "seqinfo.ini").read_text("utf-8"))
        info = parser["Sequence"]
        table = _numbers((place / "gt" / "gt.txt").read_text("utf-8"))
        size = (int(info["imWidth"]), int(info["imHeight"]))
        rows = tuple(_row(values) for values in table)
        return MotSequence(info["name"], float(info["frameRate"]), int(info["seqLength"]), size,
                           rows)
    except (OSError, KeyError, ValueError) as error:
        raise DataError(f"{place}: no MOT sequence ({error}).",
                        "Give a folder with seqinfo.ini and gt/gt.txt.") from error


def _numbers(text: str) -> Array:
    if not text.strip():
        return np.zeros((0, _TRUTH_COLUMNS))
    table = np.array([[float(v) for v in line.split(",")] for line in text.splitlines()])
    if table.ndim != 2 or table.shape[1] != _TRUTH_COLUMNS:
        raise ValueError(f"gt.txt needs {_TRUTH_COLUMNS} columns")
    return table


def _row(values: Array) -> MotRow:
    frame, track, left, top, width, height, flag, kind, visibility = (float(v) for v in values)
    return MotRow(int(frame) - 1, int(track), (left, top, left + width, top + height), bool(flag),
                  int(kind), visibility)


def sequence_info(sequence: MotSequence) -> str:
    """Say what TrackEval must know of a clip.

    Parameters
    ----------
    sequence : MotSequence
        Its rows are not looked at.

    Returns
    -------
    str
        Of ``seqinfo.ini``.
    """
    width, height = sequence.size
    return (f"[Sequence]\nname={sequence.name}\nimDir=img1\nframeRate={sequence.rate:g}\n"
            f"seqLength={sequence.frames}\nimWidth={width}\nimHeight={height}\nimExt=.jpg\n")
