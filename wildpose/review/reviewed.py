"""A clip as people left it, beside what the machine had found: the words for each box."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

MOVED_PX = 0.1
"""A side of a box that lies farther than this from the machine's was moved; less is rounding."""

Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class Prediction:
    """A box as the machine had it.

    Attributes
    ----------
    box_xyxy : tuple of float
        Pixels of the clip as shown.
    score : float
    name : str
        ``animal`` or ``person``.
    track_id : int
        As in the tables; 0: of no track.
    interpolated : bool
        Whether the frame was not analysed and the box was filled in along the track.
    mask : str or None
        Run-length code of its mask in the whole frame (``counts``).
    """

    box_xyxy: Box
    score: float
    name: str
    track_id: int
    interpolated: bool
    mask: str | None = None


@dataclass(frozen=True)
class Label:
    """A box as it stands in the App.

    Attributes
    ----------
    box_xyxy : tuple of float
        Pixels of the clip as shown.
    name : str
    track_id : int
        0: of no track.
    species : str
        Empty where nobody named it.
    tags : frozenset of str
    keyframe : bool
        False where the App filled the box in between two that a person drew.
    """

    box_xyxy: Box
    name: str
    track_id: int
    species: str = ""
    tags: frozenset[str] = frozenset()
    keyframe: bool = True


@dataclass(frozen=True)
class ReviewedBox:
    """A prediction and what became of it; one of the two may be missing.

    Attributes
    ----------
    prediction : Prediction or None
        None where a person drew the box.
    label : Label or None
        None where a person deleted it.
    """

    prediction: Prediction | None
    label: Label | None

    @property
    def added(self) -> bool:
        """Whether the machine had no such box."""
        return self.prediction is None

    @property
    def deleted(self) -> bool:
        """Whether it is no longer there."""
        return self.label is None

    @property
    def moved(self) -> bool:
        """Whether a side of the machine's box lies elsewhere now."""
        if self.prediction is None or self.label is None:
            return False
        return bool(np.abs(np.subtract(self.prediction.box_xyxy, self.label.box_xyxy)).max()
                    > MOVED_PX)

    @property
    def renamed(self) -> bool:
        """Whether it has another class than the machine said."""
        return (self.prediction is not None and self.label is not None
                and self.prediction.name != self.label.name)

    @property
    def retracked(self) -> bool:
        """Whether it belongs to another track than the machine said."""
        return (self.prediction is not None and self.label is not None
                and self.prediction.track_id != self.label.track_id)


@dataclass(frozen=True)
class ClipEdits:
    """What people did to one clip.

    Attributes
    ----------
    clip, deployment : str
    source : Path or None
        The original; None where the run does not hold the clip any more, or never could read it.
    width, height : int
        Pixels, as shown.
    done : bool
        Whether ``review_state`` is done.
    adapt : bool
        Whether it is tagged to be sent to ``wildpose adapt``.
    species : str
        Of all animals of the clip; empty where nobody named it.
    boxes : dict of int to tuple of ReviewedBox
        By frame index, all of the clip, changed or not.
    pictures : dict of int to str
        File names of a clip that consists of pictures, by frame index, as far as known.
    note : str
        Why its boxes can't be compared (``boxes`` is empty then); else empty.
    """

    clip: str
    deployment: str
    source: Path | None
    width: int
    height: int
    done: bool = False
    adapt: bool = False
    species: str = ""
    boxes: Mapping[int, tuple[ReviewedBox, ...]] = field(default_factory=dict)
    pictures: Mapping[int, str] = field(default_factory=dict)
    note: str = ""
