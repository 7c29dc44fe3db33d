"""What was drawn from a user's clips: settings, pictures, and their list on disk."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from wildpose.adaptation.footage import Footage
from wildpose.adaptation.glimpse import Boxes
from wildpose.errors import DataError, UsageError
from wildpose.results.files import write_json

FORMAT = 2


@dataclass(frozen=True)
class DrawSettings:
    """How pictures are drawn.

    Attributes
    ----------
    every_s : float
        Seconds between the candidates of a video.
    per_clip : int
        Most pictures of one clip.
    most : int
        Most pictures in all.
    seed : int
        Of the clustering.
    """

    every_s: float = 1.0
    per_clip: int = 12
    most: int = 300
    seed: int = 0

    def check(self) -> None:
        """Raise UsageError for a value that can't be used."""
        if not 0 < self.every_s < float("inf"):
            raise UsageError(f"{self.every_s:g} s is no time between frames.",
                             "Give seconds above 0, such as 1.")
        if self.per_clip < 1 or self.most < 1:
            raise UsageError(f"{self.per_clip} pictures of a clip and {self.most} in all can't be "
                             "drawn.", "Give numbers from 1.")


@dataclass(frozen=True)
class DrawnFrame:
    """A picture that was written.

    Attributes
    ----------
    file_name : str
        Below ``images``.
    clip : str
        The clip or burst it is of, from the name of the folder that was given on.
    place : str
        Folder of the clip: stands for the camera.
    frame_index : int
        Within the clip, or within the burst.
    time_s : float
        Seconds from the first frame of either.
    night : bool
        Without colour: taken by infra-red light.
    motion : float
        0..1, mean absolute difference from the clip's median picture.
    size : (int, int)
        Height and width.
    moving : tuple of (x1, y1, x2, y2), or None
        Places that differ from the clip's median picture, in pixels; None where there are too few
        pictures to tell.
    """

    file_name: str
    clip: str
    place: str
    frame_index: int
    time_s: float
    night: bool
    motion: float
    size: tuple[int, int]
    moving: Boxes | None = None


@dataclass(frozen=True)
class DrawnFrames:
    """What was drawn, and what became of the rest.

    Attributes
    ----------
    frames : tuple of DrawnFrame
    clips : int
        Videos and folders of pictures that were found, those that failed among them.
    clips_failed : tuple of (str, str)
        Name and reason of what can't be read.
    candidates : int
        Pictures looked at.
    near_duplicates, thinned : int
        Pictures dropped because the place was seen like that before, and because their clip has
        enough others.
    """

    frames: tuple[DrawnFrame, ...]
    clips: int
    clips_failed: tuple[tuple[str, str], ...]
    candidates: int
    near_duplicates: int
    thinned: int


def origin_of(footage: Footage, model: str, settings: DrawSettings) -> dict[str, Any]:
    """Collect what the pictures hang on: they are taken up again only where all is the same.

    Parameters
    ----------
    footage : Footage
    model : str
        Checksum of the weights.
    settings : DrawSettings
    """
    found = [[job.clip, job.stamp.size_bytes, *job.pictures] for job in footage.jobs]
    digest = hashlib.sha256(json.dumps(found).encode()).hexdigest()
    return {"format": FORMAT, "settings": asdict(settings), "sources": digest,
            "model": model}


def write_list(folder: Path, drawn: DrawnFrames, origin: Mapping[str, Any]) -> None:
    """Write ``frames.json``, whole or not at all; OSError where it can't be."""
    write_json(folder / "frames.json", {**origin, **asdict(drawn)})


def read_list(folder: Path, origin: Mapping[str, Any]) -> DrawnFrames | None:
    """Read the list of an earlier start.

    Parameters
    ----------
    folder : Path
    origin : mapping
        From :func:`origin_of`, of this start.

    Returns
    -------
    DrawnFrames or None
        None where there is no list, or a picture of it is missing.

    Raises
    ------
    UsageError
        The pictures were drawn from other clips, with other settings or another model.
    DataError
        The list is broken.
    """
    path = folder / "frames.json"
    if not path.exists():
        return None
    try:
        content = json.loads(path.read_text("utf-8"))
        frames = tuple(_frame(f) for f in content["frames"])
        drawn = DrawnFrames(
            frames, content["clips"], tuple((n, r) for n, r in content["clips_failed"]),
            content["candidates"], content["near_duplicates"], content["thinned"])
        differs = [key for key in origin if content[key] != origin[key]]
    except (ValueError, TypeError, LookupError, OSError) as error:
        raise DataError(f"{path}: no list of drawn frames ({error}).",
                        "Remove the folder to have it drawn again.") from error
    if differs:
        raise UsageError(f"{folder}: drawn before with other {', '.join(differs)}.",
                         "Choose another folder, or take the same clips and settings.")
    return drawn if all((folder / "images" / f.file_name).is_file() for f in frames) else None


def _frame(entry: Mapping[str, Any]) -> DrawnFrame:
    height, width = entry["size"]
    moving = entry["moving"]
    boxes = None if moving is None else tuple((x1, y1, x2, y2) for x1, y1, x2, y2 in moving)
    return replace(DrawnFrame(**entry), size=(height, width), moving=boxes)
