"""Tracks of a run as MOTChallenge results in the folders that TrackEval reads.

``trackers/wildpose-run/animals/data`` has a file for each clip that was read, empty where nothing
was followed; people are a tracker of their own beside it. ``gt/wildpose-run`` has what TrackEval
must know of each clip (``seqinfo.ini``) and takes your true tracks (``gt/gt.txt``); none are made
up. Frames are the frames that were looked at, numbered from 1; ``frames.csv`` says which frames of
the clip those are.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from wildpose.export.clip_list import write_clip_list
from wildpose.export.looked_at import rate_of
from wildpose.export.options import ExportOptions
from wildpose.export.run_clips import ExportedRun, RunClip
from wildpose.export.writing import file_names, write_csv
from wildpose.formats.mot import MotSequence, sequence_info, tracker_text
from wildpose.types import Array, ClassId, Detections

BENCHMARK, SPLIT = "wildpose", "run"
"""TrackEval's ``BENCHMARK`` and ``SPLIT_TO_EVAL``."""
_NAME = f"{BENCHMARK}-{SPLIT}"
TRACKERS = {ClassId.ANIMAL: "animals", ClassId.PERSON: "people"}


def write_mot(run: ExportedRun, folder: Path, options: ExportOptions) -> list[str]:
    """Write the folders.

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
    truth, trackers = folder / "gt", folder / "trackers" / _NAME
    (truth / "seqmaps").mkdir(parents=True)
    for tracker in TRACKERS.values():
        (trackers / tracker / "data").mkdir(parents=True)
    for clip in run.clips:
        name = names[clip.key]
        (truth / _NAME / name).mkdir(parents=True)
        (truth / _NAME / name / "seqinfo.ini").write_text(
            sequence_info(_sequence_of(clip, name)), "utf-8")
        write_csv(truth / _NAME / name / "frames.csv", ["frame", "frame_index", "time_s"],
                  _numbered_frames(clip))
        for kind, tracker in TRACKERS.items():
            text = tracker_text(list(_frames(clip, clip.class_id == kind)))
            (trackers / tracker / "data" / f"{name}.txt").write_text(text, "utf-8")
    listed = "".join(f"{name}\n" for name in names.values())
    (truth / "seqmaps" / f"{_NAME}.txt").write_text(f"name\n{listed}", "utf-8")
    write_clip_list(run, folder / "clips.csv", {"sequence": names})
    return []


def _numbered_frames(clip: RunClip) -> Iterator[list[Any]]:
    return ([number, *row] for number, row in enumerate(clip.looked_at.rows(), start=1))


def _frames(clip: RunClip, chosen: Array) -> Iterator[Detections]:
    """Detections of each frame that was looked at, in order."""
    rows = clip.detections
    found = Detections.of(clip.box_xyxy, rows["score"], clip.class_id)
    found = found.with_track_id(rows["track_id"]).take(chosen)
    frame_index = rows["frame_index"].to_numpy(np.int64)[chosen]
    return (found.take(frame_index == index) for index in clip.looked_at.frame_index)


def _sequence_of(clip: RunClip, name: str) -> MotSequence:
    """A clip of which no true track is known."""
    return MotSequence(name, _looks_per_s(clip), len(clip.looked_at.frame_index), clip.size, ())


def _looks_per_s(clip: RunClip) -> float:
    """Frames that were looked at per second: what the numbers of frames count."""
    time_s = clip.looked_at.time_s
    if len(time_s) < 2 or not time_s[-1] > time_s[0]:
        return rate_of(clip.row)
    return float((len(time_s) - 1) / (time_s[-1] - time_s[0]))
