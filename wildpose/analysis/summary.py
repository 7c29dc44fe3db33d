"""The numbers of a run, for people and for ``--json``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wildpose.results.journal import Journal
from wildpose.results.schema import CLIPS, DETECTIONS, FAILURES, TRACKS


@dataclass(frozen=True)
class RunSummary:
    """What a run found.

    Attributes
    ----------
    run : Path
    clips : int
        All that were found: those read, in whole or in part, and those that failed.
    clips_with_animals, clips_failed, clips_partial : int
    detections, tracks : int
        Of animals.
    person_detections, person_tracks : int
    frames : int
        Frames analysed.
    seconds : float
        Wall-clock time of this start of the run.
    clips_with_dense_pose : int
        0 where the model has no dense-pose head.
    """

    run: Path
    clips: int
    clips_with_animals: int
    clips_failed: int
    clips_partial: int
    detections: int
    tracks: int
    person_detections: int
    person_tracks: int
    frames: int
    seconds: float
    clips_with_dense_pose: int = 0

    @property
    def exit_code(self) -> int:
        """0 where every clip was read whole, 3 where some failed or were read in part."""
        return 3 if self.clips_failed or self.clips_partial else 0

    def as_json(self) -> dict[str, Any]:
        """Make the object that ``wildpose analyze --json`` prints."""
        return {
            "run": str(self.run), "clips": self.clips,
            "clips_with_animals": self.clips_with_animals, "clips_failed": self.clips_failed,
            "clips_partial": self.clips_partial, "detections": self.detections,
            "tracks": self.tracks,
            "people": {"detections": self.person_detections, "tracks": self.person_tracks},
            "frames": self.frames, "seconds": round(self.seconds, 3),
        }


def summarise(run: Path, journal: Journal, seconds: float) -> RunSummary:
    """Count what a journal holds."""
    failed = journal.count(FAILURES, severity="failed")
    animal, person = {"class": "animal"}, {"class": "person"}
    return RunSummary(
        run=run,
        clips=journal.count(CLIPS) + failed,
        clips_with_animals=journal.clips_with_animals(),
        clips_failed=failed,
        clips_partial=journal.count(FAILURES, severity="partial"),
        detections=journal.count(DETECTIONS, **animal),
        tracks=journal.count(TRACKS, **animal),
        person_detections=journal.count(DETECTIONS, **person),
        person_tracks=journal.count(TRACKS, **person),
        frames=journal.total("frames_sampled"),
        seconds=seconds,
        clips_with_dense_pose=journal.clips_with_dense_pose(),
    )
