"""Boxes of one clip that somebody else's detector found (``analyze --detections``)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from wildpose.formats.megadetector import FileBoxes
from wildpose.masks import box_area
from wildpose.types import Array, Detections


@dataclass(frozen=True, eq=False)
class GivenBoxes:
    """The boxes of one clip, and what is to be said of them; picklable.

    Attributes
    ----------
    source : str
        Name of the file that they come from, for messages.
    found : FileBoxes
        Of a folder of pictures: of all its pictures, by their number in the folder.
    gap : str or None
        What of the clip the file says nothing of, in one line.
    """

    source: str
    found: FileBoxes
    gap: str | None = None

    @classmethod
    def of_pictures(
        cls, source: str, folder: str, by_picture: Mapping[int, FileBoxes], gap: str | None
    ) -> GivenBoxes:
        """Join what was found in the pictures of a folder.

        Parameters
        ----------
        source, folder : str
        by_picture : mapping of int to FileBoxes
            By the picture's number in the folder; at least one.
        gap : str or None
        """
        index = sorted(by_picture)
        parts = [by_picture[i] for i in index]
        left_out: Counter[str] = Counter()
        for one in parts:
            left_out.update(one.left_out)
        joined = FileBoxes(
            folder, np.repeat(index, [len(one.score) for one in parts]),
            np.concatenate([one.box_shares for one in parts]),
            np.concatenate([one.score for one in parts]),
            np.concatenate([one.class_id for one in parts]),
            np.concatenate([one.track_id for one in parts]),
            frames_looked_at=tuple(index), left_out=dict(left_out))
        return cls(source, joined, gap)

    @property
    def frames(self) -> tuple[int, ...]:
        """Frames that their detector looked at, rising."""
        return self.found.frames_looked_at

    def lost(self, frames_decoded: int) -> str | None:
        """Say in one line that boxes are on frames that the clip does not have, or None."""
        beyond = int((self.found.frame_index >= frames_decoded).sum())
        if not beyond:
            return None
        return (f"{beyond} of {len(self.found.score)} boxes of {self.source} are on frames behind "
                f"the clip's last, which is {frames_decoded - 1}")

    def notes(self) -> list[str]:
        """Say what of the file does no harm and is no detection of ours."""
        notes = [f"{count} boxes of {name} in {self.source} left out"
                 for name, count in sorted(self.found.left_out.items())]
        flat = int((~_have_area(self.found.box_shares)).sum())
        if flat:
            notes.append(f"{flat} boxes without area in {self.source} left out")
        if not self.found.frames_known:
            notes.append(f"{self.source} lists only frames with boxes: how many were looked at is "
                         "not known")
        return notes


@dataclass
class BoxesByFrame:
    """Hands out the boxes of a clip frame by frame, in pixels.

    Parameters
    ----------
    given : GivenBoxes
    least : float
        Boxes below this score are left out: they can neither count nor bridge a track.
    """

    given: GivenBoxes
    least: float
    _frames: dict[int, Detections] = field(default_factory=dict)

    def of(self, frame_index: int, image: Array) -> Detections:
        """Boxes of a frame; untracked, without masks."""
        if not self._frames:
            height, width = image.shape[:2]
            self._frames = self.given.found.by_frame(width, height)
        found = self._frames.get(frame_index, Detections.empty())
        kept = found.take((found.score >= self.least) & _have_area(found.box_xyxy))
        return kept.with_track_id(np.zeros(len(kept)))


def _have_area(boxes: Array) -> Array:
    chosen: Array = box_area(np.asarray(boxes, np.float32)) > 0
    return chosen
