"""What there is to analyse: every file found is a job or a failure."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from wildpose.analysis.jobs import ClipJob
from wildpose.analysis.settings import AnalyzeSettings
from wildpose.analysis.stills import find_stills
from wildpose.results.record import FileStamp, Row, failure_row
from wildpose.video import ClipFile, FindOptions, find_clips

_NOTHING_LOST = ("link loops back", "link leads to a")
"""How the search words links to what it reads anyway."""


@dataclass(frozen=True)
class Plan:
    """The clips of a run.

    Attributes
    ----------
    jobs : tuple of ClipJob
        Clips to be analysed, one per file, keys all different.
    failures : tuple of Row
        What the search could not read or left out.
    """

    jobs: tuple[ClipJob, ...]
    failures: tuple[Row, ...]

    def unfinished(self, finished: Mapping[str, FileStamp]) -> list[ClipJob]:
        """Pick the jobs that are left, the largest first, so that none is long alone at the end.

        Parameters
        ----------
        finished : mapping of clip to FileStamp
            What an earlier start of the run has done; a file that changed since is done again.
        """
        left = [job for job in self.jobs if finished.get(job.clip) != job.stamp]
        return sorted(left, key=lambda job: (-job.stamp.size_bytes, job.clip))


def make_plan(settings: AnalyzeSettings) -> Plan:
    """Find the clips.

    Parameters
    ----------
    settings : AnalyzeSettings

    Returns
    -------
    Plan
    """
    found = find_clips(settings.clips, FindOptions(exclude=(settings.out,)))
    jobs: list[ClipJob] = []
    failures: list[Row] = []
    for problem in found.problems:
        parent = problem.clip.rpartition("/")[0] or "."
        severity = "skipped" if problem.reason.startswith(_NOTHING_LOST) else "failed"
        failures.append(failure_row(problem.clip, parent, problem.stage, problem.reason,
                                    severity=severity))
    seen: dict[tuple[int, int], str] = {}
    for clip in found.clips:
        outcome = _job_or_failure(clip, seen)
        if isinstance(outcome, ClipJob):
            jobs.append(outcome)
        else:
            failures.append(outcome)
    if settings.stills and settings.clips.is_dir():
        stills, faults = find_stills(settings.clips, settings.out)
        jobs += stills
        failures += faults
    return Plan(tuple(_with_different_keys(jobs)), tuple(failures))


def _job_or_failure(clip: ClipFile, seen: dict[tuple[int, int], str]) -> ClipJob | Row:
    try:
        status = clip.path.stat()
    except OSError as error:
        return failure_row(clip.clip, clip.deployment, "find", os.strerror(error.errno or 0),
                           remedy="See to it that the file can be read.")
    first = seen.setdefault((status.st_dev, status.st_ino), clip.clip)
    # Some network file systems give every file the number 0: those can't be told apart.
    if first != clip.clip and status.st_ino != 0:
        return failure_row(clip.clip, clip.deployment, "find",
                           f"the same file as {first} (a hard link)", severity="skipped")
    stamp = FileStamp(status.st_size, status.st_mtime_ns)
    return ClipJob(clip.path, clip.clip, clip.deployment, stamp)


def _with_different_keys(jobs: Iterable[ClipJob]) -> list[ClipJob]:
    """Tell apart folders of pictures and clips that would share a key."""
    taken: set[str] = set()
    result = []
    for job in sorted(jobs, key=lambda job: (job.clip, str(job.path))):
        key, number = job.clip, 2
        while key in taken:
            key, number = f"{job.clip} ({number})", number + 1
        taken.add(key)
        result.append(ClipJob(job.path, key, job.deployment, job.stamp, job.pictures))
    return result
