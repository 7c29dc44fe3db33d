"""Join the detections of a clip into tracks; boxes are never moved, dropped or added."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache

import numpy as np

from wildpose.masks import box_iou
from wildpose.tracking import motion
from wildpose.tracking.appearance import appearance
from wildpose.tracking.association import Look, match_strong, match_weak
from wildpose.tracking.scene import is_cut, thumbnail
from wildpose.tracking.settings import TrackSettings
from wildpose.tracking.track import Seen, Sighting, Track
from wildpose.types import Array, Detections, Frame, FrameDetections

COVERED_IOU = 0.1
"""A detection that another overlaps so much does not change what its track looks like."""


@dataclass
class Tracker:
    """Follows animals frame by frame; keeps no picture.

    :func:`track_clip` is what the analysis uses: it knows the whole clip and gives final numbers.
    This class alone gives numbers as they are known so far, for a live view.

    Parameters
    ----------
    settings : TrackSettings
    """

    settings: TrackSettings = field(default_factory=TrackSettings)
    tracks: list[Track] = field(default_factory=list)
    """All tracks of the clip, in the order of their first detection."""

    _alive: list[Track] = field(default_factory=list)
    _numbers: dict[int, int] = field(default_factory=dict)  # id of a track object -> track_id
    _frames: int = 0
    _time_s: float = -np.inf
    _scene: Array | None = None

    def update(self, frame: Frame, detections: Detections) -> Detections:
        """Take in the next frame of the clip.

        Parameters
        ----------
        frame : Frame
            Frames come in the order of their times.
        detections : Detections
            Of this frame, weak ones too.

        Returns
        -------
        Detections
            The same rows with ``track_id`` filled; 0 for a detection of no confirmed track (yet).
            Numbers are given in the order of confirmation.
        """
        time_s = max(frame.time_s, self._time_s)  # damaged files jump back: take it as no time
        self._retire(frame.image)
        taken = self._associate(frame, time_s, detections)
        self._frames, self._time_s = self._frames + 1, time_s
        track_id = np.zeros(len(detections), np.int32)
        for row, track in taken.items():
            track_id[row] = self._number(track)
        return detections.with_track_id(track_id)

    def finish(self) -> None:
        """End all tracks: what comes next is another clip, and its numbers start at 1 again."""
        self._alive, self._numbers, self._scene = [], {}, None
        self._frames, self._time_s = 0, -np.inf
        self.tracks = []

    def _retire(self, image: Array) -> None:
        """Let tracks go that were looked for in vain too long, and all at a cut."""
        scene = thumbnail(image)
        if self._scene is not None and is_cut(self._scene, scene):
            self._alive = []
        self._scene = scene
        longest = self.settings.max_gap_s + 1e-6
        # counted up to the last frame in which it was looked for, so that at one frame in five
        # seconds a track still goes on in the next frame
        self._alive = [t for t in self._alive if self._time_s - t.last_time_s <= longest]

    def _associate(self, frame: Frame, time_s: float, found: Detections) -> dict[int, Track]:
        """Give detections to tracks, start tracks; the track of each row that has one."""
        settings = self.settings
        look = _looks(frame, found)
        expected = [motion.predict(t.state, time_s, settings.motion) for t in self._alive]
        strong = np.flatnonzero(found.score >= settings.start_score)
        weak = np.flatnonzero((found.score < settings.start_score)
                              & (found.score >= settings.keep_score))
        pairs = match_strong(self._alive, expected, strong, found, look, settings)
        done = {t for t, _ in pairs}
        left = [t for t in range(len(self._alive)) if t not in done]
        bridged = match_weak([self._alive[t] for t in left], [expected[t] for t in left], weak,
                             found, settings)
        pairs += [(left[t], row) for t, row in bridged]
        taken = {row: self._alive[t] for t, row in pairs}
        new = _new_rows(strong, taken, found, settings)
        for row in sorted([*taken, *new]):
            seen = self._see(row, time_s, found, look)
            if row in taken:
                taken[row].take_in(seen, settings)
            else:
                taken[row] = Track.begin(seen, int(found.class_id[row]), settings)
                self._alive.append(taken[row])
                self.tracks.append(taken[row])
        return taken

    def _see(self, row: int, time_s: float, found: Detections, look: Look) -> Seen:
        sighting = Sighting(self._frames, row, time_s, float(found.score[row]))
        shown = found.score >= self.settings.keep_score
        shown[row] = False
        others = box_iou(found.box_xyxy[row], found.box_xyxy[shown])
        free = others.max(initial=0.0) < COVERED_IOU
        return Seen(sighting, found.box_xyxy[row], found.masks[row], look(row) if free else None)

    def _number(self, track: Track) -> int:
        known = self._numbers.get(id(track), 0)
        if known == 0 and track.is_confirmed(self.settings):
            known = self._numbers[id(track)] = len(self._numbers) + 1
        return known


def track_clip(
    frames: Iterable[tuple[Frame, Detections]], settings: TrackSettings | None = None
) -> list[FrameDetections]:
    """Track a whole clip.

    Parameters
    ----------
    frames : iterable of (Frame, Detections)
        The analysed frames in order, with all detections, weak ones too. Pictures are looked at
        one by one and not kept.
    settings : TrackSettings, optional

    Returns
    -------
    list of FrameDetections
        All frames with all rows, in the same order, boxes untouched. ``track_id`` counts from 1
        without holes in the order of first appearance; it is 0 for detections that belong to no
        confirmed track: weak ones that bridge nothing, single doubtful ones, duplicates.
    """
    tracker = Tracker(settings or TrackSettings())
    seen = []
    for frame, detections in frames:
        tracker.update(frame, detections)
        seen.append(FrameDetections(frame.frame_index, frame.time_s, detections))
    return number_tracks(seen, tracker)


def number_tracks(frames: Sequence[FrameDetections], tracker: Tracker) -> list[FrameDetections]:
    """Write the final numbers of the tracks into the frames that the tracker has seen.

    Parameters
    ----------
    frames : sequence of FrameDetections
        In the order in which the tracker saw them.
    tracker : Tracker
        Not finished yet.

    Returns
    -------
    list of FrameDetections
    """
    ids = [np.zeros(len(frame.detections), np.int32) for frame in frames]
    confirmed = [t for t in tracker.tracks if t.is_confirmed(tracker.settings)]
    for number, track in enumerate(confirmed, start=1):
        for sighting in track.solid(tracker.settings):
            ids[sighting.frame][sighting.row] = number
    return [
        FrameDetections(frame.frame_index, frame.time_s, frame.detections.with_track_id(row))
        for frame, row in zip(frames, ids, strict=True)
    ]


def _looks(frame: Frame, found: Detections) -> Look:
    @cache
    def look(row: int) -> Array | None:
        return appearance(frame.image, found.box_xyxy[row], found.masks[row])

    return look


def _new_rows(
    strong: Array, taken: dict[int, Track], found: Detections, settings: TrackSettings
) -> list[int]:
    """Rows that start a track: strong, free, and no duplicate of a better box."""
    order = sorted(strong.tolist(), key=lambda row: (row not in taken, -found.score[row]))
    kept: list[int] = []
    for row in order:
        rivals = [k for k in kept if found.class_id[k] == found.class_id[row]]
        overlap = box_iou(found.box_xyxy[row], found.box_xyxy[rivals])
        if row in taken or overlap.max(initial=0.0) < settings.duplicate_iou:
            kept.append(row)
    return [row for row in kept if row not in taken]
