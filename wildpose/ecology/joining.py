"""Which deployment each clip belongs to: by its folder, and by its time where that must decide."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pandas as pd

from wildpose.ecology.clock import clip_times
from wildpose.ecology.rows import problems

_NAMED_AT_MOST = 3
_NOT_IN_IT = (-1, 0)
_Rows = list[dict[str, Any]]


def place_clips(
    clips: pd.DataFrame, deployments: pd.DataFrame, source: Path | None = None
) -> pd.DataFrame:
    """Find the deployment and the time of each clip.

    A clip belongs to the deployment whose ``folder`` is one of the folders in the clip's path, the
    innermost that fits: cameras put clips into subfolders of their own (``DCIM/100MEDIA``). Where
    several deployments share a folder, the one in whose dates the clip was recorded; at the very
    moment when one ends and the next begins, the next.

    Parameters
    ----------
    clips : DataFrame
        Table clips of a run.
    deployments : DataFrame
        As :func:`wildpose.ecology.read_deployments` gives it.
    source : Path, optional
        Where the deployments were read from, for errors.

    Returns
    -------
    DataFrame
        One row per clip, in the order of ``clips``: ``clip``, ``folder`` (the value of
        ``deployment`` in the run), ``deployment`` (empty where a clip without a time lies in the
        folder of several deployments), ``start`` and ``end`` (:func:`clip_times`), ``duration_s``.

    Raises
    ------
    DataError
        When a folder fits no deployment, or a clip was recorded outside the dates of its
        deployment or in the gap between two.
    """
    source = source or Path("deployments")
    found = clips[["clip", "deployment", "duration_s"]].rename(columns={"deployment": "folder"})
    rows = _rows_of(found["folder"].unique(), deployments)
    _check_folders(rows, deployments, source)
    zones = {folder: table[0]["timezone"] for folder, table in rows.items()}
    found = found.join(clip_times(clips, found["folder"].map(zones)))
    names, faults = [], []
    for clip, folder, start in zip(found["clip"], found["folder"], found["start"], strict=True):
        fitting = _recorded_in(start, rows[folder])
        names.append(fitting)
        if fitting is None:
            faults.append(f"{clip} of {start} {_where(start, rows[folder])}")
    if faults:
        raise problems(source, faults, "Correct the dates there, or the clock: every clip must lie "
                                       "within the dates of its deployment.")
    found["deployment"] = pd.Series(names, found.index, dtype="str")
    return found[["clip", "folder", "deployment", "start", "end", "duration_s"]]


def place_failures(
    failures: pd.DataFrame, deployments: pd.DataFrame, source: Path | None = None
) -> pd.DataFrame:
    """Find the deployments of the clips that could not be read.

    Parameters
    ----------
    failures : DataFrame
        Table failures of a run.
    deployments, source
        As in :func:`place_clips`.

    Returns
    -------
    DataFrame
        One row per clip that failed: ``clip``, ``folder``, ``deployment`` (empty where several
        share the folder: a clip that can't be read has no time), ``reason``.

    Raises
    ------
    DataError
        When a folder fits no deployment.
    """
    failed = failures[failures["severity"] == "failed"].drop_duplicates("clip")
    rows = _rows_of(failed["deployment"].unique(), deployments)
    _check_folders(rows, deployments, source or Path("deployments"))
    found = failed[["clip", "deployment", "reason"]].rename(columns={"deployment": "folder"})
    names = [_only(rows[folder]) for folder in found["folder"]]
    found["deployment"] = pd.Series(names, found.index, dtype="str")
    return found[["clip", "folder", "deployment", "reason"]].reset_index(drop=True)


def _check_folders(rows: dict[str, _Rows], deployments: pd.DataFrame, source: Path) -> None:
    unknown = [folder for folder, own in rows.items() if not own]
    if unknown:
        known = list(dict.fromkeys(deployments["folder"]))
        rest = [f"and {len(known) - _NAMED_AT_MOST} more"] if len(known) > _NAMED_AT_MOST else []
        raise problems(source, [f"no row for the folder {folder}" for folder in unknown],
                       "Add a row for each, or write the folder into the column folder of its "
                       "deployment. Folders in the table: "
                       f"{', '.join([*known[:_NAMED_AT_MOST], *rest])}.")


def _rows_of(folders: Iterable[str], deployments: pd.DataFrame) -> dict[str, _Rows]:
    """Rows of the innermost fitting folder, by their start, for each folder of clips."""
    by_folder: dict[str, _Rows] = {}
    for row in deployments.sort_values("start", kind="stable").to_dict("records"):
        by_folder.setdefault(row["folder"], []).append(row)
    found = {}
    for folder in folders:
        depth, key = max(((_depth(key, folder), key) for key in by_folder),
                         default=(_NOT_IN_IT, ""))
        found[folder] = by_folder[key] if depth != _NOT_IN_IT else []
    return found


def _depth(key: str, folder: str) -> tuple[int, int]:
    """How deep in a path the folders of ``key`` end, and how many they are."""
    if key == ".":
        return 0, 0
    own, parts = key.split("/"), folder.split("/")
    ends = range(len(own), len(parts) + 1)
    deepest = max((end for end in ends if parts[end - len(own) : end] == own), default=None)
    return _NOT_IN_IT if deepest is None else (deepest, len(own))


def _only(rows: _Rows) -> str:
    return str(rows[0]["deployment"]) if len(rows) == 1 else ""


def _recorded_in(moment: pd.Timestamp, rows: _Rows) -> str | None:
    """Name of the deployment in whose dates a moment lies; None: in those of none."""
    if pd.isna(moment) or all(pd.isna(row["start"]) for row in rows):
        return _only(rows)
    for first, last in (("start", "end"), ("covers_from", "covers_to")):
        holds = [row for row in rows if row[first] <= moment <= row[last]]
        if holds:
            return str(holds[-1]["deployment"])
    return None


def _where(moment: pd.Timestamp, rows: _Rows) -> str:
    before = [row for row in rows if row["end"] < moment]
    after = [row for row in rows if row["start"] > moment]
    if not before:
        first = after[0]
        return f"lies before row {first['row']} ({first['deployment']}) begins, at {first['start']}"
    last = max(before, key=lambda row: row["end"])
    if not after:
        return f"lies after row {last['row']} ({last['deployment']}) ends, at {last['end']}"
    return (f"lies in the gap between row {last['row']} ({last['deployment']}, until {last['end']})"
            f" and row {after[0]['row']} ({after[0]['deployment']}, from {after[0]['start']})")
