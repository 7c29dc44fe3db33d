"""Which way animals point and which side they show, from the dense pose of a run."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd

from wildpose.results.dense_pose import read_dense_pose
from wildpose.results.run_folder import RunFolder
from wildpose.surface.orientation import body_direction

COLUMNS = ("clip", "track_id", "frame_index", "time_s", "facing", "visible_side", "right", "down",
           "away")


def body_directions(run: RunFolder) -> pd.DataFrame:
    """Tell the direction of each animal in each analysed frame.

    Parameters
    ----------
    run : RunFolder

    Returns
    -------
    DataFrame
        :data:`COLUMNS`, one row per detection of a followed animal with a body in its dense pose:
        ``facing`` (left, right, toward, away), ``visible_side`` (the animal's own left or right
        side; missing where it shows its front or rear), and the unit vector from rear to head:
        ``right``, ``down``, ``away`` from the camera. No row where the model gives no dense pose.
        How often ``facing`` is right is what ``wildpose evaluate`` measures.

    Raises
    ------
    DataError
        When a file of dense pose is missing or damaged.
    """
    detections = run.detections()
    clips = run.clips()
    posed = clips[clips["dense_pose"].notna()]
    of_clip = dict(iter(detections.groupby("clip")))
    rows = [row for clip, file in zip(posed["clip"], posed["dense_pose"], strict=True)
            for row in _directions_of(run, str(file), of_clip[clip])]
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    numbers = {"track_id": "int32", "frame_index": "int32", "time_s": float, "right": float,
               "down": float, "away": float}
    return table.astype(numbers | dict.fromkeys(("clip", "facing", "visible_side"), "str"))


def _directions_of(
    run: RunFolder, file: str, detections: pd.DataFrame
) -> Iterator[dict[str, Any]]:
    rows = detections.to_dict("records")
    for position, pose in read_dense_pose(run.path / file):
        row = rows[position]
        if row["class"] != "animal" or row["track_id"] == 0:
            continue
        found = body_direction(pose)
        if found is not None:
            right, down, away = (float(v) for v in found.vector)
            yield {name: row[name] for name in ("clip", "track_id", "frame_index", "time_s")} | {
                "facing": found.facing, "visible_side": found.visible_side,
                "right": right, "down": down, "away": away}
