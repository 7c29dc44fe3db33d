"""Bring a run into its FiftyOne data set, again and again, without losing what people did there.

Each clip carries a digest of the run's rows that it was built from and the time at which its boxes
were written. A build replaces the machine's fields of a clip only where the digest differs, and not
where somebody edited a box since (a frame that changed after it was written): such a clip stays as
it is and is named.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from wildpose.results.run_folder import RunFolder
from wildpose.review.belonging import RUN_ID, claim_dataset, earlier_database
from wildpose.review.clips import Report, ReviewClip, read_clips
from wildpose.review.documents import frame_documents, frame_fields, insert_frames, object_id
from wildpose.review.environment import proxies_of, review_home, start_fiftyone
from wildpose.review.layout import CLIP_KEY, REVIEW_STATE, REVIEW_STATES, TRACKS, open_dataset
from wildpose.review.light import light_of
from wildpose.review.media import ClipMedia, MediaFolder


@dataclass
class ReviewSummary:
    """What one build did.

    Attributes
    ----------
    dataset : str
        Name of the data set in FiftyOne.
    run, home : Path
        The run folder; the folder with the database.
    clips : int
        Clips of the run: read or failed.
    added, updated, unchanged, removed : int
        Clips of the data set, by what happened to them.
    edited : list of str
        Clips in which somebody edited boxes in the App.
    notes : list of str
        One line for each clip that was kept as it was although the run says otherwise, or that has
        no picture, and for what became of an earlier data set.
    """

    dataset: str
    run: Path
    home: Path
    clips: int = 0
    added: int = 0
    updated: int = 0
    unchanged: int = 0
    removed: int = 0
    edited: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """Give the summary as plain JSON values."""
        return {**vars(self), "run": str(self.run), "home": str(self.home)}


@dataclass(frozen=True)
class _Known:
    """One clip as the data set has it."""

    sample_id: str
    digest: str | None
    filepath: str
    edited: bool
    touched: bool


def build_dataset(
    run: Path, *, home: Path | None = None, report: Report | None = None
) -> ReviewSummary:
    """Make or update the FiftyOne data set of a run.

    Parameters
    ----------
    run : Path
        Folder that ``analyze`` wrote.
    home : Path, optional
        Folder for the database; by default that of all runs of the user,
        :func:`wildpose.review.environment.review_home`.
    report : callable, optional
        Progress, see :data:`Report`: proxies of long clips take time.

    Returns
    -------
    ReviewSummary

    Raises
    ------
    UsageError, DataError
        No run folder, or broken tables.
    ReviewError
        FiftyOne or its database can't start.
    """
    folder = RunFolder(run)
    place = home or review_home()
    start_fiftyone(place)
    clips = list(read_clips(folder, MediaFolder(proxies_of(run)), report))
    name = dataset_name(run)
    run_id, notes = claim_dataset(run, name)
    dataset = open_dataset(name, {"run": str(run.resolve()), RUN_ID: run_id})
    summary = ReviewSummary(name, run, place, clips=len(clips), notes=notes)
    summary.notes.extend(filter(None, [earlier_database(run, place)]))
    known = _known_clips(dataset)
    summary.edited = sorted(key for key, clip in known.items() if clip.edited)
    for clip in clips:
        _bring_up(dataset, clip, known.get(clip.key), summary)
    _remove_gone(dataset, known, {clip.key for clip in clips}, summary)
    dataset.reload()
    return summary


def dataset_name(run: Path) -> str:
    """Name the data set of a run: the folder's name in plain letters, and a digest of its path.

    The database holds other runs with folders of the same name.

    Parameters
    ----------
    run : Path

    Examples
    --------
    >>> dataset_name(Path("/runs/Wald #3"))
    'wildpose-Wald-3-897b8d8b'
    """
    path = run.resolve()
    plain = re.sub(r"[^A-Za-z0-9]+", "-", path.name).strip("-")[:60]
    digest = hashlib.sha256(str(path).encode("utf-8", "surrogateescape")).hexdigest()[:8]
    return f"wildpose-{plain or 'run'}-{digest}"


def _known_clips(dataset: Any) -> dict[str, _Known]:
    """Read what the data set holds, and what people did to it since it was written."""
    keys, ids, digests, paths, synced, tags, states = dataset.values(
        [CLIP_KEY, "id", "machine_digest", "filepath", "synced_at", "tags", REVIEW_STATE])
    changes = dataset.values("frames.last_modified_at")
    known = {}
    for i, key in enumerate(keys):
        last = max((time for time in changes[i] or () if time is not None), default=None)
        edited = last is not None and synced[i] is not None and last > synced[i]
        touched = edited or bool(tags[i]) or states[i] not in (None, REVIEW_STATES[0])
        known[key] = _Known(ids[i], digests[i], paths[i], edited, touched)
    return known


def _bring_up(
    dataset: Any, clip: ReviewClip, known: _Known | None, summary: ReviewSummary
) -> None:
    if clip.media.note and clip.fields["status"] != "failed":
        summary.notes.append(f"{clip.key}: {clip.media.note}; the App shows a card in its place")
    if known is None:
        _write(dataset, clip, _add(dataset, clip))
        summary.added += 1
        return
    if known.digest != clip.digest and not known.edited:
        _write(dataset, clip, dataset[known.sample_id])
        summary.updated += 1
        return
    if known.digest != clip.digest:
        summary.notes.append(f"{clip.key}: boxes were edited in the App, kept as they are; the run "
                             "has other boxes now")
    if known.filepath != str(clip.media.path):
        sample = dataset[known.sample_id]
        sample.filepath = str(clip.media.path)
        sample.save()
    summary.unchanged += 1


def _add(dataset: Any, clip: ReviewClip) -> Any:
    import fiftyone as fo

    sample = fo.Sample(filepath=str(clip.media.path), **{
        CLIP_KEY: clip.key, REVIEW_STATE: REVIEW_STATES[0]})
    dataset.add_sample(sample, dynamic=False, validate=False)
    return sample


def _write(dataset: Any, clip: ReviewClip, sample: Any) -> None:
    """Replace the machine's fields of one clip; whatever kills it, the next build does it again."""
    stamp = datetime.now(UTC).replace(tzinfo=None)
    # The database keeps milliseconds; a stamp in between would look like a later edit.
    stamp = stamp.replace(microsecond=stamp.microsecond // 1000 * 1000)
    sample.filepath = str(clip.media.path)
    sample["metadata"] = _metadata(clip.media)
    for name, value in clip.fields.items():
        sample[name] = value
    sample["light"], sample["light_by"] = light_of(
        None if clip.media.kind == "card" else clip.media.path, clip.fields["capture_time"])
    sample[TRACKS] = _spans(clip)
    sample["synced_at"], sample["machine_digest"] = stamp, None
    sample.save()
    insert_frames(dataset, sample.id, frame_documents(frame_fields(clip.rows), sample.id, stamp))
    sample["machine_digest"] = clip.digest
    sample.save()


def _spans(clip: ReviewClip) -> Any:
    """Give the tracks as the App shows them along the time line; its frames count from 1."""
    import fiftyone as fo

    last = clip.media.frames
    return fo.TemporalDetections(detections=[
        fo.TemporalDetection(
            id=str(object_id(clip.key, TRACKS, span.track_id)), label=span.name,
            support=[span.first_frame + 1, min(span.last_frame + 1, last)],
            confidence=span.mean_score, track_id=span.track_id, grade=span.grade,
            grade_reason=span.reason)
        for span in clip.spans if span.first_frame < last])


def _metadata(media: ClipMedia) -> Any:
    import fiftyone as fo

    return fo.VideoMetadata(
        size_bytes=media.path.stat().st_size, mime_type="video/mp4", frame_width=media.width,
        frame_height=media.height, frame_rate=media.frame_rate, total_frame_count=media.frames,
        duration=media.frames / media.frame_rate, encoding_str="avc1")


def _remove_gone(
    dataset: Any, known: Mapping[str, _Known], present: set[str], summary: ReviewSummary
) -> None:
    """Drop clips that left the run, but none that carries a person's work."""
    gone = {key: clip for key, clip in known.items() if key not in present}
    for key in sorted(key for key, clip in gone.items() if clip.touched):
        summary.notes.append(f"{key}: no longer in the run, kept because somebody worked on it")
    untouched = [clip.sample_id for clip in gone.values() if not clip.touched]
    if untouched:
        dataset.delete_samples(untouched)
    summary.removed = len(untouched)
