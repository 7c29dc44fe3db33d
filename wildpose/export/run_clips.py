"""The clips of a run as the formats take them, one after the other; and those that failed."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from wildpose.analysis.stills import StillsReader, find_stills
from wildpose.errors import UsageError
from wildpose.export.looked_at import LookedAt, frames_looked_at
from wildpose.results.dense_pose import read_dense_pose
from wildpose.results.run_folder import RunFolder
from wildpose.types import Array, ClassId, DensePose
from wildpose.video import printable

if TYPE_CHECKING:
    import pandas as pd

Row = Mapping[str, Any]

_SIZE_OR_NUMBER = re.compile(r"(@\d+x\d+)?( \(\d+\))?$")
"""What keys of folders of pictures carry behind the folder's name."""


@dataclass(frozen=True, eq=False)
class RunClip:
    """One clip that could be read.

    Attributes
    ----------
    row : mapping
        Its row of the table clips, missing values as None.
    detections : DataFrame
        Its rows of the table detections.
    reason : str or None
        Why it was read in part; None where it was read whole.
    is_stills : bool
        Whether it is a folder of pictures and no video.
    run : Path
        The run folder.
    """

    row: Row
    detections: pd.DataFrame
    reason: str | None
    is_stills: bool
    run: Path

    @property
    def key(self) -> str:
        """Name of the clip in all tables."""
        return str(self.row["clip"])

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        return int(self.row["width"]), int(self.row["height"])

    @cached_property
    def box_xyxy(self) -> Array:
        """Boxes of its detections, float64 [N, 4] in pixels, cut to the picture."""
        width, height = self.size
        boxes: Array = self.detections[["x1", "y1", "x2", "y2"]].to_numpy(np.float64)
        inside: Array = np.clip(boxes, 0, [width, height, width, height])
        return inside

    @cached_property
    def class_id(self) -> Array:
        """What its detections are, int16 [N]: values of :class:`wildpose.types.ClassId`."""
        return np.array([ClassId[name.upper()] for name in self.detections["class"]], np.int16)

    @cached_property
    def looked_at(self) -> LookedAt:
        """Frames that were looked at; for folders of pictures: pictures that could be read."""
        if not self.is_stills:
            return frames_looked_at(self.row, self.detections)
        index = np.array(sorted(self._pictures[0]), np.int64)
        return LookedAt(index, self._still_times(index), exact=True)

    @property
    def folder(self) -> str:
        """Of a folder of pictures: its path in the analysed folder, "" for that folder itself."""
        key = self.key
        if key != Path(self.row["path"]).name and not key.endswith(f"/{self._folder_name}"):
            key = _SIZE_OR_NUMBER.sub("", key)
        return "" if key == "." else key

    @property
    def _folder_name(self) -> str:
        return Path(self.row["path"]).name

    def picture_path(self, frame_index: int) -> str:
        """Path of a picture in the analysed folder, by its number in the folder."""
        name = self._pictures[0][frame_index]
        return f"{self.folder}/{name}" if self.folder else name

    def unreadable_pictures(self) -> dict[str, str]:
        """Path and reason of pictures of the folder that could not be read."""
        return {f"{self.folder}/{name}" if self.folder else name: reason
                for name, reason in self._pictures[1].items()}

    def dense_poses(self) -> Iterator[tuple[int, DensePose]]:
        """Dense pose of its detections: position among them, and the pose."""
        if self.row["dense_pose"] is not None:
            yield from read_dense_pose(self.run / self.row["dense_pose"])

    @cached_property
    def _pictures(self) -> tuple[dict[int, str], dict[str, str]]:
        """Names of pictures by number, and the reasons of those that can't be read."""
        folder = Path(self.row["path"])
        jobs = [job for job in find_stills(folder, self.run)[0]
                if job.path == folder and len(job.pictures) == self.row["frames_declared"]
                and (job.clip == "." or job.clip.endswith("@{}x{}".format(*self.size)))]
        if not jobs:
            raise UsageError(f"{folder}: the pictures that were analysed are not there.",
                             "They are needed to name those without an animal: put them back.")
        names = {index: printable(name) for index, name in enumerate(jobs[0].pictures)}
        if not self.row["packet_errors"]:
            return names, {}
        reader = StillsReader(jobs[0])
        read = {frame.frame_index: names[frame.frame_index] for frame in reader}
        lost = [name for index, name in names.items() if index not in read]
        return read, dict(zip(lost, reader.faults, strict=True))

    def _still_times(self, index: Array) -> Array:
        known = dict(zip(self.detections["frame_index"], self.detections["time_s"], strict=True))
        return np.array([known.get(i, np.nan) for i in index.tolist()], np.float64)


class ExportedRun:
    """A finished run, read for an export.

    Parameters
    ----------
    path : Path
        The run folder.

    Attributes
    ----------
    folder : RunFolder
    info : dict
        Content of ``run.json``.

    Raises
    ------
    UsageError
        When it is no run, or when its analysis has not come to an end.
    """

    def __init__(self, path: Path) -> None:
        self.folder = RunFolder(path)
        self.info = self.folder.info()
        self._clips = self.folder.clips()
        self._detections = self.folder.detections()
        self._failures = self.folder.failures()

    @cached_property
    def clips(self) -> tuple[RunClip, ...]:
        """The clips that were read, in order; clips without detections are among them."""
        groups = self._detections.groupby("clip", sort=False)
        by_clip = {str(key): rows for key, rows in groups}
        reasons = self._reasons("partial")
        stills = bool(self.info.get("settings", {}).get("stills"))
        clips = []
        for row in plain_rows(self._clips):
            found = by_clip.get(row["clip"], self._detections[:0])
            reason = None if row["complete"] else reasons.get(row["clip"], "read in part")
            clips.append(RunClip(row, found, reason, stills and _is_stills(row, found),
                                 self.folder.path))
        return tuple(clips)

    @property
    def clip_table(self) -> pd.DataFrame:
        """The table clips."""
        return self._clips

    @property
    def detection_table(self) -> pd.DataFrame:
        """The table detections."""
        return self._detections

    @property
    def threshold(self) -> float:
        """Score from which the run kept detections."""
        return float(self.model().get("score_threshold") or 0)

    @cached_property
    def failed(self) -> dict[str, str]:
        """Clips that could not be read at all, with the reason."""
        read = set(self._clips["clip"])
        return {clip: reason for clip, reason in self._reasons("failed").items()
                if clip not in read}

    @cached_property
    def skipped(self) -> dict[str, str]:
        """What was left out on purpose, with the reason."""
        return self._reasons("skipped")

    @cached_property
    def partial(self) -> dict[str, str]:
        """Clips that were read in part, with the reason."""
        return self._reasons("partial")

    def model(self) -> dict[str, Any]:
        """Name, checksum and threshold of the model, as far as ``run.json`` says."""
        model = self.info.get("model")
        return dict(model) if isinstance(model, Mapping) else {"name": str(model)}

    def about(self) -> dict[str, Any]:
        """Say by what the run was made and what of it could not be read, for a format's head."""
        versions, settings = self.info.get("versions", {}), self.info.get("settings", {})
        return {"version": versions.get("wildpose", "unknown"), "model": self.model(),
                "every_s": settings.get("every_s"), "finished": self.info.get("finished"),
                "failed": self.failed, "read_in_part": self.partial, "left_out": self.skipped}

    def _reasons(self, severity: str) -> dict[str, str]:
        rows = self._failures[self._failures["severity"] == severity]
        found: dict[str, str] = rows.groupby("clip", sort=True)["reason"].agg("; ".join).to_dict()
        return found


def plain_rows(table: pd.DataFrame) -> Iterator[dict[str, Any]]:
    """Rows of a table as dicts of Python's own values; None for what is missing."""
    columns = [[None if missing else value for value, missing in
                zip(table[name].tolist(), table[name].isna(), strict=True)]
               for name in table.columns]
    names = [str(name) for name in table.columns]
    return (dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True))


def _is_stills(row: Row, detections: pd.DataFrame) -> bool:
    """Whether a clip of a run with ``--stills`` is a folder of pictures."""
    if len(detections):
        return bool(detections["picture"].notna().all())
    return row["frame_rate"] is None and not Path(row["path"]).is_file()
