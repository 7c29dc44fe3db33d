"""What speaks for a teacher's label beside its score: other views, neighbours, motion, tracks.

All detections of all clips stand in one table, a row each; evidence is a column. An idea is then
another order of the rows: the rows that it never takes stand at minus infinity.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import cv2
import numpy as np

from benchmarks.label_clips import Answers, Clip
from wildpose import masks
from wildpose.adaptation.labels import DOUBTFUL
from wildpose.masks import box_iou
from wildpose.tracking import TrackSettings, track_clip
from wildpose.types import Array, Detections, FrameDetections

SAME_IOU = 0.5
FLOW_ERROR_PX = 1.0
"""There and back again a flow may be off by so much."""
LEAST_FLOW = 0.1
"""Share of a body's pixels that must pass; fewer say nothing about where it went."""
MOVING_LEVELS, MOVING_SIGMAS, MOVING_SHARE = 8.0, 4.0, 0.02
"""A pixel moves that differs from the clip's median by so many levels and so many deviations of
the noise; a detection moves with such a share of its box."""
REPEATED_IOU = 0.8
NEVER = -np.inf


@dataclass(frozen=True)
class Rows:
    """All detections, one after the other; N of them.

    Attributes
    ----------
    clip, frame, row : int64 [N]
        Where it stands; ``row`` is -1 for a box that no detection gave.
    box_xyxy : float64 [N, 4]
    score : float64 [N]
    """

    clip: Array
    frame: Array
    row: Array
    box_xyxy: Array
    score: Array

    @classmethod
    def of(cls, answers: Answers) -> Rows:
        """The rows of all frames in order."""
        where = [(c, f, r) for c, clip in enumerate(answers) for f, found in enumerate(clip)
                 for r in range(len(found))]
        flat = [found for clip in answers for found in clip]
        clip_, frame, row = np.array(where, np.int64).reshape(-1, 3).T
        return cls(clip_, frame, row, np.concatenate([f.box_xyxy for f in flat]).astype(float),
                   np.concatenate([f.score for f in flat]).astype(float))

    def joined(self, other: Rows) -> Rows:
        """These rows and then those."""
        return Rows(*(np.concatenate([a, b]) for a, b in
                      zip(vars(self).values(), vars(other).values(), strict=True)))


def best_partner(boxes: Array, found: Detections, least_score: float = 0.0) -> Array:
    """Row of the highest score among those that overlap each box by half, -1 where none does."""
    if not len(found) or not len(boxes):
        return np.full(len(boxes), -1)
    same = box_iou(boxes, found.box_xyxy) >= SAME_IOU
    worth = np.where(same & (found.score >= least_score), found.score, -1.0)
    return np.where(worth.max(1) >= 0, worth.argmax(1), -1)


def score_in_view(plain: Answers, view: Answers) -> tuple[Array, Array]:
    """Of each row its partner's score in another view (0 without one), and the partner's box."""
    scores, boxes = [np.zeros(0)], [np.zeros((0, 4))]
    for one, other in _frames(plain, view):
        partner = best_partner(one.box_xyxy, other)
        there = partner >= 0
        scores.append(np.where(there, np.append(other.score, 0.0)[partner], 0.0))
        boxes.append(np.where(there[:, None], np.append(other.box_xyxy, [[0] * 4], 0)[partner],
                              one.box_xyxy))
    return np.concatenate(scores), np.concatenate(boxes)


def _frames(first: Answers, second: Answers) -> Iterator[tuple[Detections, Detections]]:
    for a, b in zip(first, second, strict=True):
        yield from zip(a, b, strict=True)


@dataclass(frozen=True)
class Flow:
    """Where the pixels of a frame go in a neighbouring one.

    Attributes
    ----------
    step : float32 [H, W, 2]
        Pixels right and down.
    sure : bool [H, W]
        The way back leads to within :data:`FLOW_ERROR_PX` of the start.
    """

    step: Array
    sure: Array


Flows = dict[tuple[int, int], Flow]
"""By the frames that it leads from and to."""


def flows(clip: Clip) -> Flows:
    """Optical flow between all neighbours of a clip, in both directions."""
    found: Flows = {}
    greys = [cv2.cvtColor(shot.frame.image, cv2.COLOR_RGB2GRAY) for shot in clip]
    unknown: Any = None  # a flow of zeros would be taken as a first guess, and leads elsewhere
    search = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    for i, (a, b) in enumerate(pairwise(greys)):
        there, back = search.calc(a, b, unknown), search.calc(b, a, unknown)
        found[i, i + 1], found[i + 1, i] = Flow(there, _sure(there, back)), Flow(
            back, _sure(back, there))
    return found


def _sure(there: Array, back: Array) -> Array:
    h, w = there.shape[:2]
    x, y = np.meshgrid(np.arange(w, dtype=np.float32), np.arange(h, dtype=np.float32))
    returned = cv2.remap(back, x + there[..., 0], y + there[..., 1], cv2.INTER_LINEAR,
                         borderValue=(np.inf, np.inf))
    ok: Array = np.linalg.norm(there + returned, axis=2) < FLOW_ERROR_PX
    return ok


def moved_boxes(found: Detections, flow: Flow) -> Array:
    """Each box where the flow takes its body, [N, 4]; NaN where too few of its pixels are sure."""
    moved = np.full((len(found), 4), np.nan)
    for row, box in enumerate(found.box_xyxy.astype(float)):
        body = body_pixels(found, row, flow.sure.shape)
        sure = body & flow.sure
        if sure.sum() >= max(LEAST_FLOW * body.sum(), 5):
            moved[row] = box + np.tile(np.median(flow.step[sure], axis=0), 2)
    return moved


def body_pixels(found: Detections, row: int, size: tuple[int, ...]) -> Array:
    """The mask of a detection, or its box where it has none, bool [H, W]."""
    mask = found.masks[row]
    if mask is not None and masks.area(mask):
        return masks.decode(mask).astype(bool)
    whole = np.zeros(size, bool)
    x1, y1, x2, y2 = found.box_xyxy[row].astype(int)
    whole[y1 : y2 + 1, x1 : x2 + 1] = True
    return whole


def scores_of_neighbours(answers: list[Detections], between: Flows) -> Array:
    """Best score at the place of each row of a clip in the frame before and after, float [N, 2].

    0 where nothing is found there, NaN where there is no such frame or its place is not known.
    """
    both = [np.zeros((0, 2))]
    for i, found in enumerate(answers):
        at = np.full((len(found), 2), np.nan)
        for side, j in enumerate((i - 1, i + 1)):
            if 0 <= j < len(answers):
                moved = moved_boxes(found, between[i, j])
                known = np.isfinite(moved[:, 0])
                partner = best_partner(moved[known], answers[j], DOUBTFUL)
                at[known, side] = np.append(answers[j].score, 0.0)[partner]
                at[np.flatnonzero(known)[partner < 0], side] = 0.0
        both.append(at)
    return np.concatenate(both)


def moving_share(clips: list[Clip], plain: Answers) -> Array:
    """Share of the pixels of each row's box that differ from the clip's median, float [N]."""
    shares = [np.zeros(0)]
    for clip, answers in zip(clips, plain, strict=True):
        greys = np.stack([cv2.GaussianBlur(
            cv2.cvtColor(s.frame.image, cv2.COLOR_RGB2GRAY).astype(np.float32), (0, 0), 1.5)
            for s in clip])
        away = np.abs(greys - np.median(greys, axis=0))
        for change, found in zip(away, answers, strict=True):
            noise = 1.4826 * float(np.median(change))
            moves = change > max(MOVING_LEVELS, MOVING_SIGMAS * noise)
            boxes = found.box_xyxy.astype(int)
            shares.append(np.array([moves[y1 : y2 + 1, x1 : x2 + 1].mean()
                                    for x1, y1, x2, y2 in boxes]))
    return np.concatenate(shares)


def track_numbers(clips: list[Clip], plain: Answers, start_score: float) -> Array:
    """Number of each row's track, over all clips; 0 for rows of no track, int64 [N]."""
    settings = TrackSettings(start_score=start_score)
    numbers, used = [np.zeros(0, np.int64)], 0
    for clip, answers in zip(clips, plain, strict=True):
        tracked: list[FrameDetections] = track_clip(
            [(s.frame, a) for s, a in zip(clip, answers, strict=True)], settings)
        own = np.concatenate([f.detections.track_id for f in tracked]).astype(np.int64)
        numbers.append(np.where(own > 0, own + used, 0))
        used += int(own.max(initial=0))
    return np.concatenate(numbers)


def seen_before(clips: list[Clip], rows: Rows) -> Array:
    """Whether another clip of the same place has a detection just there, bool [N].

    Animals come to other spots; what is taken for an animal again and again is a stump or a plant
    (the repeat detection elimination of MegaDetector's users).
    """
    sites = [clip[0].site for clip in clips]
    site = np.array([sites[c] for c in rows.clip])
    strong = rows.score >= DOUBTFUL
    seen = np.zeros(len(site), bool)
    for place in set(sites):
        own = np.flatnonzero(site == place)
        others = own[strong[own]]
        same = box_iou(rows.box_xyxy[own], rows.box_xyxy[others]) >= REPEATED_IOU
        same &= rows.clip[own][:, None] != rows.clip[others][None]
        seen[own] = same.any(1)
    return seen


def mean_of_track(track: Array, value: Array) -> Array:
    """The mean over a row's track; its own value where it has none."""
    total = np.bincount(track, value) / np.maximum(np.bincount(track), 1)
    return np.where(track > 0, total[track], value)


@dataclass(frozen=True)
class Gaps:
    """What stands in the gaps of tracks whose sure labels lie before and after.

    Attributes
    ----------
    found : bool [N]
        Rows below the threshold that fill a gap.
    drawn : Rows
        Boxes between the two, where no row fills it; their score is 0.
    """

    found: Array
    drawn: Rows


def gaps(rows: Rows, track: Array, kept: Array) -> Gaps:
    """Fill the gaps of all tracks between kept rows."""
    found, drawn = np.zeros(len(rows.clip), bool), []
    for number in np.unique(track[(track > 0) & kept]):
        own = np.flatnonzero((track == number) & kept)
        for a, b in pairwise(own):
            for frame in range(int(rows.frame[a]) + 1, int(rows.frame[b])):
                share = (frame - rows.frame[a]) / (rows.frame[b] - rows.frame[a])
                box = rows.box_xyxy[a] * (1 - share) + rows.box_xyxy[b] * share
                here = np.flatnonzero((rows.clip == rows.clip[a]) & (rows.frame == frame))
                same = here[box_iou(box[None], rows.box_xyxy[here])[0] >= SAME_IOU]
                if kept[same].any():
                    continue
                if len(same):
                    found[same[rows.score[same].argmax()]] = True
                else:
                    drawn.append((rows.clip[a], frame, box))
    clip, at, row = np.array([(c, f, -1) for c, f, _ in drawn], np.int64).reshape(-1, 3).T
    boxes = np.array([box for *_, box in drawn]).reshape(-1, 4)
    return Gaps(found, Rows(clip, at, row, boxes, np.zeros(len(boxes))))
