"""Where people are in the clips of a run, to blur them in what the review plays."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from wildpose.drawing.people import ClipBoxes, PeopleBoxes
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
    clips = folder.arrow(CLIPS).select(
        ["clip", "width", "height", "every_s", "person_detections"]).to_pylist()
    table = folder.arrow(DETECTIONS)
    names = np.asarray(table["clip"])
    found = {}
    for clip in clips:
        if clip["person_detections"]:
            own = table.filter(names == clip["clip"])
            boxes = ClipBoxes(
                _numbers(own, "time_s"),
                np.stack([_numbers(own, name) for name in ("x1", "y1", "x2", "y2")], axis=1),
                _numbers(own, "track_id"), np.asarray(own["class"]) == "person",
                (clip["width"], clip["height"]))
            found[clip["clip"]] = PeopleBoxes.among(boxes, clip["every_s"])
    return found


def _numbers(table: pa.Table, name: str) -> Array:
    return np.asarray(table[name], np.float64)
