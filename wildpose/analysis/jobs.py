"""A clip to be analysed, as it is handed to a worker."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from wildpose.analysis.given_boxes import GivenBoxes
from wildpose.results.record import FileStamp


@dataclass(frozen=True)
class ClipJob:
    """One clip to be analysed.

    Attributes
    ----------
    path : Path
        The video file, or the folder of pictures.
    clip : str
        Its key in the tables.
    deployment : str
    stamp : FileStamp
        The file as found.
    pictures : tuple of str
        Names of the pictures within ``path``, all of one size, in order; empty for a video.
    given : GivenBoxes or None
        Boxes that were found by somebody else: then none is looked for, and only the frames that
        were looked at then are.
    """

    path: Path
    clip: str
    deployment: str
    stamp: FileStamp
    pictures: tuple[str, ...] = ()
    given: GivenBoxes | None = None
