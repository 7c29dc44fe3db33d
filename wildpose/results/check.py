"""Checking that a run folder holds what it promises."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from wildpose.errors import WildposeError
from wildpose.results.run_folder import RunFolder
from wildpose.results.schema import CLIPS, DETECTIONS, FAILURES, TRACKS, problems_of

if TYPE_CHECKING:
    import pandas as pd


def check_run(path: Path) -> list[str]:
    """Everything that is wrong with a run folder.

    Checked: every table follows its schema; every clip stands in clips or in failures, and in
    both only where it was read in part; tracks, detections and counts agree; sheets are there.

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
        return faults or [*_clip_faults(run), *_count_faults(run)]
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
