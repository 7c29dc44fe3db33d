"""Checking that a run folder holds what it promises."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from wildpose.errors import DataError, WildposeError
from wildpose.results.dense_pose import DENSE_POSE_FOLDER, read_dense_pose
from wildpose.results.run_folder import RunFolder
from wildpose.results.schema import CLIPS, DENSE_POSE, DETECTIONS, FAILURES, TRACKS
from wildpose.results.validation import problems_of
from wildpose.types import Array

if TYPE_CHECKING:
    import pandas as pd


def check_run(path: Path) -> list[str]:
    """Everything that is wrong with a run folder.

    Checked: every table follows its schema; every clip stands in clips or in failures, and in
    both only where it was read in part; tracks, detections and counts agree; sheets are there;
    dense pose is there, can be unpacked and belongs to detections.

    Parameters
    ----------
    path : Path
        The run folder.

    Returns
    -------
    list of str
        One line per fault; empty where all is well.
    """
    try:
        run = RunFolder(path)
        faults = [fault for table in (CLIPS, TRACKS, DETECTIONS, FAILURES)
                  for fault in problems_of(table, run.arrow(table))]
        return faults or [*_clip_faults(run), *_count_faults(run), *_dense_pose_faults(run)]
    except WildposeError as error:
        return [str(error)]


def _clip_faults(run: RunFolder) -> Iterator[str]:
    clips, failures = run.clips(), run.failures()
    for name in clips["clip"][clips["clip"].duplicated()]:
        yield f"clips: {name} stands there twice"
    failed = set(failures["clip"][failures.severity == "failed"])
    for name in sorted(failed & set(clips["clip"])):
        yield f"failures: {name} is said to have failed and stands in clips"
    partial = set(failures["clip"][failures.severity == "partial"])
    for name in sorted(partial ^ set(clips["clip"][~clips.complete])):
        yield f"{name}: `complete` in clips and `partial` in failures disagree"
    for sheet in clips.sheet.dropna():
        if not run.sheet(sheet).is_file():
            yield f"{sheet}: the contact sheet is missing"


def _count_faults(run: RunFolder) -> Iterator[str]:
    clips, tracks, detections = run.clips(), run.tracks(), run.detections()
    for table, name in ((tracks, "tracks"), (detections, "detections")):
        for clip in sorted(set(table["clip"]) - set(clips["clip"])):
            yield f"{name}: {clip} does not stand in clips"
        for kind in ("animal", "person"):
            yield from _kind_faults(clips, table[table["class"] == kind], f"{kind}_{name}")
    tracked = detections[detections.track_id > 0].groupby(["clip", "track_id"]).size()
    counted = tracks.set_index(["clip", "track_id"]).detections
    if not tracked.sort_index().eq(counted.sort_index()).all() or len(tracked) != len(counted):
        yield "tracks: `detections` disagrees with the rows of the table detections"


def _kind_faults(clips: pd.DataFrame, table: pd.DataFrame, column: str) -> Iterator[str]:
    rows = table.groupby("clip").size().reindex(clips["clip"]).fillna(0).to_numpy()
    for name in clips["clip"][rows != clips[column].to_numpy()]:
        yield f"clips: {column} of {name} disagrees with the table {column.split('_')[1]}"


def _dense_pose_faults(run: RunFolder) -> Iterator[str]:
    named = run.clips()[["clip", "dense_pose"]].dropna()
    found = {f"{DENSE_POSE_FOLDER}/{path.name}"
             for path in (run.path / DENSE_POSE_FOLDER).glob("*.parquet")}
    for name in sorted(found - set(named.dense_pose)):
        yield f"{name}: belongs to no clip"
    frames = dict(iter(run.detections().groupby("clip").frame_index))
    for clip, name in zip(named["clip"], named.dense_pose, strict=True):
        if name not in found:
            yield f"{name}: the dense pose of {clip} is missing"
            continue
        yield from _file_faults(run.path / name, clip, frames)


def _file_faults(path: Path, clip: str, frames: Mapping[str, pd.Series]) -> Iterator[str]:
    import pyarrow.parquet as pq

    try:
        for _ in read_dense_pose(path):
            pass
    except DataError as error:
        yield error.message
        return
    with pq.ParquetFile(path) as file:
        data = file.read()
    yield from (f"{path.name}: {fault}" for fault in problems_of(DENSE_POSE, data))
    rows = data.select(["clip", "detection", "frame_index"]).to_pandas()
    expected = frames.get(clip)
    if expected is None or not _belong(rows, clip, expected.to_numpy()):
        yield f"{path.name}: its rows disagree with those of {clip} in the table detections"


def _belong(rows: pd.DataFrame, clip: str, frame_index: Array) -> bool:
    """Whether dense pose names detections of the clip, each once, in order, by number and frame."""
    position = rows.detection.to_numpy()
    return bool((rows["clip"] == clip).all() and (np.diff(position, prepend=-1) > 0).all()
                and (position < len(frame_index)).all()
                and (frame_index[position] == rows.frame_index).all())
