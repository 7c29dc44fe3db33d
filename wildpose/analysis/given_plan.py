"""Which clips a MegaDetector batch file speaks of, and which it does not (``--detections``).

Nothing is lost silently: a clip that the file does not name or could not be read by its detector,
and an entry whose clip is not there, are failures; boxes of vehicles are counted.
"""

from __future__ import annotations

import hashlib
import os
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from wildpose.analysis.given_boxes import GivenBoxes
from wildpose.analysis.jobs import ClipJob
from wildpose.analysis.plan import Plan
from wildpose.analysis.settings import AnalyzeSettings
from wildpose.analysis.stills import PICTURE_SUFFIXES
from wildpose.errors import UsageError
from wildpose.formats.megadetector import BatchFile, FileBoxes, read_batch_file
from wildpose.results.record import Row, failure_row
from wildpose.video import printable

USUAL_THRESHOLD = 0.2
"""Taken where a batch file states none: typical of MegaDetector version 5 and later."""

_RUN_IT = "Run the detector over it, and analyze with the new file into another --out."


@dataclass(frozen=True)
class Given:
    """A batch file as read.

    Attributes
    ----------
    path : Path
    digest : str
        SHA-256 of the file.
    batch : BatchFile
    """

    path: Path
    digest: str
    batch: BatchFile

    def settings(self, settings: AnalyzeSettings) -> AnalyzeSettings:
        """Fill in what the file decides: which frames, and the threshold where none was set."""
        typical = self.batch.typical_threshold or USUAL_THRESHOLD
        wanted = settings.score_threshold
        return replace(settings, every_s=None,
                       score_threshold=typical if wanted is None else wanted)

    def as_json(self) -> dict[str, Any]:
        """Say in ``run.json`` where the boxes come from."""
        info = self.batch.info
        return {
            "file": self.path.name, "sha256": self.digest,
            "format_version": str(info.get("format_version")),
            "detector": str(info.get("detector", "unknown")), "files": len(self.batch.files),
            "boxes_left_out": self.batch.left_out,
            "scores": "those of that detector, as the file gives them: not calibrated by wildpose",
        }


def read_given(path: Path) -> Given:
    """Read a batch file; DataError where it is none."""
    batch = read_batch_file(path)
    return Given(path, hashlib.sha256(path.read_bytes()).hexdigest(), batch)


def plan_on(given: Given, plan: Plan, settings: AnalyzeSettings) -> Plan:
    """Give each clip its boxes.

    Parameters
    ----------
    given : Given
    plan : Plan
        What the folder of clips holds.
    settings : AnalyzeSettings

    Returns
    -------
    Plan
        Clips that the file speaks of; what it does not speak of, and what is not there, as
        failures.

    Raises
    ------
    UsageError
        When the file names none of the clips.
    """
    root = settings.clips
    entries = {_plain(file, root): found for file, found in given.batch.files.items()}
    match = _Match(given.path.name, root, entries)
    jobs, failures = [], list(plan.failures)
    for job in plan.jobs:
        outcome = match.pictures(job) if job.pictures else match.video(job)
        if isinstance(outcome, GivenBoxes):
            jobs.append(replace(job, given=outcome))
        else:
            failures.append(outcome)
    if plan.jobs and not match.used:
        raise UsageError(
            f"{given.path}: names none of the clips in {root}"
            + (f", its first is {next(iter(entries))}." if entries else ": it is empty."),
            "Give the folder that the detector looked through; for photos add --stills.")
    if root.is_dir():
        known = {row["clip"] for row in failures}
        failures += match.not_there(known, stills=settings.stills)
    return Plan(tuple(jobs), tuple(failures))


class _Match:
    """Entries of a batch file, by path in the folder of clips, and which of them were used."""

    def __init__(self, source: str, root: Path, entries: Mapping[str, FileBoxes]) -> None:
        self._source, self._root, self._entries = source, root, entries
        # Accents are written in two ways; names that differ in nothing else are told apart.
        self._spelt = {unicodedata.normalize("NFC", name): name for name in entries}
        self.used: set[str] = set()

    def video(self, job: ClipJob) -> GivenBoxes | Row:
        found = self._entry(job.path)
        if found is None:
            return _failure(job, f"{self._source} does not name this clip")
        if found.failure is not None:
            return _failure(job, f"its detector could not read it: {found.failure}")
        if not found.is_video and len(found.score):
            return _failure(job, f"{self._source} has its boxes without numbers of frames")
        if not found.is_video:
            found = replace(found, is_video=True, frames_looked_at=(), frames_known=False)
        return GivenBoxes(self._source, found)

    def pictures(self, job: ClipJob) -> GivenBoxes | Row:
        named: dict[int, FileBoxes] = {}
        missing: list[str] = []
        for index, picture in enumerate(job.pictures):
            found = self._entry(job.path / picture)
            if found is None:
                missing.append(f"{printable(picture)} is not named")
            elif found.failure is not None:
                missing.append(f"{printable(picture)}: {found.failure}")
            else:
                named[index] = found
        gap = (f"{self._source} says nothing of {len(missing)} of {len(job.pictures)} pictures, "
               f"the first: {missing[0]}") if missing else None
        if not named:
            return _failure(job, gap or "")
        return GivenBoxes.of_pictures(self._source, job.clip, named, gap)

    def _entry(self, path: Path) -> FileBoxes | None:
        relative = Path(path.name) if path == self._root else path.relative_to(self._root)
        name = os.fsencode(relative.as_posix()).decode("utf-8", "backslashreplace")
        if name not in self._entries:
            name = self._spelt.get(printable(relative), name)
        self.used |= {name} & self._entries.keys()
        return self._entries.get(name)

    def not_there(self, known: set[Any], *, stills: bool) -> Iterator[Row]:
        """Entries without a clip; pictures that were not asked for in one row."""
        left = {name: found for name, found in self._entries.items()
                if name not in self.used and name not in known}
        pictures = [name for name in left
                    if name.lower().endswith(tuple(PICTURE_SUFFIXES)) and not stills]
        if pictures:
            yield failure_row(
                pictures[0], _parent(pictures[0]), "find",
                f"{len(pictures)} entries of {self._source} are pictures, this is the first",
                severity="skipped", remedy="Add --stills to analyze them, into another --out.")
        for name in sorted(left.keys() - set(pictures)):
            yield failure_row(name, _parent(name), "find",
                              f"{self._source} names it, but there is no such clip",
                              remedy="Put it back, or give the folder of clips that it is in.")


def _failure(job: ClipJob, reason: str) -> Row:
    return failure_row(job.clip, job.deployment, "find", reason, remedy=_RUN_IT)


def _plain(file: str, root: Path) -> str:
    """Path within the folder of clips; some tools write absolute paths."""
    return file.removeprefix(f"{root.resolve().as_posix()}/").removeprefix("./")


def _parent(name: str) -> str:
    return name.rpartition("/")[0] or "."
