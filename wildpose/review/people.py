"""Where people are in the clips of a run, to blur them in what the review plays."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from wildpose.drawing.blur import PeopleBoxes
from wildpose.results.run_folder import RunFolder
from wildpose.results.schema import CLIPS, DETECTIONS
from wildpose.types import Array

if TYPE_CHECKING:
    import pyarrow as pa


def people_of(folder: RunFolder) -> dict[str, PeopleBoxes]:
    """Collect the boxes of people, clip by clip.

    Parameters
    ----------
    folder : RunFolder

    Returns
    -------
    dict of str to PeopleBoxes
        By key of the clip; clips without a box of a person are not there. All that the table
        ``detections`` holds counts, followed or not.
    """
    table = folder.arrow(DETECTIONS)
    rows = table.filter(np.asarray(table["class"]) == "person") if len(table) else table
    names = np.asarray(rows["clip"])
    box_xyxy = np.stack([_numbers(rows, name) for name in ("x1", "y1", "x2", "y2")], axis=1)
    time_s, track_id = _numbers(rows, "time_s"), _numbers(rows, "track_id")
    clips = folder.arrow(CLIPS).select(["clip", "width", "height", "every_s"]).to_pylist()
    found = {}
    for clip in clips:
        own = np.flatnonzero(names == clip["clip"])
        if len(own):
            boxes = PeopleBoxes(time_s[own], box_xyxy[own], track_id[own],
                                (clip["width"], clip["height"]))
            found[clip["clip"]] = boxes.held(clip["every_s"])
    return found


def _numbers(table: pa.Table, name: str) -> Array:
    return np.asarray(table[name], np.float64)
