"""One clip from file to rows: decode, detect, track, draw.

Frames stream through; only a batch of them, a few small copies and the detections are held.
"""

from __future__ import annotations

import io
import itertools
import os
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from wildpose.analysis.given_boxes import BoxesByFrame
from wildpose.analysis.jobs import ClipJob
from wildpose.analysis.packed_poses import PackedPoses
from wildpose.analysis.predictors import FramePredictor, dense_pose_seconds
from wildpose.analysis.rows import (
    clip_counts,
    dense_pose_name,
    detection_rows,
    kept,
    sheet_name,
    track_rows,
)
from wildpose.analysis.sources import Source, open_source
from wildpose.analysis.stages import StageClock
from wildpose.analysis.thumbnails import Thumbnails
from wildpose.drawing import SheetTitle, choose_frames, contact_sheet
from wildpose.drawing.blur import blurred
from wildpose.drawing.people import ClipBoxes, PeopleBoxes
from wildpose.errors import ClipError
from wildpose.results.record import ClipRecord, Row, failure_row
from wildpose.tracking import TrackSettings, track_clip, tracks_of
from wildpose.types import ClassId, Detections, Frame, FrameDetections

_SHEET_QUALITY = 85
_COPY_AGAIN = "Copy it again from the card, if it is still there."
_DETECT_AGAIN = "Run the detector over it again, and analyze with its new file."


@dataclass(frozen=True)
class ClipSettings:
    """What the analysis of one clip hangs on; picklable.

    Attributes
    ----------
    every_s : float or None
        Seconds between analysed frames; None: every frame.
    threshold : float
        Score from which a detection counts.
    batch : int
        Frames that go through the model at once.
    track : TrackSettings
    time_from_name, time_from_mtime : bool
        Fall back on the file's name, on its time of change.
    blur_people : bool
        Make people unrecognisable in the contact sheet.
    """

    every_s: float | None
    threshold: float
    batch: int
    track: TrackSettings
    time_from_name: bool = False
    time_from_mtime: bool = False
    blur_people: bool = False


@dataclass(frozen=True)
class _Seen:
    """What a clip showed: the frames as they go into the tables, and what else was kept of them."""

    frames: list[FrameDetections]
    thumbnails: Thumbnails
    poses: PackedPoses
    boxes: ClipBoxes | None
    """All that was found, also what is too weak for the tables; None where nobody is blurred."""


def analyse_clip(
    job: ClipJob,
    predictor: FramePredictor,
    settings: ClipSettings,
    tick: Callable[[int], None] = lambda frames: None,
) -> ClipRecord:
    """Analyse one clip.

    Parameters
    ----------
    job : ClipJob
    predictor : FramePredictor
    settings : ClipSettings
    tick : callable
        Called with the number of frames just analysed.

    Returns
    -------
    ClipRecord
        Without a row for clips where the clip could not be read at all; then with a failure.
    """
    started, clock = time.perf_counter(), StageClock()
    thumbnails, poses = Thumbnails(settings.threshold), PackedPoses()
    try:
        with clock.stage("decode"):
            source = open_source(job, settings.every_s)
    except ClipError as error:
        return _failed(job, "open", error.message, error.remedy, clock)
    try:
        with source, clock.stage("track"):
            found = _detected(job, source, predictor, settings, clock, tick)
            stream = poses.taken_from(found, clock)
            frames = track_clip(_seen_by(thumbnails, stream, clock), _track_settings(job, settings))
    except ClipError as error:
        return _failed(job, "decode", error.message, error.remedy, clock)
    if not frames and (job.given is None or job.pictures):
        reason = source.shortfall or "no frame could be decoded"
        return _failed(job, "decode", reason, _COPY_AGAIN, clock)
    poses.keep(frames, settings.threshold)
    boxes = _all_boxes(frames, source) if settings.blur_people else None
    seen = _Seen(kept(frames, settings.threshold), thumbnails, poses, boxes)
    return _record(job, settings, source, seen, clock, started)


def _track_settings(job: ClipJob, settings: ClipSettings) -> TrackSettings:
    """Let each detection of a still stand for itself: no neighbouring frame could confirm it."""
    if not job.pictures:
        return settings.track
    return replace(settings.track, strong_score=settings.track.start_score)


def _detected(
    job: ClipJob, source: Source, predictor: FramePredictor, settings: ClipSettings,
    clock: StageClock, tick: Callable[[int], None],
) -> Iterator[tuple[Frame, Detections]]:
    frames = clock.each("decode", source)
    given = BoxesByFrame(job.given, settings.track.keep_score) if job.given else None
    while batch := list(itertools.islice(frames, settings.batch)):
        before = dense_pose_seconds(predictor)
        with clock.stage("infer"):
            images = [frame.image for frame in batch]
            found = (predictor.predict(images) if given is None else predictor.predict(
                images, [given.of(frame.frame_index, frame.image) for frame in batch]))
        clock.move("infer", "dense_pose", dense_pose_seconds(predictor) - before)
        tick(len(batch))
        yield from zip(batch, found, strict=True)


def _seen_by(
    thumbnails: Thumbnails, stream: Iterable[tuple[Frame, Detections]], clock: StageClock
) -> Iterator[tuple[Frame, Detections]]:
    for frame, found in stream:
        with clock.stage("draw"):
            thumbnails.offer(frame, found)
        yield frame, found


def _all_boxes(frames: Sequence[FrameDetections], source: Source) -> ClipBoxes:
    rows = [(frame.time_s, *frame.detections.box_xyxy[i].tolist(), frame.detections.track_id[i],
             frame.detections.class_id[i] == ClassId.PERSON)
            for frame in frames for i in range(len(frame.detections))]
    table = np.array(rows, np.float64).reshape(-1, 7)
    return ClipBoxes(table[:, 0], table[:, 1:5], table[:, 5], table[:, 6] > 0,
                     source.size or (1, 1))


def _record(
    job: ClipJob, settings: ClipSettings, source: Source, seen: _Seen, clock: StageClock,
    started: float,
) -> ClipRecord:
    shown = seen.frames
    tracks = track_rows(job, shown, tracks_of(shown))
    poses = seen.poses.rows(job.clip, shown)
    failures = _partial(job, source)
    row: dict[str, Any] = {
        "clip": job.clip, "deployment": job.deployment, "path": _as_text(job.path.absolute()),
        "every_s": settings.every_s, **source.facts(settings.time_from_name,
                                                    settings.time_from_mtime),
        "frames_sampled": len(shown), **clip_counts(shown, tracks),
        "complete": not failures, "sheet": None,
        "dense_pose": dense_pose_name(job.clip) if poses else None,
    }
    if job.given is not None:
        notes = [*([row["notes"]] if row["notes"] else []), *job.given.notes()]
        row["notes"] = "; ".join(notes) or None
    sheet = None
    if tracks:
        with clock.stage("draw"):
            sheet = _sheet(row, seen, source)
        row["sheet"] = sheet_name(job.clip)
    row["seconds"] = round(time.perf_counter() - started, 3)
    return ClipRecord(job.clip, job.stamp, row, tuple(tracks), tuple(detection_rows(job, shown)),
                      failures, sheet, tuple(poses), dict(clock.seconds))


def _partial(job: ClipJob, source: Source) -> tuple[Row, ...]:
    """What is not known of the clip: what could not be read, what given boxes do not speak of."""
    reasons = ((source.shortfall, _COPY_AGAIN), (source.gap, _DETECT_AGAIN))
    return tuple(failure_row(job.clip, job.deployment, "decode", reason, severity="partial",
                             remedy=remedy) for reason, remedy in reasons if reason is not None)


def _sheet(row: dict[str, Any], seen: _Seen, source: Source) -> bytes:
    pictures = seen.thumbnails.frames()
    candidates = [frame for frame in seen.frames if frame.frame_index in pictures]
    chosen = [candidates[i] for i in choose_frames(candidates)]
    when = str(row["capture_time"]).replace("T", " ") if row["capture_time"] else None
    title = SheetTitle(row["clip"], row["deployment"], when, _facts(row))
    if seen.boxes is not None:
        people = PeopleBoxes.among(seen.boxes, row["every_s"])
        pictures = {index: replace(frame, image=blurred(frame.image, people.at(frame.time_s)))
                    for index, frame in pictures.items()}
    sheet = contact_sheet([(pictures[f.frame_index], seen.poses.with_poses(f)) for f in chosen],
                          title, source_size=source.size)
    buffer = io.BytesIO()
    sheet.save(buffer, "JPEG", quality=_SHEET_QUALITY)
    return buffer.getvalue()


def _as_text(path: Path) -> str:
    """Spell out bytes of a file name that are no text: tables can't hold them."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")


def _facts(row: dict[str, Any]) -> tuple[str, ...]:
    facts = []
    if row["animal_tracks"]:
        facts += [f"animals at once: {row['max_animals']}", f"tracks: {row['animal_tracks']}",
                  f"best {row['best_score']:.2f}",
                  f"seen {row['first_animal_s']:.1f} to {row['last_animal_s']:.1f} s"]
    if row["person_tracks"]:
        facts.append(f"people: {row['person_tracks']} tracks")
    if not row["complete"]:
        facts.append("read in part")
    return tuple(facts)


def _failed(job: ClipJob, stage: str, reason: str, remedy: str, clock: StageClock) -> ClipRecord:
    row = failure_row(job.clip, job.deployment, stage, reason, remedy=remedy)
    return ClipRecord(job.clip, job.stamp, None, failures=(row,),
                      stage_seconds=dict(clock.seconds))
